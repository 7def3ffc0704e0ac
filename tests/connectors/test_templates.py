"""Templates: a value stays one value wherever it is written."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl, urlsplit
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.connectors import BadTemplate, BadValue, MissingValue, names_in, render
from doorward.connectors.templates import Encode

ANYTHING = st.text(max_size=60)
ODD_HOSTS = st.text(alphabet="ab.-:/\\#?@%[]_ \t\r\néａ。０1", max_size=12)
TENANT = "https://{shop}.example.com/a/{path}?q={query}#{rest}"


def rendered(template: str, encode: Encode = "url", **values: str) -> str | None:
    try:
        return render(template, values, encode=encode)
    except BadValue:
        return None


@given(shop=ANYTHING | ODD_HOSTS, path=ANYTHING, query=ANYTHING)
def test_no_value_changes_host_path_or_query_of_an_address(
    shop: str, path: str, query: str
) -> None:
    """Whatever is typed, the host ends in the platform's domain and each part holds its value."""
    url = rendered(TENANT, shop=shop, path=path, query=query, rest=query)
    if url is None:
        return
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.hostname == f"{shop.lower()}.example.com"
    assert parts.port is None
    assert parts.username is None
    assert parts.path.startswith("/a/")
    assert parts.path.count("/") == 2
    assert parse_qsl(parts.query, keep_blank_values=True) == [("q", query)]
    assert url.isascii()
    assert " " not in url


@pytest.mark.parametrize(
    "shop",
    [
        "evil.com/#",
        "evil.com/",
        "evil.com?",
        "evil.com\\",
        "evil.com:443",
        "user@evil.com",
        "user:x@evil.com#",
        "evil.com%2f",
        "evil。com",
        "ｅvil",
        "éclair",
        "a b",
        "a\r\nHost: b",
        "a\x00b",
        ".",
        "..",
        "a..b",
        ".a",
        "a.",
        "-a",
        "a-",
        "[::1]",
        "",
        "a" * 64,
        "a." * 130,
    ],
)
def test_what_is_no_host_name_never_becomes_part_of_one(shop: str) -> None:
    """Slashes, ports, users, other scripts and empty labels are refused, not encoded."""
    assert rendered("https://{shop}.zendesk.com/oauth", shop=shop) is None


@pytest.mark.parametrize("host", ["x.example:8443", "u@x.example", "x.example/", "x.example#", "é"])
@pytest.mark.parametrize(("template", "encode"), [("https://{h}/a", "url"), ("{h}", "host")])
def test_a_whole_host_is_a_name_and_nothing_else(template: str, encode: Encode, host: str) -> None:
    """Neither a port nor anybody's name comes with it."""
    assert rendered(template, encode, h="x.example") is not None
    assert rendered(template, encode, h=host) is None


def test_a_host_name_goes_into_its_place_in_lower_case() -> None:
    """What people type in capitals is the same host."""
    assert rendered("https://{shop}.Zendesk.com/oauth", shop="Acme-1") == (
        "https://acme-1.zendesk.com/oauth"
    )


@pytest.mark.parametrize(
    ("base", "template", "url"),
    [
        ("https://git.example/x/", "{base}/oauth", "https://git.example/x/oauth"),
        ("https://git.example", "{base}/oauth", "https://git.example/oauth"),
        ("https://rest.example/r/", "{base}ping", "https://rest.example/r/ping"),
        ("https://rest.example", "{base}ping", "https://rest.example/ping"),
        ("https://rest.example", "{base}{more}", "https://rest.example/m"),
        ("https://rest.example/token", "{base}", "https://rest.example/token"),
        ("https://rest.example", "{base}?a=1", "https://rest.example?a=1"),
        ("http://127.0.0.1:8400/o/x", "{base}/t", "http://127.0.0.1:8400/o/x/t"),
    ],
)
def test_a_base_address_goes_on_behind_its_path(base: str, template: str, url: str) -> None:
    """What follows a base never becomes part of its host."""
    assert rendered(template, base=base, more="m") == url


@pytest.mark.parametrize(
    "base",
    [
        "",
        "evil.com",
        "//evil.com",
        "javascript://x/%0a",
        "ftp://evil.com",
        "https://",
        "https:///x",
        "https://u@evil.com",
        "https://evil.com?x=",
        "https://evil.com#",
        "https://evil.com/..",
        "https://evil.com/%2E%2e/x",
        "https://evil.com\\x",
        "https://evil.com:0",
        "https://evil.com:99999",
        "https://evil..com",
        "https://evil.com/ x",
        "https://évil.com",
        "HTTPS://evil.com",
    ],
)
def test_what_is_no_base_address_is_refused(base: str) -> None:
    """A base has a scheme, a host, perhaps a port and a path, and nothing else."""
    assert rendered("{base}/oauth", base=base) is None


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("https://x.example/{v}/y", ".."),
        ("https://x.example/{v}", "."),
        ("https://x.example/.{v}", "."),
        ("https://x.example/%2e{v}", "."),
        ("https://x.example/.{v}", ""),
        ("https://x.example/.{v}./y", ""),
        ("https://x.example/{v}%2E", ""),
    ],
)
def test_a_value_never_climbs_out_of_its_path(template: str, value: str) -> None:
    """Dot segments are refused however they come together."""
    assert rendered(template, v=value) is None


