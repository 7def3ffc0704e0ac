"""Who may do what: administrators, other applications' tokens, other organizations, bad input."""

from __future__ import annotations

from typing import Any

import httpx2
import msgspec
import pytest

from doorward.accounts import AccountChange
from doorward.audit import SYSTEM, Audit
from doorward.connectors import DynamicOptions, OptionsRequest, Variable
from doorward.orgs import OrganizationChange, Permission
from tests.dialects.app_connect.client import KEY, Client, make_client
from tests.support.house import House
from tests.support.upstream import API_KEY, UpstreamServer

pytestmark = pytest.mark.anyio

PLATFORM = "?platform=platform"
ADMIN_ROUTES = (
    ("GET", f"admin/managedAuth{PLATFORM}"),
    ("POST", f"admin/managedAuth{PLATFORM}"),
    ("POST", f"admin/managedAuth/options{PLATFORM}"),
    ("POST", f"admin/managedOAuth/cache{PLATFORM}"),
    ("DELETE", f"admin/managedOAuth/cache{PLATFORM}"),
    ("DELETE", f"admin/managedOAuth/account{PLATFORM}"),
    ("POST", "admin/settings"),
)
TENANT = Variable(name="tenant", managed=True, scope="account")


async def keyed(client: Client, *variables: Variable) -> None:
    """A platform of keys."""
    client.server.configure(kind="key", revoke="none")
    await client.connector(variables=(*variables, KEY))


async def refused(client: Client, method: str, path: str, **more: Any) -> tuple[int, str]:
    """What is answered."""
    body: dict[str, Any] = (
        {} if method == "GET" else {"json": {"scope": "org", "values": {"tenant": "x"}}}
    )
    answer = await client.call(method, path, **body, **more)
    return answer.status_code, answer.text


@pytest.mark.parametrize(("method", "path"), ADMIN_ROUTES)
async def test_only_administrators_may(client: Client, method: str, path: str) -> None:
    """Neither nobody, nor a junk token, nor a person, nor staff that may only look."""
    await keyed(client, TENANT)
    await client.join("rhea", Permission.CONNECTORS_READ)
    no = (403, "Admin validation failed")
    assert await refused(client, method, path) == no
    assert await refused(client, method, path, headers={"x-rc-access-token": "junk"}) == no
    assert await refused(client, method, path, who="anna") == no
    assert await refused(client, method, path, who="rhea") == no
    status, _ = await refused(client, method, path, who="ada")
    assert status != 403


async def test_a_permission_that_is_taken_away_is_gone_at_once(client: Client) -> None:
    """The token is still good; it is the account that is looked at."""
    body = {"adminSettings": {"a": 1}}
    assert (await client.post("admin/settings", body, who="ada")).status_code == 200
    accounts, ada = client.world.services.accounts, client.accounts["ada"]
    change = AccountChange(permissions=frozenset())
    await accounts.update(client.org_id, ada.account_id, change, SYSTEM)
    assert (await client.post("admin/settings", body, who="ada")).status_code == 403


async def test_settings_are_kept_and_handed_out(client: Client) -> None:
    """To administrators with a connection; the change is in the audit log."""
    await keyed(client)
    jwt = (await client.log_in("ada", apiKey=API_KEY)).json()["jwtToken"]
    assert (await client.get("admin/settings", jwt=jwt, who="ada")).json() == {}
    wanted = {"userSettings": {"logCalls": {"value": True, "customizable": False}}}
    answer = await client.post("admin/settings", {"adminSettings": wanted}, who="ada")
    assert (answer.status_code, answer.text) == (200, "Admin settings updated")
    assert (await client.get("admin/settings", jwt=jwt, who="ada")).json() == wanted
    mine = (await client.log_in("anna", apiKey=API_KEY)).json()["jwtToken"]
    assert (await client.get("admin/settings", jwt=mine, who="anna")).status_code == 403
    events = await Audit(db=client.world.services.db).list(client.org_id, None, 50)
    assert "app_connect_settings.changed" in {each.event.action for each in events}


