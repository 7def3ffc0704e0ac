"""Organizations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from doorward.cli.at import At
from doorward.cli.command import command, group
from doorward.cli.opening import cli_actor, perform

if TYPE_CHECKING:
    from doorward.app import Services
    from doorward.orgs import Organization

__all__ = ["orgs"]

orgs = group("Organizations: the tenants of this installation.")

_PAGE = 200


@command(orgs, "create")
def create(
    at: At,
    org_id: Annotated[str, typer.Argument(help="A short name, such as riverbend.")],
    name: Annotated[str, typer.Option(help="The name that people read.")],
    locale: Annotated[str, typer.Option(help="The language of its pages: en or ja.")] = "en",
    host: Annotated[
        list[str] | None,
        typer.Option(help="A host name of its own; may be repeated.", show_default=False),
    ] = None,
    dialect: Annotated[
        list[str] | None,
        typer.Option(
            help="A platform whose contract it speaks: neon_crm, neos or neon; may be repeated.",
            show_default="neon_crm",
        ),
    ] = None,
) -> None:
    """Create an organization with its scopes and signing keys."""

    async def work(use: Services) -> Organization:
        from doorward.orgs import NewOrganization

        by = cli_actor()
        new = NewOrganization(
            org_id=org_id,
            name=name,
            default_locale="ja" if locale == "ja" else "en",
            hosts=tuple(host or ()),
            dialects=("neon_crm",) if dialect is None else tuple(dialect),
        )
        made = await use.organizations.create(new, by)
        await use.keys.ensure(made.org_id, by=by)
        return made

    if locale not in {"en", "ja"}:
        raise typer.BadParameter("The language is en or ja.", param_hint="--locale")
    made = perform(at, work)
    at.show(_shown(made, at))
    at.say(f"Next: doorward user create {made.org_id} NAME --kind staff")


@command(orgs, "list")
def list_all(at: At) -> None:
    """List the organizations."""

    async def work(use: Services) -> list[Organization]:
        found: list[Organization] = []
        after: str | None = None
        while page := await use.organizations.list(after, _PAGE):
            found += page
            after = page[-1].org_id
        return found

    rows = [_shown(each, at) for each in perform(at, work)]
    at.show_list(("org_id", "name", "status", "issuer"), rows)


def _shown(organization: Organization, at: At) -> dict[str, object]:
    return {
        "org_id": organization.org_id,
        "name": organization.name,
        "status": str(organization.status),
        "issuer": f"{at.settings().base_url}/o/{organization.org_id}",
        "hosts": list(organization.hosts),
        "dialects": list(organization.dialects),
    }
