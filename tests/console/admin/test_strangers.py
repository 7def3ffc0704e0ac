"""V-MT: what belongs to another organization does not exist; and nothing typed is a failure."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from doorward.audit import SYSTEM
from doorward.scopes import Api
from tests.console.admin.desk import Desk, at_desk, hire, routes_of
from tests.console.admin.platforms import acme, connect
from tests.support.attacks import attack
from tests.support.house import House
from tests.support.visits import Visit
from tests.support.world import World

pytestmark = pytest.mark.anyio

# What a page or form is about, by the fields that name it.
FOREIGN = {
    "/admin/users/user": ("id",),
    "/admin/users/profile": ("id",),
    "/admin/users/permissions": ("id",),
    "/admin/users/status": ("id",),
    "/admin/users/password": ("id",),
    "/admin/users/role": ("id",),
    "/admin/users/second-step": ("id",),
    "/admin/users/access": ("id",),
    "/admin/users/keys": ("id",),
    "/admin/users/key": ("id", "key"),
    "/admin/users/key/networks": ("id", "key"),
    "/admin/users/key/replace": ("id", "key"),
    "/admin/users/key/revoke": ("id", "key"),
    "/admin/oauth": ("client_id",),
    "/admin/oauth/addresses": ("client_id",),
    "/admin/oauth/quota": ("client_id",),
    "/admin/oauth/secrets": ("client_id",),
    "/admin/oauth/secrets/revoke": ("client_id", "secret"),
    "/admin/review/app": ("client_id",),
    "/admin/apis/api": ("api",),
    "/admin/apis/api/delete": ("api",),
    "/admin/connectors/connector": ("connector",),
    "/admin/connectors/switch": ("connector",),
    "/admin/connectors/credentials": ("connector",),
    "/admin/connectors/credentials/change": ("connector",),
    "/admin/connectors/credentials/rotate": ("connector",),
    "/admin/connectors/credentials/withdraw": ("connector",),
    "/admin/connectors/credentials/revoke": ("connector",),
    "/admin/connectors/managed": ("connector",),
    "/admin/connectors/person": ("connector", "id"),
    "/admin/connections/connection": ("connection",),
    "/admin/connections/refresh": ("connection",),
    "/admin/connections/disconnect": ("connection",),
    "/admin/connections/reveal": ("connection",),
    "/admin/audit/event": ("id",),
}
ABOUT_NOTHING = {
    "/admin", "/admin/signout", "/admin/users", "/admin/users/new", "/admin/oauth/new",
    "/admin/organization", "/admin/review", "/admin/registration", "/admin/apis",
    "/admin/apis/new", "/admin/connectors", "/admin/connectors/policy", "/admin/connections",
    "/admin/roles", "/admin/sign-in", "/admin/keys", "/admin/keys/rotate", "/admin/keys/withdraw",
    "/admin/audit", "/admin/audit/export", "/admin/audit/chain", "/admin/audit/verify",
    "/admin/audit/retention",
}  # fmt: skip
OURS = ("/admin/users", "/admin/oauth", "/admin/review", "/admin/organization", "/admin/signout",
        "/admin/registration", "/admin/apis", "/admin/connectors",
        "/admin/connections", "/admin/roles", "/admin/sign-in", "/admin/keys",
        "/admin/audit")  # fmt: skip
NASTY = (
    "\x00",
    "\ud800",
    "９" * 40,
    "9" * 400,
    "-1",
    "0",
    "'\"><svg onload=alert(1)>",
    "\u202e",
    "%",
)

REFUSED: tuple[tuple[str, dict[str, str]], ...] = (
    ("organization", {"name": "x" * 200}),
    ("organization", {"name": "x", "accent": "red"}),
    ("organization", {"name": "x", "support_url": "ftp:x"}),
    ("organization", {"name": "x", "default_locale": "xx"}),
    ("users/new", {}),
    ("users/new", {"username": "a b"}),
    ("users/new", {"username": "ab", "password": "short"}),
    ("users/new", {"username": "ab", "email": "nothing"}),
    ("users/new", {"username": "ab@x.org"}),
    ("users/new", {"username": "ab", "name": "x" * 201}),
    ("users/profile", {"username": "taken"}),
    ("users/profile", {"username": "x", "email": "taken@example.org"}),
    ("users/keys", {"label": ""}),
    ("users/keys", {"label": "x", "days": "no"}),
    ("users/keys", {"label": "x", "networks": "no"}),
    ("oauth/new", {"redirect_uris": "https://a.example/"}),
    ("oauth/new", {"name": "x"}),
    ("oauth/addresses", {"redirect_uris": ""}),
    ("oauth/addresses", {"redirect_uris": "http://localhost/"}),
    ("oauth/addresses", {"redirect_uris": "http://a.example/"}),
    ("oauth/addresses", {"redirect_uris": "https://a.example/#x"}),
    ("oauth/addresses", {"redirect_uris": "https://a.example/../x"}),
    ("oauth/addresses", {"redirect_uris": "https://a@a.example/"}),
    ("oauth/addresses", {"redirect_uris": "https://a.example:0/"}),
    ("oauth/addresses", {"redirect_uris": "https://a_b.example/"}),
    ("oauth/addresses", {"redirect_uris": "https://a.example/?code=1"}),
    ("oauth/addresses", {"redirect_uris": "https://["}),
    ("oauth/addresses", {"redirect_uris": "ftp://a.example/"}),
    ("oauth/quota", {"quota_a_minute": "0"}),
    ("oauth/addresses", {"redirect_uris": "https://é.example/"}),
    ("oauth/addresses", {"redirect_uris": "org.example.a:/"}),
)


@pytest.fixture(autouse=True)
def nothing_is_a_bug(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No request of these tests may be logged as a failure."""
    with caplog.at_level(logging.ERROR):
        yield
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


