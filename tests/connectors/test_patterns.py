"""Patterns: what they match, in bounded time, and whether they keep hosts within a domain."""

from __future__ import annotations

import contextlib
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doorward.connectors.patterns import BadPattern, parse_pattern

SUBDOMAIN = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.zendesk\.com$"

ATOMS = st.sampled_from(["a", "b", "[ab]", "[^a]", ".", r"\.", r"\d", r"\W", "[a-c1-3]", "[a-]"])
QUANTITIES = st.sampled_from(["*", "+", "?", "{2}", "{1,2}", "{0,1}", "{2,}"])


def larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda two: f"({two[0]}|{two[1]})"),
        st.tuples(inner, QUANTITIES).map(lambda two: f"(?:{two[0]}){two[1]}"),
    )


@settings(max_examples=300)
@given(
    inside=st.recursive(ATOMS, larger, max_leaves=8),
    texts=st.lists(st.text(alphabet="abc.-1 é", max_size=7), max_size=8),
)
def test_patterns_match_what_regular_expressions_match(inside: str, texts: list[str]) -> None:
    """The same language as the standard library's, without its way of searching."""
    pattern = parse_pattern(f"^{inside}$")
    known = re.compile(inside, re.ASCII)
    for text in texts:
        assert pattern.matches(text) is (known.fullmatch(text) is not None), (inside, text)


@pytest.mark.parametrize(
    ("host", "matches"),
    [
        ("acme.zendesk.com", True),
        ("a-b1.zendesk.com", True),
        ("acme.zendesk.com.evil.example", False),
        ("acme.zendesk.com\n", False),
        ("evil.example/#.zendesk.com", False),
        ("ａ.zendesk.com", False),
        (".zendesk.com", False),
        ("acmezzendesk.com", False),
        ("ACME.zendesk.com", False),
        ("a" * 2_000 + ".zendesk.com", False),
    ],
)
def test_a_pattern_speaks_of_the_whole_value(host: str, matches: bool) -> None:
    """Nothing stands before or behind what it describes."""
    assert parse_pattern(SUBDOMAIN).matches(host) is matches


@pytest.mark.parametrize(
    "source",
    ["^(a+)+$", "^(a|a)*$", "^((a*)*)*b$", "^(a|aa)+$", "^(.*a){12}$", "^(a?){40}a{40}$"],
)
def test_no_pattern_keeps_the_server_busy(source: str) -> None:
    """Patterns on which backtracking takes years answer within their bounded number of steps."""
    pattern = parse_pattern(source)
    assert len(pattern.automaton.moves) <= 600
    pattern.matches("a" * 1_023 + "!")


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("", "starts with ^"),
        ("^", "starts with ^"),
        ("$", "starts with ^"),
        ("[a-z]+", "starts with ^"),
        ("^[a-z]+", "starts with ^"),
        (r"^a\$", "starts with ^"),
        ("^a|b$", "alternatives into brackets"),
        ("^a)$", "closed that was not opened"),
        ("^(a$", "not closed"),
        ("^(?=a)a$", "Only plain brackets"),
        (r"^(a)\1$", "cannot be used"),
        (r"^\bx$", "cannot be used"),
        ("^a**$", "Two quantities"),
        ("^*$", "Write \\*"),
        ("^[]$", "nothing in"),
        ("^[z-a]$", "smaller sign"),
        ("^[a$", "ends too early"),
        ("^a{,3}$", "A count is written"),
        ("^a{3,2}$", "A count goes up"),
        ("^a{300}$", "A count goes up"),
        ("^(a{255}){255}$", "too large"),
        ("^" + "(" * 20 + "a" + ")" * 20 + "$", "nested"),
        ("^" + "a" * 500 + "$", "at most 400"),
        (r"^[\D]$", "negated class"),
        ("^[[]$", "Write \\["),
    ],
)
def test_what_is_no_pattern_is_refused_with_a_reason(source: str, says: str) -> None:
    """Each fault has its sentence."""
    with pytest.raises(BadPattern, match=re.escape(says)):
        parse_pattern(source)


@given(source=st.text(alphabet="^$()[]{}|*+?\\.,-ab19", max_size=30))
def test_any_text_is_a_pattern_or_is_refused(source: str) -> None:
    """Nothing else comes out of reading one."""
    with contextlib.suppress(BadPattern):
        parse_pattern(f"^{source}$").matches("ab.-")


@pytest.mark.parametrize(
    ("source", "is_closed"),
    [
        (SUBDOMAIN, True),
        (r"^(app|eu\.app|ca\.app)\.clio\.com$", True),
        (r"^([a-z0-9-]+\.)?service-now\.com$", False),
        (r"^([a-z0-9-]+\.)service-now\.com$", True),
        (r"^https://accounts\.zoho\.(com|eu|com\.au)$", True),
        (r"^https://[a-z0-9-]+\.kommo\.com$", True),
        (r"^x?\.example\.com$", True),
        (r"^example\.com$", True),
        (r"^[a-z.]+example\.com$", False),
        (r"^[a-z]+\.com$", False),
        (r"^[a-z0-9.-]+$", False),
        (r"^https://.+$", False),
        (r"^https://[a-z.]+(/example\.com)?$", False),
        (r"^(good\.example|[a-z.]+)$", False),
        (r"^.*/x\.example\.com$", False),
    ],
)
def test_a_pattern_is_closed_when_it_spells_out_the_domain(source: str, is_closed: bool) -> None:
    """What stands before the domain ends with a dot, or is spelt out as well."""
    assert parse_pattern(source).is_closed() is is_closed
