"""A person's own pages: profile, devices, connected applications.

It owns what they show; it changes nothing but through the rooms' services. ``app`` mounts it.
"""

from __future__ import annotations

from doorward.console.account.web import AccountPages

__all__ = ["AccountPages"]
