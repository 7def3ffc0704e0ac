"""Connectors in Python behind the contract: what their methods say is what clients are told."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from itertools import count
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
import pytest

from doorward.app import build_app
from doorward.audit import SYSTEM
from doorward.connectors import Manifest, write_manifest
from doorward.db import open_database
from doorward.http import OutboundRequest
from doorward.orgs import Permission
from tests.connectors.offering import Offering
from tests.dialects.app_connect.client import KEY, REDIRECT, Client, make_client
from tests.support.clock import ManualClock
from tests.support.databases import SqliteTemplate
from tests.support.upstream import API_KEY, CLIENT_ID, SECRET, UpstreamServer
from tests.support.world import make_services, make_world

pytestmark = pytest.mark.anyio

NUMBERS = count(1)
HEAD = """
from base64 import b64encode
from doorward.connectors import (
    Category, License, OAuthInfo, Party, PythonConnector, UpstreamFailure,
)
from doorward.crypto import Secret


class Plugged(PythonConnector):
    manifest = {manifest!r}
"""
KEYED = """
    async def get_basic_auth(self, asked, api_key):
        return Secret(b64encode((api_key.reveal() + ":X").encode()).decode())

    async def get_license_status(self, asked):
        party = await asked.engine.identify(asked.plan, asked.grant)
        return License(is_valid=False, status="Trial over", description=party.account_name)

    async def get_user_list(self, asked):
        return (
            Party(account_id="u1", account_name="Ada Lovelace", email="ADA@example.org"),
            Party(account_id="u2", account_name="Grace Hopper"),
            Party(account_id="u3"),
        )

    async def refresh_user_info(self, asked):
        return Party(account_id="acct-1", account_name="Ada, asked again")
"""
CLIENT = """
    async def get_oauth_info(self, asked):
        return OAuthInfo(client_secret=Secret({secret!r}), access_token_uri={token!r})
"""
TYPED = """
    async def get_auth_type(self, asked):
        return {answer!r}
