"""A person's own pages: who they are, where they are signed in, what they allowed."""

from __future__ import annotations

from urllib.parse import urlsplit

from doorward.clients import Application, Applications
from doorward.consents import Consent, Consents, UnknownConsent
from doorward.console.account.frame import AccountFrame, Person, account_values
from doorward.http import ASGIApp, Call, Reply, redirect_reply
from doorward.orgs import PageOrder, Tenant, TenantPages, session_cookie, tenant_of
from doorward.protocol import OPENID
from doorward.scopes import Scopes
from doorward.sessions import Sessions, SignInPages, describe_device, visitor_of

__all__ = ["AccountPages"]

_REMOVE = "account_app_remove.html"


class AccountPages:
    """Everything under ``/account`` and the organization's own landing page."""

    def __init__(
        self,
        *,
        sessions: Sessions,
        consents: Consents,
        applications: Applications,
        scopes: Scopes,
        sign_in: SignInPages,
        pages: TenantPages,
    ) -> None:
        """Show ``sessions`` and ``consents`` in the words of ``scopes``."""
        self._frame = AccountFrame(sessions=sessions, sign_in=sign_in, pages=pages)
        self._sessions = sessions
        self._consents = consents
        self._applications = applications
        self._scopes = scopes
        self._pages = pages

    async def landing(self, call: Call) -> Reply | ASGIApp:
        """``GET /``: who is signed in here, and the door."""
        tenant = tenant_of(call.scope)
        browser = await self._sessions.find_browser(tenant.org, session_cookie(call))
        values = {
            "accounts": [
                {**account_values(each), "signed_out": False}
                for each in (browser.sessions if browser else ())
            ],
            "signin_url": f"{tenant.base}/signin",
            "account_url": f"{tenant.base}/account",
        }
        return self._pages.page(call, "landing.html", values, PageOrder(path="/"))

    async def devices(self, call: Call) -> Reply | ASGIApp:
        """``GET /account/sessions``."""
        return await self._frame.signed_in(call, self._devices)

    async def end_devices(self, call: Call) -> Reply | ASGIApp:
        """``POST /account/sessions``: end one session, or all but this one."""
        return await self._frame.signed_in(call, self._end_devices)

    async def apps(self, call: Call) -> Reply | ASGIApp:
        """``GET /account/apps``."""
        return await self._frame.signed_in(call, self._apps)

    async def remove_app(self, call: Call) -> Reply | ASGIApp:
        """``POST /account/apps``: ask first, then remove."""
        return await self._frame.signed_in(call, self._remove_app)

    async def _devices(self, call: Call, person: Person) -> ASGIApp:
        live = await self._sessions.list_live(person.tenant.org, person.session.account_id)
        values: dict[str, object] = {
            "sessions": [
                {
                    "id": str(each.session_id),
                    "current": each.session_id == person.session.session_id,
                    **describe_device(each.user_agent),
                    "address": each.address,
                    "created": each.created_at,
                    "last_seen": each.last_seen_at,
                }
                for each in live
            ]
        }
        return self._frame.page(call, person, "account_sessions.html", "/account/sessions", values)

    async def _end_devices(self, call: Call, person: Person) -> Reply:
        form = self._frame.verified_form(call, person)
        org_id = person.tenant.org_id
        by = visitor_of(call).as_actor(person.session.account_id)
        wanted = form.get("session")
        done = "session_ended"
        if wanted == "others":
            await self._sessions.end_others(person.session, org_id, by)
            done = "others_ended"
        else:
            own = await self._sessions.list_live(person.tenant.org, person.session.account_id)
            for each in own:
                if str(each.session_id) == wanted:
                    await self._sessions.end(org_id, each.session_id, by)
        return redirect_reply(f"{person.tenant.base}/account/sessions?done={done}")

    async def _apps(self, call: Call, person: Person) -> ASGIApp:
        consents = await self._consents.list_of_account(
            person.tenant.org_id, person.session.account_id
        )
        locale = self._pages.locale_of(call)
        apps = [await self._describe(person.tenant, each, locale) for each in consents]
        values: dict[str, object] = {"apps": [each for each in apps if each is not None]}
        return self._frame.page(call, person, "account_apps.html", "/account/apps", values)

    async def _remove_app(self, call: Call, person: Person) -> Reply | ASGIApp:
        form = self._frame.verified_form(call, person)
        org_id = person.tenant.org_id
        back = f"{person.tenant.base}/account/apps"
        consent = await self._consents.find(
            org_id, person.session.account_id, form.get("client_id") or ""
        )
        if consent is None:
            return redirect_reply(back)
        decision = form.get("decision")
        if decision == "narrow":
            kept = frozenset((*form.every("scope"), OPENID))
            return await self._narrow(person, consent, kept)
        if decision != "remove":
            app = await self._describe(person.tenant, consent, self._pages.locale_of(call))
            values: dict[str, object] = {"app": app}
            template = "account_app_change.html" if decision == "change" else _REMOVE
            return self._frame.page(call, person, template, "/account/apps", values)
        try:
            await self._consents.withdraw(org_id, consent.consent_id, person.actor)
        except UnknownConsent:
            return redirect_reply(back)
        return redirect_reply(f"{back}?done=app_removed")

    async def _narrow(self, person: Person, consent: Consent, kept: frozenset[str]) -> Reply:
        back = f"{person.tenant.base}/account/apps"
        try:
            narrowed = await self._consents.narrow(
                consent.org_id, consent.consent_id, kept, person.actor
            )
        except UnknownConsent:
            return redirect_reply(back)
        changed = narrowed.scopes != consent.scopes
        return redirect_reply(f"{back}?done=app_changed" if changed else back)

    async def _describe(
        self, tenant: Tenant, consent: Consent, locale: str
    ) -> dict[str, object] | None:
        application = await self._applications.find(tenant.org_id, consent.client_id)
        if application is None:
            return None
        catalogue = await self._scopes.catalogue(tenant.org_id)
        known = [catalogue.scopes[name] for name in consent.scopes if name in catalogue.scopes]
        return {
            "client_id": application.client_id,
            "name": application.name,
            "publisher": application.publisher,
            "host": _host(application),
            "scopes": [each.title(locale) for each in known],
            "lines": [
                {
                    "name": each.name,
                    "sentence": each.title(locale),
                    "fixed": each.name == OPENID,
                }
                for each in known
            ],
            "granted_at": consent.granted_at,
            "last_used_at": consent.last_used_at,
        }


def _host(application: Application) -> str:
    for address in (application.homepage_url, *application.redirect_uris):
        if address:
            parts = urlsplit(address)
            return parts.hostname or parts.scheme
    return ""
