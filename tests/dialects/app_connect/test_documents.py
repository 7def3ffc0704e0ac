"""Manifests as clients read them, and what this server says that it does."""

from __future__ import annotations

from base64 import b64encode

import pytest

from doorward.audit import SYSTEM
from doorward.connectors import (
    AuthOption,
    Environment,
    Form,
    Manifest,
    Variable,
    load_app_connect,
    write_manifest,
)
from doorward.connectors.requests import Delivery
from doorward.http import OutboundRequest
from tests.dialects.app_connect.client import KEY, REDIRECT, Client

pytestmark = pytest.mark.anyio

SENT = Delivery(place="basic", basic_user="{api_key}")
HOST = Variable(
    name="host", type="hostname", pattern=r"^[a-z]+\.example\.com$", example="a.example.com"
)


async def install(client: Client, manifest: Manifest) -> None:
    """A connector, switched on."""
    connectors = client.world.services.connectors
    await connectors.register(client.org_id, write_manifest(manifest), SYSTEM)
    await connectors.enable(client.org_id, manifest.slug, SYSTEM, version=1)


async def manifest_of(client: Client, name: str) -> dict[str, object]:
    """The manifest of a platform."""
    answer = await client.get("crmManifest", params={"platformName": name})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_a_platform_of_visits_sends_people_by_us(client: Client) -> None:
    """The address is ours, and the document is one of App Connect's own."""
    await client.connector()
    document = await manifest_of(client, "platform")
    assert document["serverUrl"] == f"{client.world.issuer}/app-connect"
    assert document["author"] == {"name": "River Trust", "websiteUrl": client.world.issuer}
    platform = document["platforms"]["platform"]  # type: ignore[index]
    assert platform["displayName"] == "The Platform"
    assert platform["auth"]["type"] == "oauth"
    oauth = platform["auth"]["oauth"]
    assert oauth["authUrl"] == f"{client.world.issuer}/app-connect/oauth/authorize"
    assert oauth["redirectUri"] == document["redirectUri"] == REDIRECT
    (loaded,) = load_app_connect(document)
    assert loaded.auth_options[0].type == "oauth2_code"


async def test_without_a_redirect_page_of_the_clients_it_is_our_own(client: Client) -> None:
    """One for each connector."""
    await client.connector(redirect=None)
    document = await manifest_of(client, "platform")
    assert document["redirectUri"] == f"{client.world.issuer}/connect/callback/platform"


async def test_a_form_is_shown_field_by_field(client: Client) -> None:
    """Buttons, explanations, secrets, defaults, and what administrators fill in."""
    variables = (
        Variable(name="help", type="button", help_url="https://example.com/keys"),
        Variable(name="note", type="text", title={"en": "Read this", "ja": "お読みください"}),
        HOST,
        Variable(name="tenant", managed=True, scope="account", default="acme"),
        Variable(name="inner", hidden=True, required=False),
        KEY,
    )  # fmt: skip
    form = Form(title="Keys", warning="Careful")
    option = AuthOption(name="key", type="api_key", variables=variables, delivery=SENT, form=form)
    await install(client, Manifest(slug="keyed", name="Keyed", auth_options=(option,)))
    document = await manifest_of(client, "keyed")
    platform = document["platforms"]["keyed"]  # type: ignore[index]
    assert platform["environment"]["type"] == "dynamic"
    page = platform["auth"]["apiKey"]["page"]
    assert (page["title"], page["warning"]) == ("Keys", "Careful")
    fields = {each["const"]: each for each in page["content"]}
    assert list(fields) == ["help", "note", "host", "tenant", "api_key"]
    assert fields["help"]["uiSchema"]["ui:field"] == "button"
    assert (fields["note"]["title"], fields["note"]["required"]) == ("Read this", False)
    assert fields["api_key"]["uiSchema"]["ui:widget"] == "password"
    assert fields["tenant"]["managedScope"] == "account"
    assert fields["tenant"]["default"] == "acme"
    (loaded,) = load_app_connect(document)
    assert {each.name for each in loaded.auth_options[0].variables} >= set(fields) - {"host"}


