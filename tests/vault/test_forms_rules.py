"""From variables to a form and from what was typed to values, case by case."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.connectors import (
    AuthOption,
    BadVariable,
    Category,
    Choice,
    Environment,
    Manifest,
    UpstreamFailure,
    Variable,
)
from doorward.crypto import Secret
from doorward.protocol import Refusal
from doorward.vault.credentials_refusals import AskAdmin, NoSuchEnvironment
from doorward.vault.forms_model import (
    Cause,
    ManagedState,
    MissingFields,
    Stored,
    UnknownOption,
    cause_of,
)
from doorward.vault.forms_rules import (
    FORM_TYPES,
    choose_environment,
    fields_of,
    fill_in,
    find_option,
    managed_state,
)
from doorward.vault.pasting import clean


def form(*variables: Variable, **more: Any) -> Manifest:
    """A connector whose one form has these fields."""
    option = AuthOption(name="key", type="api_key", variables=variables)
    return Manifest(slug="keyed", name="Keyed", auth_options=(option,), **more)


def field(name: str, *, required: bool = True, **more: Any) -> Variable:
    """One field."""
    return Variable(name=name, required=required, **more)


def of_org(name: str, *, required: bool = True, **more: Any) -> Variable:
    """A field that an administrator fills in for everybody."""
    return field(name, required=required, managed=True, scope="account", **more)


def of_person(name: str, *, required: bool = True, **more: Any) -> Variable:
    """A field that an administrator fills in for one person."""
    return field(name, required=required, managed=True, scope="user", **more)


def stored(*, failed: bool = False, **values: str) -> Stored:
    """What administrators filled in."""
    return Stored({n: Secret(v) for n, v in values.items()}, has_failed=failed)


WHOLE = None


def test_what_is_settled_is_neither_asked_nor_typed_over() -> None:
    """The organization's credentials and the environment say it for everybody."""
    manifest = form(
        field("tenant", scope="account"),
        field("region"),
        field("extra", visible_when={"region": "eu"}),
        field("key", secret=True),
    )
    option = manifest.auth_options[0]
    known = Stored(settled=frozenset({"tenant", "region"}))
    assert [each.name for each in fields_of(manifest, option, known)] == ["extra", "key"]
    typed = {"tenant": "evil", "region": "us", "key": "k"}
    assert fill_in(manifest, option, typed, known).all() == {"key": "k"}
    assert managed_state(manifest, option, known).missing == ("extra", "key")


def test_what_only_an_administrator_can_supply_is_asked_of_nobody_else() -> None:
    """The application's own variables are no person's business."""
    manifest = form(field("system", scope="app"), field("key"))
    option = manifest.auth_options[0]
    with pytest.raises(AskAdmin):
        fill_in(manifest, option, {"key": "k", "system": "mine"}, stored())
    filled = fill_in(manifest, option, {"key": "k", "system": "mine"}, stored(system="ours"))
    assert filled.all() == {"system": "ours", "key": "k"}


@pytest.mark.parametrize(
    ("variables", "kept", "expected"),
    [
        (
            (field("key"), field("tenant"), field("region", required=False)),
            stored(),
            ManagedState(False, False, WHOLE, ("key", "tenant"), falls_back=False),
        ),
        (
            (of_org("tenant"), of_person("key")),
            stored(tenant="t", key="k"),
            ManagedState(True, True, (), (), falls_back=False),
        ),
        (
            (of_org("tenant"), of_person("token"), field("secret")),
            stored(tenant="t"),
            ManagedState(True, False, ("token", "secret"), ("token", "secret"), falls_back=False),
        ),
        (
            (
                of_org("tenant"),
                of_org("region", required=False),
                of_person("alias", required=False),
            ),
            stored(tenant="t"),
            ManagedState(True, True, (), (), falls_back=False),
        ),
        (
            (of_org("tenant"), of_person("key"), field("region", required=False)),
            stored(tenant="t", key="k", failed=True),
            ManagedState(True, False, WHOLE, ("tenant", "key"), falls_back=True),
        ),
    ],
)
def test_the_state_of_managed_fields_is_app_connects(
    variables: tuple[Variable, ...], kept: Stored, expected: ManagedState
) -> None:
    """Nothing managed, all of it, some of it, optional ones, and after a failure."""
    manifest = form(*variables)
    assert managed_state(manifest, manifest.auth_options[0], kept) == expected


