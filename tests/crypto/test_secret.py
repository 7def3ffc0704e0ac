"""A Secret shows itself only where somebody asks for it by name."""

from __future__ import annotations

import copy
import io
import json
import logging
import pickle
import pprint
import traceback
from collections.abc import Callable
from dataclasses import dataclass

import msgspec
import pytest

from doorward.crypto import Secret

VALUE = "correct horse battery staple"


@dataclass(frozen=True)
class Holder:
    """As settings and services hold one."""

    name: str
    secret: Secret[str]


def logged(write: Callable[[logging.Logger], None]) -> str:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logger = logging.getLogger("tests.crypto.secret")
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    try:
        write(logger)
    finally:
        logger.removeHandler(handler)
    return stream.getvalue()


def structured(secret: Secret[str]) -> str:
    return json.dumps({"password": secret, "nested": [secret]}, default=repr)


SHOWN: dict[str, Callable[[Secret[str]], str]] = {
    "repr": repr,
    "str": str,
    "format": format,
    "format with a width": lambda each: f"{each:>40}",
    "f-string": lambda each: f"{each} {each!r} {each!s} {each!a}",
    "percent": lambda each: "%s %r" % (each, each),  # noqa: UP031 - this is what is tested
    "str.format": "{0} {0!r} {0:^30}".format,
    "in a list": lambda each: repr([each, (each,), {each: each}]),
    "in a dataclass": lambda each: repr(Holder("a", each)),
    "pprint": lambda each: pprint.pformat({"secret": [each] * 20}),
    "json with a default": lambda each: json.dumps({"secret": each}, default=str),
    "in an exception": lambda each: "".join(traceback.format_exception(ValueError("wrong", each))),
    "logging": lambda each: logged(lambda log: log.warning("got %s", each)),
    "logging as the message": lambda each: logged(lambda log: log.warning(each)),
    "JSON of what is left to repr": structured,
    "dir": lambda each: repr([getattr(type(each), name, None) for name in dir(each)]),
}


@pytest.mark.parametrize("way", SHOWN)
def test_it_is_masked(way: str) -> None:
    assert VALUE not in SHOWN[way](Secret(VALUE))


@pytest.mark.parametrize("way", ["repr", "str", "format", "f-string"])
def test_bytes_are_masked_too(way: str) -> None:
    masked: Secret[bytes] = Secret(VALUE.encode())
    shown = SHOWN[way](masked)  # type: ignore[arg-type] # the table is of text secrets
    assert VALUE not in shown


def test_it_can_be_revealed() -> None:
    assert Secret(VALUE).reveal() == VALUE
    assert Secret(b"\x00\xff").reveal() == b"\x00\xff"


@pytest.mark.parametrize(
    "copying",
    [pickle.dumps, copy.copy, copy.deepcopy, lambda each: pickle.dumps(Holder("a", each), 5)],
)
def test_it_is_never_pickled(copying: Callable[[Secret[str]], object]) -> None:
    with pytest.raises(TypeError, match="never pickled"):
        copying(Secret(VALUE))


def test_it_is_never_encoded() -> None:
    for encode in (json.dumps, msgspec.json.encode, msgspec.msgpack.encode):
        with pytest.raises(TypeError) as refusal:
            encode({"secret": Secret(VALUE)})
        assert VALUE not in str(refusal.value)


def test_it_has_no_attributes_to_print() -> None:
    with pytest.raises(TypeError):
        vars(Secret(VALUE))


def test_equal_secrets_are_equal() -> None:
    assert Secret(VALUE) == Secret(VALUE)
    assert Secret(b"a") == Secret(b"a")
    assert Secret(VALUE) != Secret(VALUE + "r")
    assert hash(Secret(VALUE)) == hash(Secret(VALUE))


@pytest.mark.parametrize(
    "other", [VALUE, VALUE.encode(), Secret(VALUE.encode()), Secret(repr(VALUE.encode())), None, 0]
)
def test_a_secret_equals_nothing_of_another_kind(other: object) -> None:
    assert Secret(VALUE) != other
    assert other != Secret(VALUE)


def test_text_that_utf_8_does_not_know_can_be_compared() -> None:
    assert Secret("\ud800") == Secret("\ud800")
    assert Secret("\ud800") != Secret("\ud801")


def test_an_empty_secret_is_false() -> None:
    assert not Secret("")
    assert not Secret(b"")
    assert Secret("0")
