"""Organizations, people, applications, scopes and keys from the command line."""

from __future__ import annotations

import pytest

from tests.cli.conftest import PASSWORD, Shell


@pytest.fixture(scope="module")
def riverbend(shell: Shell) -> Shell:
    """An installation with one organization."""
    shell.data("org", "create", "riverbend", "--name", "Riverbend", "--host", "id.riverbend.test")
    return shell


def test_a_day_on_either_database(either: Shell) -> None:
    """What one command writes, the next one reads."""
    org = either.data("org", "create", "riverbend", "--name", "Riverbend")
    assert org["issuer"] == "http://127.0.0.1:8400/o/riverbend"
    assert [each["org_id"] for each in either.data("org", "list")] == ["operators", "riverbend"]
    words = ("user", "create", "riverbend", "amara", "--email", "amara@mail.example")
    person = either.data(*words, "--password-file", "-", typed=PASSWORD)
    assert (person["account_id"], person["kind"]) == ("1", "constituent")
    either.data("scope", "create", "riverbend", "gifts", "--title", "Gifts", "--sentence", "See")
    ledger = ("Ledger", "--kind", "service", "--scope", "gifts")
    application = either.data("app", "create", "riverbend", *ledger)
    assert application["client_secret"].startswith("dw_cs_")
    listed = either.data("app", "list", "riverbend")
    assert "client_secret" not in listed[0]
    assert listed[0]["client_id"] == application["client_id"]


def test_an_organization_can_sign_at_once(riverbend: Shell) -> None:
    """A current and a next key of each algorithm, and the standard scopes, come with it."""
    keys = riverbend.data("key", "list", "riverbend")
    assert sorted((key["alg"], key["status"]) for key in keys) == [
        ("ES256", "current"), ("ES256", "next"), ("RS256", "current"), ("RS256", "next"),
    ]  # fmt: skip
    names = [scope["name"] for scope in riverbend.data("scope", "list", "riverbend")]
    assert {"openid", "profile", "email", "offline_access"} <= set(names)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("org", "create", "riverbend", "--name", "Again"), "already in use"),
        (("org", "create", "Not_A_Slug", "--name", "X"), "org_id"),
        (("user", "list", "nowhere"), "no such organization|unknown"),
        (("app", "create", "riverbend", "X", "--redirect-uri", "http://x.example/cb"), "https"),
        (("app", "rotate-secret", "riverbend", "nobody"), "no such application"),
        (("scope", "create", "riverbend", "a b", "--title", "X", "--sentence", "X"), "name"),
        (("key", "rotate", "nowhere", "--alg", "ES256"), "no such organization|unknown"),
    ],
)
def test_what_is_refused_ends_with_1_and_a_sentence(
    riverbend: Shell, words: tuple[str, ...], said: str
) -> None:
    """One line on standard error, nothing on standard output."""
    done = riverbend.run(*words)
    assert (done.status, done.out) == (1, "")
    assert any(each in done.err.lower() for each in said.split("|")), done.err
    assert len(done.err.splitlines()) == 1


def test_a_staff_account_gets_the_permissions_that_are_named(riverbend: Shell) -> None:
    """Or all of them; one that does not exist is refused."""
    words = ("user", "create", "riverbend", "mina", "--kind", "staff", "--password-file", "-")
    wrong = riverbend.run(*words, "--permission", "everything.write", typed=PASSWORD)
    assert wrong.status == 1
    mina = riverbend.data(*words, "--permission", "accounts.read", typed=PASSWORD)
    assert mina["permissions"] == ["accounts.read"]


def test_a_second_step_is_reset_by_number(riverbend: Shell) -> None:
    """Where there is one; who is asked for has to exist."""
    person = riverbend.data(
        "user", "create", "riverbend", "kai", "--password-file", "-", typed=PASSWORD
    )
    done = riverbend.run("user", "reset-mfa", "riverbend", str(person["account_id"]))
    assert done.status == 0
    assert "no second step" in done.out + done.err
    assert riverbend.run("user", "reset-mfa", "riverbend", "987654").status == 1


def test_people_are_listed_in_pages_and_found_by_prefix(riverbend: Shell) -> None:
    """The hint for the next page goes to standard error, where no script reads it as data."""
    for name in ("ada", "adam", "zoe"):
        words = ("user", "create", "riverbend", name, "--password-file", "-")
        assert riverbend.run(*words, typed=PASSWORD).status == 0
    first = riverbend.run("user", "list", "riverbend", "--limit", "1", "--json")
    last = first.data()[-1]["account_id"]
    assert f"--after {last}" in first.err
    rest = riverbend.data("user", "list", "riverbend", "--after", last)
    assert last not in [each["account_id"] for each in rest]
    found = riverbend.data("user", "list", "riverbend", "--query", "ad")
    assert [each["username"] for each in found] == ["ada", "adam"]


