"""Putting the demo's data into a database; what is there already stays as it is."""

from __future__ import annotations

import asyncio
from typing import cast

from doorward.accounts import Account, AccountKind, NewAccount
from doorward.apikeys import BadApiKey
from doorward.app.assembly import Services
from doorward.app.demo_connections import seed_connectors
from doorward.app.demo_data import (
    ORGANIZATIONS,
    SAMPLE,
    DemoApplication,
    DemoOrganization,
    DemoPerson,
)
from doorward.app.demo_folder import DemoFolder
from doorward.app.demo_people import DETAILS, PATREON, PICTURES, TAGS, others_of
from doorward.app.demo_projects import seed_projects
from doorward.audit import Actor
from doorward.clients import (
    MAX_LIVE_SECRETS,
    Application,
    ApplicationChange,
    ApplicationKind,
    ApplicationStatus,
    NewApplication,
)
from doorward.crypto import Secret, digest, same
from doorward.orgs import NewOrganization, Policy, Registration

__all__ = ["Seeder"]

_BY = Actor(kind="system", id="demo")
_KEPT_URIS = 10
_PEOPLE = AccountKind.CONSTITUENT


class Seeder:
    """Makes an installation hold the demo, with the credentials that its folder keeps."""

    def __init__(self, use: Services, folder: DemoFolder) -> None:
        """Seed ``use``."""
        self._use = use
        self._folder = folder
        self._kept = folder.kept

    async def seed_sample(self) -> str:
        """What the sample application needs to start; answers its secret."""
        riverbend = next(each for each in ORGANIZATIONS if SAMPLE in each.applications)
        await self._organization(riverbend)
        await self._catalogue(riverbend)
        await self._application(riverbend.org_id, SAMPLE)
        return self._kept.client_secrets[f"{riverbend.org_id}/{SAMPLE.client_id}"]

    async def seed(self) -> None:
        """Everything. Passwords are hashed and keys are made beside each other, in threads."""
        for each in ORGANIZATIONS:
            for person in (*each.staff, *each.constituents):
                self._folder.password_of(f"{each.org_id}/{person.username}")
        # A password that is in use is never one that could be forgotten.
        self._folder.save()
        await asyncio.gather(*(self._fill(each) for each in ORGANIZATIONS))
        await seed_connectors(self._use, self._kept.client_secrets, _BY)

    async def _fill(self, org: DemoOrganization) -> None:
        await self._organization(org)
        await self._catalogue(org)
        people = [
            *((person, AccountKind.SYSTEM) for person in org.staff),
            *((person, AccountKind.CONSTITUENT) for person in org.constituents),
        ]
        await asyncio.gather(
            self._use.keys.ensure(org.org_id, by=_BY),
            *(self._person(org.org_id, person, kind) for person, kind in people),
            *(self._application(org.org_id, each) for each in org.applications),
        )
        await self._others(org.org_id)
        await seed_projects(self._use, org.org_id, _BY)
        for person in org.staff:
            if person.has_api_key:
                await self._api_key(org.org_id, person)

    async def _organization(self, org: DemoOrganization) -> None:
        if await self._use.organizations.find(org.org_id) is not None:
            return
        new = NewOrganization(
            org_id=org.org_id,
            name=org.name,
            accent=org.accent,
            support_url=f"{org.site}/help",
            privacy_url=f"{org.site}/privacy",
            terms_url=f"{org.site}/terms",
            # Browsers find it without DNS, and keep passkeys for it, as they do for no number.
            hosts=(org.host,),
            dialects=org.dialects,
            registration=Registration(mode="open"),
            policy=Policy(sign_up=org.sign_up),
        )
        await self._use.organizations.create(new, _BY)

    async def _catalogue(self, org: DemoOrganization) -> None:
        known = await self._use.scopes.catalogue(org.org_id)
        for api in org.apis:
            if api.identifier not in known.apis:
                await self._use.scopes.create_api(api, _BY)
        for scope in org.scopes:
            if scope.name not in known.scopes:
                await self._use.scopes.create_scope(scope, _BY)

    async def _person(self, org_id: str, person: DemoPerson, kind: AccountKind) -> None:
        who = f"{org_id}/{person.username}"
        password = Secret(self._folder.password_of(who))
        account = await self._use.accounts.find_by_login(org_id, kind, person.username)
        if account is None:
            account = await self._new_account(org_id, person, kind, password)
        elif account.password_changed_at != self._kept.changed_at.get(who):
            # Somebody changed it, or the database is another one: what is printed must be true.
            account = await self._use.accounts.set_password(
                org_id, account.account_id, password, _BY
            )
        self._kept.changed_at[who] = account.password_changed_at or 0

    async def _new_account(
        self, org_id: str, person: DemoPerson, kind: AccountKind, password: Secret[str]
    ) -> Account:
        given, family = person.name
        new = NewAccount(
            org_id=org_id,
            kind=kind,
            username=person.username,
            email=person.email,
            email_verified=True,
            name=person.full_name,
            given_name=given,
            family_name=family,
            locale=person.locale,
            permissions=person.permissions,
            picture_url=PICTURES.get((org_id, person.account_id)),
            password=password,
            account_id=person.account_id,
            details=DETAILS.get((org_id, person.account_id)) if kind is _PEOPLE else None,
        )
        account = await self._use.accounts.create(new, _BY)
        if kind is _PEOPLE:
            await self._platform_profile(org_id, account.account_id)
        return account

    async def _platform_profile(self, org_id: str, account_id: int) -> None:
        who, profiles = (org_id, account_id), self._use.platform_profiles
        if who in TAGS:
            await profiles.set_tags(org_id, account_id, TAGS[who], _BY)
        if who in PATREON:
            await profiles.link_patreon(org_id, account_id, PATREON[who], _BY)

    async def _others(self, org_id: str) -> None:
        """People without a password, so that there is something to look through."""
        wanted = others_of(org_id)
        if not wanted or await self._use.accounts.find_by_login(
            org_id, _PEOPLE, wanted[0].username
        ):
            return
        await self._use.accounts.create_many(org_id, wanted, _BY)

    async def _application(self, org_id: str, demo: DemoApplication) -> None:
        found = await self._use.applications.find(org_id, demo.client_id)
        if found is None:
            await self._new_application(org_id, demo)
            return
        await self._follow_port(found, demo)
        if not found.is_public:
            await self._known_secret(found)

    async def _new_application(self, org_id: str, demo: DemoApplication) -> None:
        back, left = demo.addresses(self._use.settings.base_url)
        new = NewApplication(
            org_id=org_id,
            client_id=demo.client_id,
            name=demo.name,
            kind=cast("ApplicationKind", demo.kind),
            auth_method=demo.auth_method,
            redirect_uris=back,
            post_logout_redirect_uris=left,
            scopes=demo.scopes,
            status=ApplicationStatus.APPROVED,
            publisher=demo.publisher,
            homepage_url=demo.homepage,
            privacy_url=f"{demo.homepage}/privacy",
            terms_url=f"{demo.homepage}/terms",
            description=demo.description,
        )
        _application, secret = await self._use.applications.create(new, _BY)
        if secret is not None:
            self._keep_secret(org_id, demo.client_id, secret)

    def _keep_secret(self, org_id: str, client_id: str, secret: Secret[str]) -> None:
        self._kept.client_secrets[f"{org_id}/{client_id}"] = secret.reveal()

    async def _follow_port(self, found: Application, demo: DemoApplication) -> None:
        if demo is not SAMPLE and not demo.returns:
            return
        back, left = demo.addresses(self._use.settings.base_url)
        known = found.redirect_uris, found.post_logout_redirect_uris
        if set(back) <= set(known[0]) and set(left) <= set(known[1]):
            return
        change = ApplicationChange(
            redirect_uris=(*known[0], *back)[-_KEPT_URIS:],
            post_logout_redirect_uris=(*known[1], *left)[-_KEPT_URIS:],
        )
        await self._use.applications.update(found.org_id, found.client_id, change, _BY)

    async def _known_secret(self, found: Application) -> None:
        """Give it a new secret when none of its own is the one that the folder keeps."""
        org_id, client_id = found.org_id, found.client_id
        live = found.live_secrets(self._use.clock())
        known = self._kept.client_secrets.get(f"{org_id}/{client_id}")
        if known is not None and any(same(each.digest, digest(known)) for each in live):
            return
        if len(live) >= MAX_LIVE_SECRETS:
            oldest = min(live, key=lambda each: each.created_at)
            await self._use.applications.revoke_secret(org_id, client_id, oldest.secret_id, _BY)
        _stored, secret = await self._use.applications.add_secret(org_id, client_id, _BY)
        self._keep_secret(org_id, client_id, secret)

    async def _api_key(self, org_id: str, person: DemoPerson) -> None:
        who = f"{org_id}/{person.username}"
        known = self._kept.api_keys.get(who)
        if known is not None:
            try:
                await self._use.api_keys.authenticate(org_id, known, None)
            except BadApiKey:
                pass
            else:
                return
        await self._use.api_keys.switch_access_on(org_id, person.account_id, _BY)
        _key, secret = await self._use.api_keys.create(org_id, person.account_id, "Demo", _BY)
        self._kept.api_keys[who] = secret.reveal()