async def things_of(world: World) -> dict[str, str]:
    """A user with a key, an application with two secrets, and an API, of ``world``."""
    use, org_id = world.services, world.org.org_id
    user = await hire(world)
    await use.api_keys.switch_access_on(org_id, user.account_id, SYSTEM)
    key, _ = await use.api_keys.create(org_id, user.account_id, "theirs", SYSTEM)
    api = Api(org_id=org_id, identifier=f"https://{org_id}.example/api", name="Gifts")
    await use.scopes.create_api(api, SYSTEM)
    secret, _ = await use.applications.add_secret(org_id, world.web.client_id, SYSTEM)
    connector = await acme(world, f"acme-{org_id}")
    connection = await connect(world, connector)
    return {
        "id": user.subject,
        "key": str(key.key_id),
        "client_id": world.web.client_id,
        "secret": str(secret.secret_id),
        "api": api.identifier,
        "connector": connector.slug,
        "connection": str(connection.connection_id),
    }


async def test_every_route_is_tried_with_foreign_things(world: World) -> None:
    """A new route says here what it is about, or that it is about nothing."""
    paths = {route.path for route in routes_of(world) if route.path.startswith(OURS)}
    assert paths | {"/admin"} == set(FOREIGN) | ABOUT_NOTHING


async def ask(desk: Desk, method: str, path: str, fields: dict[str, str]) -> int:
    """The status of one call with ``fields``, in the query or in a sound form."""
    url = f"{desk.world.issuer}{path}"
    if method == "GET":
        return (await desk.http.get(url, params=fields)).status_code
    data = {**fields, "csrf": await desk.csrf(), "decision": "confirm", "username": "x"}
    return (await desk.http.post(url, data=data)).status_code