@pytest.mark.parametrize("settings", [None, [], "x", {"a": "x" * 70_000}])
async def test_settings_that_cannot_be_are_refused(client: Client, settings: Any) -> None:
    """No object, or too much."""
    answer = await client.post("admin/settings", {"adminSettings": settings}, who="ada")
    assert answer.status_code in {400, 413}


@pytest.mark.parametrize("scope", ["profile", "email"])
async def test_another_applications_token_is_not_taken(client: Client, scope: str) -> None:
    """A token that may read a name may not connect its person, nor act for an administrator."""
    await keyed(client)
    client.tokens["anna"] = await client.token("anna", scope=scope)
    answer = await client.log_in(apiKey=API_KEY)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("The access token")
    state = await client.get(f"apiKeyManagedAuthState{PLATFORM}", who="anna")
    assert state.status_code == 400


async def test_a_token_that_was_revoked_is_not_taken(client: Client) -> None:
    """Nor is one of somebody who was disabled."""
    await keyed(client)
    account = client.accounts["anna"].account_id
    await client.world.services.accounts.disable(client.org_id, account, SYSTEM)
    assert (await client.log_in(apiKey=API_KEY)).status_code == 400


async def test_a_jwt_is_no_account_token_and_an_account_token_no_jwt(client: Client) -> None:
    """One opens a connection, the other is a person."""
    await keyed(client)
    jwt = (await client.log_in(apiKey=API_KEY)).json()["jwtToken"]
    token = client.tokens["anna"]
    swapped = await client.get(
        f"apiKeyManagedAuthState{PLATFORM}", headers={"x-rc-access-token": jwt}
    )
    assert swapped.status_code == 400
    assert (await client.get("hostname", jwt=token)).status_code == 400


@pytest.fixture
async def other(house: House, client: Client, platform: UpstreamServer) -> Client:
    """Another organization with the same names in the same database."""
    del client
    return await make_client(await house.new_world(), platform)


async def test_one_organizations_credentials_open_nothing_in_another(
    client: Client, other: Client
) -> None:
    """Neither a JWT nor an account's token nor an administrator's."""
    await keyed(client)
    await keyed(other)
    jwt = (await client.log_in(apiKey=API_KEY)).json()["jwtToken"]
    hers = (await client.log_in("ada", apiKey=API_KEY)).json()["jwtToken"]
    for path in ("hostname", "user/info"):
        answer = await other.get(path, jwt=jwt)
        assert (answer.status_code, answer.text.startswith("Please go")) == (400, True)
    assert (await other.post("unAuthorize", jwt=jwt)).status_code == 400
    assert (await client.get("authValidation", jwt=jwt)).json()["successful"] is True
    foreign = {"x-rc-access-token": client.tokens["ada"]}
    for method, path in ADMIN_ROUTES:
        assert (await refused(other, method, path, headers=foreign))[0] == 403
    assert (await other.post("session", {"platform": "platform"}, headers=foreign)).status_code == (
        400
    )
    near = 8 * 86_400
    client.world.clock.advance(seconds=near)
    assert "x-refreshed-jwt-token" not in (await other.get("isAlive", jwt=hers)).headers
    assert "x-refreshed-jwt-token" in (await client.get("isAlive", jwt=hers)).headers


async def test_one_organizations_values_are_not_anothers(client: Client, other: Client) -> None:
    """Settings, managed values, hashes, connectors and ways back are each organization's own."""
    await keyed(client, TENANT)
    await keyed(other, TENANT)
    body = {"scope": "org", "values": {"tenant": "acme"}}
    await client.post(f"admin/managedAuth{PLATFORM}", body, who="ada")
    await client.post("admin/settings", {"adminSettings": {"a": 1}}, who="ada")
    told = await other.get(f"admin/managedAuth{PLATFORM}", who="ada")
    assert told.json()["orgValues"] == {}
    jwt = (await other.log_in("ada", apiKey=API_KEY, additionalInfo={"tenant": "x"})).json()
    settings = await other.get("admin/settings", jwt=jwt["jwtToken"], who="ada")
    assert settings.json() == {}
    hashes = [
        (await each.get("userInfoHash", params={"extensionId": "1"})).json()["extensionId"]
        for each in (client, other)
    ]
    assert hashes[0] != hashes[1]


