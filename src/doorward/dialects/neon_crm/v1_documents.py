"""Accounts as API v1 shows them."""

from __future__ import annotations

from typing import cast

from doorward.accounts import (
    Account,
    AccountDetails,
    Address,
    Coded,
    CustomField,
    Named,
)
from doorward.dialects.neon_crm.wire import GENDERS, Json, local_instant

__all__ = ["render_genders", "render_individual", "render_organization"]

Document = dict[str, Json]


def render_individual(account: Account, details: AccountDetails) -> Document:
    """A person, as ``individualAccount``."""
    company = details.company
    return {
        **_account(account, details),
        "individualTypes": _types("individualType", details.individual_types),
        "organizationName": None if company is None else company.name,
        "facebookPage": details.facebook_page,
        "twitterPage": details.twitter_page,
    }


def render_organization(account: Account, details: AccountDetails) -> Document:
    """A company, as ``organizationAccount``."""
    return {
        **_account(account, details),
        "organizationName": account.name,
        "organizationTypes": _types("organizationType", details.company_types),
    }


def render_genders() -> Document:
    """The platform's genders."""
    genders: list[Json] = [{"code": code, "name": name} for code, name in GENDERS.items()]
    return {"genders": {"gender": genders}}


def _account(account: Account, details: AccountDetails) -> Document:
    return {
        "createdDateTime": local_instant(account.created_at),
        "createdBy": account.created_by,
        "lastModifiedDateTime": local_instant(account.updated_at),
        "lastModifiedBy": account.updated_by,
        "accountId": account.account_id,
        "primaryContact": _contact(account, details),
        "noSolicitation": details.no_solicitation,
        "url": details.url,
        "login": {"username": account.username},
        "source": _named(details.source),
        "customFieldDataList": _custom_fields(details),
    }


def _contact(account: Account, details: AccountDetails) -> Document:
    primary, dob = details.primary_address or Address(), details.dob
    addresses = [_address(each, shipping=False) for each in details.addresses]
    addresses += [_address(each, shipping=True) for each in details.shipping_addresses]
    return {
        "contactId": account.account_id,
        "firstName": account.given_name,
        "lastName": account.family_name,
        "middleName": details.middle_name,
        "prefix": details.prefix,
        "suffix": details.suffix,
        "salutation": details.salutation,
        "preferredName": details.preferred_name,
        "phone1": primary.phone1,
        "phone1Type": primary.phone1_type,
        "phone2": primary.phone2,
        "phone2Type": primary.phone2_type,
        "phone3": primary.phone3,
        "phone3Type": primary.phone3_type,
        "fax": primary.fax,
        "dob": None if dob is None else f"{dob.year:04}-{dob.month:02}-{dob.day:02}",
        "gender": _coded(details.gender),
        "email1": account.email,
        "email2": details.email2,
        "email3": details.email3,
        "deceased": details.deceased,
        "addresses": {"address": cast("Json", addresses)} if addresses else None,
        "department": details.department,
        "title": details.title,
    }


def _address(address: Address, *, shipping: bool) -> Document:
    return {
        # As text: the number has more digits than many readers of JSON keep.
        "addressId": str(address.address_id),
        "isPrimaryAddress": address.is_primary_address,
        "isShippingAddress": shipping,
        "addressType": _named(address.type),
        "addressLine1": address.address_line1,
        "addressLine2": address.address_line2,
        "addressLine3": address.address_line3,
        "addressLine4": address.address_line4,
        "city": address.city,
        "state": _coded(address.state_province),
        "county": address.county,
        "province": address.territory,
        "country": _named(address.country),
        "zipCode": address.zip_code,
        "zipCodeSuffix": address.zip_code_suffix,
        "startDate": None if address.start_date is None else address.start_date.isoformat(),
        "endDate": None if address.end_date is None else address.end_date.isoformat(),
    }


def _custom_fields(details: AccountDetails) -> Json:
    data = [each for field in details.account_custom_fields for each in _custom_field(field)]
    return {"customFieldData": cast("Json", data)} if data else None


def _custom_field(field: CustomField) -> list[Document]:
    """One entry for the value, or one for each option that is chosen."""
    if not field.option_values:
        return [{"fieldId": field.id, "fieldName": field.name, "fieldValue": field.value}]
    return [
        {
            "fieldId": field.id,
            "fieldName": field.name,
            "fieldOptionId": option.id,
            "fieldValue": option.name,
        }
        for option in field.option_values
    ]


def _types(name: str, types: tuple[Named, ...]) -> Json:
    listed: list[Json] = [_named(each) for each in types]
    return {name: listed} if listed else None


def _named(named: Named | None) -> Json:
    return None if named is None else {"id": named.id, "name": named.name}


def _coded(coded: Coded | None) -> Json:
    return None if coded is None else {"code": coded.code, "name": coded.name}
