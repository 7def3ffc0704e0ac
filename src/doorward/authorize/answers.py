"""What leaves the authorization endpoint: redirects to a verified address, and pages."""

from __future__ import annotations

from doorward.authorize.front import Front
from doorward.authorize.service import BadReturnAddress, Caller
from doorward.http import ASGIApp, Call, Mishap, Reply, redirect_reply
from doorward.orgs import PageOrder, TenantPages
from doorward.protocol import (
    OAuthError,
    Parameters,
    ResponseMode,
    error_fields,
    parse_redirect_uri,
    redirect_location,
)
from doorward.sessions import UNREVIEWED

__all__ = ["Answers"]


class Answers:
    """Sends a caller's answer to its address, and everything else to a page."""

    def __init__(self, pages: TenantPages) -> None:
        """Render with ``pages``."""
        self._pages = pages

    def send(
        self, call: Call, caller: Caller, fields: tuple[tuple[str, str], ...]
    ) -> Reply | ASGIApp:
        """Back to the application: by redirect, or by a page where a redirect cannot do it."""
        address = caller.address
        if address.response_mode is ResponseMode.FORM_POST:
            return self._returning(call, caller, "post", fields)
        if parse_redirect_uri(address.redirect_uri).is_private_scheme:
            return self._returning(call, caller, "get", fields)
        return redirect_reply(redirect_location(address, fields))

    def refuse(self, call: Call, caller: Caller, error: OAuthError) -> Reply | ASGIApp:
        """Tell the application of ``error``."""
        return self.send(call, caller, error_fields(caller.address, error))

    def unreadable(self, call: Call, error: OAuthError) -> ASGIApp:
        """The page for a request that is no sound form."""
        return self._pages.mishap(call, Mishap.BAD_REQUEST, detail=_detail(error))

    def bad_address(
        self, call: Call, front: Front, params: Parameters, bad: BadReturnAddress
    ) -> ASGIApp:
        """The page for a redirect URI to which nothing may be sent."""
        words = front.word_bad_address(params)
        return self._pages.mishap(call, words, detail=_detail(bad.error))

    def _returning(
        self, call: Call, caller: Caller, method: str, fields: tuple[tuple[str, str], ...]
    ) -> ASGIApp:
        address = caller.address
        by_get = method == "get"
        values = {
            "app_name": caller.application.name if caller.application.is_live else UNREVIEWED,
            "target_url": redirect_location(address, fields) if by_get else address.redirect_uri,
            "method": method,
            "fields": () if by_get else fields,
        }
        order = PageOrder(path=str(call.scope["path"]), form_targets=(address.redirect_uri,))
        return self._pages.page(call, "returning.html", values, order)


def _detail(error: OAuthError) -> tuple[tuple[str, str], ...]:
    return (("error", error.code.value), ("error_description", error.description))
