"""RingCentral App Connect: its clients sign people in to platforms, and keep a JWT for each.

It owns the addresses, the JWT and the shapes of the contract, and the settings that administrators
keep for clients; connectors, credentials and connections are lower rooms'. ``app`` mounts it.
"""

from __future__ import annotations

from doorward.dialects.app_connect.callers import SCOPE, CallerRooms, Callers
from doorward.dialects.app_connect.documents import AUTHORIZE
from doorward.dialects.app_connect.jwts import Claims, Jwts
from doorward.dialects.app_connect.oauth import VisitStart
from doorward.dialects.app_connect.rooms import DIALECT, PREFIX, Rooms
from doorward.dialects.app_connect.settings import AdminSettings
from doorward.dialects.app_connect.web import AppConnect

__all__ = [
    "AUTHORIZE",
    "DIALECT",
    "PREFIX",
    "SCOPE",
    "AdminSettings",
    "AppConnect",
    "CallerRooms",
    "Callers",
    "Claims",
    "Jwts",
    "Rooms",
    "VisitStart",
]
