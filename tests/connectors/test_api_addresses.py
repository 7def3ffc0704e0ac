"""Where calls to a platform's API may go: everything that a caller can write is tried."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.connectors import AuthOption, Category, Manifest, Plan, UpstreamFailure
from doorward.connectors.requests import Proxy
from doorward.connectors.upstream.api_addresses import api_address
from doorward.http import Forbidden, parse_target

BASE = "https://api.example.com/v2"


def plan(**proxy: Any) -> Plan:
    """A plan of a platform whose API is at ``BASE``."""
    rule = msgspec.structs.replace(
        Proxy(base_url=BASE, allow_hosts=("Files.example.com", "odd.example.com:8443")), **proxy
    )
    option = AuthOption(name="main", type="api_key")
    manifest = Manifest(slug="p", name="P", auth_options=(option,), proxy=rule)
    return Plan(manifest, option, values={"region": "eu"})


def refusal(wanted: str, **proxy: Any) -> UpstreamFailure:
    """Why ``wanted`` may not be called."""
    with pytest.raises(UpstreamFailure) as caught:
        api_address(plan(**proxy), None, wanted)
    return caught.value


@pytest.mark.parametrize(
    ("wanted", "address"),
    [
        ("", BASE),
        ("?page=2", f"{BASE}?page=2"),
        ("contacts", f"{BASE}/contacts"),
        ("/contacts?next=/../x&at=..", f"{BASE}/contacts?next=/../x&at=.."),
        ("/a%2Fb/c%20d;v=1", f"{BASE}/a%2Fb/c%20d;v=1"),
        ("/v1.2/..hidden/...", f"{BASE}/v1.2/..hidden/..."),
        ("@evil.example", f"{BASE}/@evil.example"),
        ("HTTPS://evil.example/x", f"{BASE}/HTTPS://evil.example/x"),
        (BASE, BASE),
        (f"{BASE}/contacts?at=/../x", f"{BASE}/contacts?at=/../x"),
        ("https://files.example.com/any/where", "https://files.example.com/any/where"),
        ("https://odd.example.com:8443/x", "https://odd.example.com:8443/x"),
    ],
)
def test_paths_stay_as_they_are_spelt_and_below_the_base(wanted: str, address: str) -> None:
    """What is odd and harmless is the platform's to understand."""
    assert api_address(plan(), None, wanted) == address


@pytest.mark.parametrize(
    "wanted",
    [
        "..", "/..", "/../admin", "a/../../admin", "a/.", "./a", "..;x=1/admin",
        "%2e%2e/admin", "%2E./admin", ".%2e/admin", "a%2f..%2f..%2fadmin", "%252e%252e/admin",
        "%25252e%25252e%25252fadmin", "..%5cadmin", "..%255cadmin", "..\\admin", "a\\..\\b",
        "%c0%ae%c0%ae/admin", "%e0%80%ae./admin", "%ef%bc%8e%ef%bc%8e/admin", "%e2%80%a5/admin",
        "..%00/admin", "a%0d%0aHost:%20evil", "%2e%2e%20/admin", "..%09/x",
        "//evil.example/x", "/x#fragment", "x" * 9_000, "%" + "25" * 20 + "2e",
        f"{BASE}/../admin", f"{BASE}/%2e%2e/admin", f"{BASE}/a%2f..%2f..%2fb", f"{BASE}x/admin",
        "https://api.example.com/", "https://api.example.com/v1/x", "http://api.example.com/v2/x",
        "https://api.example.com:8443/v2/x", "https://api.example.com@evil.example/v2/x",
        "https://evil.example/v2/x", "https://api.example.com.evil.example/v2/x",
        "http://files.example.com/x", "https://files.example.com:8443/x",
        "https://odd.example.com/x", "https://files.example.com/a/%2e%2e/b",
        "https://user:pass@files.example.com/x", "https://files.example.com\\@evil.example/",
        "https://127.0.0.1/v2/x", "https://[::1]/x", "https://2130706433/x", "https://",
    ],
)  # fmt: skip
def test_nothing_leaves_the_platform_however_it_is_spelt(wanted: str) -> None:
    """Steps up, encoded or not; other hosts, ports and schemes; whatever hides a host."""
    assert refusal(wanted).category is Category.FORBIDDEN_ADDRESS


def test_a_connector_without_an_api_is_called_nowhere() -> None:
    """Nor is one whose base is more than a place to begin at."""
    assert refusal("x", base_url="").code == "no_base_url"
    assert refusal("x", base_url="https://api.example.com/v2?key=1").code == "bad_base_url"
    assert refusal("x", base_url="https://{missing}.example.com").category is Category.MANIFEST


def test_bases_and_hosts_are_templates() -> None:
    """Values of the connection choose among what the manifest permits."""
    regional = plan(
        base_url="https://{region}.example.com", allow_hosts=("{region}.files.example",)
    )
    assert api_address(regional, None, "/x") == "https://eu.example.com/x"
    assert api_address(regional, None, "https://eu.files.example/x")
    with pytest.raises(UpstreamFailure):
        api_address(regional, None, "https://us.files.example/x")


@given(
    st.one_of(
        st.text(max_size=60),
        st.lists(
            st.sampled_from(
                ["..", ".", "%2e", "%2f", "/", "\\", "%5c", "%25", "2e", "a", ";", "?"]
            ),
            max_size=14,
        ).map("".join),
    )
)
def test_whatever_is_wanted_is_refused_or_below_the_base(wanted: str) -> None:
    """Where a call goes is on the API's host, and below its base for whoever resolves dots."""
    try:
        address = api_address(plan(), None, wanted)
        target = parse_target(address)
    except (UpstreamFailure, Forbidden):
        return
    assert (target.scheme, target.authority) == ("https", "api.example.com:443")
    path = target.path.partition("?")[0]
    assert path == "/v2" or path.startswith("/v2/")
    assert not {"..", "."} & set(path.replace("\\", "/").split("/"))
