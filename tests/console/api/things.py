"""One of everything that a path can name, in either organization."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from doorward.accounts import Account
from doorward.audit import SYSTEM, Actor
from doorward.clients import ApplicationStatus, NewApplication
from doorward.console.api.route import Operation
from doorward.db import Transaction
from doorward.orgs import OPERATORS, NewOrganization
from doorward.projects import NewGroup, Role
from doorward.scopes import Api, Scope
from doorward.sessions import Visitor
from tests.console.api.staff import Office
from tests.support.connected import connect, install
from tests.support.factories import make_account
from tests.support.passkeys import Bench, tenant_at

__all__ = ["BODIES", "arrange", "body_of", "filled", "things_of"]

_DRAFT, _SUBMITTED = ApplicationStatus.DRAFT, ApplicationStatus.SUBMITTED
_CALLBACK = ("https://theirs.example/callback",)
BODIES: Mapping[str, Any] = {
    "update_own_organization": {"name": "Renamed"},
    "create_organization": {"org_id": "meadow", "name": "Meadow"},
    "update_organization": {"name": "Renamed"},
    "create_account": {"username": "new"},
    "update_account": {"name": "Renamed"},
    "replace_account_details": {"prefix": "Dr.", "addresses": [{"city": "Riverbend"}]},
    "replace_platform_tags": {"tags": ["mentor"]},
    "replace_patreon": {"user_id": "4711", "verified": True},
    "set_group_member": {"role": "member"},
    "set_password": {"password": "a better password"},
    "create_application": {
        "name": "New",
        "redirect_uris": ["https://new.example/callback"],
    },
    "update_application": {"name": "Renamed"},
    "set_testers": {"account_ids": []},
    "make_offer": {"account_id": "1"},
    "submit": {},
    "withdraw": {},
    "reopen": {},
    "request_changes": {"message": "Say more."},
    "approve": {"revision": 1},
    "decline": {"message": "No."},
    "suspend": {"message": "A complaint."},
    "reinstate": {},
    "create_scope": {
        "name": "new",
        "title_en": "New",
        "title_ja": "新",
        "sentence_en": "New",
        "sentence_ja": "新",
        "sensitivity": "basic",
    },
    "update_scope": {"title_en": "Renamed"},
    "create_api": {"identifier": "urn:new", "name": "New"},
    "update_api": {"name": "Renamed"},
    "introspect_token": {"token": "nonsense"},
    "revoke_token": {"token": "nonsense"},
    "rotate_signing_key": {"alg": "ES256"},
    "create_api_key": {"label": "new"},
    "restrict_api_key": {"networks": ["192.0.2.0/24"]},
    "rotate_api_key": {"grace_s": 60},
    "switch_api_access": {"on": False},
    "set_connector_enabled": {"enabled": False},
    "update_connection": {"label": "Ours"},
    "create_connect_session": {
        "account_id": "{account_id}",
        "client_id": "{client_id}",
        "connectors": ["{slug}"],
        "return_url": _CALLBACK[0],
    },
}
"""A body that each operation accepts; the others take none. Names in braces are of things."""


STATES: Mapping[str, tuple[ApplicationStatus, ...]] = {
    "submit": (_DRAFT,),
    "take": (_SUBMITTED,),
    "request_changes": (_SUBMITTED,),
    "approve": (_SUBMITTED,),
    "decline": (_SUBMITTED,),
    "reinstate": (ApplicationStatus.APPROVED, ApplicationStatus.SUSPENDED),
    "reopen": (_DRAFT, ApplicationStatus.WITHDRAWN),
}
"""The statuses through which an application goes for a step to be possible."""


async def arrange(
    office: Office, org_id: str, operation: Operation, holder: Account
) -> dict[str, str]:
    """Fresh things, in the state in which ``operation`` does something for ``holder``."""
    use, things = office.services, await things_of(office, org_id)
    if operation.operation_id == "accept_offer":
        await use.ownership.offer(org_id, things["client_id"], holder.account_id, SYSTEM)
    states = STATES.get(operation.operation_id)
    if states is not None:
        new = NewApplication(org_id=org_id, name="Step", redirect_uris=_CALLBACK, status=states[0])
        application, _ = await use.applications.create(new, SYSTEM)
        things["client_id"] = application.client_id
        for status in states[1:]:
            await use.applications.set_status(org_id, application.client_id, status, SYSTEM)
    return things


async def things_of(office: Office, org_id: str) -> dict[str, str]:
    """Fresh things of ``org_id``, by the name of the path parameter that names them."""
    use, org = office.services, office.organizations[org_id]
    person = await make_account(use.db, f"person{use.db.next_id()}", org_id=org_id)
    holder = await office.staff((), org_id=org_id)
    await use.api_keys.switch_access_on(org_id, holder.account_id, SYSTEM)
    key, _ = await use.api_keys.create(org_id, holder.account_id, "theirs", SYSTEM)
    browser, _ = await use.sessions.open_browser(org)
    session_id, _ = await use.sessions.sign_in(org, browser, person, Visitor(None, None))
    application, _ = await use.applications.create(
        NewApplication(
            org_id=org_id,
            name="Theirs",
            redirect_uris=_CALLBACK,
            status=ApplicationStatus.APPROVED,
        ),
        SYSTEM,
    )
    await use.ownership.offer(org_id, application.client_id, person.account_id, SYSTEM)
    waiting = NewApplication(
        org_id=org_id, name="Waiting", redirect_uris=_CALLBACK, status=_SUBMITTED
    )
    await use.applications.create(waiting, SYSTEM)
    stored, _ = await use.applications.add_secret(org_id, application.client_id, SYSTEM)
    wanted = (org_id, person.account_id, application.client_id)
    actor = Actor(kind="account", id=person.subject)

    async def allow(tx: Transaction) -> int:
        return await use.consents.allow(tx, wanted, ("openid",), actor)

    consent_id = await use.db.unit(allow)
    identifier = f"urn:api:{use.db.next_id()}"
    scope = f"scope{use.db.next_id()}"
    await use.scopes.create_scope(make_scope(org_id, scope), SYSTEM)
    await use.scopes.create_api(Api(org_id=org_id, identifier=identifier, name="Theirs"), SYSTEM)
    return {
        **await _connected(office, person),
        "group_id": await _group(office, person),
        "org_id": await _organization(office) if org_id == OPERATORS else org_id,
        "account_id": person.subject,
        "session_id": str(session_id),
        "passkey_id": await _passkey(office, person),
        "client_id": application.client_id,
        "secret_id": str(stored.secret_id),
        "name": scope,
        "identifier": identifier,
        "consent_id": str(consent_id),
        "key_id": str(key.key_id),
    }


async def _connected(office: Office, person: Account) -> dict[str, str]:
    """A connector that is on, and what the person connected by it."""
    connector = await install(office.services, person.org_id)
    connection = await connect(office.services, connector, person.account_id)
    return {"slug": connector.slug, "connection_id": str(connection.connection_id)}


async def _passkey(office: Office, person: Account) -> str:
    """A passkey of theirs."""
    tenant = tenant_at(office.organizations[person.org_id])
    return str((await Bench(office.services.passkeys, tenant, person).enrol()).passkey_id)


async def _group(office: Office, member: Account) -> str:
    """A group of people, in which ``member`` is one of two."""
    use, org_id = office.services, member.org_id
    chief = await make_account(use.db, f"person{use.db.next_id()}", org_id=org_id)
    group = await use.project_groups.create(NewGroup(org_id, "Ours"), chief.account_id, SYSTEM)
    await use.project_groups.add_member(
        org_id, group.group_id, member.account_id, Role.MEMBER, SYSTEM
    )
    return group.group_id


def make_scope(org_id: str, name: str) -> Scope:
    """A scope in few words."""
    return Scope(
        org_id=org_id,
        name=name,
        api=None,
        title_en="T",
        title_ja="題",
        sentence_en="S",
        sentence_ja="文",
        sensitivity="basic",
    )


async def _organization(office: Office) -> str:
    org_id = f"org{office.services.db.next_id() % 10**9}"
    await office.services.organizations.create(NewOrganization(org_id=org_id, name="X"), SYSTEM)
    return org_id


def filled(operation: Operation, things: Mapping[str, str]) -> str:
    """The operation's path with its parameters in place."""
    path = operation.path.replace("{path:path}", "contacts?page=2")
    return path.replace(":path", "").format_map(things)


def body_of(operation: Operation, things: Mapping[str, str]) -> Any:
    """The operation's body about ``things``; None where it takes none."""
    body = BODIES.get(operation.operation_id)
    return None if body is None else _about(body, things)


def _about(value: Any, things: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _about(each, things) for name, each in value.items()}
    if isinstance(value, list):
        return [_about(each, things) for each in value]
    return value.format_map(things) if isinstance(value, str) else value
