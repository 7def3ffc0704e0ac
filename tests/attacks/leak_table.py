"""Every kind of secret that is minted, and where each may be seen: nowhere but there."""

from __future__ import annotations

from dataclasses import dataclass

from doorward.crypto import ValueKind

__all__ = ["OTHERS", "TABLE", "Minted", "row_of"]


@dataclass(frozen=True)
class Minted:
    """One kind. Addresses are ends of paths, and say whose answers or redirects may have it.

    ``once``: at most one page shows it, in the answer to the form that made it.
    """

    what: str
    kind: ValueKind | None = None
    programs: tuple[str, ...] = ()
    """Addresses of programs, whose answer is the secret that was asked for."""
    pages: tuple[str, ...] = ()
    once: bool = True
    redirects: tuple[str, ...] = ()
    is_cookie: bool = False
    letters: tuple[str, ...] = ()
    """The letters that are there to carry it."""


_LETTERS = ("password_reset", "email_confirm", "email_changed", "sign_up_confirm")

TABLE = (
    Minted("access token", ValueKind.ACCESS, programs=("/oauth2/token",)),
    Minted("refresh token", ValueKind.REFRESH, programs=("/oauth2/token",)),
    # RFC 6749 4.1.2: the code travels in the redirect to the application, and in no other.
    Minted("code", ValueKind.CODE, redirects=("/oauth2/auth", "/consent", "/signin")),
    Minted("session of a browser", ValueKind.BROWSER, is_cookie=True),
    # A handle in the addresses of its own pages, worth nothing without the cookie.
    Minted("flow", ValueKind.FLOW, pages=("",), once=False, redirects=("",)),
    Minted(
        "secret of an application",
        ValueKind.CLIENT_SECRET,
        pages=("/admin/oauth/secrets", "/admin/oauth/new"),
    ),
    Minted("API key", ValueKind.API_KEY, programs=("/api/api-keys",), pages=("/admin/users/keys",)),
    Minted("personal key", ValueKind.PERSONAL_KEY, pages=("/account/neon/keys",)),
    # Staff see it to send it themselves; the page that it opens carries it on to its own form.
    Minted(
        "invitation",
        ValueKind.INVITATION,
        pages=("/constituents/invite", "/invitation"),
        once=False,
        letters=("invitation",),
    ),
    Minted("proof of a known browser", is_cookie=True),
    Minted("cookie of a connect flow", ValueKind.CONNECT_FLOW, is_cookie=True),
    Minted("connect session", ValueKind.CONNECT_SESSION, programs=("/api/connect-sessions",)),
    # The page that a letter opens carries it on to its own form, and nowhere else.
    Minted(
        "link of a letter",
        ValueKind.ACTION,
        pages=("/reset", "/signup/confirm", "/email/confirm", "/email/undo"),
        once=False,
        letters=_LETTERS,
    ),
    Minted("code of a letter", letters=_LETTERS),
    Minted("ID token", programs=("/oauth2/token",)),
    Minted("App Connect's JWT", programs=("/oauth-callback", "/apiKeyLogin")),
    Minted("session of API v1", programs=("/common/login",)),
    Minted("key of an app", pages=("/account/two-step/app",)),
    Minted(
        "recovery code", pages=("/account/two-step", "/account/two-step/app", "/account/passkeys")
    ),
    Minted("challenge of a passkey", programs=("/options",)),
    Minted("credentials of the organization"),
    Minted("a platform's key"),
    Minted("a platform's code"),
    Minted("a platform's token", programs=("/token",), pages=("/connections/reveal",)),
    # RFC 6749 4.1.1: it goes to the platform; our page that leads there has that address.
    Minted("state of a connect flow", pages=("/connect/start",)),
    Minted("PKCE verifier of a connect flow"),
    Minted("private part of a signing key"),
)
_BY_KIND = {f"dw_{row.kind}_": row for row in TABLE if row.kind is not None}

OTHERS = Minted("made a secret, and of no kind above", pages=("/admin/users/new",))


def row_of(secret: str) -> Minted | None:
    """The row of a value that says itself what it is."""
    return _BY_KIND.get(secret[:6])
