"""The way to the platform and back: what is sent there, and what is believed of the return."""

from __future__ import annotations

import hmac
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from doorward.connectors import (
    Category,
    Grant,
    Plan,
    UpstreamFailure,
    Variable,
    scopes_asked,
)
from doorward.connectors.requests import (
    Authorize,
    Callback,
    CallbackSignature,
    Capture,
    Identity,
    ScopeRule,
    StateRule,
    TokenRequest,
)
from doorward.crypto import Secret
from tests.support.upstream import Scripted, answer, plan_of
from tests.support.upstream.platform import unsigned

pytestmark = pytest.mark.anyio

STATE = "s" * 43
GO = "https://crm.example/go"


def address(plan: Plan, **more: Any) -> str:
    return Scripted().engine().authorization_url(plan, state=STATE, **more)


def sent(plan: Plan, **more: Any) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(address(plan, **more)).query, keep_blank_values=True))


async def exchanged(plan: Plan, callback: dict[str, str], **more: Any) -> tuple[Grant, str]:
    scripted = Scripted(answer({"access_token": "at", **more.pop("content", {})}))
    grant = await scripted.engine().exchange(
        plan, code="c", verifier="v", callback=callback, **more
    )
    return grant, scripted.sent[0].url


def test_a_plain_address_has_what_the_standard_wants() -> None:
    """RFC 6749 4.1.1 and RFC 7636 4.3; nothing that is empty."""
    assert sent(plan_of(authorize=Authorize(url=GO)), challenge="ch", nonce="n") == {
        "response_type": "code",
        "client_id": "client-1",
        "redirect_uri": "https://door.example/cb",
        "state": STATE,
        "code_challenge": "ch",
        "code_challenge_method": "S256",
    }


def test_a_query_of_the_manifest_stays_and_each_value_is_encoded_once() -> None:
    """Also what a value of somebody's holds."""
    rule = Authorize(
        url=f"{GO}?fixed=1", params={"login_hint": "{who}"}, scope=ScopeRule(default=("a&b", "c=d"))
    )
    plan = plan_of(authorize=rule)
    plan = Plan(plan.manifest, plan.option, plan.client, values={"who": "a+b&state=evil"})
    assert address(plan).startswith(f"{GO}?fixed=1&response_type=code&")
    assert sent(plan)["login_hint"] == "a+b&state=evil"
    assert sent(plan)["state"] == STATE
    assert "scope=a%26b%20c%3Dd" in address(plan)


def test_empty_parameters_are_sent_where_a_platform_wants_them() -> None:
    """And nowhere else."""
    for skip in (True, False):
        plan = plan_of(authorize=Authorize(url=GO, params={"hint": ""}, skip_empty=skip))
        assert ("hint" in sent(plan)) is not skip


def test_an_address_in_a_fragment_has_its_parameters_there() -> None:
    """Some platforms are one page."""
    plan = plan_of(authorize=Authorize(url="https://crm.example/#/oauth", in_fragment=True))
    assert urlsplit(address(plan)).fragment.startswith("/oauth?response_type=code&client_id=")


def test_connecting_again_can_ask_for_consent() -> None:
    """Where a platform gives a refresh token with the first consent only."""
    plan = plan_of(authorize=Authorize(url=GO, prompt_on_reconnect="consent"))
    assert "prompt" not in sent(plan)
    assert sent(plan, reconnect=True)["prompt"] == "consent"


def test_scopes_are_rendered_and_named() -> None:
    """Resource-bound scopes name somebody's host."""
    rule = ScopeRule(default=("https://{org}/.default",), optional=("extra",))
    plan = plan_of(authorize=Authorize(url=GO, scope=rule))
    plan = Plan(plan.manifest, plan.option, plan.client, values={"org": "acme.crm.example"})
    assert sent(plan)["scope"] == "https://acme.crm.example/.default extra"
    assert scopes_asked(plan) == ("https://acme.crm.example/.default", "extra")


@pytest.mark.parametrize(
    "authorize",
    [
        Authorize(url="https://{missing}.crm.example/go"),
        Authorize(url="https://crm.example/go#there"),
        Authorize(url=GO, state=StateRule(max_length=20)),
        Authorize(url=GO, state=StateRule(min_length=100)),
        Authorize(url=GO, params={"a": "{nobody}"}),
        Authorize(url=GO, pkce="required"),
    ],
)
def test_an_address_that_cannot_be_made_is_the_manifests_fault(authorize: Authorize) -> None:
    """Nobody is sent anywhere."""
    with pytest.raises(UpstreamFailure) as failed:
        address(plan_of(authorize=authorize))
    assert (failed.value.category, failed.value.sent) == (Category.MANIFEST, False)


@pytest.mark.parametrize(
    "host",
    ["evil.example/#", "evil.example?", "evil.example\\", "a@evil.example", "evil.example:443",
     "acme\r\n", "аcme", "..", "acme/..", "%2f", ""],
)  # fmt: skip
def test_a_value_cannot_move_an_address_to_another_host(host: str) -> None:
    """Neither where the person is sent nor where the secret goes."""
    url = "https://{host}.crm.example/go"
    plan = plan_of(authorize=Authorize(url=url), token=TokenRequest(url=url))
    plan = Plan(plan.manifest, plan.option, plan.client, values={"host": host})
    with pytest.raises(UpstreamFailure):
        address(plan)


async def test_a_denial_is_told_as_one_and_nothing_is_asked() -> None:
    """The person said no; the words of the platform are for staff."""
    for error, category in (
        ("access_denied", Category.DECLINED),
        ("consent_required", Category.USER_ACTION),
        ("invalid_scope", Category.CONFIGURATION),
        ("server_error", Category.TRANSIENT),
        ("<script>", Category.MANIFEST),
    ):
        scripted = Scripted()
        with pytest.raises(UpstreamFailure) as failed:
            await scripted.engine().exchange(
                plan_of(), code="", verifier="v", callback={"error": error, "state": STATE}
            )
        assert failed.value.category is category
        assert "<" not in failed.value.code


