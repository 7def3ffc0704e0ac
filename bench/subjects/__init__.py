"""The subjects: every server that is measured. A new peer is one module and one row here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from bench.subjects.doorward import (
    start_doorward,
    start_on_postgresql,
    start_two,
    start_two_on_postgresql,
)
from bench.subjects.limit import start_limit, start_limit_thread
from bench.subjects.oidc_provider import start_bundled, start_es256, start_map, start_rs256
from bench.subjects.process import LOAD_CORE, SCRATCH, SERVER_CORE, NotReady, pin, stop_all
from bench.subjects.python_peers import (
    start_authlib,
    start_authlib_to_read,
    start_toolkit,
    start_toolkit_plain,
    start_toolkit_to_read,
)
from bench.subjects.subject import Running, Subject

__all__ = [
    "LOAD_CORE",
    "SCRATCH",
    "SERVER_CORE",
    "SUBJECTS",
    "NotReady",
    "Running",
    "Subject",
    "pin",
    "stop_all",
]

_JWT = frozenset({"client_credentials_jwt"})
_WRITING = frozenset({"client_credentials", "code_flow", "refresh"})
_READING = frozenset({"introspection", "discovery", "jwks"})
_BARE = frozenset({"client_credentials", "introspection"})
_SHARED = frozenset({"client_credentials", "introspection", "refresh"})

SUBJECTS: Mapping[str, Subject] = MappingProxyType(
    {
        "doorward": Subject(start_doorward),
        "doorward-postgresql": Subject(start_on_postgresql),
        "doorward-2": Subject(start_two, _SHARED),
        "doorward-postgresql-2": Subject(start_two_on_postgresql, _SHARED),
        "oidc-provider": Subject(start_bundled, _WRITING | _READING),
        "oidc-provider-map": Subject(start_map, _WRITING | _READING),
        "oidc-provider-rs256": Subject(start_rs256, _JWT),
        "oidc-provider-es256": Subject(start_es256, _JWT),
        "authlib": Subject(start_authlib, _WRITING),
        "authlib-1-thread": Subject(start_authlib_to_read, _READING),
        "django-oauth-toolkit": Subject(start_toolkit, _WRITING, connections=8),
        "django-oauth-toolkit-plain": Subject(start_toolkit_plain, _WRITING),
        "django-oauth-toolkit-1-thread": Subject(start_toolkit_to_read, _READING),
        "limit": Subject(start_limit, _BARE),
        "limit-thread": Subject(start_limit_thread, _BARE),
    },
)
"""Each subject by its name; a ratio is taken of each against those below it."""
