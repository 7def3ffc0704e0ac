"""People: constituents and staff."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from doorward.cli.at import At, SecretFile
from doorward.cli.command import command, group
from doorward.cli.opening import cli_actor, perform

if TYPE_CHECKING:
    from doorward.accounts import Account, AccountKind
    from doorward.app import Services

__all__ = ["users"]

users = group("People of an organization: its constituents and its staff.")

Kind = Literal["staff", "constituent"]
Org = Annotated[str, typer.Argument(metavar="ORG", help="The organization's id.")]


@dataclass(frozen=True)
class Person:
    """What is said about a new person."""

    kind: Annotated[Kind, typer.Option(help="Staff, or the people the organization is for.")] = (
        "constituent"
    )
    email: Annotated[str | None, typer.Option(help="E-mail address.", show_default=False)] = None
    name: Annotated[
        str | None, typer.Option(help="Full name, or the company's name.", show_default=False)
    ] = None
    company: Annotated[
        bool, typer.Option("--company", help="A company and not a person; it needs --name.")
    ] = False
    permission: Annotated[
        list[str] | None,
        typer.Option(
            help="A permission of a staff account, or all; may be repeated.", show_default=False
        ),
    ] = None


@command(users, "create")
def create(
    at: At,
    org: Org,
    username: Annotated[str, typer.Argument(help="The name to sign in with.")],
    person: Person,
    password_file: SecretFile = None,
) -> None:
    """Create an account. The password is asked for, or read from a file."""
    password = at.ask_secret("password", password_file, option="--password-file", twice=True)

    async def work(use: Services) -> Account:
        from doorward.accounts import NewAccount, UserType

        await use.organizations.get(org)
        new = NewAccount(
            org_id=org,
            kind=_kind(person.kind),
            username=username,
            email=person.email,
            name=person.name,
            permissions=_permissions(person.permission or []),
            password=password,
            user_type=UserType.COMPANY if person.company else UserType.INDIVIDUAL,
        )
        return await use.accounts.create(new, cli_actor())

    at.show(_shown(perform(at, work)))


@dataclass(frozen=True)
class Search:
    """Which accounts are wanted."""

    kind: Annotated[Kind, typer.Option(help="Staff, or constituents.")] = "constituent"
    query: Annotated[
        str | None,
        typer.Option(
            help="The beginning of a user name, an e-mail address or a name, family names too.",
            show_default=False,
        ),
    ] = None
    after: Annotated[
        int | None, typer.Option(help="Begin after this account id.", show_default=False)
    ] = None
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 100
    status: Annotated[
        Literal["active", "disabled"] | None,
        typer.Option(help="Only those who may sign in, or may not.", show_default=False),
    ] = None


@command(users, "list")
def list_some(at: At, org: Org, wanted: Search) -> None:
    """List accounts."""

    async def work(use: Services) -> list[Account]:
        from doorward.accounts import AccountStatus, ListWanted

        await use.organizations.get(org)
        status = None if wanted.status is None else AccountStatus(wanted.status)
        page = ListWanted(query=wanted.query, status=status, after=wanted.after, limit=wanted.limit)
        return await use.accounts.browse(org, _kind(wanted.kind), page)

    found = perform(at, work)
    columns = ("account_id", "username", "user_type", "email", "name", "status", "permissions")
    at.show_list(columns, [_shown(account) for account in found])
    if len(found) == wanted.limit:
        at.say(f"There may be more: --after {found[-1].account_id}")


@command(users, "reset-mfa")
def reset_mfa(
    at: At,
    org: Org,
    account_id: Annotated[int, typer.Argument(help="The account's number.", min=1)],
) -> None:
    """Take the second steps from somebody who lost theirs; they are signed out everywhere."""

    async def work(use: Services) -> bool:
        from doorward.orgs import Site

        tenant = Site.of(use.settings.base_url).tenant(await use.organizations.get(org))
        return await use.second_steps.reset(tenant, account_id, cli_actor())

    if perform(at, work):
        at.say("Two-step verification is reset. They set it up again on their account page.")
    else:
        at.say("The account has no second step.")


def _kind(kind: Kind) -> AccountKind:
    from doorward.accounts import AccountKind

    return AccountKind.SYSTEM if kind == "staff" else AccountKind.CONSTITUENT


def _permissions(named: list[str]) -> tuple[str, ...]:
    from doorward.orgs import Permission

    if "all" in named:
        return tuple(str(permission) for permission in Permission)
    return tuple(named)


def _shown(account: Account) -> dict[str, object]:
    return {
        "account_id": account.subject,
        "username": account.username,
        "kind": "staff" if account.kind == "system" else "constituent",
        "user_type": str(account.user_type),
        "email": account.email,
        "name": account.name,
        "status": str(account.status),
        "permissions": sorted(account.permissions),
    }
