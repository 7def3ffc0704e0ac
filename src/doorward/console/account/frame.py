"""What all of a person's own pages share: who looks at them, their forms, what stands around."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from doorward.accounts import STAFF_SIGN_IN, AccountKind
from doorward.audit import Actor
from doorward.dialects import neon
from doorward.http import ASGIApp, Call, Locale, Mishap, Reply
from doorward.orgs import PageOrder, Tenant, TenantPages, session_cookie, tenant_of
from doorward.protocol import Parameters, Refusal
from doorward.sessions import (
    Browser,
    Session,
    Sessions,
    SignInPages,
    who_signs_in,
)

__all__ = ["AccountFrame", "Act", "Person", "account_values"]

_TICKS = frozenset({"scope"})
_SIGN_OUT = "/oauth2/sessions/logout"
_DONE = frozenset(
    {
        "app_removed",
        "app_changed",
        "session_ended",
        "others_ended",
        "profile_saved",
        "patreon_saved",
        "patreon_removed",
    }
)


@dataclass(frozen=True, slots=True)
class Person:
    """Who looks at the pages, in which browser."""

    tenant: Tenant
    browser: Browser
    session: Session

    @property
    def actor(self) -> Actor:
        """The person as the author of what they change here."""
        return Actor(kind="account", id=str(self.session.account_id))

    @property
    def whose(self) -> tuple[str, int]:
        """The organization and the account that the pages are about."""
        return self.tenant.org_id, self.session.account_id

    @property
    def is_staff(self) -> bool:
        """Whether it is a system account."""
        return self.session.account_kind == AccountKind.SYSTEM

    @property
    def as_whom(self) -> tuple[tuple[str, str], ...]:
        """What addresses say that are for staff in a browser with other people as well."""
        return (STAFF_SIGN_IN,) if self.is_staff else ()

    @property
    def has_projects(self) -> bool:
        """Whether the platform of projects is spoken here, to constituents."""
        is_constituent = self.session.account_kind == AccountKind.CONSTITUENT
        return is_constituent and neon.DIALECT in self.tenant.org.dialects


Act: TypeAlias = Callable[[Call, Person], Awaitable["Reply | ASGIApp"]]
"""What a page does, once it is certain whose it is."""


class AccountFrame:
    """Lets people in to their own pages, and puts the pages together."""

    def __init__(self, *, sessions: Sessions, sign_in: SignInPages, pages: TenantPages) -> None:
        """Believe ``sessions``, or lead to ``sign_in``; render with ``pages``."""
        self._sessions = sessions
        self._sign_in = sign_in
        self._pages = pages

    async def signed_in(self, call: Call, act: Act) -> Reply | ASGIApp:
        """What ``act`` answers to whoever is signed in; else the sign-in form, and back here."""
        tenant, browser = await self._browser(call)
        if browser is None or not browser.sessions:
            # The path is that of a route of ours, or nobody would have been called.
            path, kind = str(call.scope["path"]), who_signs_in(call)
            return await self._sign_in.lead_back(tenant, browser, path, kind)
        # Beside a constituent, somebody of the staff has pages of their own under /admin.
        people = browser.of_kind(AccountKind.CONSTITUENT) or browser.sessions
        return await act(call, _latest(tenant, browser, people))

    async def signed_in_as(self, call: Call, act: Act, *, way_back: str) -> Reply | ASGIApp:
        """The same for pages that staff need as well: their address says that staff are meant.

        Whoever has to sign in first comes back to ``way_back``, a path of ours with its query.
        """
        tenant, browser = await self._browser(call)
        kind = who_signs_in(call)
        people = () if browser is None else browser.of_kind(kind)
        if browser is not None and kind == AccountKind.CONSTITUENT:
            people = people or browser.sessions
        if browser is None or not people:
            return await self._sign_in.lead_back(tenant, browser, way_back, kind)
        return await act(call, _latest(tenant, browser, people))

    async def everybody(self, call: Call) -> tuple[Person, ...]:
        """All who are signed in in this browser, constituents first."""
        tenant, browser = await self._browser(call)
        if browser is None:
            return ()
        ordered = sorted(
            browser.sessions,
            key=lambda each: (each.account_kind != AccountKind.CONSTITUENT, -each.auth_at),
        )
        return tuple(Person(tenant, browser, each) for each in ordered)

    async def _browser(self, call: Call) -> tuple[Tenant, Browser | None]:
        tenant = tenant_of(call.scope)
        return tenant, await self._sessions.find_browser(tenant.org, session_cookie(call))

    async def with_projects(self, call: Call, act: Act) -> Reply | ASGIApp:
        """``signed_in`` for pages about projects: 404 for staff, and for what ``act`` misses.

        A form must be this person's own.
        """

        async def verified(call: Call, person: Person) -> Reply | ASGIApp:
            if not person.has_projects:
                return self._pages.mishap(call, Mishap.NOT_FOUND)
            if call.method == "POST":
                self.verified_form(call, person)
            try:
                return await act(call, person)
            except Refusal as refusal:
                if refusal.status != Mishap.NOT_FOUND.value.status:
                    raise
                return self._pages.mishap(call, Mishap.NOT_FOUND)

        return await self.signed_in(call, verified)

    async def require_recent(self, person: Person, *, way_back: str) -> Reply | None:
        """None for somebody who has proved who they are within ten minutes, else the way to do so.

        Ask before anything that changes how a person signs in, or that cannot be undone; what is
        answered is the answer then. All that the account has is asked for: with a second step,
        both. ``way_back`` is a page of ours with its query, where the person starts again.
        """
        return await self._sign_in.prove_again(
            person.tenant, person.browser, person.session, way_back
        )

    def locale_of(self, call: Call) -> Locale:
        """The language in which ``call`` is answered."""
        return self._pages.locale_of(call)

    def verified_form(self, call: Call, person: Person) -> Parameters:
        """The form that was sent from a page of ``person``. Raises ``ForgedRequest``."""
        form = call.form(several=_TICKS)
        # The token belongs to the session that the page named: a page shown for one person never
        # acts for another who has signed in here since.
        self._pages.verify_form(call, form.get("csrf"), owner_id=person.session.session_id)
        return form

    def page(
        self,
        call: Call,
        person: Person,
        template: str,
        path: str,
        values: Mapping[str, object],
        *,
        query: tuple[tuple[str, str], ...] = (),
    ) -> ASGIApp:
        """``template`` within the frame; its status is 422 when ``values`` hold problems.

        ``query`` are the parameters that a GET of it needs. ``notices`` in ``values`` says which
        sentence (a msgid) belongs to which ``done`` in the address.
        """
        order = PageOrder(path=path, query=query)
        return self.render(call, person, template, values, order)

    def render(
        self,
        call: Call,
        person: Person,
        template: str,
        values: Mapping[str, object],
        order: PageOrder,
    ) -> ASGIApp:
        """``page`` as ``order`` says, which may set cookies; its forms are this person's.

        ``notice`` in ``values`` is a sentence (a msgid) for an answer to a form.
        """
        done = call.query().get("done") if call.method != "POST" else None
        notices, said = values.get("notices"), values.get("notice")
        shown = {
            **values,
            "account": account_values(person.session),
            "signout_url": f"{person.tenant.base}{_SIGN_OUT}",
            "done": done if done in _DONE else None,
            "notice": notices.get(done or "") if isinstance(notices, Mapping) else said,
            "has_projects": person.has_projects,
        }
        status = 422 if values.get("problems") else order.status
        own = replace(order, owner_id=person.session.session_id, status=status)
        return self._pages.page(call, template, shown, own)


def _latest(tenant: Tenant, browser: Browser, people: tuple[Session, ...]) -> Person:
    return Person(tenant, browser, max(people, key=lambda each: each.auth_at))


def account_values(session: Session) -> dict[str, str | None]:
    """Who is signed in, for a page."""
    return {
        "name": session.name,
        "email": session.email,
        "username": session.username,
    }
