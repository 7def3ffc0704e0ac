"""Certificates of our own that platforms ask for in TLS (RFC 8705)."""

from __future__ import annotations

import os
import ssl
from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256

from doorward.crypto import Secret
from doorward.http.targets import Forbidden

__all__ = ["Identities"]

_KEPT = 32


class Identities:
    """Contexts that show a certificate; the last ones are kept, since each takes long to make."""

    def __init__(self, trust: Callable[[], ssl.SSLContext]) -> None:
        """Believe the authorities that contexts of ``trust`` believe."""
        self._trust = trust
        self._contexts: OrderedDict[bytes, ssl.SSLContext] = OrderedDict()

    def context_of(self, identity: Secret[str]) -> ssl.SSLContext:
        """The context of a key and its certificates in PEM. Raises ``Forbidden``."""
        mark = sha256(identity.reveal().encode()).digest()
        context = self._contexts.pop(mark, None) or self._make(identity)
        self._contexts[mark] = context
        while len(self._contexts) > _KEPT:
            self._contexts.popitem(last=False)
        return context

    def _make(self, identity: Secret[str]) -> ssl.SSLContext:
        context = self._trust()
        # OpenSSL reads it from a file; this one is in memory and has no name.
        descriptor = os.memfd_create("identity", os.MFD_CLOEXEC)
        try:
            with os.fdopen(os.dup(descriptor), "wb") as file:
                file.write(identity.reveal().encode())
            # Without a password at hand OpenSSL would ask the terminal for that of a locked key.
            context.load_cert_chain(f"/proc/self/fd/{descriptor}", password="")
        except (ssl.SSLError, OSError, ValueError):
            raise Forbidden("certificate") from None
        finally:
            os.close(descriptor)
        return context