"""
PEOPLE = [
    {"id": 101, "firstName": "Ada", "lastName": "Byron", "email": "ada@example.org"},
    {"id": "102", "name": "Grace Hopper", "extensionNumber": "7"},
    {"id": "103", "name": "", "email": ""},
]

Open: TypeAlias = Callable[..., Any]


@pytest.fixture
async def plugged(
    platform: UpstreamServer,
    sqlite_template: SqliteTemplate,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Open]:
    """Opens a client of an installation with one plugin, of this manifest and these methods."""
    packages = tmp_path / "packages"
    packages.mkdir()
    monkeypatch.syspath_prepend(str(packages))
    closing = []

    async def open_one(manifest: Manifest, methods: str) -> Client:
        number = next(NUMBERS)
        source = HEAD.format(manifest=write_manifest(manifest)) + methods
        Offering(packages).offer(f"plugged_{number}", source, **{f"plugged-{number}": "Plugged"})
        clock = ManualClock()
        db = await open_database(
            sqlite_template.copy_to(tmp_path / f"{number}.sqlite"), clock=clock, pool_size=4
        )
        services = make_services(
            db, clock, allowed=(platform.authority,), plugins=(f"plugged-{number}",)
        )
        closing.append((services, db))
        platform.clock.now, platform.platform.clock = clock.now, clock
        world = await make_world(db, clock, running=(services, build_app(services)))
        await services.connectors.enable(world.org.org_id, "platform", SYSTEM)
        return await make_client(world, platform)

    yield open_one
    for services, db in closing:
        await services.vault.refresher.close()
        await services.outbound.close()
        await db.close()


async def keyed(plugged: Open, platform: UpstreamServer, methods: str = KEYED) -> Client:
    """A platform that wants the key as a name with the password X, which no manifest says here."""
    platform.configure(kind="key", revoke="none", delivery="basic")
    manifest = platform.manifest()
    option = msgspec.structs.replace(
        manifest.auth_options[0],
        variables=(KEY,),
        delivery=type(manifest.auth_options[0].delivery)(value="Bearer {api_key}"),
    )
    client: Client = await plugged(
        msgspec.structs.replace(manifest, auth_options=(option,)), methods
    )
    return client


async def test_a_key_is_delivered_as_the_plugin_says(
    plugged: Open, platform: UpstreamServer
) -> None:
    """In the call that proves it, and in every one after; it is kept as it was typed."""
    client = await keyed(plugged, platform)
    wrong = await client.log_in(apiKey="wrong")
    assert wrong.status_code == 400
    answer = await client.log_in(apiKey=API_KEY)
    assert answer.status_code == 200, answer.text
    jwt = answer.json()["jwtToken"]
    assert (await client.get("authValidation", jwt=jwt)).json()["successful"] is True
    (row,) = await client.world.services.vault.connections.list(client.org_id)
    refresher = client.world.services.vault.refresher
    held = await refresher.get_token(client.org_id, row.connection_id)
    assert {name: each.reveal() for name, each in held.tokens.secrets.items()} == {
        "api_key": API_KEY
    }
    plan = await client.world.services.connecting.plans.plan(row, held.tokens)
    request = OutboundRequest("GET", "https://crm.example/x")
    sent = client.world.services.upstream.deliver(plan, None, request)
    expected = b64encode(f"{API_KEY}:X".encode()).decode()
    assert sent.headers == {"Authorization": f"Basic {expected}"}


async def test_the_licence_is_what_the_plugin_says(plugged: Open, platform: UpstreamServer) -> None:
    """And one that cannot be told is none."""
    client = await keyed(plugged, platform)
    jwt = (await client.log_in(apiKey=API_KEY)).json()["jwtToken"]
    assert (await client.get("licenseStatus", jwt=jwt)).json() == {
        "isLicenseValid": False,
        "licenseStatus": "Trial over",
        "licenseStatusDescription": "Ada Lovelace",
    }
    platform.configure(kind="key", delivery="header")
    gone = (await client.get("licenseStatus", jwt=jwt)).json()
    assert (gone["isLicenseValid"], gone["licenseStatus"]) == (
        False,
        "Invalid (Connect to get license status)",
    )


async def test_refreshing_asks_the_plugin_once_more(
    plugged: Open, platform: UpstreamServer
) -> None:
    """What it answers then is what is kept."""
    client = await keyed(plugged, platform)
    jwt = (await client.log_in(apiKey=API_KEY)).json()["jwtToken"]
    assert (await client.post("user/refreshInfo", jwt=jwt)).json()["successful"] is True
    (row,) = await client.world.services.vault.connections.list(client.org_id)
    assert row.party_name == "Ada, asked again"


async def test_the_users_are_matched_with_the_clients_people(
    plugged: Open, platform: UpstreamServer
) -> None:
    """By address and name; as an administrator set it; and anew. Nobody else is told."""
    client = await keyed(plugged, platform)
    jwt = (await client.log_in("ada", apiKey=API_KEY)).json()["jwtToken"]
    body = {"rcExtensionList": PEOPLE}
    refused = await client.post("admin/userMapping", body, jwt=jwt, who="anna")
    assert refused.status_code == 403
    first = (await client.post("admin/userMapping", body, jwt=jwt, who="ada")).json()
    assert [each["crmUser"] for each in first] == [
        {"id": "u1", "name": "Ada Lovelace", "email": "ADA@example.org"},
        {"id": "u2", "name": "Grace Hopper", "email": ""},
        {"id": "u3", "name": "", "email": ""},
    ]
    assert matched(first) == {"u1": [101], "u2": ["102"], "u3": []}
    assert first[0]["rcUser"] == [
        {
            "extensionId": 101,
            "name": "Ada Byron",
            "extensionNumber": "",
            "email": "ada@example.org",
        }
    ]
    given = {
        "theme": "dark",
        "userMappings": [
            {"crmUserId": "u1", "rcExtensionId": ["103"]},
            {"crmUserId": "u2", "rcExtensionId": []},
            {"crmUserId": "u3", "rcExtensionId": "102"},
        ],
    }
    await client.post("admin/settings", {"adminSettings": given}, who="ada")
    then = (await client.post("admin/userMapping", body, jwt=jwt, who="ada")).json()
    assert matched(then) == {"u1": ["103"], "u2": [], "u3": ["102"]}
    anew = await client.post("admin/reinitializeUserMapping", body, jwt=jwt, who="ada")
    assert matched(anew.json()) == matched(first)
    settings = (await client.get("admin/settings", jwt=jwt, who="ada")).json()
    assert settings["theme"] == "dark"
    assert settings["userMappings"] == [
        {"crmUserId": "u1", "rcExtensionId": ["101"]},
        {"crmUserId": "u2", "rcExtensionId": ["102"]},
    ]


@pytest.mark.parametrize(
    "given",
    ["x", 7, [None, 1, "x", {"id": None}, {"id": True}, {"id": {}}], [{"id": "\u0000"}]],
)
async def test_people_who_are_none_are_left_out(
    plugged: Open, platform: UpstreamServer, given: object
) -> None:
    """No list is refused, and in one whatever is nobody is nobody's."""
    client = await keyed(plugged, platform)
    jwt = (await client.log_in("ada", apiKey=API_KEY)).json()["jwtToken"]
    body = {"rcExtensionList": given}
    answer = await client.post("admin/reinitializeUserMapping", body, jwt=jwt, who="ada")
    if not isinstance(given, list):
        assert answer.status_code == 400
        return
    assert matched(answer.json()) == {"u1": [], "u2": [], "u3": []}


