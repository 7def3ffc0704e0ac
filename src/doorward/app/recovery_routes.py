"""The addresses of signing up, of a new password and of a new e-mail address."""

from __future__ import annotations

from doorward.app.assembly import Services
from doorward.app.dispatch import Route
from doorward.app.doors import Door
from doorward.console import (
    AccountFrame,
    EmailLinkPage,
    EmailPage,
    ForgottenPages,
    PasswordPage,
    PublicFrame,
    SignUpPages,
    lead_to_password_page,
)
from doorward.http import Endpoint
from doorward.orgs import TenantPages
from doorward.recovery import Purpose
from doorward.sessions import SignInPages

__all__ = ["recovery_routes"]


def recovery_routes(
    use: Services, frame: AccountFrame, sign_in: SignInPages, pages: TenantPages, door: Door
) -> tuple[Route, ...]:
    """What people open who have no password at hand, and the pages where they change it."""
    public = PublicFrame(sessions=use.sessions, sign_in=sign_in, pages=pages, brakes=use.brakes)
    sign_up = SignUpPages(recovery=use.recovery, frame=public, sign_in=sign_in)
    forgotten = ForgottenPages(recovery=use.recovery, frame=public)
    password = PasswordPage(
        recovery=use.recovery, accounts=use.accounts, sessions=use.sessions, frame=frame
    )
    email = EmailPage(recovery=use.recovery, accounts=use.accounts, frame=frame, pages=pages)
    by_link = {
        path: EmailLinkPage(purpose, recovery=use.recovery, frame=public)
        for path, purpose in (
            ("/email/verify", Purpose.VERIFY),
            ("/email/confirm", Purpose.CHANGE),
            ("/email/undo", Purpose.UNDO),
        )
    }
    table: tuple[tuple[str, Endpoint, Endpoint | None], ...] = (
        ("/signup", sign_up.show, sign_up.submit),
        ("/signup/sent", sign_up.sent, sign_up.answer),
        ("/signup/confirm", sign_up.opened, sign_up.confirm),
        ("/forgot", forgotten.show, forgotten.submit),
        ("/forgot/sent", forgotten.sent, None),
        ("/reset", forgotten.opened, forgotten.reset),
        ("/reset/done", forgotten.done, None),
        *((path, page.opened, page.act) for path, page in by_link.items()),
        ("/account/password", password.show, password.change),
        ("/account/email", email.show, email.act),
        ("/.well-known/change-password", lead_to_password_page, None),
    )
    return tuple(
        Route(path, {verb: door(e) for verb, e in (("GET", get), ("POST", post)) if e is not None})
        for path, get, post in table
    )
