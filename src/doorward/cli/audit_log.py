"""The audit log: read, followed, exported, verified."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from doorward.cli.at import At, Confirmed, moment
from doorward.cli.command import command, group
from doorward.cli.exits import Exit, Stop
from doorward.cli.opening import cli_actor, perform
from doorward.cli.users import Org

if TYPE_CHECKING:
    from collections.abc import Sequence

    from doorward.app import Services
    from doorward.audit import EventFilter, Finding, Head, RecordedEvent, Verdict

__all__ = ["audit"]

audit = group("The audit log: what was done, by whom, and whether that was changed since.")

_FOLLOW_EVERY_S = 1.0
_OVERLAP_S = 30
_SAID = {
    "altered": "an event, or its link, is not as it was sealed",
    "deleted": "something was taken out",
    "inserted": "something is there that was never sealed",
    "reordered": "a link stands in another place",
    "truncated": "the end is missing",
    "checkpoint": "the row that says where the chain begins and ends is missing, or not ours",
    "replaced": "this is not the chain that the head was taken from",
    "unreadable": "the key of a link is missing, or no master key that is set opens it",
}


@dataclass(frozen=True)
class Wanted:
    """Which events."""

    actor: Annotated[
        str | None, typer.Option(help="By whom: an identifier.", show_default=False)
    ] = None
    action: Annotated[
        str | None, typer.Option(help="What, as in account.created.", show_default=False)
    ] = None
    target: Annotated[
        str | None, typer.Option(help="To what: an identifier.", show_default=False)
    ] = None
    since: Annotated[
        str | None, typer.Option(help="Not before this day or moment, UTC.", show_default=False)
    ] = None
    until: Annotated[
        str | None, typer.Option(help="Before this day or moment, UTC.", show_default=False)
    ] = None

    def filter(self) -> EventFilter:
        """As the room asks for it. Raises ``Stop``."""
        from doorward.audit import EventFilter

        return EventFilter(
            self.actor, self.action, self.target, _micros(self.since), _micros(self.until)
        )


@command(audit, "verify")
def verify(
    at: At,
    org: Annotated[
        str | None, typer.Option(help="Only this organization.", show_default=False)
    ] = None,
    head: Annotated[
        list[str] | None,
        typer.Option(
            help="A head that was printed before and kept elsewhere; may be repeated.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Verify that the log is as it was sealed. Exits with 1 when it is not, and says where."""
    from doorward.audit import parse_head

    heads = [parse_head(text) for text in head or []]

    async def work(use: Services) -> list[Verdict]:
        await use.master_keys.verify()
        named = [org] if org is not None else await _organizations(use, heads)
        for each in [] if org is None else named:
            await use.organizations.get(each)
        return [await use.audit_chain.verifier.verify(each, heads) for each in named]

    verdicts = perform(at, work)
    at.show_list(
        ("org", "strand", "position", "event", "fault", "head", "waiting"),
        [row for verdict in verdicts for row in _rows(verdict)],
    )
    found = [finding for verdict in verdicts for finding in verdict.findings]
    if found:
        raise Stop("\n".join(_in_words(each) for each in found))
    at.say("Nothing was changed since it was sealed.")


@command(audit, "head")
def head(at: At, org: Org) -> None:
    """Print the ends of an organization's chains, to be kept where nobody reaches who is here."""

    async def work(use: Services) -> list[str]:
        await use.organizations.get(org)
        return [str(chain.head) for chain in await use.audit_chain.list(org)]

    at.show_list(("head",), [{"head": each} for each in perform(at, work)])


@command(audit, "tail")
def tail(
    at: At,
    org: Org,
    wanted: Wanted,
    lines: Annotated[int, typer.Option(min=0, max=1000, help="How many of the last.")] = 20,
    *,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on with what comes, until interrupted.")
    ] = False,
) -> None:
    """Print the last events, the newest at the end; JSON lines with --json."""
    chosen = wanted.filter()

    async def work(use: Services) -> None:
        await use.organizations.get(org)
        found = await use.audit.search(org, chosen, None, lines) if lines else []
        _print(at, list(reversed(found)))
        if follow:
            await _follow(at, use, org, chosen)

    try:
        perform(at, work)
    except KeyboardInterrupt:
        raise typer.Exit(int(Exit.INTERRUPTED)) from None