@pytest.mark.parametrize(
    ("variables", "typed", "kept", "expected"),
    [
        (
            (of_org("company"), of_person("key", secret=True), field("region")),
            {"company": "typed", "key": "typed", "region": "us"},
            stored(company="kept", key="kept"),
            {"company": "kept", "key": "kept", "region": "us"},
        ),
        (
            (of_org("company"), of_person("token", secret=True)),
            {"company": "typed", "token": "typed"},
            stored(),
            {"company": "typed", "token": "typed"},
        ),
        (
            (of_org("company"), of_person("key", secret=True)),
            {"company": "typed", "key": "typed"},
            stored(company="kept", key="kept", failed=True),
            {"company": "typed", "key": "typed"},
        ),
        (
            (of_org("company"), of_person("key", secret=True)),
            {"key": "typed"},
            stored(company="kept", key="kept", failed=True),
            {"company": "kept", "key": "typed"},
        ),
        ((field("region", default="eu"),), {}, stored(), {"region": "eu"}),
        ((field("region", default="eu"),), {"region": "us"}, stored(), {"region": "us"}),
        (
            (field("region", default="eu", hidden=True),),
            {"region": "us"},
            stored(),
            {"region": "eu"},
        ),
        ((field("note", required=False),), {}, stored(), {}),
        ((field("key", secret=True),), {"key": "  Bearer abc\n"}, stored(), {"key": "abc"}),
        (
            (
                field("plan", options=(Choice(const="a"),)),
                field("seat", visible_when={"plan": "b"}),
            ),
            {"plan": "a", "seat": "9"},
            stored(),
            {"plan": "a"},
        ),
        ((field("key"),), {"key": "k", "unknown": "x"}, stored(key="not managed"), {"key": "k"}),
    ],
)
def test_values_come_from_administrators_then_from_the_person_then_by_default(
    variables: tuple[Variable, ...], typed: dict[str, str], kept: Stored, expected: dict[str, str]
) -> None:
    """After a failure the person's word comes first."""
    manifest = form(*variables)
    filled = fill_in(manifest, manifest.auth_options[0], typed, kept)
    assert filled.all() == expected
    secret = {each.name for each in variables if each.secret}
    assert set(filled.secrets) == secret & set(expected)


def test_everything_that_is_missing_is_named_at_once() -> None:
    """In the order of the form, managed and ordinary together."""
    manifest = form(
        of_org("company"), of_person("key"), field("secret"), field("x", required=False)
    )
    with pytest.raises(MissingFields) as refused:
        fill_in(manifest, manifest.auth_options[0], {"secret": "  "}, stored(company="kept"))
    assert refused.value.names == ("key", "secret")


@pytest.mark.parametrize(
    ("variable", "typed"),
    [
        (field("host", type="hostname", pattern=r"^[a-z]+\.example\.com$"), "evil.example.net"),
        (field("key", pattern="^[0-9]+$"), "abc"),
        (field("plan", options=(Choice(const="a"),)), "b"),
        (field("key"), "x" * 5000),
        (field("key"), "nul\x00"),
        (field("url", type="url", pattern=r"^https://[a-z]+\.example\.com$"), "http://10.0.0.1"),
    ],
)
def test_a_value_that_its_field_does_not_take_is_refused_by_name(
    variable: Variable, typed: str
) -> None:
    """Before anything is sent."""
    manifest = form(variable)
    with pytest.raises(BadVariable) as refused:
        fill_in(manifest, manifest.auth_options[0], {variable.name: typed}, stored())
    assert refused.value.field == variable.name
    assert typed not in refused.value.sentence


def test_what_is_filled_in_is_not_asked_until_it_has_failed() -> None:
    """Buttons stay, hidden fields and those of the application never show."""
    manifest = form(
        field("get_key", type="button", help_url="https://keyed.example/keys"),
        of_org("company"),
        field("key", secret=True, default="never shown"),
        field("inner", hidden=True, default="x"),
        field("app", scope="app"),
        field("brought", source="token"),
    )
    option = manifest.auth_options[0]
    shown = fields_of(manifest, option, stored(company="kept"))
    assert [each.name for each in shown] == ["get_key", "key"]
    assert shown[1].default == ""
    assert not shown[0].required
    whole = fields_of(manifest, option, stored(company="kept", failed=True))
    assert [each.name for each in whole] == ["get_key", "company", "key"]


@pytest.mark.parametrize(
    ("variable", "pasted", "kept"),
    [
        (field("key", secret=True), "Bearer abc", "abc"),
        (field("key", secret=True), "Authorization: bearer  abc", "abc"),
        (field("key", secret=True), "\u200babc\ufeff \n", "abc"),
        (field("key", secret=True), '"abc"', "abc"),
        (field("key", secret=True), "“abc”", "abc"),
        (field("key", secret=True), "bearerabc", "bearerabc"),
        (field("name"), "Bearer of news", "Bearer of news"),
        (field("host", type="hostname"), "https://Acme.Example.com/login", "acme.example.com"),
        (field("host", type="hostname"), "ACME.example.com./", "acme.example.com"),
        (field("sub", suffix=".example.com"), "acme.example.com", "acme"),
        (field("sub", prefix="https://", suffix=".x.com"), "https://acme.x.com", "acme"),
        (field("host", type="hostname"), "https://a@b.example", "https://a@b.example"),
    ],
)
def test_what_pasting_brings_along_is_taken_away(
    variable: Variable, pasted: str, kept: str
) -> None:
    """And nothing else."""
    assert clean(variable, pasted) == kept


