"""Everything that is kept about a person or a company besides name, address and password.

The fields are those of the account data of Neon CRM (API v2, accounts), in the spelling of Python.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

import msgspec

__all__ = [
    "AccountDetails",
    "Address",
    "Coded",
    "Consent",
    "ConsentAnswer",
    "CustomField",
    "DateOfBirth",
    "Named",
    "Origin",
]


class Named(msgspec.Struct, frozen=True, omit_defaults=True):
    """An entry of one of the organization's lists: a type, a source, a country, a company."""

    id: str | None = None
    name: str | None = None


class Coded(msgspec.Struct, frozen=True, omit_defaults=True):
    """An entry of a list with codes: a state or province, a gender."""

    code: str | None = None
    name: str | None = None


class DateOfBirth(msgspec.Struct, frozen=True):
    """A day of the calendar."""

    day: int
    month: int
    year: int


class Origin(msgspec.Struct, frozen=True, omit_defaults=True):
    """How the account came about."""

    origin_detail: str | None = None
    origin_category: str | None = None


class ConsentAnswer(StrEnum):
    """What a person said to being written to, called, and so on."""

    GIVEN = "GIVEN"
    DECLINED = "DECLINED"
    NOT_ASKED = "NOT_ASKED"


class Consent(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a person said to each way of being approached."""

    email: ConsentAnswer | None = None
    mail: ConsentAnswer | None = None
    phone: ConsentAnswer | None = None
    sms: ConsentAnswer | None = None
    data_sharing: ConsentAnswer | None = None


class CustomField(msgspec.Struct, frozen=True, omit_defaults=True):
    """A field that the organization added: a ``value``, or options chosen from its list."""

    id: str
    name: str | None = None
    value: str | None = None
    option_values: tuple[Named, ...] = ()


class Address(msgspec.Struct, frozen=True, omit_defaults=True):
    """A postal address. ``address_id`` is 0 until the address is kept."""

    address_id: int = 0
    address_line1: str | None = None
    address_line2: str | None = None
    address_line3: str | None = None
    address_line4: str | None = None
    city: str | None = None
    state_province: Coded | None = None
    county: str | None = None
    territory: str | None = None
    zip_code: str | None = None
    zip_code_suffix: str | None = None
    country: Named | None = None
    is_primary_address: bool = False
    type: Named | None = None
    phone1: str | None = None
    phone1_type: str | None = None
    phone2: str | None = None
    phone2_type: str | None = None
    phone3: str | None = None
    phone3_type: str | None = None
    fax: str | None = None
    fax_type: str | None = None
    start_date: dt.date | None = None
    end_date: dt.date | None = None


class AccountDetails(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is kept about an account besides its names.

    Of an individual, ``prefix`` to ``addresses`` are the person's own; of a company, those of its
    contact, whose given and family name stand on the account. ``company`` and ``individual_types``
    are for individuals; ``company_types`` and ``shipping_addresses`` for companies.
    """

    prefix: str | None = None
    suffix: str | None = None
    middle_name: str | None = None
    salutation: str | None = None
    preferred_name: str | None = None
    dob: DateOfBirth | None = None
    gender: Coded | None = None
    email2: str | None = None
    email3: str | None = None
    deceased: bool = False
    department: str | None = None
    title: str | None = None
    current_employer: bool | None = None
    start_date: dt.date | None = None
    end_date: dt.date | None = None
    addresses: tuple[Address, ...] = ()
    no_solicitation: bool = False
    url: str | None = None
    consent: Consent | None = None
    account_custom_fields: tuple[CustomField, ...] = ()
    source: Named | None = None
    origin: Origin | None = None
    send_system_email: bool = True
    email1_opt_out: bool = False
    send_text_opt_in: bool = False
    sms_number: str | None = None
    restrict_from_windfall_sync: bool = False
    company: Named | None = None
    primary_contact_account_id: int | None = None
    individual_types: tuple[Named, ...] = ()
    company_types: tuple[Named, ...] = ()
    facebook_page: str | None = None
    twitter_page: str | None = None
    shipping_addresses: tuple[Address, ...] = ()
    account_current_membership_status: str | None = None

    @property
    def primary_address(self) -> Address | None:
        """The address that stands for the account."""
        return next((each for each in self.addresses if each.is_primary_address), None)
