"""Finding and listing people: reads that cost the same however many there are."""

from __future__ import annotations

from collections.abc import Sequence

from doorward.accounts.details import AccountDetails
from doorward.accounts.keys import login_key, prefix_end
from doorward.accounts.model import Account, AccountKind, UnknownAccount, UserType
from doorward.accounts.refusals import BadSearch
from doorward.accounts.search import (
    MAX_PAGE_SIZE,
    AccountPage,
    Condition,
    ListWanted,
    Operator,
    PageWanted,
    SearchField,
    SearchWanted,
    Sort,
    verify_search,
    verify_window,
)
from doorward.accounts.store import (
    Place,
    Search,
    count_accounts,
    count_found,
    count_matches,
    find_account,
    find_credentials,
    find_details,
    find_start,
    list_accounts,
    list_details,
    list_found,
    list_page,
    list_permitted,
    search_accounts,
)
from doorward.audit import is_plain_line
from doorward.db import Database, Reads
from doorward.orgs import Permission

__all__ = ["LONGEST_IDENTIFIER", "AccountReading"]

LONGEST_IDENTIFIER = 320
_BY_NUMBER = Sort()
# Inside the class, the name ``list`` is its own method.
_Accounts = list[Account]


class AccountReading:
    """What can be asked about people. ``Accounts`` adds what changes them."""

    def __init__(self, *, db: Database) -> None:
        """Read from ``db``."""
        self._db = db

    async def get(self, org_id: str, account_id: int) -> Account:
        """The account, disabled or not. Raises ``UnknownAccount``."""
        account = await find_account(self._db, org_id, account_id)
        if account is None:
            raise UnknownAccount
        return account

    @staticmethod
    async def find_within(reads: Reads, org_id: str, account_id: int) -> Account | None:
        """The account as the unit of work ``reads`` sees it."""
        return await find_account(reads, org_id, account_id)

    @staticmethod
    async def list_permitted_within(
        reads: Reads, org_id: str, permission: Permission, limit: int
    ) -> _Accounts:
        """Up to ``limit`` active members of staff who hold ``permission``, likewise."""
        return await list_permitted(reads, org_id, permission, limit)

    async def get_details(self, org_id: str, account_id: int) -> AccountDetails:
        """What is kept besides the account itself; all blank when nothing ever was."""
        return await find_details(self._db, org_id, account_id)

    async def list_details(
        self, org_id: str, account_ids: Sequence[int]
    ) -> dict[int, AccountDetails]:
        """The same for each account of a page. Raises ``BadSearch`` for more than a page."""
        if len(account_ids) > MAX_PAGE_SIZE:
            raise BadSearch(f"A page holds 1 to {MAX_PAGE_SIZE} accounts.", field="account_ids")
        return await list_details(self._db, org_id, account_ids)

    async def find_by_login(
        self, org_id: str, kind: AccountKind, identifier: str
    ) -> Account | None:
        """The account whose user name, or else e-mail address, ``identifier`` is."""
        found = await self._find(org_id, kind, identifier)
        return None if found is None else found[0]

    async def count(self, org_id: str, kind: AccountKind, user_type: UserType | None = None) -> int:
        """How many accounts there are, disabled ones too."""
        return await count_accounts(self._db, org_id, kind, user_type)

    async def list(
        self, org_id: str, kind: AccountKind, query: str | None, after: int | None, limit: int
    ) -> _Accounts:
        """Up to ``limit`` accounts after the account ``after``, as ``browse`` finds them."""
        return await self.browse(org_id, kind, ListWanted(query=query, after=after, limit=limit))

    async def browse(self, org_id: str, kind: AccountKind, wanted: ListWanted) -> _Accounts:
        """Up to ``wanted.limit`` accounts after one, or before one, in their order.

        Without a query, that is the order of their numbers. With one, those whose user name comes
        first that begins with it, then those found by e-mail address, by full or company name, by
        family name and by given name, each account once. There is nothing next to an account that
        no longer matches.
        """
        back = wanted.before is not None
        number = wanted.before if back else wanted.after
        prefix = login_key((wanted.query or "").strip())
        end = prefix_end(prefix)
        if prefix and (end is None or not is_plain_line(prefix, LONGEST_IDENTIFIER)):
            return []
        search = Search(org_id, kind, wanted.status, wanted.user_type, prefix, end or "")
        if not prefix:
            return await list_accounts(self._db, search, number, back=back, limit=wanted.limit)
        account = None
        if number is not None:
            account = await find_account(self._db, org_id, number)
            if account is None or account.kind is not kind:
                return []
        place = Place(account, back)
        return await search_accounts(self._db, search, place, limit=wanted.limit)

    async def page(self, org_id: str, kind: AccountKind, wanted: PageWanted) -> AccountPage:
        """A page by its number, in the order of the accounts' numbers. Raises ``BadSearch``."""
        offset = verify_window(wanted.page, wanted.page_size)
        named = {
            "email_key": wanted.email,
            "given_key": wanted.given_name,
            "family_key": wanted.family_name,
        }
        values = {column: login_key(text.strip()) for column, text in named.items() if text}
        if not all(is_plain_line(text, LONGEST_IDENTIFIER) for text in values.values()):
            return AccountPage([], 0)
        if not values:
            return await self._numbered(org_id, kind, wanted.user_type, offset, wanted.page_size)
        if wanted.user_type is not None:
            values["user_type"] = wanted.user_type
        total = await count_matches(self._db, org_id, kind, values)
        if offset >= total:
            return AccountPage([], total)
        window = (0, offset, wanted.page_size)
        return AccountPage(await list_page(self._db, org_id, kind, values, window), total)

    async def search(self, org_id: str, kind: AccountKind, wanted: SearchWanted) -> AccountPage:
        """A page of the accounts that meet every condition. Raises ``BadSearch``."""
        offset = verify_window(wanted.page, wanted.page_size)
        conditions = verify_search(wanted.conditions)
        counted, user_type = _only_type(conditions)
        if counted and wanted.sort == _BY_NUMBER:
            return await self._numbered(org_id, kind, user_type, offset, wanted.page_size)
        if counted:
            total = await count_accounts(self._db, org_id, kind, user_type)
        else:
            total = await count_found(self._db, org_id, kind, conditions)
        if offset >= total:
            return AccountPage([], total)
        window = (offset, wanted.page_size)
        found = await list_found(self._db, (org_id, kind), conditions, wanted.sort, window)
        return AccountPage(found, total)

    async def _numbered(
        self, org_id: str, kind: AccountKind, user_type: UserType | None, offset: int, size: int
    ) -> AccountPage:
        total = await count_accounts(self._db, org_id, kind, user_type)
        if offset >= total:
            return AccountPage([], total)
        start_id, skip = 0, 0
        if offset:
            start_id, skip = await find_start(self._db, org_id, kind, user_type, offset=offset)
        values = {} if user_type is None else {"user_type": str(user_type)}
        window = (start_id, skip, size)
        return AccountPage(await list_page(self._db, org_id, kind, values, window), total)

    async def _find(
        self, org_id: str, kind: AccountKind, identifier: str
    ) -> tuple[Account, str | None] | None:
        identifier = identifier.strip()
        if not is_plain_line(identifier, LONGEST_IDENTIFIER):
            return None
        return await find_credentials(self._db, org_id, kind, identifier)


def _only_type(conditions: Sequence[Condition]) -> tuple[bool, UserType | None]:
    """Whether the blocks can count what is asked for, and of which type it is."""
    match conditions:
        case []:
            return True, None
        case [Condition(field=SearchField.USER_TYPE, operator=Operator.EQUAL, values=[word])]:
            known = [each for each in UserType if each == word]
            return bool(known), known[0] if known else None
        case _:
            return False, None
