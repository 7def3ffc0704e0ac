"""Accounts as documents of API v2, and the other way round."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast

import msgspec

from doorward.accounts import (
    Account,
    AccountChange,
    AccountDetails,
    UserType,
    parse_details,
)
from doorward.dialects.neon_crm.v2_replies import V2Error
from doorward.dialects.neon_crm.wire import GENDERS, Json, as_plain, instant, settled

__all__ = ["GivenAccount", "read_account", "render_account", "render_row"]

Document = dict[str, Json]

_INDIVIDUAL, _COMPANY = "individualAccount", "companyAccount"
_CONTACT: Final = (
    "prefix", "suffix", "middleName", "salutation", "preferredName", "dob", "gender", "email2",
    "email3", "deceased", "department", "title", "currentEmployer", "startDate", "endDate",
    "addresses",
)  # fmt: skip
"""Details that stand in the primary contact."""
_BOTH: Final = (
    "noSolicitation", "url", "consent", "accountCustomFields", "source", "sendSystemEmail",
    "email1OptOut", "origin", "accountCurrentMembershipStatus", "sendTextOptIn", "smsNumber",
)  # fmt: skip
_OF_INDIVIDUAL: Final = (
    "restrictFromWindfallSync", "company", "facebookPage", "twitterPage", "individualTypes",
)  # fmt: skip
_OF_COMPANY: Final = ("primaryContactAccountId", "companyTypes", "shippingAddresses")
_KEYED: Final = {
    "addresses": "addressId",
    "shippingAddresses": "addressId",
    "accountCustomFields": "id",
}
"""Lists of which a partial change may name single entries."""
_UNSET = msgspec.UNSET


def render_row(account: Account) -> Document:
    """An account in a list."""
    company = account.user_type is UserType.COMPANY
    return {
        "accountId": account.subject,
        "firstName": account.given_name,
        "lastName": account.family_name,
        "companyName": account.name if company else None,
        "email": account.email,
        "userType": "COMPANY" if company else "INDIVIDUAL",
    }


def render_account(account: Account, details: AccountDetails) -> Document:
    """An account with everything that is kept about it, under the key of its type."""
    plain = _flat(details)
    document: Document = {
        "accountId": account.subject,
        "login": {"username": account.username, "password": None},
        "timestamps": {
            "createdBy": account.created_by,
            "createdDateTime": instant(account.created_at),
            "lastModifiedBy": account.updated_by,
            "lastModifiedDateTime": instant(account.updated_at),
        },
        "primaryContact": _contact(account, plain),
        "generosityIndicator": None,
        **{name: plain[name] for name in _BOTH},
    }
    if account.user_type is UserType.COMPANY:
        document = {"name": account.name, **document}
        document |= {name: plain[name] for name in _OF_COMPANY}
        document["shippingAddresses"] = _addresses(plain["shippingAddresses"])
        if details.primary_contact_account_id is not None:
            document["primaryContactAccountId"] = str(details.primary_contact_account_id)
        return {_INDIVIDUAL: None, _COMPANY: document}
    document |= {name: plain[name] for name in _OF_INDIVIDUAL}
    return {_INDIVIDUAL: document, _COMPANY: None}


def _contact(account: Account, plain: Document) -> Document:
    contact: Document = {
        "accountId": account.subject,
        "contactId": account.subject,
        "firstName": account.given_name,
        "lastName": account.family_name,
        "email1": account.email,
        "primaryContact": True,
        **{name: plain[name] for name in _CONTACT},
    }
    gender, dob = plain["gender"], plain["dob"]
    if isinstance(gender, dict):
        contact["gender"] = gender["name"] or gender["code"]
    if isinstance(dob, dict):
        widths = (("day", 2), ("month", 2), ("year", 4))
        contact["dob"] = {name: str(dob[name]).zfill(width) for name, width in widths}
    contact["addresses"] = _addresses(plain["addresses"])
    return contact


def _addresses(plain: Json) -> Json:
    listed = cast("list[Document]", plain)
    return [{**each, "addressId": str(each["addressId"])} for each in listed]


def _flat(details: AccountDetails) -> Document:
    return cast("Document", as_plain(details))


@dataclass(frozen=True, slots=True)
class GivenAccount:
    """An account as a client sent it; what it did not send is not in it."""

    user_type: UserType
    document: Mapping[str, Json]
    contact: Mapping[str, Json]
    login: Mapping[str, Json]

    @property
    def password(self) -> str | None:
        """The password to set, if any."""
        return _text(self.login, "password", "login.password")

    @property
    def username(self) -> str | None:
        """The user name to sign in with, if any."""
        return _text(self.login, "username", "login.username")

    def details(self) -> AccountDetails:
        """Everything besides names, all of it. Raises ``BadAccount``."""
        return _details_of(self._given())

    def new_details(self) -> AccountDetails:
        """The same for an account that is not there yet: its addresses have no numbers."""
        given = self._given()
        for name in ("addresses", "shippingAddresses"):
            listed = given.get(name)
            if isinstance(listed, list):
                given[name] = [_without(each, "addressId") for each in listed]
        return _details_of(given)

    def merged(self, present: AccountDetails) -> AccountDetails:
        """``present`` with what was sent, and nothing else, changed. Raises ``BadAccount``."""
        return _details_of(_merge(_flat(present), self._given()))

    def full_change(self, before: Account) -> AccountChange:
        """What an account becomes of which nothing but what was sent is kept."""
        first, last = self._contact_text("firstName"), self._contact_text("lastName")
        email = self._contact_text("email1")
        return AccountChange(
            username=self._username_for(before, email),
            email=email,
            given_name=first,
            family_name=last,
            name=self.name(first, last),
            user_type=self.user_type,
        )

    def partial_change(self, before: Account) -> AccountChange:
        """What was sent, and nothing else."""
        first = last = None
        email: str | msgspec.UnsetType | None = _UNSET
        names = {"firstName", "lastName"} & self.contact.keys()
        if names:
            first = self._contact_text("firstName", before.given_name)
            last = self._contact_text("lastName", before.family_name)
        if "email1" in self.contact:
            email = self._contact_text("email1")
        company = self.user_type is UserType.COMPANY
        renamed = "name" in self.document if company else bool(names)
        return AccountChange(
            username=_UNSET
            if email is _UNSET and not self.username
            else self._username_for(before, before.email if email is _UNSET else email),
            email=email,
            given_name=first if "firstName" in names else _UNSET,
            family_name=last if "lastName" in names else _UNSET,
            name=self.name(first, last) if renamed else _UNSET,
        )

    def name(self, first: str | None, last: str | None) -> str | None:
        """The name that stands for the account: a company's own, or a person's in full."""
        if self.user_type is UserType.COMPANY:
            return _text(self.document, "name", "name")
        return " ".join(part for part in (first, last) if part) or None

    def first_name(self) -> str | None:
        """The given name of the person, or of the company's contact."""
        return self._contact_text("firstName")

    def last_name(self) -> str | None:
        """The family name of the person, or of the company's contact."""
        return self._contact_text("lastName")

    def email(self) -> str | None:
        """The first e-mail address."""
        return self._contact_text("email1")

    def _username_for(
        self, before: Account, email: str | msgspec.UnsetType | None
    ) -> str | msgspec.UnsetType:
        if self.username is not None:
            return self.username
        if before.username == before.email and isinstance(email, str):
            # Who signs in with an address goes on to do so when it changes.
            return email
        return _UNSET

    def _contact_text(self, name: str, otherwise: str | None = None) -> str | None:
        if name not in self.contact:
            return otherwise
        return _text(self.contact, name, f"primaryContact.{name}")

    def _given(self) -> Document:
        mine = _OF_COMPANY if self.user_type is UserType.COMPANY else _OF_INDIVIDUAL
        given = {n: self.document[n] for n in (*_BOTH, *mine) if n in self.document}
        given |= {n: self.contact[n] for n in _CONTACT if n in self.contact}
        gender = given.get("gender")
        if isinstance(gender, str):
            codes = {name.casefold(): code for code, name in GENDERS.items()}
            given["gender"] = {"name": gender, "code": codes.get(gender.strip().casefold())}
        return given