@command(audit, "export")
def export(
    at: At,
    org: Org,
    wanted: Wanted,
    form: Annotated[
        Literal["jsonl", "csv"], typer.Option("--format", help="JSON lines, or CSV.")
    ] = "jsonl",
) -> None:
    """Print every event that is wanted, the newest first. That it was done is itself an event."""
    chosen = wanted.filter()

    async def work(use: Services) -> None:
        from doorward.console import EVENT_FORMATS

        await use.organizations.get(org)
        await use.audit.note_export(org, form, cli_actor())
        file = EVENT_FORMATS[form]
        sys.stdout.write(file.head)
        async for page in use.audit.walk(org, chosen):
            sys.stdout.write(file.render(page))

    perform(at, work)


@command(audit, "restart")
def restart(at: At, org: Org, *, yes: Confirmed = False) -> None:
    """Forget the chain of a log that does not verify, and seal what is there anew."""
    at.confirm(
        "What was changed up to now is not found any more. Export the log first. Go on?", yes=yes
    )

    async def work(use: Services) -> int:
        await use.organizations.get(org)
        await use.audit_chain.retention.restart(org, cli_actor())
        return await use.audit_chain.sealer.seal(org)

    at.show({"sealed": perform(at, work)})


async def _organizations(use: Services, heads: Sequence[Head]) -> list[str]:
    """Every organization of which there are events, and those that ``heads`` are of."""
    named, org_id = {each.org_id for each in heads}, await use.audit_chain.next_organization("")
    while org_id is not None:
        named.add(org_id)
        org_id = await use.audit_chain.next_organization(org_id)
    return sorted(named)


async def _follow(at: At, use: Services, org: str, wanted: EventFilter) -> None:
    """Print what comes. An event may be committed after a younger one: a while is looked back."""
    import asyncio
    from dataclasses import replace

    from doorward.db import SECOND

    seen = {each.event_id for each in await _latest(use, org, wanted)}
    while True:
        await asyncio.sleep(_FOLLOW_EVERY_S)
        since = max(wanted.since or 0, use.clock() - _OVERLAP_S * SECOND)
        found = await _latest(use, org, replace(wanted, since=since))
        _print(at, [each for each in reversed(found) if each.event_id not in seen])
        seen = {each.event_id for each in found}


async def _latest(use: Services, org: str, wanted: EventFilter) -> list[RecordedEvent]:
    return await use.audit.search(org, wanted, None, 1000)


def _print(at: At, events: Sequence[RecordedEvent]) -> None:
    import json

    from doorward.console import EVENT_FORMATS

    if at.as_json:
        sys.stdout.write(EVENT_FORMATS["jsonl"].render(events))
    else:
        for each in events:
            event = each.event
            who = f"{event.actor_kind} {event.actor_id}"
            what = f"{event.target_kind} {event.target_id}"
            detail = json.dumps(dict(event.detail), ensure_ascii=False) if event.detail else ""
            cells = (moment(each.at) or "", event.address or "-", who, event.action, what, detail)
            # A line that is written is one line that is read, whatever an identifier holds.
            print("\t".join("".join(c if c.isprintable() else " " for c in x) for x in cells))
    sys.stdout.flush()


def _rows(verdict: Verdict) -> list[dict[str, object]]:
    faults = {each.strand: each for each in reversed(verdict.findings)}
    rows: list[dict[str, object]] = []
    for chain in verdict.chains:
        found = faults.pop(chain.strand, None)
        rows.append(_row(verdict, str(chain.strand), found, str(chain.head)))
    rows += [_row(verdict, str(each.strand), each, "") for each in faults.values()]
    return rows


def _row(verdict: Verdict, strand: str, found: Finding | None, head: str) -> dict[str, object]:
    return {
        "org": verdict.org_id,
        "strand": strand,
        "position": found.position if found is not None else None,
        "event": str(found.event_id) if found is not None and found.event_id else None,
        "fault": str(found.fault) if found is not None else None,
        "head": head,
        "waiting": verdict.waiting,
    }


def _in_words(found: Finding) -> str:
    where = f" at position {found.position}" if found.position else ""
    event = f" (event {found.event_id})" if found.event_id else ""
    return f"{found.org_id}, {found.strand}{where}{event}: {found.fault}: {_SAID[found.fault]}."


def _micros(text: str | None) -> int | None:
    from datetime import UTC, datetime

    if text is None:
        return None
    try:
        when = datetime.fromisoformat(text)
    except ValueError as error:
        raise Stop(f"{text} is no day or moment, such as 2026-11-27.", Exit.USAGE) from error
    aware = when if when.tzinfo is not None else when.replace(tzinfo=UTC)
    return int(aware.timestamp() * 1_000_000)
