"""What browsers send, damaged and made up: read or refused, and never another error than ours."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doorward.passkeys import AnswerRefused, Passkey, RelyingParty
from doorward.passkeys.ceremonies import (
    Holder,
    creation_options,
    parse_assertion,
    parse_creation,
    request_options,
)
from tests.support.authenticator import Authenticator, b64, unb64
from tests.support.passkeys import HOME

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=40),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(max_size=12), inside),
    max_leaves=12,
)
NAMES = ("id", "rawId", "type", "response", "clientDataJSON", "attestationObject",
         "authenticatorData", "signature", "userHandle", "transports")  # fmt: skip
shaped = st.fixed_dictionaries(
    {"id": st.text(max_size=8), "rawId": st.text(max_size=8), "type": st.just("public-key")},
    optional={"response": st.dictionaries(st.sampled_from(NAMES), anything)},
)


@settings(max_examples=150)
@given(st.text(max_size=60) | anything.map(json.dumps) | shaped.map(json.dumps))
def test_whatever_arrives_as_an_answer_is_read_or_refused(text: str) -> None:
    """Never another error than ours."""
    for parse in (parse_assertion, parse_creation):
        try:
            parse(text)
        except AnswerRefused:
            continue


PARTY = RelyingParty("id.river.example", HOME, "River")
HOLDER = Holder(bytes(32), "anna", "Anna")


@settings(max_examples=200, deadline=None)
@given(
    part=st.sampled_from(["attestationObject", "clientDataJSON"]),
    place=st.integers(0, 400),
    put=st.binary(max_size=40),
    cut=st.integers(0, 200),
)
def test_a_damaged_new_passkey_is_read_or_refused(
    part: str, place: int, put: bytes, cut: int
) -> None:
    """Bytes put in, left out or cut off: never another error than ours."""
    options: Any = creation_options(PARTY, HOLDER, bytes(32), ())
    answer = json.loads(Authenticator(HOME).create(options))
    answer["response"][part] = _damaged(answer["response"][part], place, put, cut)
    with suppress(AnswerRefused):
        parse_creation(json.dumps(answer)).verify(PARTY)


@settings(max_examples=200, deadline=None)
@given(
    part=st.sampled_from(["authenticatorData", "clientDataJSON", "signature"]),
    place=st.integers(0, 200),
    put=st.binary(min_size=1, max_size=40),
    cut=st.integers(0, 40),
)
def test_a_damaged_answer_proves_nothing(part: str, place: int, put: bytes, cut: int) -> None:
    """Every byte of it is signed, or is the signature."""
    device = Authenticator(HOME)
    made: Any = creation_options(PARTY, HOLDER, bytes(32), ())
    created = parse_creation(device.create(made)).verify(PARTY)
    asked: Any = request_options(PARTY, bytes(32), (), alone=True)
    answer = json.loads(device.get(asked))
    damaged = _damaged(answer["response"][part], place, put, cut)
    if unb64(damaged) == unb64(answer["response"][part]):
        return
    answer["response"][part] = damaged
    passkey = Passkey(
        1, 1, created.credential_id, PARTY.rp_id, created.public_key, 0, (), True, True,
        created.aaguid, "x", True, 0, None,
    )  # fmt: skip
    with pytest.raises(AnswerRefused):
        parse_assertion(json.dumps(answer)).verify(PARTY, passkey, alone=True)


def _damaged(text: str, place: int, put: bytes, cut: int) -> str:
    data = unb64(text)
    return b64(data[:place] + put + data[place + cut :])
