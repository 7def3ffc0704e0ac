"""Which passwords may be chosen."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.accounts import (
    Account,
    AccountKind,
    NewAccount,
    PasswordFault,
    PasswordRules,
    WeakPassword,
    rules_for,
)
from doorward.accounts.strength import verify_new_password
from doorward.crypto import Secret
from doorward.orgs import NewOrganization, Organization, Policy


def account(
    name: str = "Mei Tanaka", username: str = "mtanaka", email: str = "mei.tanaka@post.example"
) -> Account:
    """Mei Tanaka, or somebody else."""
    new = NewAccount(
        org_id="river", kind=AccountKind.CONSTITUENT, username=username, email=email, name=name
    )
    return new.born(0, "a test")


def org(least: int = 8) -> Organization:
    """River Trust."""
    policy = Policy(password_min_length=least)
    return NewOrganization(org_id="river", name="River Trust", policy=policy).born(0)


def fault(text: str, rules: PasswordRules) -> PasswordFault | None:
    """What is wrong with it."""
    try:
        verify_new_password(Secret(text), rules)
    except WeakPassword as refused:
        return refused.fault
    return None


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("lantern pebble orchard", None),
        ("correct horse battery", None),
        ("x9$Kq2-vR7!mB", None),
        ("ランタンと小石の果樹園", None),
        ("short", PasswordFault.LENGTH),
        ("x" * 257, PasswordFault.LENGTH),
        ("password", PasswordFault.EASY),
        ("P@ssw0rd", PasswordFault.EASY),
        ("12345678", PasswordFault.EASY),
        ("qwertyuiop", PasswordFault.EASY),
        ("aaaaaaaaaaaaaaaa", PasswordFault.EASY),
        ("ｐａｓｓｗｏｒｄ", PasswordFault.EASY),
        ("drowssap", PasswordFault.EASY),
        ("tanaka in the orchard", PasswordFault.PERSONAL),
        ("MEI.TANAKA@post.example", PasswordFault.PERSONAL),
        ("mei tanaka 1998 !!", PasswordFault.PERSONAL),
        ("ＭＴＡＮＡＫＡ orchard", PasswordFault.PERSONAL),
        ("the river-trust lantern", PasswordFault.PERSONAL),
    ],
)
def test_a_password_is_long_unguessed_and_tells_nothing(
    text: str, wrong: PasswordFault | None
) -> None:
    """However it is spelt."""
    assert fault(text, rules_for(account(), org())) is wrong


def test_short_names_do_not_forbid_half_the_language() -> None:
    """Three letters stand in too many words; two Chinese characters do not."""
    rules = rules_for(account(name="Bo Li", username="boli9", email="bo@x.example"), org())
    assert fault("about a lithe lantern", rules) is None
    rules = rules_for(account(name="山田 花子"), org())
    assert fault("花子の好きな小石とランタン", rules) is PasswordFault.PERSONAL


def test_the_organization_says_how_long_it_is() -> None:
    """Up to 64; the sentence says so, in whichever language."""
    rules = rules_for(account(), org(20))
    with pytest.raises(WeakPassword) as refused:
        verify_new_password(Secret("lantern pebble"), rules)
    assert "20 to 256" in refused.value.sentence
    assert refused.value.given["least"] == 20
    assert fault("lantern pebble orchard", rules) is None


@given(st.text(max_size=300))
def test_whatever_is_typed_is_judged(text: str) -> None:
    """With lone surrogates, zero bytes and all: a fault or none, and no other error."""
    assert fault(text, rules_for(account(), org())) in {None, *PasswordFault}


@pytest.mark.parametrize("text", ["a" * 256, "ab1!" * 64, "p@ssw0rd" * 32, "\u2603" * 256])
def test_long_ones_are_measured_by_their_beginning(text: str) -> None:
    """Measuring takes time by the square of the length: nobody buys seconds of it."""
    began = time.process_time()
    fault(text, rules_for(account(), org()))
    assert time.process_time() - began < 2