async def test_a_way_back_of_one_organization_is_none_in_another(
    client: Client, other: Client
) -> None:
    """The same connector, the same redirect page, and the state is unknown there."""
    await client.set_up()
    await other.set_up()
    uri = await client.come_back("anna")
    answer = await other.callback(uri, who="anna")
    assert answer.status_code == 400
    assert "jwtToken" in (await client.callback(uri, who="anna")).json()


# Dynamic choices

REGION = Variable(
    name="region",
    type="select",
    required=False,
    managed=True,
    dynamic=DynamicOptions(
        request=OptionsRequest(
            url="{base}/api/regions",
            headers={"X-Typed-Key": "{account_key}"},
            items="data.regions",
            value="code",
            label="label",
        ),
        needs=("account_key",),
    ),
)
ACCOUNT_KEY = Variable(
    name="account_key", secret=True, required=False, managed=True, scope="account"
)


async def regional(client: Client, asks_with: str = "account_key") -> None:
    """A platform that lists regions to whoever has a key."""
    assert REGION.dynamic is not None
    request = msgspec.structs.replace(
        REGION.dynamic.request,
        url=f"{client.server.url}/api/regions",
        headers={"X-Typed-Key": f"{{{asks_with}}}"},
    )
    dynamic = DynamicOptions(request=request, needs=(asks_with,))
    await keyed(client, msgspec.structs.replace(REGION, dynamic=dynamic), ACCOUNT_KEY, TENANT)


async def choices(client: Client, **body: Any) -> httpx2.Response:
    """Ask for the choices of a field."""
    return await client.post(f"admin/managedAuth/options{PLATFORM}", body, who="ada")


async def test_choices_are_the_platforms_own(client: Client) -> None:
    """By a value that is not kept, or by one that is."""
    await regional(client)
    listed = [{"value": "eu", "label": "Europe"}, {"value": "us", "label": "United States"}]
    once = await choices(client, fieldConst="region", accountValues={"account_key": API_KEY})
    assert once.json() == listed
    assert (await choices(client, fieldConst="region")).status_code == 400
    body = {"scope": "org", "values": {"account_key": API_KEY}}
    await client.post(f"admin/managedAuth{PLATFORM}", body, who="ada")
    assert (await choices(client, fieldConst="region")).json() == listed


async def test_a_persons_own_values_are_not_sent_along(client: Client) -> None:
    """What an administrator asks with is the organization's, whatever the manifest needs."""
    await regional(client, asks_with="api_key")
    given = {"api_key": API_KEY}
    assert (await choices(client, fieldConst="region", accountValues=given)).status_code == 400


@pytest.mark.parametrize("name", ["tenant", "api_key", "account_key", "nobody", "<b>"])
async def test_only_dynamic_fields_of_people_have_choices(client: Client, name: str) -> None:
    """The contract's sentence, in JSON."""
    await regional(client)
    answer = await choices(client, fieldConst=name)
    sentence = f'Managed auth field "{name}" is not a dynamic user field'
    assert (answer.status_code, answer.json()) == (400, {"error": sentence})
    missing = await choices(client)
    assert (missing.status_code, missing.text) == (400, "Missing managed auth field")


# Bad input

