"""What goes wrong, by the platform's own word first and the status second, without a secret."""

from __future__ import annotations

import logging
import traceback
from typing import Any

import pytest

from doorward.connectors import Category, ClientProbe, Grant, UpstreamFailure
from doorward.connectors.requests import ErrorMap, Success, TokenRequest
from doorward.crypto import Secret
from doorward.http import NoAnswer, NotSent, OutboundReply
from tests.support.upstream import Scripted, answer, plan_of

pytestmark = pytest.mark.anyio

GRANT = Grant(Secret("access-token-1"), Secret("refresh-token-1"))
DEAD, ACTION = Category.DEAD_GRANT, Category.USER_ACTION
CONFIGURATION, MANIFEST = Category.CONFIGURATION, Category.MANIFEST
TRANSIENT, TENANT = Category.TRANSIENT, Category.DEAD_TENANT


def error(code: Any, status: int = 400, **more: Any) -> OutboundReply:
    return answer({"error": code, **more}, status)


def microsoft(number: int, code: str = "invalid_grant") -> OutboundReply:
    return error(code, error_description=f"AADSTS{number}: The grant … Trace ID: 1")


@pytest.mark.parametrize(
    ("reply", "category"),
    [
        (error("invalid_grant"), DEAD),
        (error("invalid_grant", 401), DEAD),
        (error("invalid_grant", 403), DEAD),
        (error("invalid_grant", 500), DEAD),
        (error("bad_refresh_token", 200), DEAD),
        (error("BAD_REFRESH_TOKEN"), DEAD),
        (error("token_revoked"), DEAD),
        (error("invalid_refresh_token"), DEAD),
        (error("inactive_user"), DEAD),
        (microsoft(50173), DEAD),
        (microsoft(700082), DEAD),
        (microsoft(70008), DEAD),
        (microsoft(50078), DEAD),
        (error("interaction_required"), ACTION),
        (error("consent_required"), ACTION),
        (error("login_required"), ACTION),
        (microsoft(65001), ACTION),
        (microsoft(50076), ACTION),
        (microsoft(53003), ACTION),
        (error("invalid_grant", suberror="consent_required"), ACTION),
        (answer({"wants": "a second factor"}, 202), ACTION),
        (error("invalid_client", 401), CONFIGURATION),
        (error("invalid_client", 400), CONFIGURATION),
        (error("unauthorized_client"), CONFIGURATION),
        (microsoft(7000215, "invalid_client"), CONFIGURATION),
        (microsoft(7000222, "invalid_request"), CONFIGURATION),
        (error("invalid_scope"), CONFIGURATION),
        (answer({}, 401), CONFIGURATION),
        (error("invalid_request"), MANIFEST),
        (error("unsupported_grant_type"), MANIFEST),
        (error("something_of_theirs"), MANIFEST),
        (error({"code": "invalid_grant", "message": "gone"}), DEAD),
        (answer({"ok": 1}), MANIFEST),
        (answer({"access_token": ""}), MANIFEST),
        (answer({"access_token": None}), MANIFEST),
        (answer({"access_token": {"a": 1}}), MANIFEST),
        (answer({}, 302, location="https://crm.example/login"), MANIFEST),
        (error("slow_down"), TRANSIENT),
        (error("temporarily_unavailable"), TRANSIENT),
        (error("server_error"), TRANSIENT),
        (answer({}, 408), TRANSIENT),
        (answer({}, 425), TRANSIENT),
        (answer({}, 429), TRANSIENT),
        (answer({}, 500), TRANSIENT),
        (answer({}, 503), TRANSIENT),
        (answer(b"<html>Sorry", 403, content_type="text/html"), TRANSIENT),
        (answer(b"<html>Welcome", 200, content_type="text/html"), TRANSIENT),
        (answer(b"{", 200), TRANSIENT),
        (answer(b"", 200), TRANSIENT),
        (answer(b"[" * 100_000, 200), TRANSIENT),
        (answer(b"\xff\xfe", 200), TRANSIENT),
        (answer({}, 404), TENANT),
        (answer(b"<html>No such shop", 404, content_type="text/html"), TENANT),
        (answer({}, 410), TENANT),
    ],
)
async def test_a_failed_refresh_says_who_can_mend_it(
    reply: OutboundReply, category: Category
) -> None:
    """The table of errors, row by row."""
    with pytest.raises(UpstreamFailure) as failed:
        await Scripted(reply).engine().refresh(plan_of(), GRANT)
    assert (failed.value.category, failed.value.sent) == (category, True)
    assert failed.value.status == reply.status


@pytest.mark.parametrize(
    ("outcome", "sent"), [(NotSent("ConnectError"), False), (NoAnswer("timeout"), True)]
)
async def test_a_failure_of_the_network_says_whether_the_request_left(
    outcome: NotSent | NoAnswer, sent: bool
) -> None:
    """By that it is decided whether a token that is good once may be sent again."""
    with pytest.raises(UpstreamFailure) as failed:
        await Scripted(outcome).engine().refresh(plan_of(), GRANT)
    assert (failed.value.category, failed.value.sent) == (TRANSIENT, sent)


