"""What may be kept as details: every rule names the field that it refuses."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

import msgspec

from doorward.accounts.details import AccountDetails, Address, DateOfBirth
from doorward.accounts.keys import is_email
from doorward.accounts.refusals import BadAccount
from doorward.audit import is_plain_line
from doorward.protocol import is_web_url

__all__ = ["parse_details", "settle_addresses", "verify_details"]

_LONGEST: Final = {
    "prefix": 50,
    "suffix": 50,
    "code": 50,
    "id": 64,
    "zip_code": 32,
    "zip_code_suffix": 32,
    "phone1": 64,
    "phone2": 64,
    "phone3": 64,
    "fax": 64,
    "sms_number": 64,
    "email2": 254,
    "email3": 254,
    "url": 2048,
    "facebook_page": 2048,
    "twitter_page": 2048,
    "value": 4000,
}
"""Characters; of every other text, 200."""
_MOST: Final = {"addresses": 20, "shipping_addresses": 20, "account_custom_fields": 500}
"""Entries; of every other list, 100."""
_MAX_BYTES: Final = 1 << 17
_MAX_ACCOUNT_ID: Final = (1 << 53) - 1
_MAX_ROW_ID: Final = (1 << 63) - 1
_PATH = re.compile(r" - at `(?:key in )?\$([^`]*)`\Z")
_STEP = re.compile(r"[A-Za-z0-9_]+")


def parse_details(document: object) -> AccountDetails:
    """Read ``document``, of plain dicts, lists, texts and numbers. Raises ``BadAccount``."""
    try:
        details = msgspec.convert(document, AccountDetails)
    except (msgspec.ValidationError, ValueError) as error:
        field = _field_in(error) or _field_of(document) or "details"
        raise BadAccount("This is not what the field holds.", field=field) from None
    return verify_details(details)


def verify_details(details: AccountDetails) -> AccountDetails:
    """``details``, when every field may be kept and shown. Raises ``BadAccount``."""
    _verify_texts(details, "")
    for name in ("email2", "email3"):
        value = getattr(details, name)
        _require(value is None or is_email(value), "This is not an e-mail address.", name)
    for name in ("url", "facebook_page", "twitter_page"):
        value = getattr(details, name)
        # A bare host or a handle is no link; any other scheme could be one that runs.
        right = value is None or ":" not in value or is_web_url(value)
        _require(right, "A link starts with https:// or http://.", name)
    contact = details.primary_contact_account_id
    _require(
        contact is None or 1 <= contact <= _MAX_ACCOUNT_ID,
        "An account id is a number from 1.",
        "primary_contact_account_id",
    )
    if details.dob is not None:
        _require(_is_day(details.dob), "There is no such day.", "dob")
    _verify_span(details.start_date, details.end_date, "")
    _verify_addresses(details)
    size = len(msgspec.json.encode(details))
    _require(size <= _MAX_BYTES, "This is more than can be kept of one account.", "details")
    return details


def settle_addresses(
    details: AccountDetails, before: AccountDetails, next_id: Callable[[], int]
) -> AccountDetails:
    """``details`` with new addresses numbered and one address primary.

    An address keeps the number that it has in ``before``; any other number is refused with
    ``BadAccount``, for it would be somebody else's.
    """
    known = {each.address_id for each in (*before.addresses, *before.shipping_addresses)}
    for path, address in _addresses(details):
        if address.address_id and address.address_id not in known:
            raise BadAccount("There is no such address.", field=f"{path}address_id")
    addresses = _numbered(details.addresses, next_id)
    if addresses and details.primary_address is None:
        first = msgspec.structs.replace(addresses[0], is_primary_address=True)
        addresses = (first, *addresses[1:])
    shipping = _numbered(details.shipping_addresses, next_id)
    return msgspec.structs.replace(details, addresses=addresses, shipping_addresses=shipping)


def _numbered(addresses: Iterable[Address], next_id: Callable[[], int]) -> tuple[Address, ...]:
    return tuple(
        each if each.address_id else msgspec.structs.replace(each, address_id=next_id())
        for each in addresses
    )


def _verify_texts(part: msgspec.Struct, path: str) -> None:
    """Every text one visible line, every list short, however deep they lie in ``part``."""
    for name in part.__struct_fields__:
        value = getattr(part, name)
        if isinstance(value, str):
            _verify_text(value, name, f"{path}{name}")
        elif isinstance(value, tuple):
            most = _MOST.get(name, 100)
            _require(len(value) <= most, f"There are at most {most} of these.", f"{path}{name}")
            for number, each in enumerate(value):
                _verify_texts(each, f"{path}{name}.{number}.")
        elif isinstance(value, msgspec.Struct):
            _verify_texts(value, f"{path}{name}.")


def _verify_text(value: str, name: str, path: str) -> None:
    longest = _LONGEST.get(name, 200)
    if name == "value":
        # What people write into a field of the organization's own may have several lines.
        lines = value.split("\n")
        right = len(value) <= longest and all(not x or is_plain_line(x, longest) for x in lines)
        _require(right, f"A text has up to {longest} visible characters.", path)
    else:
        right = is_plain_line(value, longest)
        _require(right, f"This is one line of up to {longest} characters.", path)


def _verify_addresses(details: AccountDetails) -> None:
    primary = [each for each in details.addresses if each.is_primary_address]
    _require(len(primary) <= 1, "One address is the primary one.", "addresses")
    numbers: set[int] = set()
    for path, address in _addresses(details):
        number = address.address_id
        right = number == 0 or (0 < number <= _MAX_ROW_ID and number not in numbers)
        _require(right, "There is no such address.", f"{path}address_id")
        numbers.add(number)
        _verify_span(address.start_date, address.end_date, path)


def _addresses(details: AccountDetails) -> Iterator[tuple[str, Address]]:
    for name in ("addresses", "shipping_addresses"):
        for number, address in enumerate(getattr(details, name)):
            yield f"{name}.{number}.", address


def _verify_span(start: dt.date | None, end: dt.date | None, path: str) -> None:
    right = start is None or end is None or start <= end
    _require(right, "The end comes before the beginning.", f"{path}end_date")


def _is_day(day: DateOfBirth) -> bool:
    try:
        dt.date(day.year, day.month, day.day)
    except (ValueError, OverflowError):
        return False
    return True


def _require(condition: bool, sentence: str, field: str) -> None:  # noqa: FBT001 - it reads as it is
    if not condition:
        raise BadAccount(sentence, field=field)


def _field_in(error: Exception) -> str:
    found = _PATH.search(str(error))
    steps = _STEP.findall(found[1]) if found else []
    return ".".join(steps)


def _field_of(document: object) -> str:
    """The first field that cannot be read by itself.

    Of half a surrogate where no text is expected the reader says that it is none, and not where.
    """
    said = document if isinstance(document, dict) else {}
    for name in AccountDetails.__struct_fields__:
        if name in said:
            try:
                msgspec.convert({name: said[name]}, AccountDetails)
            except ValueError:
                return name
    return ""