@attack("CVE-2026-94215")
async def test_things_of_another_organization_do_not_exist(house: House) -> None:
    """Each foreign identifier in turn, among our own otherwise: 404, and nothing happens there."""
    ours, theirs = await house.new_world(), await house.new_world()
    for _ in range(3):  # so that the other organization has numbers that ours has not
        await hire(theirs)
    mine, foreign = await things_of(ours), await things_of(theirs)
    before = await theirs.services.audit.list(theirs.org.org_id, None, 500)
    async with at_desk(ours) as desk:
        for route in routes_of(ours):
            for name in FOREIGN.get(route.path, ()):
                fields = {each: mine[each] for each in FOREIGN[route.path]}
                fields[name] = foreign[name]
                assert await ask(desk, route.method, route.path, fields) == 404, (route, name)
    assert await theirs.services.audit.list(theirs.org.org_id, None, 500) == before


@attack("logto 1.42")
async def test_nothing_that_is_typed_is_a_failure(world: World) -> None:
    """Nasty values in every field that any page knows, by GET and by POST: never a 500."""
    names = ("id", "key", "client_id", "secret", "q", "after", "done", "name", "username", "email",
             "password", "status", "access", "label", "days", "networks", "grace", "redirect_uris",
             "post_logout_redirect_uris", "kind", "openid", "accent", "default_locale", "words",
             "new_secret", "client_secret", "private_key", "scopes", "token_url", "environment",
             "authorization_url", "action", "option", "enabled", "version", "submitters", "show",
             "before", "decision", "managed.api_key", "managed.seat", "forget.api_key",
             "support_url", "session_idle_s", "redirect_uri", "look", "size", "for",
             "permission.accounts.read", "mode", "message_en", "identifier", "token_format",
             "signing_alg", "access_token_s", "resource_client_ids", "actor", "target", "since",
             "until", "role", "alg", "kid", "format", "second_step", "sign_up_domains",
             "password_min_length", "session_absolute_s", "audit_keep_s",
             "audit_brief_s", "quota_a_minute")  # fmt: skip
    mine = await things_of(world)
    async with at_desk(world) as desk:
        csrf = await desk.csrf()
        for route in routes_of(world):
            if route.path == "/admin/signout" or not route.path.startswith(OURS):
                continue
            url = f"{world.issuer}{route.path}"
            for nasty in NASTY:
                sound = {name: mine[name] for name in FOREIGN.get(route.path, ())}
                value = nasty.encode("utf-8", "surrogatepass")
                every = {name.encode(): value for name in names if name not in sound}
                for fields in (
                    {**every, **_bytes(sound)},
                    {**every, **dict.fromkeys(_bytes(sound), value)},
                ):
                    content = {**fields, b"csrf": csrf.encode()}
                    answer = (
                        await desk.http.get(url, params=_text(fields))
                        if route.method == "GET"
                        else await desk.http.post(url, data=_text(content))
                    )
                    assert answer.status_code < 500, (route, nasty)
                    assert "<svg onload" not in answer.text


def _bytes(fields: dict[str, str]) -> dict[bytes, bytes]:
    return {name.encode(): value.encode() for name, value in fields.items()}


def _text(fields: dict[bytes, bytes]) -> dict[str, str]:
    # The client encodes text as UTF-8: what is no UTF-8 goes as something else that is odd.
    return {name.decode(): value.decode("utf-8", "replace") for name, value in fields.items()}


async def test_refusals_are_said_in_japanese(world: World) -> None:
    """Whatever a room refuses in answer to a form stands on a Japanese page in Japanese."""
    mine = await things_of(world)
    await hire(world, (), "taken")
    async with at_desk(world) as desk:
        csrf = await desk.csrf()
        for path, fields in REFUSED:
            answer = await desk.http.post(
                f"{world.issuer}/admin/{path}",
                data={"csrf": csrf, "id": mine["id"], "client_id": mine["client_id"], **fields},
                headers={"accept-language": "ja"},
            )
            assert answer.status_code == 422, (path, fields)
            said = Visit(answer, []).response.text.partition('id="problem-title"')[2]
            sentences = said.partition("</ul>")[0].split("<li>")[1:]
            assert sentences
            for sentence in sentences:
                assert any("ぁ" <= each <= "龠" for each in sentence), (path, fields, sentence)
