"""The sample application by itself: what it says when nobody can sign anybody in."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.support.ports import free_port
from tests.support.server import wait_until

SAMPLE = Path(__file__).parents[2] / "examples" / "sample_rp" / "app.py"


@pytest.fixture(scope="module")
def lonely_sample() -> Iterator[str]:
    """The sample application, whose issuer does not answer."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    settings = {"ISSUER": f"http://127.0.0.1:{free_port()}/o/riverbend", "PORT": str(port)}
    process = subprocess.Popen(
        [sys.executable, str(SAMPLE)],
        env={**os.environ, **settings, "CLIENT_ID": "sample", "CLIENT_SECRET": "not used"},
    )
    try:
        wait_until(lambda: _is_up(url) or process.poll() is not None, f"{url} does not answer")
        yield url
    finally:
        process.terminate()
        process.wait(10)


def _is_up(url: str) -> bool:
    try:
        return httpx2.get(url, trust_env=False).status_code == 200
    except httpx2.TransportError:
        return False


def test_home_offers_to_sign_in_and_sets_no_cookie(lonely_sample: str) -> None:
    """A first look leaves nothing behind, and runs no script."""
    answer = httpx2.get(lonely_sample, trust_env=False)
    assert "Sign in with Riverbend" in answer.text
    assert "set-cookie" not in answer.headers
    assert "<script" not in answer.text
    assert "script-src" not in answer.headers["content-security-policy"]
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


def test_an_issuer_that_does_not_answer_is_named_in_words(lonely_sample: str) -> None:
    """The button leads to a sentence, not to a stack trace."""
    answer = httpx2.get(f"{lonely_sample}/signin", trust_env=False)
    assert answer.status_code == 502
    assert "Riverbend cannot be reached" in answer.text


@pytest.mark.parametrize(
    "answer", ["", "code=abc", "code=abc&state=guessed", "error=access_denied&state=guessed"]
)
def test_an_answer_nobody_waits_for_is_refused(lonely_sample: str, answer: str) -> None:
    """A code or an error without this browser's own state goes nowhere."""
    page = httpx2.get(f"{lonely_sample}/callback?{answer}", trust_env=False)
    assert page.status_code == 400
    assert "This answer is not for you" in page.text


@pytest.mark.parametrize("path", ["/refresh", "/signout"])
def test_a_form_of_another_site_does_nothing(lonely_sample: str, path: str) -> None:
    """Without a session and its token the forms lead home."""
    answer = httpx2.post(f"{lonely_sample}{path}", data={"csrf": "x"}, trust_env=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/"
