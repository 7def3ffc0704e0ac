"""Applications: who may ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from doorward.cli.at import At, Confirmed, moment
from doorward.cli.command import command, group
from doorward.cli.opening import cli_actor, perform
from doorward.cli.users import Org

if TYPE_CHECKING:
    from doorward.app import Services
    from doorward.clients import Application
    from doorward.crypto import Secret

__all__ = ["apps", "shown"]

apps = group("Applications that ask for access.")

_PAGE = 200
_NOTE = "The secret is shown this once: keep it now."


@dataclass(frozen=True)
class Registration:
    """What is said about a new application."""

    kind: Annotated[
        Literal["web", "spa", "native", "service"],
        typer.Option(help="Where it runs. spa and native keep no secret; service acts for itself."),
    ] = "web"
    auth_method: Annotated[
        Literal["client_secret_basic", "client_secret_post", "none"] | None,
        typer.Option(help="How it proves itself; follows from the kind.", show_default=False),
    ] = None
    redirect_uri: Annotated[
        list[str] | None,
        typer.Option(help="Where people come back to; may be repeated.", show_default=False),
    ] = None
    post_logout_redirect_uri: Annotated[
        list[str] | None,
        typer.Option(help="Where a sign-out leads; may be repeated.", show_default=False),
    ] = None
    scope: Annotated[
        list[str] | None,
        typer.Option(help="What it may ask for; may be repeated.", show_default=False),
    ] = None
    trusted: Annotated[
        bool, typer.Option(help="The organization's own: people are not asked for consent.")
    ] = False


@command(apps, "create")
def create(
    at: At,
    org: Org,
    name: Annotated[str, typer.Argument(help="The name that people read.")],
    wanted: Registration,
) -> None:
    """Register an application, approved at once, and print its secret."""

    async def work(use: Services) -> tuple[Application, Secret[str] | None]:
        from doorward.clients import ApplicationStatus, NewApplication
        from doorward.protocol import AuthMethod

        await use.organizations.get(org)
        implied = "none" if wanted.kind in {"spa", "native"} else "client_secret_basic"
        new = NewApplication(
            org_id=org,
            name=name,
            kind=wanted.kind,
            auth_method=AuthMethod(wanted.auth_method or implied),
            redirect_uris=wanted.redirect_uri or (),
            post_logout_redirect_uris=wanted.post_logout_redirect_uri or (),
            scopes=wanted.scope or (() if wanted.kind == "service" else ("openid",)),
            status=ApplicationStatus.APPROVED,
            trusted=wanted.trusted,
        )
        return await use.applications.create(new, cli_actor())

    application, secret = perform(at, work)
    made = shown(application)
    if secret is not None:
        made["client_secret"] = secret.reveal()
        at.say(_NOTE)
    at.show(made)


@command(apps, "list")
def list_all(at: At, org: Org) -> None:
    """List the applications."""

    async def work(use: Services) -> list[Application]:
        await use.organizations.get(org)
        found: list[Application] = []
        after: str | None = None
        while page := await use.applications.list(org, after, _PAGE):
            found += page
            after = page[-1].client_id
        return found

    rows = [shown(application) for application in perform(at, work)]
    at.show_list(("client_id", "name", "kind", "auth_method", "status", "scopes"), rows)


@command(apps, "show")
def show(
    at: At,
    org: Org,
    client_id: Annotated[str, typer.Argument(help="The application's client id.")],
) -> None:
    """Show an application, and when each of its secrets was made and was used last."""

    async def work(use: Services) -> dict[str, object]:
        await use.organizations.get(org)
        application = await use.applications.get(org, client_id)
        uses = await use.secret_uses.of(org, client_id)
        secrets = [
            {
                "secret_id": str(each.secret_id),
                "last4": each.last4,
                "created_at": moment(each.created_at),
                "expires_at": moment(each.expires_at),
                "last_used_at": moment(uses.get(each.secret_id)),
            }
            for each in application.secrets
        ]
        return shown(application) | {"secrets": secrets}

    at.show(perform(at, work))


@command(apps, "rotate-secret")
def rotate_secret(
    at: At,
    org: Org,
    client_id: Annotated[str, typer.Argument(help="The application's client id.")],
    *,
    revoke_old: Annotated[
        bool, typer.Option(help="End every older secret at once, for a leaked one.")
    ] = False,
    yes: Confirmed = False,
) -> None:
    """Print a new secret. The older ones go on working until they are revoked."""
    if revoke_old:
        at.confirm("The application stops working until it has the new secret. Go on?", yes=yes)

    async def work(use: Services) -> tuple[Secret[str], int]:
        await use.organizations.get(org)
        by = cli_actor()
        before = (await use.applications.get(org, client_id)).secrets
        _stored, secret = await use.applications.add_secret(org, client_id, by)
        for old in before if revoke_old else ():
            await use.applications.revoke_secret(org, client_id, old.secret_id, by)
        return secret, 0 if revoke_old else len(before)

    secret, older = perform(at, work)
    at.say(_NOTE)
    at.show(
        {
            "client_id": client_id,
            "client_secret": secret.reveal(),
            "older_secrets_still_good": older,
        }
    )


def shown(application: Application) -> dict[str, object]:
    """What is printed of an application."""
    return {
        "client_id": application.client_id,
        "name": application.name,
        "kind": application.kind,
        "auth_method": str(application.auth_method),
        "status": str(application.status),
        "redirect_uris": list(application.redirect_uris),
        "post_logout_redirect_uris": list(application.post_logout_redirect_uris),
        "scopes": list(application.scopes),
        "trusted": application.trusted,
        "quota_a_minute": application.quota_a_minute,
        "secrets": [f"…{secret.last4}" for secret in application.secrets],
    }