@pytest.mark.parametrize(
    ("failure", "by_client", "names_host", "cause"),
    [
        ((Category.DEAD_GRANT, "http_401", 401), False, False, Cause.WRONG_KEY),
        ((Category.USER_ACTION, "http_403", 403), False, False, Cause.LACKS_PERMISSION),
        ((Category.USER_ACTION, "http_202", 202), False, False, Cause.SECOND_STEP),
        ((Category.DEAD_TENANT, "http_404", 404), False, False, Cause.WRONG_HOST),
        ((Category.TRANSIENT, "unreachable", None), False, True, Cause.WRONG_HOST),
        ((Category.TRANSIENT, "unreachable", None), False, False, Cause.NETWORK),
        ((Category.TRANSIENT, "http_503", 503), False, True, Cause.NETWORK),
        ((Category.CONFIGURATION, "invalid_client", 401), False, False, Cause.WRONG_KEY),
        ((Category.CONFIGURATION, "invalid_client", 401), True, False, Cause.CLIENT_REFUSED),
        ((Category.MANIFEST, "invalid_request", 400), False, False, Cause.NOT_UNDERSTOOD),
        ((Category.FORBIDDEN_ADDRESS, "x", None), False, True, Cause.FORBIDDEN_ADDRESS),
    ],
)
def test_a_cause_says_who_can_mend_it(
    failure: tuple[Category, str, int | None], by_client: bool, names_host: bool, cause: Cause
) -> None:
    """Wrong key, wrong host, a missing permission, the network, or the administrator's client."""
    category, code, status = failure
    found = UpstreamFailure(category, code, status=status)
    assert cause_of(found, by_client=by_client, names_host=names_host) is cause


def test_a_way_to_connect_is_found_by_name_and_kind() -> None:
    """Not one that leads over a page, where a form is meant."""
    manifest = form()
    assert find_option(manifest, "", FORM_TYPES).name == "key"
    for name, types in (("other", FORM_TYPES), ("key", frozenset({"oauth2_code"}))):
        with pytest.raises(UnknownOption):
            find_option(manifest, name, types)


def test_an_environment_is_chosen_named_or_told_by_the_host() -> None:
    """Or it is the only one; anything else is refused."""
    eu = Environment(name="eu", match_hostname=r"^[a-z]+\.eu\.example\.com$")
    us = Environment(name="us", match_hostname=r"^[a-z]+\.us\.example\.com$")
    manifest = form(field("host", type="hostname"), environments=(eu, us))
    option, bare = manifest.auth_options[0], form()
    host = {"host": "https://acme.us.example.com/login"}
    assert choose_environment(manifest, option, "", host) == "us"
    assert choose_environment(manifest, option, "eu", host) == "eu"
    assert choose_environment(form(environments=(eu,)), bare.auth_options[0], "", {}) == "eu"
    assert choose_environment(bare, bare.auth_options[0], "", host) == ""
    for where, wrong in ((manifest, "mars"), (manifest, ""), (bare, "eu")):
        with pytest.raises(NoSuchEnvironment):
            choose_environment(where, option, wrong, {})


_NAMES = ("company", "key", "host", "note")


@given(
    typed=st.dictionaries(st.sampled_from(_NAMES) | st.text(max_size=5), st.text(max_size=40)),
    kept=st.dictionaries(st.sampled_from(_NAMES), st.text(min_size=1, max_size=10)),
    failed=st.booleans(),
)
def test_whatever_is_typed_becomes_values_or_a_refusal(
    typed: dict[str, str], kept: dict[str, str], failed: bool
) -> None:
    """No failure of ours; and every required field has a value where nothing is refused."""
    manifest = form(
        of_org("company"),
        of_person("key", secret=True),
        field("host", type="hostname", required=False, pattern=r"^[a-z]+\.example\.com$"),
        field("note", required=False, type="text"),
    )
    option = manifest.auth_options[0]
    try:
        filled = fill_in(manifest, option, typed, stored(failed=failed, **kept))
    except Refusal:
        return
    assert {"company", "key"} <= set(filled.all())
    assert not filled.managed & filled.typed