def test_a_value_is_never_the_scheme() -> None:
    """Where an address begins with a value, that value is a whole base."""
    assert rendered("{v}://x.example/", v="https") is None
    assert rendered("ht{v}://x.example/", v="tps") is None


@given(value=ANYTHING)
def test_a_header_holds_visible_ascii_or_nothing_is_sent(value: str) -> None:
    """No line break and no byte that servers read differently."""
    shown = rendered("Token token={v}", "header", v=value)
    if shown is None:
        assert not (value.isascii() and value.isprintable())
    else:
        assert shown == f"Token token={value}"
        assert shown.isascii()
        assert shown.isprintable()


@given(value=ANYTHING)
def test_a_value_in_json_is_one_string(value: str) -> None:
    """Quotes and backslashes do not end it."""
    shown = rendered('{{"me": "{v}"}}', "json", v=value)
    assert shown is None or json.loads(shown) == {"me": value}


@given(value=ANYTHING)
def test_a_value_in_xml_is_one_text(value: str) -> None:
    """Neither a tag nor the end of an attribute comes out of it."""
    shown = rendered('<a b="{v}">{v}</a>', "xml", v=value)
    if shown is not None:
        element = ET.fromstring(shown)
        assert (element.text or "", element.attrib, len(element)) == (value, {"b": value}, 0)


@given(value=ANYTHING)
def test_a_path_or_a_query_gives_its_value_back(value: str) -> None:
    """Encoded exactly once."""
    shown = rendered("a={v}", "query", v=value)
    if shown is not None:
        assert parse_qsl(shown, keep_blank_values=True) == [("a", value)]


@pytest.mark.parametrize(
    ("template", "shown"),
    [
        ("{v|lower}", "acme_sb1"),
        ("{v|lower|replace:_:-}", "acme-sb1"),
        ("{v|upper}", "ACME_SB1"),
        ("{v|replace:_sb1:}", "Acme"),
        ("{v|b64}", "QWNtZV9zYjE="),
        ("{url|strip_scheme}", "a.example/b"),
        ("{url|urlencode}", "https%3A%2F%2Fa.example%2Fb%2F"),
        ("{{v}}", "{v}"),
        ("", ""),
    ],
)
def test_filters_do_what_they_are_called(template: str, shown: str) -> None:
    """One after the other, from the left."""
    assert rendered(template, "text", v="Acme_sb1", url="https://a.example/b/") == shown


@pytest.mark.parametrize(
    "template",
    [
        "{",
        "}",
        "{}",
        "{ v}",
        "{v",
        "v}",
        "{v|}",
        "{v|eval}",
        "{v|replace}",
        "{v|replace::x}",
        "{v|lower:x}",
        "{v.__class__}",
        "{v[0]}",
        "{v!r}",
        "{1v}",
        "{" + "v" * 65 + "}",
        "{v|lower|lower|lower|lower|lower}",
    ],
)
def test_anything_but_names_and_filters_is_refused(template: str) -> None:
    """The language computes nothing else."""
    with pytest.raises(BadTemplate):
        render(template, {"v": "x"}, encode="text")


def test_a_name_without_a_value_is_said_to_be_missing() -> None:
    """Which one it is stands in the refusal."""
    with pytest.raises(MissingValue) as refusal:
        render("{a}{b}", {"a": ""}, encode="text")
    assert refusal.value.name == "b"


def test_a_refusal_never_repeats_the_value() -> None:
    """Values may be secrets; what refuses them names them only."""
    with pytest.raises(BadValue) as refusal:
        render("{key}", {"key": "hunter2\n"}, encode="header")
    assert refusal.value.name == "key"
    assert "hunter2" not in str(refusal.value)


def test_names_are_found_once_each() -> None:
    """In the order in which they stand there."""
    assert names_in("{b}{a|lower}{b}{{c}}") == ("b", "a")


def test_replacing_again_and_again_does_not_grow_without_bound() -> None:
    """A template of few characters cannot make gigabytes."""
    with pytest.raises(BadValue):
        render(
            "{v|replace:a:" + "a" * 200 + "|replace:a:" + "a" * 200 + "|lower}",
            {"v": "a" * 200},
            encode="text",
        )