def read_account(body: Json) -> GivenAccount:
    """The individual or the company in ``body``. Raises ``V2Error``."""
    if not isinstance(body, dict):
        raise V2Error("400", "The body is not a JSON object.")
    given = [
        (kind, document)
        for kind, key in ((UserType.INDIVIDUAL, _INDIVIDUAL), (UserType.COMPANY, _COMPANY))
        if (document := body.get(key)) is not None
    ]
    if len(given) != 1:
        raise V2Error("400", "Send either individualAccount or companyAccount.")
    kind, document = given[0]
    if not isinstance(document, dict):
        raise V2Error("400", f"{kind}Account is not a JSON object.")
    return GivenAccount(
        user_type=kind,
        document=document,
        contact=_object(document, "primaryContact"),
        login=_object(document, "login"),
    )


def _object(document: Document, name: str) -> Document:
    value = document.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise V2Error("400", f"{name} is not a JSON object.")
    return value


def _text(document: Mapping[str, Json], name: str, path: str) -> str | None:
    value = document.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise V2Error("400", f"{path} is not a text.")
    return (value if name == "password" else value.strip()) or None


def _details_of(given: Document) -> AccountDetails:
    return parse_details(settled(given))


def _merge(present: Json, given: Json) -> Document:
    """JSON Merge Patch (RFC 7396), and lists whose entries have numbers entry by entry."""
    merged: Document = dict(present) if isinstance(present, dict) else {}
    if not isinstance(given, dict):
        return merged
    for name, value in given.items():
        before = merged.get(name)
        if isinstance(value, dict):
            merged[name] = _merge(before, value)
        elif isinstance(value, list) and name in _KEYED:
            listed = before if isinstance(before, list) else []
            merged[name] = _merge_entries(listed, value, _KEYED[name])
        else:
            merged[name] = value
    return merged


def _merge_entries(before: list[Json], given: list[Json], key: str) -> list[Json]:
    entries = [dict(each) for each in before if isinstance(each, dict)]
    for change in given:
        if not isinstance(change, dict):
            raise V2Error("400", "An entry of a list is not a JSON object.")
        if change.get("isPrimaryAddress") is True:
            for each in entries:
                each["isPrimaryAddress"] = False
        number = change.get(key)
        at = next((n for n, each in enumerate(entries) if str(each.get(key)) == str(number)), None)
        if at is None or number is None:
            entries.append(dict(change))
        else:
            entries[at] = _changed_entry(entries[at], change)
    return cast("list[Json]", entries)


def _changed_entry(entry: Document, change: Document) -> Document:
    if "value" in change and "optionValues" not in change:
        entry = _without(entry, "optionValues")
    elif "optionValues" in change and "value" not in change:
        entry = _without(entry, "value")
    return _merge(entry, change)


def _without(entry: Json, name: str) -> Document:
    if not isinstance(entry, dict):
        raise V2Error("400", "An entry of a list is not a JSON object.")
    return {key: value for key, value in entry.items() if key != name}