async def test_the_client_is_the_plugins_where_the_organization_has_none(
    plugged: Open, platform: UpstreamServer
) -> None:
    """Its secret stands in no manifest, and renews too; an organization's own goes before it."""
    platform.configure()
    manifest = platform.manifest()
    first = manifest.auth_options[0]
    assert first.authorize is not None
    assert first.token is not None
    option = msgspec.structs.replace(
        first,
        client_id=CLIENT_ID,
        authorize=msgspec.structs.replace(first.authorize, redirect_uri=REDIRECT),
        token=msgspec.structs.replace(first.token, url=f"{platform.url}/nowhere"),
    )
    methods = CLIENT.format(secret=SECRET, token=f"{platform.url}/token")
    client: Client = await plugged(
        msgspec.structs.replace(manifest, auth_options=(option,)), methods
    )
    jwt = await client.connect("anna")
    client.world.clock.advance(seconds=4_000)
    info = await client.get("user/info", jwt=jwt)
    assert (info.status_code, info.json()["name"]) == (200, "Ada Lovelace")
    assert platform.platform.refreshed == 1
    platform.platform.secrets = {"another-secret"}
    client.world.clock.advance(seconds=4_000)
    assert (await client.get("user/info", jwt=jwt)).status_code == 400
    await client.join("ada", Permission.CONNECTORS_WRITE)
    submitted = await client.submit(
        clientSecret="another-secret", accessTokenUri=f"{platform.url}/token"
    )
    assert submitted.status_code == 200, submitted.text
    assert await client.connect("ada")


@pytest.mark.parametrize(
    ("answer", "told"), [("oauth", "getOauthInfo"), ("apiKey", "getBasicAuth")]
)
async def test_the_server_says_what_the_plugin_does(
    plugged: Open, platform: UpstreamServer, answer: str, told: str
) -> None:
    """By its own word for the kind, and method by method."""
    client = await keyed(plugged, platform, KEYED + TYPED.format(answer=answer))
    interfaces = (await client.get("implementedInterfaces", params={"platform": "platform"})).json()
    assert interfaces[told] is True
    assert len({"getOauthInfo", "getBasicAuth"} & set(interfaces)) == 1
    assert interfaces["getUserList"] is interfaces["refreshUserInfo"] is True
    # With ``oauth`` the manifest says how the credential goes, which this platform does not take.
    delivered = await client.log_in(apiKey=API_KEY)
    assert delivered.status_code == (200 if answer == "apiKey" else 400)


@pytest.mark.parametrize("answer", ["OAuth", None, 3])
async def test_a_kind_that_is_none_is_the_plugins_mistake(
    plugged: Open, platform: UpstreamServer, answer: object
) -> None:
    """Nothing is sent, and nobody is told more than that they do not understand each other."""
    client = await keyed(plugged, platform, KEYED + TYPED.format(answer=answer))
    interfaces = await client.get("implementedInterfaces", params={"platform": "platform"})
    assert interfaces.status_code == 400
    sent = len(platform.platform.seen)
    assert (await client.log_in(apiKey=API_KEY)).status_code == 400
    assert len(platform.platform.seen) == sent


def matched(answer: list[dict[str, Any]]) -> dict[str, list[object]]:
    """Whom each user was matched with."""
    return {
        each["crmUser"]["id"]: [one["extensionId"] for one in each["rcUser"]] for each in answer
    }
