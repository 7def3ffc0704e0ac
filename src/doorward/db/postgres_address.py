"""Addresses of PostgreSQL: one server, or several of which one may be written to."""

from __future__ import annotations

from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

__all__ = ["WRITABLE", "plain_dsn", "servers_of"]

WRITABLE = "read-write"
_ATTRIBUTE = "target_session_attrs"


def plain_dsn(url: str) -> str:
    """The libpq address of ``url``, with any ``+driver`` removed from its scheme.

    Where it names several servers and does not say which of them is meant, it is the one that can
    be written to: a standby is never taken for the primary.
    """
    scheme, separator, rest = url.partition("://")
    dsn = f"{scheme.partition('+')[0]}{separator}{rest}"
    query = dict(parse_qsl(rest.partition("?")[2]))
    if "," not in rest.partition("?")[0] + query.get("host", "") or _ATTRIBUTE in query:
        return dsn
    return f"{dsn}{'&' if '?' in rest else '?'}{_ATTRIBUTE}={WRITABLE}"


def servers_of(dsn: str) -> tuple[str, ...]:
    """The address of each server that ``dsn`` names, so that each can be given its own time.

    Raises ``ValueError`` for what is no address.
    """
    parts = urlsplit(dsn)
    user, at, hosts = parts.netloc.rpartition("@")
    if "," in hosts:
        return tuple(_join(parts._replace(netloc=f"{user}{at}{each}")) for each in hosts.split(","))
    query = dict(parse_qsl(parts.query))
    each_host = query.pop("host", "").split(",")
    if len(each_host) == 1:
        return (dsn,)
    ports = query.pop("port", "").split(",")
    if len(ports) == 1:
        ports *= len(each_host)
    named = zip(each_host, ports, strict=True)
    each = ({**query, "host": host, **({"port": port} if port else {})} for host, port in named)
    return tuple(_join(parts._replace(query=urlencode(one))) for one in each)


def _join(parts: SplitResult) -> str:
    # ``urlunsplit`` forgets the slashes where no server is named before the path.
    return f"{parts.scheme}://{parts.netloc}{parts.path}" + (
        f"?{parts.query}" if parts.query else ""
    )
