"""Mail on the command line: a test letter, and what the doctor and the settings say."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cli.conftest import Shell
from tests.mail.server import MailServer, running


@pytest.fixture
def server() -> Iterator[MailServer]:
    """A mail server on this machine."""
    with running() as started:
        yield started


def with_mail(shell: Shell, url: str) -> Shell:
    """The same installation, with a mail server."""
    mail = {"DOORWARD_SMTP_URL": url, "DOORWARD_MAIL_FROM": "door@example.org"}
    return Shell(shell.folder, {**shell.variables, **mail})


def test_a_test_letter_arrives(shell: Shell, server: MailServer) -> None:
    """In Doorward's name, or an organization's, in either language."""
    mailing = with_mail(shell, f"smtp://127.0.0.1:{server.port}")
    done = mailing.run("mail", "test", "you@example.org")
    assert (done.status, done.err) == (0, "The mail server took the letter to you@example.org.\n")
    words = ("--org", "operators", "--locale", "ja")
    assert mailing.run("mail", "test", "you@example.org", *words).status == 0
    first, second = server.arrived
    assert first["Subject"] == "A test letter from Doorward"
    assert (first["From"], first["To"]) == ("Doorward <door@example.org>", "you@example.org")
    assert second["Content-Language"] == "ja"


def test_a_letter_that_is_not_taken_says_why(shell: Shell, server: MailServer) -> None:
    """Refused is 1; a server that cannot be reached is 3; none at all is 2."""
    mailing = with_mail(shell, f"smtp://127.0.0.1:{server.port}")
    server.at_address.append("550 nobody of that name")
    refused = mailing.run("mail", "test", "you@example.org")
    assert (refused.status, "RecipientRefused 550" in refused.err) == (1, True)
    assert mailing.run("mail", "test", "no address").status == 1
    away = with_mail(shell, "smtp://127.0.0.1:1").run("mail", "test", "you@example.org")
    assert (away.status, "ConnectionRefusedError" in away.err) == (3, True)
    none = shell.run("mail", "test", "you@example.org")
    assert (none.status, "smtp_url" in none.err) == (2, True)


@pytest.mark.parametrize(
    ("url", "about"),
    [
        (None, "smtp_url"),
        ("smtp://relay.example.org?tls=none", "smtp_url"),
        ("smtps://relay.example.org", "mail_reply_to"),
    ],
)
def test_the_doctor_says_what_is_weak_about_mail(shell: Shell, url: str | None, about: str) -> None:
    """None at all, one that others can read, answers that nobody reads."""
    done = (shell if url is None else with_mail(shell, url)).run("doctor", "--json")
    assert about in {each["about"] for each in done.data()}


def test_the_password_of_the_mail_server_is_not_shown(shell: Shell) -> None:
    """Neither by the settings nor when they are wrong."""
    mailing = with_mail(shell, "smtp://door:hunter2@mail.example.org:587")
    shown = mailing.run("config", "show")
    assert "smtp://door:…@mail.example.org:587" in shown.out
    assert "hunter2" not in shown.out + shown.err
    wrong = with_mail(shell, "smtp://door:hunter2@mail.example.org:587/path").run("config", "show")
    assert wrong.status == 2
    assert "smtp_url" in wrong.err
    assert "hunter2" not in wrong.out + wrong.err


@pytest.mark.parametrize(
    "url",
    [
        "http://mail.example.org",
        "smtp://",
        "smtp://door:x@mail.example.org?tls=none",
        "smtp://:x@mail.example.org?tls=none",
        "smtps://mail.example.org?tls=none",
        "smtp://mail.example.org?tls=maybe",
        "smtp://mail.example.org#x",
        "smtp://mail.example.org:99999",
    ],
)
def test_an_address_that_means_nothing_safe_is_refused(shell: Shell, url: str) -> None:
    """Before anything is sent there."""
    done = with_mail(shell, url).run("config", "check")
    assert (done.status, "smtp_url" in done.err) == (2, True)


def test_a_mail_server_needs_an_address_to_write_from(shell: Shell) -> None:
    """And it is an address, not a list of them."""
    lacking = {**shell.variables, "DOORWARD_SMTP_URL": "smtps://mail.example.org"}
    assert "mail_from" in Shell(shell.folder, lacking).run("config", "check").err
    two = {**lacking, "DOORWARD_MAIL_FROM": "a@example.org, b@example.org"}
    assert Shell(shell.folder, two).run("config", "check").status == 2
