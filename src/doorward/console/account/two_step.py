"""Two-step verification on a person's own pages: an app, its recovery codes, turning it off."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from doorward.accounts import STAFF_SIGN_IN, AccountKind
from doorward.brakes import Braked
from doorward.console.account.frame import AccountFrame, Person
from doorward.crypto import Secret
from doorward.factors import (
    FEW_CODES,
    Factors,
    NothingPending,
    draw_qr,
    grouped,
    parse_recovery_code,
    setup_uri,
)
from doorward.http import ASGIApp, Call, Reply, message, redirect_reply
from doorward.orgs import PageOrder, render_session_cookie
from doorward.sessions import (
    SecondSteps,
    Sessions,
    requires_second_step,
    who_signs_in,
)

__all__ = ["TwoStepPages", "own_address", "shown_codes"]

_HOME: Final = "/account/two-step"
_APP: Final = "/account/two-step/app"
_MOST_CODES: Final = 10
_STATUS: Final = {None: 200, "braked": 429}
_NOTICES: Final = {
    "second_step_set_up": message("The authenticator app is set up."),
    "second_step_removed": message("The authenticator app is removed."),
}


class TwoStepPages:
    """``/account/two-step`` and below, for constituents and staff alike.

    Whatever changes how somebody signs in wants a proof of the last ten minutes.
    """

    def __init__(
        self,
        frame: AccountFrame,
        *,
        factors: Factors,
        second_steps: SecondSteps,
        sessions: Sessions,
    ) -> None:
        """Set up ``factors`` for whoever ``frame`` lets in."""
        self._frame = frame
        self._factors = factors
        self._second_steps = second_steps
        self._sessions = sessions

    async def show(self, call: Call) -> Reply | ASGIApp:
        """``GET /account/two-step``: what is on, and how many codes are left."""
        return await self._frame.signed_in_as(call, self._show, way_back=own_address(call, _HOME))

    async def change(self, call: Call) -> Reply | ASGIApp:
        """``POST /account/two-step``: make new recovery codes, or turn the app off."""
        return await self._frame.signed_in_as(call, self._change, way_back=own_address(call, _HOME))

    async def show_app(self, call: Call) -> Reply | ASGIApp:
        """``GET /account/two-step/app``: the key of an app, and the field that proves it."""
        return await self._frame.signed_in_as(
            call, self._show_app, way_back=own_address(call, _APP)
        )

    async def set_up(self, call: Call) -> Reply | ASGIApp:
        """``POST /account/two-step/app``: the code that proves the key."""
        return await self._frame.signed_in_as(call, self._set_up, way_back=own_address(call, _APP))

    async def download(self, call: Call) -> Reply | ASGIApp:
        """``POST /account/two-step/codes``: the codes of the page that showed them, as text."""
        return await self._frame.signed_in_as(
            call, self._download, way_back=own_address(call, _HOME)
        )

    async def _show(self, call: Call, person: Person) -> ASGIApp:
        standing = await self._factors.get_standing(*person.whose)
        ways = await self._second_steps.list_of(*person.whose)
        org, app = person.tenant.org, standing.app
        values: dict[str, object] = {
            "is_off": org.policy.second_step == "off",
            "required": requires_second_step(org, person.session.account_kind),
            "app": None if app is None else {"since": app.confirmed_at, "used": app.last_used_at},
            "is_on": bool(ways),
            "left": standing.codes_left,
            "few": standing.codes_left <= FEW_CODES,
            "app_url": person.tenant.base + own_address(call, _APP),
            "may_turn_off": _may_turn_off(person, ways),
            "notices": _NOTICES,
        }
        return self._page(call, person, "account_two_step.html", values)

    async def _change(self, call: Call, person: Person) -> Reply | ASGIApp:
        form = self._frame.verified_form(call, person)
        again = await self._frame.require_recent(person, way_back=own_address(call, _HOME))
        if again is not None:
            return again
        ways = await self._second_steps.list_of(*person.whose)
        part = form.get("part")
        if part == "codes" and ways:
            codes = await self._factors.make_codes(
                person.tenant, person.session.account_id, person.actor
            )
            return self._page(call, person, "account_two_step_codes.html", shown_codes(call, codes))
        if part == "off" and _may_turn_off(person, ways):
            if form.get("decision") != "off":
                return self._page(call, person, "account_two_step_off.html", {})
            others = [way for way in ways if way != self._factors.name]
            await self._factors.turn_off(
                person.tenant, person.session.account_id, person.actor, keep_codes=bool(others)
            )
            return redirect_reply(
                person.tenant.base + own_address(call, _HOME, "second_step_removed")
            )
        return redirect_reply(person.tenant.base + own_address(call, _HOME))

    async def _show_app(self, call: Call, person: Person) -> Reply | ASGIApp:
        turned_away = await self._turn_away(call, person)
        return await self._setup(call, person) if turned_away is None else turned_away

    async def _set_up(self, call: Call, person: Person) -> Reply | ASGIApp:
        form = self._frame.verified_form(call, person)
        turned_away = await self._turn_away(call, person)
        if turned_away is not None:
            return turned_away
        code = form.get("code") or ""
        account_id, browser_id = person.session.account_id, person.browser.browser_id
        codes = None
        try:
            if code:
                codes = await self._factors.confirm(
                    person.tenant, account_id, browser_id, code, person.actor
                )
        except Braked as braked:
            return await self._setup(call, person, error="braked", wait_s=braked.retry_after_s)
        except NothingPending:
            return await self._setup(call, person, error="gone")
        if codes is None:
            return await self._setup(call, person, error="refused" if code else "empty")
        return await self._confirmed(call, person, codes)

    async def _turn_away(self, call: Call, person: Person) -> Reply | None:
        """None for who may set an app up now."""
        if person.tenant.org.policy.second_step == "off":
            return redirect_reply(person.tenant.base + own_address(call, _HOME))
        return await self._frame.require_recent(person, way_back=own_address(call, _APP))

    async def _confirmed(
        self, call: Call, person: Person, codes: tuple[Secret[str], ...]
    ) -> Reply | ASGIApp:
        """The session is worth more from now on, so its cookie is a new one."""
        cookie = await self._sessions.strengthen(
            person.tenant.org, person.browser, person.session, ("otp",)
        )
        cookies = (render_session_cookie(person.tenant, cookie.reveal()),)
        if not codes:
            home = person.tenant.base + own_address(call, _HOME, "second_step_set_up")
            return redirect_reply(home, cookies=cookies)
        order = PageOrder(path=_HOME, query=person.as_whom, cookies=cookies)
        values = shown_codes(call, codes)
        return self._frame.render(call, person, "account_two_step_codes.html", values, order)

    async def _setup(
        self, call: Call, person: Person, *, error: str | None = None, wait_s: int | None = None
    ) -> ASGIApp:
        pending = await self._factors.begin(*person.whose, person.browser.browser_id)
        label = person.session.username
        uri = setup_uri(pending.key, issuer=person.tenant.org.name, label=label)
        values: dict[str, object] = {
            "error": error,
            "wait_s": wait_s,
            "qr": draw_qr(uri),
            "key": grouped(pending.key.reveal()).replace("-", " "),
            "home_url": person.tenant.base + own_address(call, _HOME),
        }
        order = PageOrder(
            path=_APP,
            query=person.as_whom,
            status=_STATUS.get(error, 400),
            retry_after_s=wait_s,
        )
        return self._frame.render(call, person, "account_two_step_app.html", values, order)

    async def _download(self, call: Call, person: Person) -> Reply:
        form = self._frame.verified_form(call, person)
        typed = (form.get("codes") or "").split()[:_MOST_CODES]
        # Whatever else somebody writes into the form is not sent back as a file of ours.
        codes = [code.reveal() for code in map(parse_recovery_code, typed) if code is not None]
        lines = [person.tenant.org.name, person.session.username, "", *codes, ""]
        return Reply(
            200,
            "\r\n".join(lines).encode(),
            (
                (b"content-type", b"text/plain; charset=utf-8"),
                (b"content-disposition", b'attachment; filename="recovery-codes.txt"'),
                (b"cache-control", b"no-store"),
                (b"x-content-type-options", b"nosniff"),
                (b"content-security-policy", b"sandbox; default-src 'none'"),
            ),
        )

    def _page(
        self, call: Call, person: Person, template: str, values: dict[str, object]
    ) -> ASGIApp:
        return self._frame.page(call, person, template, _HOME, values, query=person.as_whom)


def _may_turn_off(person: Person, ways: tuple[str, ...]) -> bool:
    """Not the only second step of somebody who has to have one."""
    required = requires_second_step(person.tenant.org, person.session.account_kind)
    return Factors.name in ways and (not required or len(ways) > 1)


def shown_codes(call: Call, codes: tuple[Secret[str], ...]) -> dict[str, object]:
    """Recovery codes for the page that shows them this once."""
    return {
        "codes": [each.reveal() for each in codes],
        "download_path": own_address(call, "/account/two-step/codes"),
        "home_path": own_address(call, _HOME),
    }


def own_address(call: Call, path: str, done: str | None = None, **query: str) -> str:
    """A page of ours, which stays with staff where the address says that staff are meant."""
    said = query if done is None else {"done": done, **query}
    if who_signs_in(call) is AccountKind.SYSTEM:
        said |= dict([STAFF_SIGN_IN])
    return f"{path}?{urlencode(said)}" if said else path
