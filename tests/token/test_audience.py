"""For which APIs a token is good, as a table."""

from __future__ import annotations

import pytest

from doorward.protocol import ErrorCode, OAuthError
from doorward.scopes import Api, Catalogue, Scope
from doorward.token.audience import choose_audience

A, B, C = "urn:a", "urn:b", "urn:c"


def catalogue() -> Catalogue:
    """Scopes a, b and c of three APIs, and one that belongs to none."""
    apis = tuple(Api(org_id="o", identifier=each, name=each) for each in (A, B, C))
    scopes = tuple(
        Scope("o", name, api, name, name, name, name, "basic")
        for name, api in (("a", A), ("b", B), ("c", C), ("openid", None))
    )
    return Catalogue.of(scopes, apis)


@pytest.mark.parametrize(
    ("scopes", "allowed", "asked", "audience"),
    [
        (("openid",), (), (), ()),
        (("openid", "a"), (), (), (A,)),
        (("a", "b", "c"), (), (), (A, B, C)),
        (("a", "b", "c"), (), (B,), (B,)),
        (("a", "b", "c"), (A, B), (), (A, B)),
        (("a", "b", "c"), (A, B), (B,), (B,)),
        (("a", "b"), (C,), (), ()),
        (("unknown",), (), (), ()),
    ],
)
def test_the_audience_narrows_and_never_widens(
    scopes: tuple[str, ...],
    allowed: tuple[str, ...],
    asked: tuple[str, ...],
    audience: tuple[str, ...],
) -> None:
    """By scopes, then by what was authorized, then by what is asked for."""
    chosen = choose_audience(catalogue(), scopes, asked=asked, allowed=allowed)
    assert tuple(sorted(api.identifier for api in chosen)) == audience


@pytest.mark.parametrize(
    ("scopes", "allowed", "asked"),
    [(("a",), (), (B,)), (("a", "b"), (A,), (B,)), (("a",), (), ("x:y",)), (("openid",), (), (A,))],
)
def test_a_resource_beyond_that_is_refused(
    scopes: tuple[str, ...], allowed: tuple[str, ...], asked: tuple[str, ...]
) -> None:
    """invalid_target (RFC 8707 2)."""
    with pytest.raises(OAuthError) as refused:
        choose_audience(catalogue(), scopes, asked=asked, allowed=allowed)
    assert refused.value.code is ErrorCode.INVALID_TARGET
