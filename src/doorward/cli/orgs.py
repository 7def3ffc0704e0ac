"""Organizations."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

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


@dataclass(frozen=True)
class Rules:
    """What is to hold for new applications; what is left out stays as it is."""

    mode: Annotated[
        Literal["open", "by_request", "closed"] | None,
        typer.Option(help="Whether people may register applications.", show_default=False),
    ] = None
    who: Annotated[
        list[str] | None,
        typer.Option(
            help="Who may while it is open: constituent or system; may be repeated.",
            show_default=False,
        ),
    ] = None
    message_en: Annotated[
        str | None,
        typer.Option(help="What the others read, in English; empty for none.", show_default=False),
    ] = None
    message_ja: Annotated[
        str | None,
        typer.Option(help="The same in Japanese; empty for none.", show_default=False),
    ] = None

    def given(self) -> dict[str, Any]:
        """The fields that were given, as the policy has them."""
        texts = {"message_en": self.message_en, "message_ja": self.message_ja}
        given: dict[str, Any] = {n: text or None for n, text in texts.items() if text is not None}
        if self.mode is not None:
            given["mode"] = self.mode
        if self.who is not None:
            given["who"] = tuple(self.who)
        return given


@command(orgs, "registration")
def registration(
    at: At, org_id: Annotated[str, typer.Argument(help="The organization.")], rules: Rules
) -> None:
    """Show who may register applications and what the others read, or change it."""

    async def work(use: Services) -> Organization:
        from doorward.orgs import OrganizationChange

        organization = await use.organizations.get(org_id)
        if not rules.given():
            return organization
        wanted = replace(organization.registration, **rules.given())
        change = OrganizationChange(registration=wanted)
        return await use.organizations.update(organization.org_id, change, cli_actor())

    policy = perform(at, work).registration
    at.show(
        {
            "mode": policy.mode,
            "who": list(policy.who),
            "message_en": policy.message_en,
            "message_ja": policy.message_ja,
        }
    )


def _shown(organization: Organization, at: At) -> dict[str, object]:
    return {
        "org_id": organization.org_id,
        "name": organization.name,
        "status": str(organization.status),
        "issuer": f"{at.settings().base_url}/o/{organization.org_id}",
        "hosts": list(organization.hosts),
        "dialects": list(organization.dialects),
    }
