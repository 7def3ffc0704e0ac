"""`try` is a real client: it goes through a real server, verifies, and shows no secret."""

from __future__ import annotations

import re
import subprocess

import httpx2
import msgspec
import pytest

from tests.cli.conftest import DOORWARD, Demo, Done
from tests.support.browser_forms import Arrival, PlainBrowser, authorize
from tests.support.ports import free_port

ADDRESS = re.compile(r"^http://127\.0\.0\.1:\d+/o/\S+$")
SECRET = re.compile(r"dw_(at|rt|ac|cs)_[A-Za-z0-9_-]{20,}|eyJ[\w-]{30,}")


def try_code(demo: Demo, *words: str, decision: str = "allow") -> Done:
    """Run `try code` and be the person in its browser."""
    command = [DOORWARD, "try", "code", "--demo", str(demo.folder), "--no-browser", *words]
    process = subprocess.Popen(
        command,
        env=demo.shell.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    said = []
    try:
        for line in process.stderr:
            said.append(line)
            if ADDRESS.match(line.strip()):
                arrive(demo, line.strip(), decision)
                break
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait(10)
    return Done(process.returncode, out, "".join(said) + err)


def arrive(demo: Demo, address: str, decision: str) -> None:
    """Sign in, decide, and bring the answer to where the command listens."""
    back = httpx2.URL(address).params["redirect_uri"]
    person = demo.server.organization("riverbend").constituents[1]
    with PlainBrowser(stop_at=back) as browser:
        journey = authorize(browser, address, person, decision=decision)
    assert isinstance(journey.arrival, Arrival)
    answer = httpx2.get(journey.arrival.url, trust_env=False)
    assert "You can close this tab" in answer.text


def test_the_code_flow_is_gone_through_and_verified(demo: Demo) -> None:
    """Every exchange is told, the claims are printed, and no secret with them."""
    here = f"http://127.0.0.1:{free_port()}/callback"
    done = try_code(demo, "--redirect-uri", here, "--scope", "openid profile", "--json")
    assert done.status == 0, done.err
    data = msgspec.json.decode(done.out)
    assert data["id_token_claims"]["sub"] == data["userinfo"]["sub"] == "1002"
    titles = [each["title"] for each in data["exchanges"]]
    assert titles == [
        "Discovery",
        "The browser came back",
        "The code for tokens",
        "The signing keys",
        "UserInfo",
    ]
    assert SECRET.search(done.out + done.err) is None


def test_without_json_the_talk_is_on_standard_error(demo: Demo) -> None:
    """And only what came of it on standard output."""
    done = try_code(demo, "--redirect-uri", "http://127.0.0.1:0/callback")
    assert done.status == 0, done.err
    assert "→ POST" in done.err
    assert "→" not in done.out
    assert "signature, issuer, audience, nonce and times are right" in done.err
    assert SECRET.search(done.out + done.err) is None


def test_a_refusal_of_the_person_ends_with_1(demo: Demo) -> None:
    """The reason is the server's own word."""
    free = "http://127.0.0.1:0/callback"
    words = ("--redirect-uri", free, "--scope", "openid email offline_access")
    done = try_code(demo, *words, decision="deny")
    assert done.status == 1
    assert "access_denied" in done.err


def test_a_service_gets_a_token_and_asks_about_it(demo: Demo) -> None:
    """Two exchanges after discovery."""
    data = demo.shell.data("try", "client-credentials", "--demo", str(demo.folder))
    assert data["introspection"]["active"] is True
    assert data["introspection"]["client_id"] == "nightly-ledger"
    assert len(data["exchanges"]) == 3


def test_a_secret_may_come_from_standard_input(demo: Demo) -> None:
    """Any issuer, any client, either method."""
    river = demo.server.organization("riverbend")
    service = river.service()
    words = ["try", "client-credentials", "--issuer", river.issuer]
    words += ["--client-id", service.client_id, "--client-secret-file", "-"]
    done = demo.shell.run(*words, typed=service.client_secret or "")
    assert done.status == 0
    assert SECRET.search(done.out + done.err) is None
    wrong = demo.shell.run(*words, typed="dw_cs_wrong")
    assert wrong.status == 1
    assert "401" in wrong.err


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("--issuer", "http://127.0.0.1:1/o/x", "--client-id", "abc"), 3),
        (("--issuer", "nonsense", "--client-id", "abc"), 2),
        (("--demo", "nowhere"), 3),
        ((), 2),
    ],
)
def test_what_cannot_be_tried_is_said(demo: Demo, words: tuple[str, ...], status: int) -> None:
    """An issuer that does not answer, one that is none, a folder without a demo."""
    done = demo.shell.run("try", "client-credentials", *words)
    assert done.status == status, done.err
