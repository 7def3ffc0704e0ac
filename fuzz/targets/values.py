"""Values that we gave out and that come back, damaged or forged, and names that people type."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from joserfc import jws
from joserfc.jwk import ECKey, KeySet

from doorward.apikeys.model import parse_networks
from doorward.apikeys.refusals import BadNetworks
from doorward.config import decode_key
from doorward.crypto import Malformed, Secret, ValueKind, mint, parse_value
from doorward.dialects.app_connect import Claims, Jwts
from doorward.http import CursorSeal, ForeignCursor, is_within, parse_network, subscriber_of
from doorward.http.theme import adjust_accent
from doorward.orgs import BadHost, BadOrgId, parse_host, parse_org_id
from doorward.tokens import find_id_token_hint
from fuzz.target import Target, holds
from fuzz.texts import at_once, header, pieces, text

if TYPE_CHECKING:
    from doorward.keys import Keys

__all__ = ["VALUES"]

_KINDS = tuple(ValueKind)
_SECRET = Secret(bytes(range(32)))
_NOW = 1_790_000_000_000_000


def _value(data: bytes) -> None:
    kind = _KINDS[(data[0] if data else 0) % len(_KINDS)]
    given = text(data[1:])
    row_id = parse_value(given, kind)
    holds(0 <= row_id < 1 << 63, "a row identifier that no table has")
    holds(given.startswith(f"dw_{kind.value}_") and len(given) == 54, "another spelling")


def _minted(data: bytes) -> None:
    """A value that was minted is read; with one character changed it is not."""
    padded = data[:36].ljust(36, b"\x00")
    kind, row_id = _KINDS[padded[0] % len(_KINDS)], int.from_bytes(padded[1:9]) >> 1
    value = mint(kind, row_id, lambda size: padded[9 : 9 + size].ljust(size, b"\x00")).reveal()
    holds(parse_value(value, kind) == row_id, "a minted value is not read")
    place, sign = padded[34] % len(value), chr(0x21 + padded[35] % 94)
    if value[place] != sign:
        parse_value(value[:place] + sign + value[place + 1 :], kind)
        holds(promise=False, otherwise="a damaged value is read")


def _cursor(data: bytes) -> None:
    seal, (place, given) = CursorSeal(_SECRET), pieces(data, 2)
    good = seal.render(place.encode(), given)
    holds(seal.parse(place.encode(), good) == given, "a cursor is not read")
    if given != seal.render(place.encode(), 7):
        seal.parse(place.encode(), given)
        holds(promise=False, otherwise="a forged cursor is read")


class _OneKey:
    """The published keys of an issuer that has one."""

    def __init__(self) -> None:
        self.key = ECKey.generate_key("P-256", {"kid": "one", "use": "sig", "alg": "ES256"})
        self._set = KeySet([self.key])

    async def public_keys(self, _org_id: str) -> KeySet:
        return self._set


def _hints() -> Callable[[bytes], None]:
    keys = _OneKey()

    def run(data: bytes) -> None:
        issuer, head, body = pieces(data, 3)
        loose = at_once(find_id_token_hint(cast("Keys", keys), "river", issuer, head))
        holds(loose is None, "an unsigned hint is believed")
        signed = jws.serialize_compact(
            {"alg": "ES256", "kid": "one", "typ": head or "JWT"}, body, keys.key
        )
        hint = at_once(find_id_token_hint(cast("Keys", keys), "river", issuer, signed))
        holds(hint is None or (head in {"", "JWT"} and issuer in body), "another's is believed")

    return run


def _jwt(data: bytes) -> None:
    jwts = Jwts(_SECRET)
    holds(jwts.find(text(data), "river", _NOW) is None, "a forged token is believed")
    claims = Claims(
        id=text(data[:64]), platform="clio", org="river", con=1, gra=2, iat=1, exp=1_800_000_000
    )
    holds(jwts.find(jwts.sign(claims), "river", _NOW) == claims, "our own is not read")


def _networks(data: bytes) -> None:
    networks = parse_networks(text(data).split(","))
    holds(parse_networks(networks) == networks, "the canonical form has another")
    is_within("192.0.2.1", networks)


def _address(data: bytes) -> None:
    address = header(data)
    network = subscriber_of(address)
    holds(is_within(address, ("0.0.0.0/0", "::/0")) == bool(network), "known here, unknown there")
    if network and "%" not in address:
        holds(is_within(address, (parse_network(network),)), "outside of its own network")


def _org_id(data: bytes) -> None:
    name = parse_org_id(text(data))
    holds(name.isascii() and "/" not in name and name == name.lower(), "no part of an address")


def _host(data: bytes) -> None:
    name = parse_host(text(data))
    holds(name.isascii() and not set(name) & set("/:@\\ %"), "more than a host")


_PREFIXES = tuple(f"dw_{kind.value}_" for kind in _KINDS)

VALUES = (
    Target("values.bearer", _value, (Malformed,), _PREFIXES, 128),
    Target("values.minted", _minted, (Malformed,), (), 36),
    Target("values.cursor", _cursor, (ForeignCursor,), ("\x1f",)),
    Target("values.id_token_hint", prepare=_hints, words=("\x1f", "JWT", "ES256", '{"iss":"')),
    Target("values.app_connect_jwt", _jwt, (), ("eyJhbGciOiJIUzI1NiJ9.", "none", ".")),
    Target("values.networks", _networks, (BadNetworks,), ("10.0.0.0/8", "::1", "/", ",")),
    Target("values.address", _address, (), ("::ffff:", "127.0.0.1", "%", "fe80::1"), 64),
    Target("values.master_key", lambda data: decode_key(text(data)), (ValueError,), (), 128),
    Target("values.org_id", _org_id, (BadOrgId,), ("river", "xn--", "-"), 128),
    Target("values.host", _host, (BadHost,), ("example.com", ".", "xn--", "localhost"), 300),
    Target("values.colour", lambda data: adjust_accent(text(data)), (ValueError,), ("#",), 16),
)
