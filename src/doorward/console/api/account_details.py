"""``/accounts/{account_id}/details``: everything about a person or company besides names."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from pydantic import Field, StrictBool, StrictInt

from doorward import accounts
from doorward.accounts import AccountChange, ConsentAnswer, parse_details
from doorward.console.api.authority import verify_may_govern
from doorward.console.api.fields import Body, Caller, Id, RowId
from doorward.console.api.model import ApiServices
from doorward.console.api.route import Operation
from doorward.orgs import Permission

__all__ = ["AccountDetailsRoutes"]

Text = Annotated[str, Field(max_length=200)]
Short = Annotated[str, Field(max_length=50)]
ListId = Annotated[str, Field(max_length=64, description="In a list of the organization's own.")]
Number = Annotated[str, Field(max_length=64, examples=["+1 512 555 0100"])]
Zip = Annotated[str, Field(max_length=32, examples=["78701"])]
Mail = Annotated[str, Field(max_length=254, examples=["anna@example.org"])]
Page = Annotated[str, Field(max_length=2048, examples=["https://example.org/anna"])]
Day = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", examples=["2026-01-31"])]

_NUMBERED: Final = (("addresses", "address_id"), ("shipping_addresses", "address_id"))


class Named(Body):
    """An entry of one of the organization's lists."""

    id: ListId | None = None
    name: Text | None = None


class Coded(Body):
    """An entry of a list with codes."""

    code: Annotated[Short | None, Field(examples=["TX"])] = None
    name: Annotated[Text | None, Field(examples=["Texas"])] = None


class DateOfBirth(Body):
    """A day of the calendar."""

    day: Annotated[StrictInt, Field(ge=1, le=31)]
    month: Annotated[StrictInt, Field(ge=1, le=12)]
    year: Annotated[StrictInt, Field(ge=1, le=9999)]


class Origin(Body):
    """How the account came about."""

    origin_detail: Text | None = None
    origin_category: Text | None = None


class Consent(Body):
    """What a person said to each way of being approached."""

    email: ConsentAnswer | None = None
    mail: ConsentAnswer | None = None
    phone: ConsentAnswer | None = None
    sms: ConsentAnswer | None = None
    data_sharing: ConsentAnswer | None = None


class CustomField(Body):
    """A field that the organization added: a value, or options of its list."""

    id: ListId
    name: Text | None = None
    value: Annotated[str | None, Field(max_length=4000)] = None
    option_values: Annotated[tuple[Named, ...], Field(max_length=100)] = ()


class Address(Body):
    """A postal address. One among `addresses` is the primary one."""

    address_id: Annotated[
        Id | None, Field(description="Left out of a new address; it then gets its number.")
    ] = None
    address_line1: Text | None = None
    address_line2: Text | None = None
    address_line3: Text | None = None
    address_line4: Text | None = None
    city: Text | None = None
    state_province: Coded | None = None
    county: Text | None = None
    territory: Text | None = None
    zip_code: Zip | None = None
    zip_code_suffix: Zip | None = None
    country: Named | None = None
    is_primary_address: StrictBool = False
    type: Named | None = None
    phone1: Number | None = None
    phone1_type: Text | None = None
    phone2: Number | None = None
    phone2_type: Text | None = None
    phone3: Number | None = None
    phone3_type: Text | None = None
    fax: Number | None = None
    fax_type: Text | None = None
    start_date: Day | None = None
    end_date: Day | None = None


class AccountDetails(Body):
    """What is kept about an account besides its names: of a company, about its contact."""

    prefix: Short | None = None
    suffix: Short | None = None
    middle_name: Text | None = None
    salutation: Text | None = None
    preferred_name: Text | None = None
    dob: DateOfBirth | None = None
    gender: Coded | None = None
    email2: Mail | None = None
    email3: Mail | None = None
    deceased: StrictBool = False
    department: Text | None = None
    title: Text | None = None
    current_employer: StrictBool | None = None
    start_date: Day | None = None
    end_date: Day | None = None
    addresses: Annotated[tuple[Address, ...], Field(max_length=20)] = ()
    no_solicitation: StrictBool = False
    url: Page | None = None
    consent: Consent | None = None
    account_custom_fields: Annotated[tuple[CustomField, ...], Field(max_length=500)] = ()
    source: Named | None = None
    origin: Origin | None = None
    send_system_email: StrictBool = True
    email1_opt_out: StrictBool = False
    send_text_opt_in: StrictBool = False
    sms_number: Number | None = None
    restrict_from_windfall_sync: StrictBool = False
    company: Named | None = None
    primary_contact_account_id: Id | None = None
    individual_types: Annotated[tuple[Named, ...], Field(max_length=100)] = ()
    company_types: Annotated[tuple[Named, ...], Field(max_length=100)] = ()
    facebook_page: Page | None = None
    twitter_page: Page | None = None
    shipping_addresses: Annotated[tuple[Address, ...], Field(max_length=20)] = ()
    account_current_membership_status: Text | None = None

    @classmethod
    def of(cls, details: accounts.AccountDetails) -> AccountDetails:
        """Show ``details``; numbers as text."""
        return cls.model_validate(_with_numbers(msgspec.to_builtins(details), str))

    def parsed(self) -> accounts.AccountDetails:
        """What the room keeps. Raises ``BadAccount``."""
        return parse_details(_with_numbers(self.model_dump(mode="json", exclude_none=True), int))


def _with_numbers(said: dict[str, Any], to: type[int | str]) -> dict[str, Any]:
    contact = said.get("primary_contact_account_id")
    if contact is not None:
        said["primary_contact_account_id"] = to(contact)
    for name, number in _NUMBERED:
        said[name] = [
            each | {number: to(each[number])} if number in each else each
            for each in said.get(name, ())
        ]
    return said


class AccountDetailsRoutes:
    """Operations on the details of accounts."""

    def __init__(self, use: ApiServices) -> None:
        """Serve ``use.accounts``."""
        self._use = use

    def operations(self) -> tuple[Operation, ...]:
        """What is served, in the order of the reference."""
        read, write = Permission.ACCOUNTS_READ, Permission.ACCOUNTS_WRITE
        path = "/accounts/{account_id}/details"
        return (
            Operation("GET", path, read, self.get_account_details, "Read an account's details"),
            Operation(
                "PUT", path, write, self.replace_account_details, "Replace an account's details"
            ),
        )

    async def get_account_details(self, call: Caller, account_id: RowId) -> AccountDetails:
        """Blank fields, when nothing was ever said."""
        await self._use.accounts.get(call.org_id, account_id)
        return AccountDetails.of(await self._use.accounts.get_details(call.org_id, account_id))

    async def replace_account_details(
        self, call: Caller, account_id: RowId, body: AccountDetails
    ) -> AccountDetails:
        """All of them: a field that is left out is blank afterwards. Addresses keep their ids."""
        details = body.parsed()
        verify_may_govern(call, await self._use.accounts.get(call.org_id, account_id))
        await self._use.accounts.update(
            call.org_id, account_id, AccountChange(), call.actor, details
        )
        return AccountDetails.of(await self._use.accounts.get_details(call.org_id, account_id))
