"""The constituents whom the demo's charity has besides those who can sign in. Data, all made up."""

from __future__ import annotations

from doorward.accounts import (
    AccountDetails,
    AccountKind,
    Address,
    Coded,
    DateOfBirth,
    Named,
    NewAccount,
    PatreonLink,
    UserType,
)

__all__ = ["DETAILS", "PATREON", "PICTURES", "TAGS", "others_of"]

_RIVERBEND = "riverbend"
_US = Named("1", "United States of America")
_JAPAN = Named("108", "Japan")

DETAILS: dict[tuple[str, int], AccountDetails] = {
    (_RIVERBEND, 1001): AccountDetails(
        salutation="Ms.",
        preferred_name="Ama",
        dob=DateOfBirth(day=14, month=3, year=1988),
        addresses=(
            Address(
                address_line1="12 Alder Lane",
                city="Fairwater",
                state_province=Coded("WI", "Wisconsin"),
                zip_code="53703",
                country=_US,
                is_primary_address=True,
                phone1="608-555-0114",
                phone1_type="Mobile",
            ),
        ),
        individual_types=(Named("1", "Donor"), Named("4", "Volunteer")),
        source=Named("2", "Spring fair"),
    ),
    (_RIVERBEND, 1002): AccountDetails(
        addresses=(
            Address(
                address_line1="若葉町2丁目",
                city="仙台市",
                zip_code="980-0000",
                country=_JAPAN,
                is_primary_address=True,
            ),
        ),
        individual_types=(Named("1", "Donor"),),
    ),
}
"""What is known of those who can sign in, by organization and account id."""

TAGS = {("neos", 1001): ("beta tester", "mentor"), ("neos", 1002): ("translator",)}
"""What staff of the demo's worlds gave to people."""

PATREON = {
    ("neos", 1001): PatreonLink(
        user_id="40210017",
        full_name="Lumi Virtanen",
        tier="Lantern",
        pledge_cents=1200,
        since="2024-03-09",
        verified=True,
    ),
    ("neos", 1002): PatreonLink(user_id="40210018", tier="Candle", pledge_cents=300),
}
"""One that staff confirmed, and one that the person entered."""

PICTURES = {("neos", 1001): "https://pictures.neos.example/lumen.png"}
"""Addresses of pictures; nothing answers there."""

_CITIES = (
    ("Fairwater", "WI", "Wisconsin", "53703"),
    ("Millbrook", "NY", "New York", "12545"),
    ("Cedar Falls", "IA", "Iowa", "50613"),
    ("Astoria", "OR", "Oregon", "97103"),
)
_PEOPLE = (
    "Nia Abbott",
    "Tomas Alvarez",
    "Ingrid Berg",
    "Samuel Boateng",
    "Clara Brandt",
    "Wei Chen",
    "Marguerite Dubois",
    "Owen Ellery",
    "Leila Farouk",
    "Hector Fuentes",
    "Anneke Groen",
    "Priya Iyer",
    "Josephine Kamau",
    "Lars Lindqvist",
    "Grace Mbeki",
    "Rosa Medina",
    "Finn O'Connell",
    "Beatriz Pereira",
    "Elias Rahimi",
    "Tessa Rourke",
    "Yusuf Sahin",
    "Miriam Stein",
    "Kofi Tetteh",
    "Alma Vargas",
    "Desmond Wright",
    "Zofia Zielinska",
)
_COMPANIES = ("Alder & Sons Printing", "Fairwater Credit Union", "Green Kettle Bakery")


def others_of(org_id: str) -> list[NewAccount]:
    """The people and companies of ``org_id`` who have no password in the demo."""
    if org_id != _RIVERBEND:
        return []
    people = [_person(place, name) for place, name in enumerate(_PEOPLE)]
    return [*people, *(_company(place, name) for place, name in enumerate(_COMPANIES))]


def _person(place: int, name: str) -> NewAccount:
    given, _, family = name.partition(" ")
    login = f"{given}.{family}".lower().replace("'", "")
    return NewAccount(
        org_id=_RIVERBEND,
        kind=AccountKind.CONSTITUENT,
        username=login,
        email=f"{login}@mail.example",
        name=name,
        given_name=given,
        family_name=family,
        details=AccountDetails(addresses=(_address(place),)),
    )


def _company(place: int, name: str) -> NewAccount:
    login = "".join(letter for letter in name.lower() if letter.isalnum())
    return NewAccount(
        org_id=_RIVERBEND,
        kind=AccountKind.CONSTITUENT,
        user_type=UserType.COMPANY,
        username=login,
        email=f"office@{login}.example",
        name=name,
        details=AccountDetails(
            addresses=(_address(place),), company_types=(Named("7", "Business partner"),)
        ),
    )


def _address(place: int) -> Address:
    city, code, state, zip_code = _CITIES[place % len(_CITIES)]
    return Address(
        address_line1=f"{10 + 7 * place} Mill Street",
        city=city,
        state_province=Coded(code, state),
        zip_code=zip_code,
        country=_US,
        is_primary_address=True,
        phone1=f"555-0{100 + place}",
    )
