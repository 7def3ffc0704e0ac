"""The second step of a sign-in: authenticator apps, and recovery codes for when they are lost.

It owns their keys, sealed, and the codes' digests; it proves a code and counts the tries under
``brakes``. It knows no session and no page. Sign-in asks it, the account's own pages set it up,
staff reset it.
"""

from __future__ import annotations

from doorward.factors.codes import grouped, parse_recovery_code
from doorward.factors.jobs import remove_expired
from doorward.factors.model import FEW_CODES, App, NothingPending, Pending, Standing
from doorward.factors.pictures import draw_qr
from doorward.factors.service import Factors
from doorward.factors.totp import setup_uri

__all__ = [
    "FEW_CODES",
    "App",
    "Factors",
    "NothingPending",
    "Pending",
    "Standing",
    "draw_qr",
    "grouped",
    "parse_recovery_code",
    "remove_expired",
    "setup_uri",
]
