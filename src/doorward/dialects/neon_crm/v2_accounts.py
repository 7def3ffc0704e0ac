"""The operations of API v2, as one table, and what each does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

import msgspec

from doorward.accounts import (
    MAX_PAGE_SIZE,
    Account,
    AccountKind,
    NewAccount,
    PageWanted,
    UserType,
)
from doorward.apikeys import StaffCaller
from doorward.audit import Actor
from doorward.crypto import Secret
from doorward.dialects.neon_crm.calls import CrmServices, get_constituent
from doorward.dialects.neon_crm.v2_documents import (
    GivenAccount,
    read_account,
    render_account,
    render_row,
)
from doorward.dialects.neon_crm.v2_replies import V2Error, v2_reply
from doorward.dialects.neon_crm.v2_search import (
    parse_search,
    render_output_fields,
    render_search_fields,
)
from doorward.dialects.neon_crm.wire import Json
from doorward.http import Reply
from doorward.orgs import Organization, Permission

__all__ = ["OPERATIONS", "V2Accounts", "V2Call", "V2Operation"]

_READ, _WRITE = Permission.ACCOUNTS_READ, Permission.ACCOUNTS_WRITE
_MOST_PAGES: Final = 10**9
_LARGEST_ID: Final = (1 << 53) - 1


@dataclass(frozen=True, slots=True)
class V2Call:
    """One call by a proved caller, about one organization."""

    org: Organization
    caller: StaffCaller
    address: str | None
    query: Mapping[str, str]
    body: bytes
    account_id: int = 0

    @property
    def org_id(self) -> str:
        """The organization that everything in this call is about."""
        return self.org.org_id

    @property
    def actor(self) -> Actor:
        """The caller as the author of a change."""
        return self.caller.actor(self.address)

    def number(self, name: str, least: int, most: int, otherwise: int) -> int:
        """A whole number of the query. Raises ``V2Error``."""
        text = self.query.get(name)
        if not text:
            return otherwise
        value = int(text) if text.isascii() and text.isdigit() and len(text) < 16 else -1
        if not least <= value <= most:
            raise V2Error("400", f"{name} is between {least} and {most}.")
        return value

    def document(self) -> Json:
        """The body as JSON. Raises ``V2Error``."""
        try:
            parsed: Json = msgspec.json.decode(self.body)
        except (msgspec.DecodeError, RecursionError, ValueError) as error:
            raise V2Error("400", "The body is not JSON.") from error
        return parsed


@dataclass(frozen=True, slots=True)
class V2Operation:
    """One method on one path; ``{account_id}`` in it is a number. ``name`` is its handler."""

    method: Literal["GET", "POST", "PUT", "PATCH"]
    path: str
    permission: Permission
    name: str


OPERATIONS: Final = (
    V2Operation("GET", "/accounts", _READ, "list_accounts"),
    V2Operation("POST", "/accounts", _WRITE, "create_account"),
    V2Operation("POST", "/accounts/search", _READ, "search_accounts"),
    V2Operation("GET", "/accounts/search/searchFields", _READ, "list_search_fields"),
    V2Operation("GET", "/accounts/search/outputFields", _READ, "list_output_fields"),
    V2Operation("GET", "/accounts/{account_id}", _READ, "get_account"),
    V2Operation("PUT", "/accounts/{account_id}", _WRITE, "replace_account"),
    V2Operation("PATCH", "/accounts/{account_id}", _WRITE, "change_account"),
)
"""Everything that is served, and the permission that it needs."""


class V2Accounts:
    """What the operations do. Only constituents exist here."""

    def __init__(self, use: CrmServices) -> None:
        """Serve the accounts of ``use``."""
        self._use = use

    def handler(self, operation: V2Operation) -> Callable[[V2Call], Awaitable[Reply]]:
        """What answers ``operation``."""
        found: Callable[[V2Call], Awaitable[Reply]] = getattr(self, operation.name)
        return found

    async def list_accounts(self, call: V2Call) -> Reply:
        """A page of accounts, by name, address and type."""
        user_type = call.query.get("userType") or None
        if user_type is not None and user_type not in {"INDIVIDUAL", "COMPANY"}:
            raise V2Error("400", "userType is INDIVIDUAL or COMPANY.")
        wanted = PageWanted(
            user_type=None if user_type is None else UserType(user_type.lower()),
            email=call.query.get("email") or None,
            given_name=call.query.get("firstName") or None,
            family_name=call.query.get("lastName") or None,
            page=call.number("currentPage", 0, _MOST_PAGES, 0),
            page_size=call.number("pageSize", 1, MAX_PAGE_SIZE, 10),
        )
        page = await self._use.accounts.page(call.org_id, AccountKind.CONSTITUENT, wanted)
        rows = [render_row(each) for each in page.accounts]
        pagination = _pagination(wanted.page, wanted.page_size, page.total)
        return v2_reply({"accounts": rows, "pagination": pagination})

    async def get_account(self, call: V2Call) -> Reply:
        """One account with everything that is kept about it."""
        account = await self._find(call)
        details = await self._use.accounts.get_details(call.org_id, account.account_id)
        return v2_reply(render_account(account, details))

    async def create_account(self, call: V2Call) -> Reply:
        """A new account, numbered by the organization."""
        given = read_account(call.document())
        username = given.username or given.email() or f"account-{self._use.random(8).hex()}"
        new = NewAccount(
            org_id=call.org_id,
            kind=AccountKind.CONSTITUENT,
            username=username,
            email=given.email(),
            name=given.name(given.first_name(), given.last_name()),
            given_name=given.first_name(),
            family_name=given.last_name(),
            password=None if given.password is None else Secret(given.password),
            user_type=given.user_type,
            details=given.new_details(),
        )
        if new.name is None:
            raise V2Error("400", "An account has a first name, a last name or a company name.")
        account = await self._use.accounts.create(new, call.actor)
        return v2_reply({"id": account.subject}, status=201)

    async def replace_account(self, call: V2Call) -> Reply:
        """Everything about an account anew; its user name stays unless another is sent."""
        before, given = await self._given(call)
        change = given.full_change(before)
        if change.name is None:
            raise V2Error("400", "An account has a first name, a last name or a company name.")
        password, details = await self._password(before, given), given.details()
        await self._use.accounts.update(call.org_id, before.account_id, change, call.actor, details)
        return await self._changed(call, before, password)

    async def change_account(self, call: V2Call) -> Reply:
        """What is sent of an account anew; the rest stays."""
        before, given = await self._given(call)
        change, password = given.partial_change(before), await self._password(before, given)
        await self._use.accounts.update(
            call.org_id, before.account_id, change, call.actor, given.merged
        )
        return await self._changed(call, before, password)

    async def search_accounts(self, call: V2Call) -> Reply:
        """Accounts that meet every criterion, in the columns that are asked for."""
        asked = parse_search(call.body)
        if self._use.limits.is_searching(call.org_id):
            message = "Another search of this organization is under way. Try again later."
            raise V2Error("429", message, headers=((b"retry-after", b"1"),))
        async with self._use.limits.search(call.org_id):
            page = await self._use.accounts.search(
                call.org_id, AccountKind.CONSTITUENT, asked.wanted
            )
            ids = [each.account_id for each in page.accounts]
            details = await self._use.accounts.list_details(call.org_id, ids)
        rows = [asked.row(each, details[each.account_id]) for each in page.accounts]
        pagination = _pagination(asked.wanted.page, asked.wanted.page_size, page.total)
        pagination["sortColumn"] = asked.sort_column
        pagination["sortDirection"] = "DESC" if asked.wanted.sort.descending else "ASC"
        return v2_reply({"searchResults": rows, "pagination": pagination})

    async def list_search_fields(self, _call: V2Call) -> Reply:
        """What a search may ask for."""
        return v2_reply(render_search_fields())

    async def list_output_fields(self, _call: V2Call) -> Reply:
        """What a search may answer."""
        return v2_reply(render_output_fields())

    async def _find(self, call: V2Call) -> Account:
        if not 1 <= call.account_id <= _LARGEST_ID:
            raise V2Error("404", "There is no such account.")
        return await get_constituent(self._use.accounts, call.org_id, call.account_id)

    async def _given(self, call: V2Call) -> tuple[Account, GivenAccount]:
        before = await self._find(call)
        given = read_account(call.document())
        if given.user_type is not before.user_type:
            raise V2Error("400", f"The account is {_article(before)}Account.")
        return before, given

    async def _password(self, before: Account, given: GivenAccount) -> Secret[str] | None:
        """What was sent, before anything else of the call is kept."""
        if given.password is None:
            return None
        return await self._use.accounts.verify_new_password(before, Secret(given.password))

    async def _changed(self, call: V2Call, account: Account, password: Secret[str] | None) -> Reply:
        if password is not None:
            account_id = account.account_id
            await self._use.accounts.set_password(call.org_id, account_id, password, call.actor)
            for session in await self._use.sessions.list_live(call.org, account_id):
                await self._use.sessions.end(call.org_id, session.session_id, call.actor)
        return v2_reply({"id": account.subject})


def _article(account: Account) -> str:
    return "an individual" if account.user_type is UserType.INDIVIDUAL else "a company"


def _pagination(page: int, size: int, total: int) -> dict[str, object]:
    return {
        "currentPage": page,
        "pageSize": size,
        "totalPages": -(-total // size),
        "totalResults": total,
    }
