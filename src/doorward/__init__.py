"""Doorward: a self-hosted authorization platform with two doors.

The way in lets an organization's people sign in once and allow other applications to act for them.
The way out keeps the credentials of the accounts that those people connect on other platforms.
"""

from __future__ import annotations

__version__ = "0.1.0"
