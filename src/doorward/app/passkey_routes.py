"""Where people sign in by passkeys, and keep them."""

from __future__ import annotations

from doorward.app.assembly import Services
from doorward.app.dispatch import Route
from doorward.app.doors import Door
from doorward.console import AccountFrame, PasskeyPages
from doorward.http import Endpoint
from doorward.orgs import TenantPages
from doorward.sessions import PasskeySignIn, PasskeyStepPages, SecondStepPages, SignInPages

__all__ = ["passkey_routes"]


def passkey_routes(
    use: Services,
    sign_in: SignInPages,
    second: SecondStepPages,
    pages: TenantPages,
    door: Door,
) -> tuple[Route, ...]:
    """The pages, and what their script asks."""
    by_key = PasskeySignIn(
        sessions=use.sessions,
        accounts=use.accounts,
        passkeys=use.passkeys,
        factors=use.factors,
        sign_in=sign_in,
        pages=pages,
    )
    step = PasskeyStepPages(passkeys=use.passkeys, second=second, pages=pages)
    kept = PasskeyPages(
        AccountFrame(sessions=use.sessions, sign_in=sign_in, pages=pages),
        sessions=use.sessions,
        accounts=use.accounts,
        passkeys=use.passkeys,
        factors=use.factors,
        second_steps=use.second_steps,
    )
    table: tuple[tuple[str, Endpoint | None, Endpoint], ...] = (
        ("/signin/passkey", None, by_key.submit),
        ("/signin/passkey/options", None, by_key.options),
        ("/signin/passkey/offer", by_key.offer, by_key.answer_offer),
        ("/signin/passkey/offer/options", None, by_key.offer_options),
        ("/signin/second/passkey", step.show, step.submit),
        ("/signin/second/passkey/options", None, step.options),
        ("/account/passkeys", kept.show, kept.change),
        ("/account/passkeys/options", None, kept.options),
        ("/account/passkeys/remove", kept.ask, kept.remove),
    )
    return tuple(
        Route(path, {verb: door(e) for verb, e in (("GET", get), ("POST", post)) if e is not None})
        for path, get, post in table
    )
