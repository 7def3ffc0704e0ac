"""``/accounts``: people, their profile, password and status."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query
from pydantic import Field, SecretStr

from doorward import accounts
from doorward.accounts import (
    AccountChange,
    AccountKind,
    AccountStatus,
    ListWanted,
    NewAccount,
    UserType,
)
from doorward.console.api.authority import verify_may_give, verify_may_govern
from doorward.console.api.cursors import Cursors, Place
from doorward.console.api.fields import (
    Body,
    Caller,
    Document,
    Id,
    Moment,
    NextCursor,
    PageQuery,
    Patch,
    RowId,
    moment,
    moment_or_none,
)
from doorward.console.api.model import ApiServices, StaffCall
from doorward.console.api.refusals import OwnAccount
from doorward.console.api.route import Operation
from doorward.crypto import Secret
from doorward.orgs import Permission

__all__ = ["AccountRoutes"]

Username = Annotated[str, Field(max_length=128, examples=["anna"])]
Email = Annotated[str, Field(max_length=254, examples=["anna@example.org"])]
Name = Annotated[str, Field(max_length=200, examples=["Anna Example"])]
Locale = Annotated[str, Field(max_length=35, examples=["ja"], description="A language tag.")]
Link = Annotated[str, Field(max_length=2048, examples=["https://example.org/anna.png"])]
Password = Annotated[SecretStr, Field(description="8 to 256 characters.")]


class Account(Document):
    """A person in the organization, or a company, whose `name` is then its own."""

    account_id: Id
    kind: AccountKind
    user_type: UserType
    username: Username
    email: Email | None
    email_verified: bool
    name: Name | None
    given_name: str | None
    family_name: str | None
    locale: Locale | None
    picture_url: Link | None
    status: AccountStatus
    permissions: Annotated[list[str], Field(examples=[["accounts.read"]])]
    created_at: Moment
    updated_at: Moment
    password_changed_at: Moment | None
    created_by: Annotated[str | None, Field(examples=["account 7"])]
    updated_by: Annotated[str | None, Field(examples=["cli root"])]

    @classmethod
    def of(cls, account: accounts.Account) -> Account:
        """Show ``account``."""
        return cls(
            account_id=account.subject,
            kind=account.kind,
            user_type=account.user_type,
            username=account.username,
            email=account.email,
            email_verified=account.email_verified,
            name=account.name,
            given_name=account.given_name,
            family_name=account.family_name,
            locale=account.locale,
            picture_url=account.picture_url,
            status=account.status,
            permissions=sorted(account.permissions),
            created_at=moment(account.created_at),
            updated_at=moment(account.updated_at),
            password_changed_at=moment_or_none(account.password_changed_at),
            created_by=account.created_by,
            updated_by=account.updated_by,
        )


class AccountPage(Document):
    """A page of accounts."""

    items: list[Account]
    next_cursor: NextCursor


class AccountToCreate(Body):
    """A new account. Only staff (`system`) have permissions, and only those that you hold."""

    kind: AccountKind = AccountKind.CONSTITUENT
    user_type: Annotated[
        UserType, Field(description="A company must have a `name`; staff are individuals.")
    ] = UserType.INDIVIDUAL
    username: Username
    email: Email | None = None
    email_verified: bool = False
    name: Name | None = None
    given_name: Name | None = None
    family_name: Name | None = None
    locale: Locale | None = None
    picture_url: Link | None = None
    permissions: tuple[Permission, ...] = ()
    password: Password | None = None
    account_id: Annotated[
        Id | None, Field(description="For imports; otherwise the next free number.")
    ] = None


class AccountPatch(Patch):
    """What to change of an account."""

    username: Username = ""
    email: Email | None = None
    email_verified: bool = False
    name: Name | None = None
    given_name: Name | None = None
    family_name: Name | None = None
    locale: Locale | None = None
    picture_url: Link | None = None
    permissions: tuple[Permission, ...] = ()
    user_type: UserType = UserType.INDIVIDUAL


class NewPassword(Body):
    """A password that a member of staff sets."""

    password: Password


class AccountQuery(PageQuery):
    """Which accounts to list."""

    kind: AccountKind = AccountKind.CONSTITUENT
    prefix: Annotated[
        str | None,
        Query(
            max_length=320,
            description="Of the user name, e-mail address, full, family or given name.",
        ),
    ] = None
    status: AccountStatus | None = None
    user_type: UserType | None = None


class AccountRoutes:
    """Operations on accounts."""

    def __init__(self, use: ApiServices, cursors: Cursors) -> None:
        """Serve ``use.accounts``."""
        self._use = use
        self._cursors = cursors

    def operations(self) -> tuple[Operation, ...]:
        """What is served, in the order of the reference."""
        read, write = Permission.ACCOUNTS_READ, Permission.ACCOUNTS_WRITE
        one = "/accounts/{account_id}"
        return (
            Operation("GET", "/accounts", read, self.list_accounts, "List accounts"),
            Operation(
                "POST",
                "/accounts",
                write,
                self.create_account,
                "Create an account",
                status=201,
                creates=True,
            ),
            Operation("GET", one, read, self.get_account, "Read an account"),
            Operation("PATCH", one, write, self.update_account, "Change an account"),
            Operation("POST", f"{one}/disable", write, self.disable_account, "Disable an account"),
            Operation("POST", f"{one}/enable", write, self.enable_account, "Enable an account"),
            Operation(
                "PUT", f"{one}/password", write, self.set_password, "Set a password", status=204
            ),
        )

    async def list_accounts(
        self, call: Caller, query: Annotated[AccountQuery, Query()]
    ) -> AccountPage:
        """People of one kind, in the order of their numbers, or by `prefix`."""
        place = Place(call.org_id, "list_accounts", query.filters())
        window = self._cursors.open(place, query.cursor, query.limit)
        wanted = ListWanted(
            query=query.prefix,
            status=query.status,
            user_type=query.user_type,
            after=window.after_number,
            limit=window.fetch,
        )
        found = await self._use.accounts.browse(call.org_id, query.kind, wanted)
        rows, following = window.close(found, lambda each: each.account_id)
        return AccountPage(items=[Account.of(each) for each in rows], next_cursor=following)

    async def create_account(self, call: Caller, body: AccountToCreate) -> Account:
        """A person with a number that is never used again. Staff get only what you hold."""
        verify_may_give(call, body.permissions)
        fields = body.model_dump(exclude={"password", "account_id"})
        new = NewAccount(
            org_id=call.org_id,
            password=_secret(body.password),
            account_id=None if body.account_id is None else int(body.account_id),
            **fields,
        )
        return Account.of(await self._use.accounts.create(new, call.actor))

    async def get_account(self, call: Caller, account_id: RowId) -> Account:
        """One account, disabled or not."""
        return Account.of(await self._use.accounts.get(call.org_id, account_id))

    async def update_account(self, call: Caller, account_id: RowId, body: AccountPatch) -> Account:
        """Change the fields that are sent. A new e-mail address is unverified unless you say so."""
        await self._govern(call, account_id)
        given = body.given()
        verify_may_give(call, given.get("permissions", ()))
        change = AccountChange(**given)
        return Account.of(
            await self._use.accounts.update(call.org_id, account_id, change, call.actor)
        )

    async def disable_account(self, call: Caller, account_id: RowId) -> Account:
        """Let the person in no more: sessions, tokens and API keys of theirs stop working."""
        if account_id == call.account.account_id:
            raise OwnAccount
        return await self._set_status(call, account_id, "disable")

    async def enable_account(self, call: Caller, account_id: RowId) -> Account:
        """Let the person in again."""
        return await self._set_status(call, account_id, "enable")

    async def set_password(self, call: Caller, account_id: RowId, body: NewPassword) -> None:
        """Replace a person's password, and end their sessions."""
        account = await self._govern(call, account_id)
        password = Secret(body.password.get_secret_value())
        await self._use.accounts.set_password(call.org_id, account_id, password, call.actor)
        for session in await self._use.sessions.list_live(call.tenant.org, account.account_id):
            await self._use.sessions.end(call.org_id, session.session_id, call.actor)

    async def _set_status(
        self, call: StaffCall, account_id: int, verb: Literal["disable", "enable"]
    ) -> Account:
        await self._govern(call, account_id)
        change = getattr(self._use.accounts, verb)
        return Account.of(await change(call.org_id, account_id, call.actor))

    async def _govern(self, call: StaffCall, account_id: int) -> accounts.Account:
        account = await self._use.accounts.get(call.org_id, account_id)
        verify_may_govern(call, account)
        return account


def _secret(password: SecretStr | None) -> Secret[str] | None:
    return None if password is None else Secret(password.get_secret_value())
