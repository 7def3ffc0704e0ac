"""Pages on which people connect their accounts on other platforms.

It owns what they show; it changes nothing but through the vault's services. ``app`` mounts it.
"""

from __future__ import annotations

from doorward.console.connect.arriving import CALLBACK_PREFIX, ArrivalPages
from doorward.console.connect.asking import ConnectorRequests
from doorward.console.connect.frame import ConnectFrame, ConnectServices
from doorward.console.connect.kept import KeptPages
from doorward.console.connect.picker import PickerPages
from doorward.console.connect.starting import StartPages
from doorward.console.connect.state import SessionState

__all__ = [
    "CALLBACK_PREFIX",
    "ArrivalPages",
    "ConnectFrame",
    "ConnectServices",
    "ConnectorRequests",
    "KeptPages",
    "PickerPages",
    "SessionState",
    "StartPages",
]