@pytest.mark.parametrize(
    "url",
    ["http://crm.example/token", "https://127.1/token", "https://crm.example:22/token"],
)
async def test_a_forbidden_address_is_told_as_one(url: str) -> None:
    """And nothing was sent."""
    scripted = Scripted()
    with pytest.raises(UpstreamFailure) as failed:
        await scripted.engine().refresh(plan_of(token=TokenRequest(url=url)), GRANT)
    assert failed.value.category is Category.FORBIDDEN_ADDRESS
    assert not failed.value.sent


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("17", 17), ("0", 0), ("999999999999", 86_400), ("Mon, 21 Sep 2026 14:14:20 GMT", 60),
     ("Mon, 21 Sep 2020 14:14:20 GMT", 0), ("soon", None), ("-5", None), ("", None)],
)  # fmt: skip
async def test_a_platform_says_how_long_to_wait(value: str, seconds: float | None) -> None:
    """RFC 9110 10.2.3: seconds or a date, at most a day, and nothing from nonsense."""
    reply = answer({}, 429, retry_after=value)
    with pytest.raises(UpstreamFailure) as failed:
        await Scripted(reply).engine().refresh(plan_of(), GRANT)
    assert failed.value.retry_after_s == seconds


async def test_the_manifest_knows_the_words_of_its_platform() -> None:
    """Its map goes before the standard's words, and its paths find what is within."""
    errors = ErrorMap(
        code_path="data.code",
        message_path="data.text",
        map={"4711": "dead_grant", "invalid_request": "transient"},
    )
    token = TokenRequest(
        url="https://crm.example/token", success=Success(path="code", equals=0), error=errors
    )
    for code, category in ((4711, DEAD), ("invalid_request", TRANSIENT)):
        reply = answer({"code": 1, "data": {"code": code, "text": "No"}})
        with pytest.raises(UpstreamFailure) as failed:
            await Scripted(reply).engine().refresh(plan_of(token=token), GRANT)
        assert (failed.value.category, failed.value.detail) == (category, "No")


async def test_the_next_secret_is_tried_only_when_the_client_was_refused() -> None:
    """The newest first; and the grant tells which one it was."""
    good = answer({"access_token": "at", "expires_in": 60})
    plan = plan_of(secrets=("newest-secret", "older-secret", "oldest-secret"))
    scripted = Scripted(error("invalid_client", 401), good)
    grant = await scripted.engine().refresh(plan, GRANT)
    assert grant.secret_used == 1
    bodies = [request.body.decode() for request in scripted.sent]
    assert ["newest-secret" in bodies[0], "older-secret" in bodies[1]] == [True, True]
    for reply in (error("invalid_grant"), answer({}, 503), error("invalid_scope")):
        scripted = Scripted(reply)
        with pytest.raises(UpstreamFailure):
            await scripted.engine().refresh(plan, GRANT)
        assert len(scripted.sent) == 1
    scripted = Scripted(*[error("invalid_client", 401)] * 3)
    with pytest.raises(UpstreamFailure, match="invalid_client"):
        await scripted.engine().refresh(plan, GRANT)
    assert len(scripted.sent) == 3


async def test_nothing_secret_is_in_a_failure(caplog: pytest.LogCaptureFixture) -> None:
    """Whatever the platform repeats: the detail is for staff, and short."""
    caplog.set_level(logging.DEBUG)
    talkative = (
        "You sent the-secret-of-ours and refresh-token-1,\n\x1b[31m not "
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl " + "word " * 100
    )
    reply = error("invalid_grant<script>" + "x" * 99, error_description=talkative)
    with pytest.raises(UpstreamFailure) as failed:
        await Scripted(reply).engine().refresh(plan_of(), GRANT)
    failure = failed.value
    assert failure.detail.startswith("You sent ••• and •••, [31m not •••")
    assert len(failure.detail) <= 200
    assert len(failure.code) == 64
    assert "<" not in failure.code
    shown = "".join(traceback.format_exception(failure)) + repr(failure) + caplog.text
    shown += str(vars(failure))
    for secret in ("the-secret-of-ours", "refresh-token-1", "eyJhbGci"):
        assert secret not in shown


async def test_a_dry_run_tells_whether_the_client_is_known() -> None:
    """A hint: the code is refused only after the client was believed."""
    for reply, verdict in (
        (error("invalid_grant"), ClientProbe.ACCEPTED),
        (error("invalid_client", 401), ClientProbe.REFUSED),
        (answer({}, 401), ClientProbe.REFUSED),
        (error("invalid_request"), ClientProbe.UNKNOWN),
        (answer({"access_token": "what"}), ClientProbe.UNKNOWN),
    ):
        assert await Scripted(reply).engine().probe_client(plan_of()) is verdict
    with pytest.raises(UpstreamFailure):
        await Scripted(NotSent("timeout")).engine().probe_client(plan_of())


async def test_scopes_that_are_refused_at_a_refresh_are_left_out_once() -> None:
    """RFC 6749 6: without the parameter the scopes stay what they were."""
    from doorward.connectors.requests import Authorize, ScopeRule

    token = TokenRequest(url="https://crm.example/token", include_scope=True)
    authorize = Authorize(url="https://crm.example/go", scope=ScopeRule(default=("a", "b")))
    plan = plan_of(token=token, authorize=authorize)
    scripted = Scripted(error("invalid_scope"), answer({"access_token": "at"}))
    await scripted.engine().refresh(plan, GRANT)
    assert [b"scope=a+b" in request.body for request in scripted.sent] == [True, False]


@pytest.mark.parametrize(("grant", "kind"), [(Grant(Secret("a")), "rotating"), (GRANT, "none")])
async def test_what_cannot_be_refreshed_is_over(grant: Grant, kind: Any) -> None:
    """No request is made for it."""
    from doorward.connectors.requests import RefreshPolicy

    scripted = Scripted()
    with pytest.raises(UpstreamFailure) as failed:
        await scripted.engine().refresh(plan_of(refresh_policy=RefreshPolicy(kind=kind)), grant)
    assert failed.value.category is DEAD
    assert scripted.sent == []
