"""Details: what may be kept, what is refused by name, and how addresses get their numbers."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from doorward.accounts import (
    AccountDetails,
    Address,
    BadAccount,
    Coded,
    CustomField,
    DateOfBirth,
    Named,
    parse_details,
)
from doorward.accounts.details_rules import settle_addresses, verify_details

FULL: dict[str, Any] = {
    "prefix": "Dr.",
    "suffix": "III",
    "middle_name": "Q.",
    "salutation": "Dear Anna",
    "preferred_name": "Annie",
    "dob": {"day": 29, "month": 2, "year": 2000},
    "gender": {"code": "F", "name": "Female"},
    "email2": "anna@work.example",
    "email3": "anna@例え.jp",
    "deceased": True,
    "department": "Board",
    "title": "Treasurer",
    "current_employer": True,
    "start_date": "2020-01-31",
    "end_date": "2021-01-31",
    "addresses": [
        {
            "address_line1": "1 River Road",
            "address_line2": "Flat 2",
            "address_line3": "c/o Bo",
            "address_line4": "Building B",
            "city": "Riverbend",
            "state_province": {"code": "TX", "name": "Texas"},
            "county": "Travis",
            "zip_code": "78701",
            "zip_code_suffix": "1234",
            "country": {"id": "1", "name": "United States of America"},
            "is_primary_address": True,
            "type": {"id": "2", "name": "Home"},
            "phone1": "+1 512 555 0100",
            "phone1_type": "Mobile",
            "fax": "+1 512 555 0101",
        }
    ],
    "no_solicitation": True,
    "url": "https://anna.example",
    "consent": {"email": "GIVEN", "sms": "DECLINED", "mail": "NOT_ASKED"},
    "account_custom_fields": [
        {"id": "77", "name": "Diet", "value": "none\n\nat all"},
        {"id": "78", "option_values": [{"id": "1", "name": "Red"}]},
    ],
    "source": {"id": "5", "name": "Fair"},
    "origin": {"origin_detail": "Stand 4", "origin_category": "Event"},
    "send_system_email": False,
    "email1_opt_out": True,
    "send_text_opt_in": True,
    "sms_number": "+1 512 555 0100",
    "restrict_from_windfall_sync": True,
    "company": {"id": "9", "name": "River Works"},
    "primary_contact_account_id": 12,
    "individual_types": [{"id": "1", "name": "Volunteer"}],
    "company_types": [{"id": "2", "name": "Vendor"}],
    "facebook_page": "facebook.com/anna",
    "twitter_page": "@anna",
    "shipping_addresses": [{"city": "Lakeside"}],
    "account_current_membership_status": "Active",
}

plain = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(max_size=12),
    st.sampled_from(
        ["x" * 5000, "a@b.example", "javascript:alert(1)", "2020-02-30", "\x00", "\ud800"]
    ),
)
documents = st.recursive(
    st.one_of(plain, st.dictionaries(st.sampled_from([*FULL, *FULL["addresses"][0]]), plain)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from([*FULL, *FULL["addresses"][0], "id", "name", "value", "day"]), inner
        ),
    ),
    max_leaves=12,
)


def test_every_field_comes_back_as_it_was_said() -> None:
    """Reading what was written gives the same details, in the same spelling."""
    details = parse_details(FULL)
    assert msgspec.json.decode(msgspec.json.encode(details), type=AccountDetails) == details
    assert details.start_date == dt.date(2020, 1, 31)
    assert msgspec.json.decode(msgspec.json.encode(details)) == FULL
    assert set(FULL) == set(AccountDetails.__struct_fields__)


def details_or_field(document: object) -> AccountDetails | str:
    """The details, or the name of the field for which they are refused."""
    try:
        return parse_details(document)
    except BadAccount as refusal:
        return refusal.field or "a refusal without a field"


@given(document=documents)
def test_whatever_is_said_is_valid_or_refused(document: object) -> None:
    """And what is valid can be written down, and is still valid when it is read."""
    details = details_or_field(document)
    if isinstance(details, str):
        assert " " not in details
        return
    written = msgspec.json.encode(details)
    assert verify_details(msgspec.json.decode(written, type=AccountDetails)) == details


@example(name="account_custom_fields", value="\ud800")
@given(name=st.sampled_from(sorted(FULL)), value=documents)
def test_one_wrong_field_is_the_one_that_is_named(name: str, value: object) -> None:
    """The refusal's field begins with the field's own name."""
    refused = details_or_field(FULL | {name: value})
    if isinstance(refused, str):
        field = refused.partition(".")[0]
        assert field == name or {field, name} <= {"start_date", "end_date"}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"prefix": "a\nb"}, "prefix"),
        ({"prefix": ""}, "prefix"),
        ({"prefix": 3}, "prefix"),
        ({"title": "x" * 201}, "title"),
        ({"title": "\u202egnp"}, "title"),
        ({"dob": {"day": 30, "month": 2, "year": 2000}}, "dob"),
        ({"dob": {"day": 1, "month": 1, "year": 0}}, "dob"),
        ({"dob": {"day": 1 << 40, "month": 1, "year": 2000}}, "dob"),
        ({"dob": {"day": "one", "month": 1, "year": 2000}}, "dob.day"),
        ({"dob": {"day": 1}}, "dob"),
        ({"gender": {"code": "x" * 51}}, "gender.code"),
        ({"email2": "nobody"}, "email2"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"facebook_page": "data:text/html,x"}, "facebook_page"),
        ({"start_date": "2021-01-01", "end_date": "2020-01-01"}, "end_date"),
        ({"start_date": "2021-02-30"}, "start_date"),
        ({"consent": {"email": "maybe"}}, "consent.email"),
        ({"addresses": [{}, {"city": "a\x00b"}]}, "addresses.1.city"),
        ({"addresses": [{"is_primary_address": True}] * 2}, "addresses"),
        ({"addresses": [{}] * 21}, "addresses"),
        ({"addresses": [{"address_id": -1}]}, "addresses.0.address_id"),
        ({"addresses": [{"address_id": 1 << 63}]}, "addresses.0.address_id"),
        (
            {"addresses": [{"address_id": 7}], "shipping_addresses": [{"address_id": 7}]},
            "shipping_addresses.0.address_id",
        ),
        (
            {"shipping_addresses": [{"start_date": "2021-01-01", "end_date": "2020-01-01"}]},
            "shipping_addresses.0.end_date",
        ),
        (
            {"account_custom_fields": [{"id": "1", "value": "a\x00"}]},
            "account_custom_fields.0.value",
        ),
        ({"account_custom_fields": [{"name": "no id"}]}, "account_custom_fields.0"),
        ({"addresses": [{}, {"city": 7}]}, "addresses.1.city"),
        (
            {"account_custom_fields": [{"id": "1", "option_values": [{"name": "\n"}]}]},
            "account_custom_fields.0.option_values.0.name",
        ),
        (
            {"account_custom_fields": [{"id": "1", "value": "x" * 4000}] * 40},
            "details",
        ),
        ({"primary_contact_account_id": 0}, "primary_contact_account_id"),
        ({"individual_types": "Volunteer"}, "individual_types"),
        ([], "details"),
    ],
)
def test_what_could_deceive_is_refused_by_name(wrong: object, field: str) -> None:
    """The refusal says where it is, positions in lists included."""
    with pytest.raises(BadAccount) as refused:
        parse_details(wrong)
    assert refused.value.field == field


def test_new_addresses_are_numbered_and_one_is_primary() -> None:
    """Numbers that were given out before stay; the first address stands in for a missing choice."""
    numbers = itertools.count(100)
    wanted = AccountDetails(
        addresses=(Address(city="A"), Address(city="B")), shipping_addresses=(Address(city="C"),)
    )
    first = settle_addresses(wanted, AccountDetails(), lambda: next(numbers))
    assert [each.address_id for each in first.addresses] == [100, 101]
    assert [each.is_primary_address for each in first.addresses] == [True, False]
    assert first.shipping_addresses[0].address_id == 102
    assert not first.shipping_addresses[0].is_primary_address
    again = settle_addresses(first, first, lambda: next(numbers))
    assert again == first
    assert again.primary_address == first.addresses[0]


def test_the_number_of_another_account_s_address_is_refused() -> None:
    """Nobody takes over an address by naming it."""
    wanted = AccountDetails(addresses=(Address(address_id=55, city="A"),))
    with pytest.raises(BadAccount) as refused:
        settle_addresses(wanted, AccountDetails(), lambda: 1)
    assert refused.value.field == "addresses.0.address_id"


def test_details_made_in_code_follow_the_same_rules() -> None:
    """The types say what is there, the rules what may be in it."""
    good = AccountDetails(
        dob=DateOfBirth(day=1, month=1, year=1980),
        gender=Coded(code="F"),
        account_custom_fields=(CustomField(id="1", value="x"),),
        source=Named(name="Fair"),
    )
    assert verify_details(good) is good
    with pytest.raises(BadAccount):
        verify_details(AccountDetails(source=Named(name="two\nlines")))