ODD_BODIES = (b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b"[" * 5_000, b"{}" * 3)
ROUTES = (
    ("POST", "apiKeyLogin"),
    ("POST", "unAuthorize"),
    ("POST", "user/refreshInfo"),
    ("POST", "session"),
    ("POST", "admin/managedAuth"),
    ("POST", "admin/managedAuth/options"),
    ("POST", "admin/managedOAuth/cache"),
    ("POST", "admin/settings"),
)


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_a_body_that_is_no_object_is_an_error(client: Client, method: str, path: str) -> None:
    """400 with a sentence, whoever asks."""
    for body in ODD_BODIES:
        answer = await client.call(method, path, who="ada", content=body)
        assert (answer.status_code, list(answer.json())) == (400, ["error"])


@pytest.mark.parametrize("odd", ["\x00", "a\x00b", "é" * 300, "../../etc", "' or 1=1", "🚪", "-1"])
async def test_odd_parameters_are_never_a_crash(client: Client, odd: str) -> None:
    """In each place where text arrives."""
    await keyed(client, TENANT)
    asked = (
        await client.get("implementedInterfaces", params={"platform": odd}),
        await client.get("crmManifest", params={"platformName": odd}),
        await client.get("userInfoHash", params={"extensionId": odd, "accountId": odd}),
        await client.get("oauth-callback", params={"callbackUri": odd, "code": odd}, who="anna"),
        await client.get(
            "oauth-callback", params={"callbackUri": f"https://a/?state={odd}&code=x"}, who="anna"
        ),
        await client.get("oauth-callback", params={"code": odd, "state": odd}, who="anna"),
        await client.get("apiKeyManagedAuthState", params={"platform": odd}, who="anna"),
        await client.get("oauthManagedAuthState", params={"platform": odd}, who="anna"),
        await client.get("authValidation", params={"jwtToken": odd}),
        await client.get("hostname", params={"rcAccessToken": odd}),
        await client.log_in(apiKey=odd),
        await client.log_in(additionalInfo={"api_key": odd, odd: odd}),
        await client.log_in(platform=odd, hostname=odd),
        await client.post("session", {"platform": odd}, who="anna"),
        await client.post("session", {"platform": "platform", "rcAccessToken": odd}),
        await client.submit(clientId=odd, hostname=odd, scopes=odd),
    )
    assert {each.status_code for each in asked} <= {200, 400}
    assert asked[0].status_code == 400


async def test_a_parameter_that_stands_there_twice_is_refused(client: Client) -> None:
    """Nobody guesses which one was meant."""
    for path in (
        "implementedInterfaces?platform=a&platform=b",
        "oauth-callback?callbackUri=https%3A%2F%2Fa%2F%3Fcode%3Dx%26code%3Dy%26state%3Dz",
        "oauth-callback?callbackUri=http%3A%2F%2F%5B&code=x",
    ):
        answer = await client.get(path, who="anna")
        assert (answer.status_code, list(answer.json())) == (400, ["error"])


async def test_two_authorizations_are_refused_before_anything_is_done(client: Client) -> None:
    """Nobody guesses which one was meant, and nobody is connected."""
    await keyed(client)
    headers = [("authorization", "Bearer a"), ("authorization", "Bearer b")]
    headers.append(("x-rc-access-token", client.tokens["anna"]))
    body = {"platform": "platform", "apiKey": API_KEY}
    async with client.world.http() as http:
        answer = await http.post("app-connect/apiKeyLogin", json=body, headers=headers)
    assert (answer.status_code, list(answer.json())) == (400, ["error"])
    assert await client.world.services.vault.connections.list(client.org_id) == []


async def test_an_address_that_is_not_there_is_no_page_of_another(client: Client) -> None:
    """404 and 405 with what is allowed; a form body is read like JSON."""
    assert (await client.get("nowhere")).status_code == 404
    wrong = await client.delete("isAlive")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET")
    await keyed(client)
    form = {"platform": "platform", "apiKey": API_KEY, "rcAccessToken": client.tokens["anna"]}
    answer = await client.call("POST", "apiKeyLogin", data=form)
    assert answer.status_code == 200
    change = OrganizationChange(dialects=())
    await client.world.services.organizations.update(client.org_id, change, SYSTEM)
    assert (await client.get("isAlive")).status_code == 404
