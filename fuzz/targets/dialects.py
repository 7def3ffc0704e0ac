"""What programs send in the words of the platforms that Doorward speaks."""

from __future__ import annotations

from xml.etree.ElementTree import fromstring

import msgspec

from doorward.accounts import AccountDetails, AccountsRefusal
from doorward.accounts.search import verify_search
from doorward.dialects.app_connect.calls import text_values
from doorward.dialects.app_connect.oauth import parse_state
from doorward.dialects.neon import api_given as given
from doorward.dialects.neon.api_errors import ApiError
from doorward.dialects.neon_crm.v1_envelopes import Envelope, V1Error, failure, form_of, success
from doorward.dialects.neon_crm.v1_parameters import parse_v1_parameters
from doorward.dialects.neon_crm.v1_search import parse_listing
from doorward.dialects.neon_crm.v2_documents import read_account
from doorward.dialects.neon_crm.v2_replies import V2Error
from doorward.dialects.neon_crm.v2_search import parse_search, parse_values
from doorward.http import Call
from doorward.projects import CreationSource
from fuzz.target import Target, holds
from fuzz.texts import PART, text

__all__ = ["DIALECTS"]

_NOW = 1_790_000_000_000_000
_FORM = (b"content-type", b"application/x-www-form-urlencoded")


def _call(data: bytes) -> Call:
    query, _, body = data.partition(PART.encode())
    return Call({"query_string": query, "headers": [_FORM], "method": "POST"}, body)


def _v1_parameters(data: bytes) -> None:
    params = parse_v1_parameters(_call(data))
    form_of(_call(data), params.find("responseType"))
    params.number("page.currentPage", 1, 10**9, 1)
    list(params.within("individualAccount."))


def _v1_search(data: bytes) -> None:
    asked = parse_listing(parse_v1_parameters(_call(data)))
    verify_search(asked.wanted.conditions)


def _v1_envelope(data: bytes) -> None:
    """Whatever is in it, an answer in XML is XML."""
    word = text(data) or "x"
    envelope = Envelope("listAccounts", "xml", _NOW)
    members: dict[str, object] = {"name": word, "list": {"each": [word, 1, None, True]}}
    for reply in (success(envelope, members), failure(envelope, V1Error(400, word))):  # type: ignore[arg-type]
        holds(fromstring(reply.body).tag.endswith("Response"), "no element")  # noqa: S314 - we wrote it
    holds(msgspec.json.decode(success(Envelope("a", "json", _NOW), {"name": word}).body), "no JSON")


def _v2_search(data: bytes) -> None:
    verify_search(parse_search(data).wanted.conditions)


def _v2_values(data: bytes) -> None:
    for value in parse_values(text(data)):
        holds(isinstance(value, str), "no text")


def _v2_account(data: bytes) -> None:
    try:
        body = msgspec.json.decode(data)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return
    account = read_account(body)
    new = account.new_details()
    account.merged(new)
    account.merged(AccountDetails())
    account.name(account.first_name(), account.last_name())


def _state(data: bytes) -> None:
    state = parse_state(text(data))
    holds(state is None or state.platform, "a state of no platform")


def _values(data: bytes) -> None:
    try:
        body = msgspec.json.decode(data)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return
    if isinstance(body, dict):
        holds(all(isinstance(each, str) for each in text_values(body).values()), "no text")


def _neon_bodies(data: bytes) -> None:
    readers = (
        lambda: given.read_project(data, ("river", 1), CreationSource.CONSOLE),
        lambda: given.read_change(data),
        lambda: given.read_key_name(data),
        lambda: given.read_group_name(data),
        lambda: given.read_role(data),
        lambda: given.read_email(data),
        lambda: given.read_invitations(data),
    )
    for read in readers:
        try:
            read()
        except ApiError as error:
            holds(400 <= error.status < 500, "our own fault")


def _neon_query(data: bytes) -> None:
    query = given.read_query(Call({"query_string": data, "headers": []}, b""))
    holds(1 <= given.read_limit(query) <= 400, "a page without a limit")
    given.read_search(query)
    given.read_flag(query, "recoverable")
    given.read_group_id(query)
    holds(0 <= given.parse_number(query.get("n", "")) < 1 << 63, "no row has such a number")


_SEARCH = (
    '{"searchFields":[{"field":"', '"operator":"EQUAL"', '"value":"', '"outputFields":["',
    '"pagination":{"currentPage":', '"sortColumn":"', "Account ID", "First Name", "IN_RANGE",
    '("a","b")', "1e400",
)  # fmt: skip
_V1 = (
    "searches.search.key=", "&searches.search.searchOperator=", "&searches.search.value=",
    "&outputfields.idnamepair.id=", "&outputfields.idnamepair.name=Account+ID",
    "&page.currentPage=",
    "&page.sortColumn=", "responseType=xml", "%00", "\x1f", "Email", "NOT_BLANK",
)  # fmt: skip
_NEON = (
    '{"project":{', '"name":"', '"pg_version":', '"settings":{', '{"invitations":[{"email":"',
    '"role":"admin"', '"history_retention_seconds":', "limit=", "&search=", "&org_id=", "&n=",
)  # fmt: skip
_ACCOUNT = (
    '{"individualAccount":{', '"primaryContact":{', '"addresses":[{', '"login":{', '"dob":{"day":',
    '"consent":{', '"accountCustomFields":[{', '{"companyAccount":{', '"email1":"', '"url":"',
    '"optionValues":[{', '"gender":',
)  # fmt: skip

DIALECTS = (
    Target("dialects.v1_parameters", _v1_parameters, (V1Error,), _V1),
    Target("dialects.v1_search", _v1_search, (V1Error, AccountsRefusal), _V1),
    Target("dialects.v1_envelope", _v1_envelope, (), ("\x00", "]]>", "&", "\uffff"), 512),
    Target("dialects.v2_search", _v2_search, (V2Error, AccountsRefusal), _SEARCH),
    Target("dialects.v2_values", _v2_values, (V2Error,), ("(", ")", '"', ",")),
    Target("dialects.v2_account", _v2_account, (V2Error, AccountsRefusal), _ACCOUNT),
    Target("dialects.app_connect_state", _state, (), ("platform=", "&hostname=", "%26", "=")),
    Target("dialects.app_connect_values", _values, (), ('{"a":', "1e999", "[", "true")),
    Target("dialects.neon_bodies", _neon_bodies, (), _NEON),
    Target("dialects.neon_query", _neon_query, (ApiError,), _NEON),
)