def test_a_password_may_come_from_a_file(riverbend: Shell) -> None:
    """Its first line; an empty one and a missing one end with 2."""
    file = riverbend.folder / "password.txt"
    file.write_text(f"{PASSWORD}\nnot this\n")
    words = ("user", "create", "riverbend", "filed", "--password-file")
    assert riverbend.run(*words, str(file)).status == 0
    file.write_text("\n")
    assert riverbend.run(*words, str(file)).status == 2
    assert riverbend.run(*words, "missing.txt").status == 2


def test_nobody_is_asked_without_a_terminal(riverbend: Shell) -> None:
    """A script never hangs in a prompt."""
    done = riverbend.run("user", "create", "riverbend", "nemo", "--no-input")
    assert done.status == 2
    assert "--password-file" in done.err


def test_a_secret_is_rotated_beside_the_old_one(riverbend: Shell) -> None:
    """The old one goes on working until it is revoked, which is never done unasked."""
    words = ("app", "create", "riverbend", "Planner", "--redirect-uri", "https://p.example/cb")
    application = riverbend.data(*words)
    rotate = ("app", "rotate-secret", "riverbend", application["client_id"])
    second = riverbend.data(*rotate)
    assert second["older_secrets_still_good"] == 1
    assert second["client_secret"] != application["client_secret"]
    unsure = riverbend.run(*rotate, "--revoke-old")
    assert (unsure.status, "--yes" in unsure.err) == (2, True)
    third = riverbend.data(*rotate, "--revoke-old", "--yes")
    assert third["older_secrets_still_good"] == 0
    listed = {a["client_id"]: a for a in riverbend.data("app", "list", "riverbend")}
    kept = listed[application["client_id"]]["secrets"]
    assert kept == ["…" + third["client_secret"][-4:]]


def test_an_application_is_shown_with_the_use_of_its_secrets(riverbend: Shell) -> None:
    """What may be seen of each: its end, when it was made, when it was good last."""
    words = ("app", "create", "riverbend", "Almanac", "--redirect-uri", "https://a.example/cb")
    made = riverbend.data(*words)
    shown = riverbend.data("app", "show", "riverbend", made["client_id"])
    (secret,) = shown["secrets"]
    assert secret["last4"] == made["client_secret"][-4:]
    assert secret["last_used_at"] is None
    assert secret["created_at"].endswith("Z")
    assert (
        made["client_secret"]
        not in riverbend.run("app", "show", "riverbend", made["client_id"]).out
    )


def test_the_rules_for_new_applications_are_shown_and_changed(riverbend: Shell) -> None:
    """What is left out stays; an empty message is none."""
    words = ("org", "registration", "riverbend")
    assert riverbend.data(*words)["mode"] == "closed"
    told = ("--message-en", "Write to us.", "--message-ja", "ご連絡ください。")
    riverbend.data(*words, "--mode", "by_request", *told)
    opened = riverbend.data(*words, "--mode", "open", "--who", "system", "--message-ja", "")
    assert opened == {
        "mode": "open", "who": ["system"], "message_en": "Write to us.", "message_ja": None,
    }  # fmt: skip
    assert riverbend.data(*words) == opened
    assert riverbend.run(*words, "--who", "strangers").status == 1
    assert riverbend.run(*words, "--message-en", "x" * 501).status == 1


def test_a_public_application_has_no_secret(riverbend: Shell) -> None:
    """What runs in people's hands keeps none."""
    words = ("app", "create", "riverbend", "Phone", "--kind", "native")
    application = riverbend.data(*words, "--redirect-uri", "http://127.0.0.1/callback")
    assert application["auth_method"] == "none"
    assert "client_secret" not in application


def test_a_key_is_rotated_and_the_old_one_stays(riverbend: Shell) -> None:
    """The next one signs, a new next one is published, and the retired one still is."""
    before = {k["kid"]: k for k in riverbend.data("key", "list", "riverbend")}
    following = next(
        k["kid"] for k in before.values() if (k["alg"], k["status"]) == ("ES256", "next")
    )
    # However young it is: the question is what the command changes.
    rotated = riverbend.data(
        "key", "rotate", "riverbend", "--alg", "ES256", "--although-unseen", "--yes"
    )
    assert (rotated["kid"], rotated["status"]) == (following, "current")
    after = {k["kid"]: k["status"] for k in riverbend.data("key", "list", "riverbend")}
    assert set(before) < set(after)
    assert sorted(after.values()).count("retired") == 1
    assert (
        riverbend.run("key", "rotate", "riverbend", "--alg", "ES256", "--although-unseen").status
        == 2
    )


def test_lists_without_a_terminal_are_lines_with_tabs(riverbend: Shell) -> None:
    """Nothing is cut, wrapped or coloured."""
    lines = riverbend.run("scope", "list", "riverbend").out.splitlines()
    assert lines[0].split("\t") == ["name", "sensitivity", "api", "title_en", "title_ja"]
    assert any(line.startswith("openid\tbasic\t") for line in lines)


def test_text_that_no_database_keeps_is_refused(riverbend: Shell) -> None:
    """A lone surrogate in an argument is answered, not crashed on."""
    done = riverbend.run("org", "create", "broken", "--name", "a\udcffb")
    assert done.status == 1
