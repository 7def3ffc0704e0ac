"""The works: what is measured, each with what makes an answer right. A new one is one more row."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

from bench.target import Target
from bench.works.code_flow import prepare_code_flow
from bench.works.documents import prepare_discovery, prepare_jwks
from bench.works.introspection import prepare_introspection
from bench.works.prepared import Prepared, Unsupported
from bench.works.refresh import prepare_refresh
from bench.works.service import prepare_client_credentials
from bench.works.signed import prepare_signed

__all__ = ["WORKS", "Prepared", "Unsupported"]

WORKS: Mapping[str, Callable[[Target, int], Awaitable[Prepared]]] = MappingProxyType(
    {
        "client_credentials": prepare_client_credentials,
        "client_credentials_jwt": prepare_signed,
        "introspection": prepare_introspection,
        "code_flow": prepare_code_flow,
        "refresh": prepare_refresh,
        "discovery": prepare_discovery,
        "jwks": prepare_jwks,
    },
)
"""Name of each work, and what makes it ready for a target and a number of connections."""
