"""Scopes: what applications may ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from doorward.cli.at import At
from doorward.cli.command import command, group
from doorward.cli.opening import cli_actor, perform
from doorward.cli.users import Org

if TYPE_CHECKING:
    from doorward.app import Services
    from doorward.scopes import Scope

__all__ = ["scopes"]

scopes = group("Scopes: what applications may ask for.")

_TITLE = "A few words, the heading on the consent page"
_SENTENCE = "What it lets an application do, as the consent page says it"


@dataclass(frozen=True)
class Wording:
    """How people read a scope, in both languages. Japanese falls back to English."""

    title: Annotated[str, typer.Option(help=f"{_TITLE}.")]
    sentence: Annotated[str, typer.Option(help=f"{_SENTENCE}.")]
    title_ja: Annotated[
        str | None, typer.Option(help=f"{_TITLE}, in Japanese.", show_default=False)
    ] = None
    sentence_ja: Annotated[
        str | None, typer.Option(help=f"{_SENTENCE}, in Japanese.", show_default=False)
    ] = None


@command(scopes, "create")
def create(
    at: At,
    org: Org,
    name: Annotated[str, typer.Argument(help="The name in requests, such as donations.read.")],
    wording: Wording,
    api: Annotated[
        str | None, typer.Option(help="The identifier of its API.", show_default=False)
    ] = None,
    sensitivity: Annotated[
        Literal["basic", "personal", "sensitive", "destructive"],
        typer.Option(help="How loudly the consent page says it."),
    ] = "personal",
) -> None:
    """Offer a scope."""

    async def work(use: Services) -> Scope:
        from doorward.scopes import Scope

        await use.organizations.get(org)
        scope = Scope(
            org_id=org,
            name=name,
            api=api,
            title_en=wording.title,
            title_ja=wording.title_ja or wording.title,
            sentence_en=wording.sentence,
            sentence_ja=wording.sentence_ja or wording.sentence,
            sensitivity=sensitivity,
        )
        return await use.scopes.create_scope(scope, cli_actor())

    at.show(_shown(perform(at, work)))


@command(scopes, "list")
def list_all(at: At, org: Org) -> None:
    """List the scopes."""

    async def work(use: Services) -> list[Scope]:
        await use.organizations.get(org)
        return await use.scopes.list_scopes(org)

    rows = [_shown(scope) for scope in perform(at, work)]
    at.show_list(("name", "sensitivity", "api", "title_en", "title_ja"), rows)


def _shown(scope: Scope) -> dict[str, object]:
    return {
        "name": scope.name,
        "sensitivity": scope.sensitivity,
        "api": scope.api,
        "title_en": scope.title_en,
        "title_ja": scope.title_ja,
        "sentence_en": scope.sentence_en,
        "sentence_ja": scope.sentence_ja,
        "claims": list(scope.claims),
    }