async def test_a_callback_without_a_code_asks_for_nothing() -> None:
    """An empty code would be refused anyway, with our secret sent along."""
    scripted = Scripted()
    with pytest.raises(UpstreamFailure, match="no_code"):
        await scripted.engine().exchange(plan_of(), code="", verifier="v", callback={})
    assert scripted.sent == []


async def test_an_answer_of_another_issuer_is_not_exchanged() -> None:
    """RFC 9207: a code of a malicious platform does not reach the honest one."""
    plan = plan_of(callback=Callback(check_issuer="https://crm.example"))
    await exchanged(plan, {"code": "c", "iss": "https://crm.example"})
    await exchanged(plan, {"code": "c"})
    for issuer in ("https://evil.example", "https://crm.example/", ""):
        with pytest.raises(UpstreamFailure, match="wrong_issuer"):
            await exchanged(plan, {"code": "c", "iss": issuer})


def signed(callback: dict[str, str], secret: str = "the-secret-of-ours") -> dict[str, str]:
    text = "&".join(f"{name}={value}" for name, value in sorted(callback.items()))
    return callback | {"hmac": hmac.digest(secret.encode(), text.encode(), sha256).hex()}


async def test_a_signed_callback_is_believed_whole_and_nothing_else() -> None:
    """Under any secret of ours; not one parameter may change."""
    plan = plan_of(
        secrets=("new-secret-of-ours", "the-secret-of-ours"),
        callback=Callback(verify=CallbackSignature()),
    )
    good = signed({"code": "c", "shop": "acme.crm.example", "state": STATE})
    await exchanged(plan, good)
    for bad in (
        good | {"shop": "evil.crm.example"},
        good | {"more": "1"},
        {name: value for name, value in good.items() if name != "shop"},
        {name: value for name, value in good.items() if name != "hmac"},
        good | {"hmac": ""},
        good | {"hmac": good["hmac"].upper()},
        good | {"hmac": "é"},
        signed({"code": "c"}, "secret-of-somebody-else"),
    ):
        with pytest.raises(UpstreamFailure, match="callback_signature"):
            await exchanged(plan, bad)
    without = plan_of(secrets=(), callback=Callback(verify=CallbackSignature()))
    with pytest.raises(UpstreamFailure):
        await exchanged(without, signed({"code": "c"}, ""))


async def test_what_is_captured_from_a_callback_has_its_declared_form() -> None:
    """It came through a browser: a region decides who receives our secret."""
    region = Variable(name="region", source="callback", pattern=r"^accounts\.crm\.(eu|example)$")
    plan = plan_of(
        callback=Callback(
            capture=(
                Capture(path="accounts-server", to="region", required=True),
                Capture(path="realmId", to="realm"),
            )
        ),
        token=TokenRequest(url="https://{region}/token"),
        variables=(region,),
    )
    grant, url = await exchanged(plan, {"accounts-server": "accounts.crm.eu", "realmId": "7"})
    assert url == "https://accounts.crm.eu/token"
    assert grant.captures == {"region": "accounts.crm.eu", "realm": "7"}
    for value in (
        "evil.example",
        "accounts.crm.eu.evil.example",
        "accounts.crm.eu/x",
        "",
        "x" * 9999,
    ):
        with pytest.raises(UpstreamFailure, match="no_region"):
            await exchanged(plan, {"accounts-server": value})


@pytest.mark.parametrize("value", ["evil.example", "evil.example/", "//evil", "a b", "x" * 300])
async def test_what_has_no_declared_form_cannot_name_a_host(value: str) -> None:
    """A manifest that forgot the pattern sends our secret nowhere."""
    plan = plan_of(
        callback=Callback(capture=(Capture(path="server", to="server"),)),
        token=TokenRequest(url="https://{server}/token"),
    )
    with pytest.raises(UpstreamFailure, match="missing_value"):
        await exchanged(plan, {"server": value})


async def test_an_id_token_of_another_visit_is_refused() -> None:
    """OpenID Connect: the nonce binds it to this browser."""
    plan = plan_of(
        authorize=Authorize(url=GO, nonce=True),
        identity=Identity(root="id_token", account_id="sub", account_name="name"),
    )
    claims = {"sub": "7", "name": "Ada", "nonce": "mine"}
    good = {"id_token": unsigned(claims)}
    grant, _ = await exchanged(plan, {"code": "c"}, nonce="mine", content=good)
    assert grant.party is not None
    assert (grant.party.account_id, grant.party.account_name) == ("7", "Ada")
    for other in ({"nonce": "other"}, {}, {"nonce": None}):
        bad = {"id_token": unsigned({"sub": "7", **other})}
        with pytest.raises(UpstreamFailure, match="wrong_nonce"):
            await exchanged(plan, {"code": "c"}, nonce="mine", content=bad)


async def test_no_variable_takes_the_place_of_the_registration() -> None:
    """Whoever fills a form cannot choose the client id or the secret."""
    base = plan_of()
    plan = Plan(
        base.manifest,
        base.option,
        base.client,
        values={"client_id": "evil", "client_secret": "evil", "redirect_uri": "https://evil"},
        secret_values={"client_id": Secret("evil"), "code": Secret("evil")},
    )
    scripted = Scripted(answer({"access_token": "at"}))
    await scripted.engine().exchange(plan, code="c", verifier="v", callback={})
    assert b"evil" not in scripted.sent[0].body
