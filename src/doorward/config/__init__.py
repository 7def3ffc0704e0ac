"""What an installation decides: one settings model, read from a file and the environment.

It owns names, defaults and their checks; it opens nothing. ``app`` and ``cli`` call it.
"""

from __future__ import annotations

from doorward.config.logs import configure_logging
from doorward.config.mail import SmtpAddress, SmtpTls, parse_smtp_url
from doorward.config.settings import BadSettings, Settings, decode_key, load_settings, master_keys

__all__ = [
    "BadSettings",
    "Settings",
    "SmtpAddress",
    "SmtpTls",
    "configure_logging",
    "decode_key",
    "load_settings",
    "master_keys",
    "parse_smtp_url",
]
