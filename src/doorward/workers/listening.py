"""The socket at which everybody knocks."""

from __future__ import annotations

import socket

__all__ = ["CannotListen", "bind"]


class CannotListen(Exception):
    """The address is taken, or is not this machine's."""


def bind(host: str, port: int) -> socket.socket:
    """A socket bound to ``host`` and ``port`` (0 takes a free one). Raises ``CannotListen``."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except (OSError, OverflowError) as error:
        listening.close()
        raise CannotListen(f"{host} port {port} cannot be listened on: {error}") from error
    listening.set_inheritable(False)
    return listening