async def test_regions_are_a_choice(client: Client) -> None:
    """By their names."""
    option = AuthOption(name="key", type="api_key", variables=(KEY,), delivery=SENT)
    regions = (
        Environment(name="eu", title="Europe", values={"zone": "eu"}),
        Environment(name="us"),
    )  # fmt: skip
    manifest = Manifest(slug="wide", name="Wide", auth_options=(option,), environments=regions)
    await install(client, manifest)
    platform = (await manifest_of(client, "wide"))["platforms"]["wide"]  # type: ignore[index]
    assert platform["environment"] == {
        "type": "selectable",
        "selections": [{"const": "eu", "name": "Europe"}, {"const": "us", "name": "us"}],
    }


@pytest.mark.parametrize("name", ["", "nowhere", "hubspot"])
async def test_a_platform_that_is_not_on_is_not_found(client: Client, name: str) -> None:
    """Nobody's, and one of the catalogue that nobody switched on."""
    answer = await client.get("crmManifest", params={"platformName": name})
    assert (answer.status_code, answer.text) == (400, "Platform not found")


async def test_the_server_says_what_it_does(client: Client) -> None:
    """By the kind of the platform; what is not signing in is not done."""
    await client.connector()
    answer = await client.get("implementedInterfaces", params={"platform": "platform"})
    told = answer.json()
    assert told["getAuthType"] is told["getOauthInfo"] is told["unAuthorize"] is True
    assert told["getUserInfo"] is told["refreshUserInfo"] is True
    assert "getBasicAuth" not in told
    assert told["createCallLog"] is told["findContact"] is False
    option = AuthOption(name="key", type="api_key", variables=(KEY,), delivery=SENT)
    await install(client, Manifest(slug="keyed", name="Keyed", auth_options=(option,)))
    keyed = (await client.get("implementedInterfaces", params={"platform": "keyed"})).json()
    assert keyed["getBasicAuth"] is True
    assert "getOauthInfo" not in keyed
    missing = await client.get("implementedInterfaces")
    assert (missing.status_code, missing.text) == (400, "Please provide platform.")
    unknown = await client.get("implementedInterfaces", params={"platform": "nowhere"})
    assert unknown.json() == {"error": "Connector not found for platform: nowhere"}


INSIGHTLY = {
    "serverUrl": "https://connector.example",
    "author": {"name": "Example"},
    "platforms": {
        "insight": {
            "name": "insight",
            "displayName": "Insightly",
            "environment": {"type": "fixed", "url": "https://crm.insightly.com"},
            "auth": {
                "type": "apiKey",
                "apiKey": {
                    "page": {
                        "title": "Insightly",
                        "warning": "Copy it from the API section.",
                        "content": [
                            {
                                "const": "getApiKey",
                                "title": "Get API Key",
                                "type": "string",
                                "uiSchema": {"ui:field": "button", "ui:fullWidth": True},
                            },
                            {"const": "apiKey", "title": "Key", "type": "string", "required": True},
                            {"const": "apiUrl", "title": "URL", "type": "string", "required": True},
                        ],
                    }
                },
            },
        }
    },
}


async def test_a_manifest_of_theirs_is_imported_and_logged_in_with(client: Client) -> None:
    """What is missing is named by their names, and the key goes as Basic with no password."""
    (manifest,) = load_app_connect(INSIGHTLY)
    await install(client, manifest)
    body = {"platform": "insight", "apiKey": "k-1"}
    missing = await client.post("apiKeyLogin", body, who="anna")
    told = missing.json()["returnMessage"]
    assert told["missingRequiredFieldConsts"] == ["apiUrl"]
    body |= {"additionalInfo": {"apiUrl": "https://api.insightly.com/v3.1"}}  # type: ignore[dict-item]
    answer = await client.post("apiKeyLogin", body, who="anna")
    assert answer.status_code == 200, answer.text
    use = client.world.services
    (row,) = await use.vault.connections.list(client.org_id)
    held = await use.vault.refresher.get_token(row.org_id, row.connection_id)
    plan = await use.connecting.plans.plan(row, held.tokens)
    sent = use.upstream.deliver(plan, None, OutboundRequest("GET", "https://crm.example/x"))
    headers = {name.lower(): value for name, value in sent.headers.items()}
    assert headers["authorization"] == f"Basic {b64encode(b'k-1:').decode()}"
    platforms = (await manifest_of(client, "insight"))["platforms"]
    page = platforms["insight"]["auth"]["apiKey"]["page"]  # type: ignore[index]
    assert [each["const"] for each in page["content"]] == ["getApiKey", "apiKey", "apiUrl"]
    assert page["warning"] == "Copy it from the API section."
