"""Answers where no organization is known: the bare address, unknown ones, and the last resort."""

from __future__ import annotations

import logging

from doorward.db import DatabaseError, Overloaded, Unavailable, Unrepresentable
from doorward.dialects.neon_crm import TOKEN_PATH
from doorward.http import (
    TURNED_AWAY,
    ASGIApp,
    Brand,
    Call,
    Mishap,
    Pages,
    Problem,
    Receive,
    Reply,
    Scope,
    Send,
    View,
    negotiate_locale,
    oauth_error_reply,
    parse_cookies,
    preference_cookie_name,
    problem_reply,
    redirect_reply,
    send_reply,
)
from doorward.orgs import OrganizationSuspended, Site
from doorward.protocol import ErrorCode, OAuthError

__all__ = ["OutsidePages", "outside_view"]

log = logging.getLogger("doorward")

_PROGRAMS = ("/oauth2/token", "/oauth2/introspect", "/oauth2/revoke", "/userinfo", TOKEN_PATH)

_CALLED = ("/api/", "/v2/", "/neonws/", "/app-connect/", "/.well-known/")
_ERRORS = {
    Mishap.BAD_REQUEST: (ErrorCode.INVALID_REQUEST, "A parameter cannot be read."),
    Mishap.BUSY: (ErrorCode.TEMPORARILY_UNAVAILABLE, "Please try again in a moment."),
    Mishap.SERVER_ERROR: (ErrorCode.SERVER_ERROR, "Something went wrong on our side."),
}
"""What programs are told where people are shown a page."""


class OutsidePages:
    """Pages in Doorward's own name."""

    def __init__(self, pages: Pages, site: Site, home_url: str | None) -> None:
        """Render with ``pages``; the bare address leads to ``home_url`` when there is one."""
        self._pages = pages
        self._site = site
        self._home_url = home_url

    async def missing(self, call: Call) -> Reply | ASGIApp:
        """There is nothing at this address."""
        if call.scope["path"] == "/" and self._home_url is not None:
            return redirect_reply(self._home_url)
        return self._mishap(call.scope, Mishap.NO_SUCH_ORGANIZATION)

    async def refused(self, call: Call) -> Reply | ASGIApp:
        """The organization is unknown, or suspended: programs are told so in their own form."""
        refusal = call.scope["doorward.refusal"]
        if str(call.scope["path"]).endswith(_PROGRAMS):
            return oauth_error_reply(OAuthError(ErrorCode.UNAUTHORIZED_CLIENT, refusal.sentence))
        suspended = refusal is OrganizationSuspended
        return self._mishap(
            call.scope,
            Mishap.ORGANIZATION_PAUSED if suspended else Mishap.NO_SUCH_ORGANIZATION,
        )

    def guarding(self, app: ASGIApp) -> ASGIApp:
        """Answer for whatever goes wrong before an endpoint's own door is reached."""

        async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
            if TURNED_AWAY in scope:
                await self._failure(scope, Mishap.BUSY)(scope, receive, send)
                return
            try:
                await app(scope, receive, send)
            except Unrepresentable:
                answer = self._failure(scope, Mishap.BAD_REQUEST)
            except (Overloaded, Unavailable) as error:
                log.warning("%s: %s", scope["path"], error)
                answer = self._failure(scope, Mishap.BUSY)
            except DatabaseError:
                log.exception("request %s failed", scope.get("doorward.request_id"))
                answer = self._failure(scope, Mishap.SERVER_ERROR)
            else:
                return
            await answer(scope, receive, send)

        return guarded

    def _failure(self, scope: Scope, mishap: Mishap) -> ASGIApp:
        """A page for people, JSON for programs."""
        path = str(scope["path"])
        inside = "/" + path[len("/o/") :].partition("/")[2] if path.startswith("/o/") else path
        if not inside.endswith(_PROGRAMS) and not inside.startswith(_CALLED):
            return self._mishap(scope, mishap)
        error = OAuthError(*_ERRORS[mishap])
        reply = oauth_error_reply(error)
        if inside.startswith("/api/"):
            patience = tuple(each for each in reply.headers if each[0] == b"retry-after")
            problem = problem_reply(Problem(error.status, error.code.value, error.description))
            reply = Reply(problem.status, problem.body, (*problem.headers, *patience))

        async def answer(scope: Scope, _receive: Receive, send: Send) -> None:
            await send_reply(send, reply, with_body=scope["method"] != "HEAD")

        return answer

    def _mishap(self, scope: Scope, mishap: Mishap) -> ASGIApp:
        view = outside_view(scope, self._site)
        return self._pages.mishap(view, mishap, request_id=scope.get("doorward.request_id"))


def outside_view(scope: Scope, site: Site, query: tuple[tuple[str, str], ...] = ()) -> View:
    """Who looks at a page in Doorward's own name, in the language that was chosen or accepted."""
    headers = {bytes(name): bytes(value).decode("latin-1") for name, value in scope["headers"]}
    cookies = parse_cookies(headers.get(b"cookie"))
    https = site.scheme == "https"
    kept = cookies.get(preference_cookie_name("lang", https=https))
    return View(
        brand=Brand(name="Doorward"),
        path=str(scope["path"]),
        query=query,
        locale=negotiate_locale(kept, None, headers.get(b"accept-language"), "en"),
        https=https,
    )
