"""Which URLs and addresses a request of ours may go to, decided from text alone."""

from __future__ import annotations

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.http import Forbidden, Target, is_public, parse_target

REFUSED = [
    ("http://crm.example/", "scheme"),
    ("ftp://crm.example/", "scheme"),
    ("file:///etc/passwd", "scheme"),
    ("gopher://crm.example:70/", "scheme"),
    ("javascript:alert(1)", "scheme"),
    ("//crm.example/", "scheme"),
    ("", "url"),
    ("https://", "host"),
    ("https:///path", "host"),
    ("https://user:word@crm.example/", "url"),
    ("https://crm.example@127.0.0.1/", "url"),
    ("https://@crm.example/", "url"),
    ("https://crm.example\\@127.0.0.1/", "url"),
    ("https://crm.example/#@127.0.0.1", "url"),
    ("https://crm.example /", "url"),
    ("https://crm.example/\r\nHost: inside", "url"),
    ("https://crm.example/\x00", "url"),
    ("https://crm.exämple/", "url"),
    ("https://①②⑦.0.0.1/", "url"),
    ("https://127.0.0.1%2f@crm.example/", "url"),
    ("https://127.0.0.1%00.crm.example/", "host"),
    ("https://2130706433/", "host"),
    ("https://0x7f000001/", "host"),
    ("https://0x7f.0.0.1/", "host"),
    ("https://017700000001/", "host"),
    ("https://0177.0.0.1/", "host"),
    ("https://127.1/", "host"),
    ("https://127.0.1/", "host"),
    ("https://127.0.0.01/", "host"),
    ("https://127.0.0.1./", "host"),
    ("https://127.0.0.256/", "host"),
    ("https://localhost./", "host"),
    ("https://crm.example./", "host"),
    ("https://crm..example/", "host"),
    ("https://-crm.example/", "host"),
    ("https://*.example/", "host"),
    ("https://[::1%25lo]/", "host"),
    ("https://[::1/", "url"),
    ("https://127.0.0.1/", "address"),
    ("https://localhost/", "address"),
    ("https://crm.LOCALHOST/", "address"),
    ("https://[::1]:8443/", "address"),
    ("https://[::ffff:127.0.0.1]/", "address"),
    ("https://169.254.169.254/", "address"),
    ("https://crm.example:0/", "port"),
    ("https://crm.example:/", "port"),
    ("https://crm.example:65536/", "url"),
    ("https://crm.example:-1/", "url"),
    ("https://crm.example:４４３/", "url"),
    ("https://crm.example:22/", "port"),
    ("https://crm.example:25/", "port"),
    ("https://crm.example:80/", "port"),
    ("https://" + "a" * 64 + ".example/", "host"),
    ("https://crm.example/" + "a" * 20_000, "url"),
]

PRIVATE = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.0.1",
    "168.63.129.16", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1",
    "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1",
    "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:93.184.216.34", "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a00:1", "100::1", "2001::1",
    "2001:0:7f00:1::", "2001:2::1", "2001:db8::1", "2002:7f00:1::", "2002:a9fe:a9fe::1",
    "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%lo", "fec0::1", "ff02::1",
    "", "localhost", "2130706433", "0x7f000001", "127.1", "0177.0.0.1", "１２７.0.0.1",
]  # fmt: skip


@pytest.mark.parametrize(("url", "reason"), REFUSED)
def test_a_url_that_could_mean_another_place_is_refused(url: str, reason: str) -> None:
    """Each is read once, and what two readers might read differently is not read at all."""
    with pytest.raises(Forbidden) as refused:
        parse_target(url)
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://crm.example", Target("https", "crm.example", 443, "/")),
        (
            "https://CRM.Example/a//b/?c=%20d&e",
            Target("https", "crm.example", 443, "/a//b/?c=%20d&e"),
        ),
        ("https://crm.example:8443?q", Target("https", "crm.example", 8443, "/?q")),
        ("https://93.184.216.34/", Target("https", "93.184.216.34", 443, "/")),
        ("https://[2606:2800:220:1::1]/", Target("https", "2606:2800:220:1::1", 443, "/")),
        ("https://my_shop.example/", Target("https", "my_shop.example", 443, "/")),
    ],
)
def test_an_ordinary_url_is_read_as_it_stands(url: str, target: Target) -> None:
    """Path and query are kept to the byte: slashes at the end matter to some platforms."""
    assert parse_target(url) == target


def test_what_the_operator_allows_may_be_plain_and_on_any_port() -> None:
    """The list holds for the very host and port, and for nothing beside it."""
    allowed = frozenset({"127.0.0.1:8080", "[::1]:80"})
    assert parse_target("http://127.0.0.1:8080/x", allowed).path == "/x"
    assert parse_target("http://[::1]/", allowed).port == 80
    for url in ("http://127.0.0.1:8081/", "http://127.0.0.2:8080/", "http://localhost:8080/"):
        with pytest.raises(Forbidden):
            parse_target(url, allowed)


@pytest.mark.parametrize("address", PRIVATE)
def test_no_special_address_is_public(address: str) -> None:
    """RFC 6890's, each cloud's metadata, and all that hold another address within."""
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    ["1.1.1.1", "93.184.216.34", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450::1"],
)
def test_an_address_of_the_internet_is_public(address: str) -> None:
    """The neighbours of the forbidden networks are reachable."""
    assert is_public(address)


@given(st.ip_addresses())
def test_nothing_is_public_that_python_calls_private(address: object) -> None:
    """The table is stricter than the standard library's view, never looser."""
    parsed = ip_address(str(address))
    if not parsed.is_global or parsed.is_multicast:
        assert not is_public(str(parsed))


@given(st.text(max_size=60), st.sampled_from(["", "https://", "https://crm.example"]))
def test_any_text_is_a_target_or_refused(text: str, start: str) -> None:
    """Whatever arrives, the answer is a target whose host is plain, or a refusal."""
    try:
        target = parse_target(start + text)
    except Forbidden:
        return
    assert target.scheme == "https"
    assert not set(target.host) & set("@/\\#%? ")
    assert target.port == 443 or target.port >= 1024
