"""``/np/logout.do``: constituents sign out, and go on to an address that is registered."""

from __future__ import annotations

import re

from doorward.clients import Applications
from doorward.http import ASGIApp, Call, Reply
from doorward.orgs import session_cookie, tenant_of
from doorward.protocol import matches_registered
from doorward.sessions import Sessions, SignOutPages, visitor_of

__all__ = ["SIGN_OUT_PATH", "ConstituentSignOut"]

SIGN_OUT_PATH = "/np/logout.do"
_BARE = re.compile(r"https?://[^/?#]+\Z")


class ConstituentSignOut:
    """Ends what constituents signed in to in this browser; sign-ins of staff go on."""

    def __init__(
        self, *, sessions: Sessions, applications: Applications, pages: SignOutPages
    ) -> None:
        """End ``sessions``; believe targets by ``applications``; show ``pages`` otherwise."""
        self._sessions = sessions
        self._applications = applications
        self._pages = pages

    async def leave(self, call: Call) -> Reply | ASGIApp:
        """``GET``: sign out at once, and go on to ``targetUrl`` where an application has it."""
        tenant = tenant_of(call.scope)
        target = await self._find_target(tenant.org_id, call.query().get("targetUrl"))
        browser = await self._sessions.find_browser(tenant.org, session_cookie(call))
        left = 0
        if browser is not None:
            for each in browser.of_kind("constituent"):
                by = visitor_of(call).as_actor(each.account_id)
                await self._sessions.end(tenant.org_id, each.session_id, by)
            left = len(browser.of_kind("system"))
        return self._pages.show_signed_out(call, target, name=None, forget=left == 0)

    async def _find_target(self, org_id: str, asked: str | None) -> str | None:
        if asked is None:
            return None
        if _BARE.match(asked):
            # RFC 3986 6.2.3: an empty path and "/" are the same.
            asked += "/"
        known = await self._applications.list_return_addresses(org_id)
        return asked if matches_registered(asked, tuple(known)) else None
