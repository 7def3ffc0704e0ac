"""Whoever can write to the database, but has no master key, is found out: what, and where."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from doorward.audit import SYSTEM, Fault, Strand
from doorward.db import statement as build
from tests.audit.conftest import ORG, Book

pytestmark = pytest.mark.anyio

_EVENT = "event_id = (SELECT event_id FROM audit_links WHERE org_id = 'river' AND position = {})"
_AT = "org_id = 'river' AND position = {}"
_DOWN = (
    # Positions are unique at every moment: the rows step aside first.
    "UPDATE audit_links SET position = -position WHERE position > 4",
    "UPDATE audit_links SET position = -position - 1 WHERE position < 0",
)
_FORGED_EVENT = (
    "INSERT INTO audit_events (org_id, event_id, at, actor_kind, actor_id, action, target_kind,"
    " target_id, address, detail) SELECT org_id, {id}, at, actor_kind, '9', action, target_kind,"
    " target_id, address, detail FROM audit_events WHERE " + _EVENT.format(4)
)
_FORGED_LINK = (
    "INSERT INTO audit_links (org_id, strand, position, event_id, key_id, content, digest)"
    " SELECT org_id, strand, {position}, {id}, key_id, content, digest FROM audit_links WHERE "
    + _AT.format(4)
)
_UP = (
    "UPDATE audit_links SET position = -position WHERE position > 4",
    "UPDATE audit_links SET position = -position + 1 WHERE position < 0",
)
_SWAP = (
    "UPDATE audit_links SET position = -3 WHERE position = 3",
    "UPDATE audit_links SET position = 3 WHERE position = {other}",
    "UPDATE audit_links SET position = {other} WHERE position = -3",
)
_NO_LINKS = "DELETE FROM audit_links WHERE position > 7"

TAMPERINGS = {
    "an event's detail": (["UPDATE audit_events SET detail = '{}' WHERE " + _EVENT.format(4)],
                          Fault.ALTERED, 4),
    "who did it": (["UPDATE audit_events SET actor_id = '8' WHERE " + _EVENT.format(1)],
                   Fault.ALTERED, 1),
    "what it is called": (
        ["UPDATE audit_events SET action = 'connection.refreshed' WHERE " + _EVENT.format(2)],
        Fault.ALTERED, 2),
    "when it was": (["UPDATE audit_events SET at = at - 1 WHERE " + _EVENT.format(10)],
                    Fault.ALTERED, 10),
    "an address taken out": (["UPDATE audit_events SET address = NULL WHERE " + _EVENT.format(5)],
                             Fault.ALTERED, 5),
    "a detail that is no detail": (
        ["UPDATE audit_events SET detail = 'x' WHERE " + _EVENT.format(5)], Fault.ALTERED, 5),
    "a link's digest": (["UPDATE audit_links SET digest = content WHERE " + _AT.format(6)],
                        Fault.ALTERED, 6),
    "the last link's digest": (["UPDATE audit_links SET digest = content WHERE " + _AT.format(10)],
                               Fault.ALTERED, 10),
    "an event alone": (["DELETE FROM audit_events WHERE " + _EVENT.format(3)], Fault.DELETED, 3),
    "a link alone": (["DELETE FROM audit_links WHERE " + _AT.format(3)], Fault.DELETED, 3),
    "an event and its link": (
        ["DELETE FROM audit_events WHERE " + _EVENT.format(4),
         "DELETE FROM audit_links WHERE " + _AT.format(4)], Fault.DELETED, 4),
    "an event and its link, the others moved up": (
        ["DELETE FROM audit_events WHERE " + _EVENT.format(4),
         "DELETE FROM audit_links WHERE " + _AT.format(4), *_DOWN], Fault.DELETED, 4),
    "the first ones": (
        ["DELETE FROM audit_events WHERE " + _EVENT.format(1),
         "DELETE FROM audit_links WHERE " + _AT.format(1)], Fault.DELETED, 1),
    "an event and a link in between": (
        [*_UP, _FORGED_EVENT.format(id=77), _FORGED_LINK.format(position=5, id=77)],
        Fault.INSERTED, 5),
    "a link after the end": (
        [_FORGED_EVENT.format(id=77), _FORGED_LINK.format(position=11, id=77)],
        Fault.INSERTED, 11),
    "an event of long ago": ([_FORGED_EVENT.format(id=77)], Fault.INSERTED, 0),
    "two neighbours": ([each.format(other=4) for each in _SWAP], Fault.REORDERED, 3),
    "two that are far apart": ([each.format(other=9) for each in _SWAP], Fault.REORDERED, 3),
    "the end": (
        [("DELETE FROM audit_events WHERE event_id IN"
         " (SELECT event_id FROM audit_links WHERE position > 7)"), _NO_LINKS],
        Fault.TRUNCATED, 8),
    "the end, and the row that says so": (
        [_NO_LINKS,
         ("UPDATE audit_chains SET position = 7,"
         " digest = (SELECT digest FROM audit_links WHERE position = 7)")],
        Fault.CHECKPOINT, 0),
    "the beginning, as if it had been let go": (
        ["DELETE FROM audit_links WHERE position = 1",
         "UPDATE audit_chains SET first_position = 2"], Fault.CHECKPOINT, 0),
    "where the chain ends": (["DELETE FROM audit_chains"], Fault.CHECKPOINT, 0),
    "the keys": (["DELETE FROM audit_keys"], Fault.CHECKPOINT, 0),
}  # fmt: skip


@pytest.mark.parametrize("what", TAMPERINGS)
async def test_each_tampering_is_found_and_named(book: Book, what: str) -> None:
    """The kind of change, at the first place where the chain shows it; undone, all is well."""
    statements, fault, position = TAMPERINGS[what]
    await book.keep(10)
    await book.chain.sealer.seal_all()
    assert await book.findings() == []
    await book.tamper(*statements)
    first = (await book.findings())[0]
    assert (first.strand, first.fault, first.position) == (Strand.MAIN, fault, position)


async def test_nothing_is_sealed_upon_an_end_that_is_not_ours(book: Book) -> None:
    """Else the next link would vouch for what somebody cut off."""
    await book.keep(10)
    await book.chain.sealer.seal_all()
    statements, *_ = TAMPERINGS["the end, and the row that says so"]
    await book.tamper(*statements)
    await book.keep(2)
    assert await book.chain.sealer.seal_all() == 0
    assert [each.fault for each in await book.findings()] == [Fault.CHECKPOINT]


async def test_a_head_kept_elsewhere_shows_a_database_that_was_set_back(book: Book) -> None:
    """With an old copy of every row the database agrees with itself, but not with the head."""
    await book.keep(5)
    await book.chain.sealer.seal_all()
    columns = "first_position, base, position, digest, newest_id, key_id, removed_at, mark"
    copy = build(text(f"SELECT {columns} FROM audit_chains"))
    (old,) = await book.db.all(copy)
    await book.keep(3)
    await book.chain.sealer.seal_all()
    (chain,) = await book.chain.list(ORG)
    earlier = chain.head
    await book.tamper(
        "DELETE FROM audit_events WHERE event_id IN"
        " (SELECT event_id FROM audit_links WHERE position > 5)",
        "DELETE FROM audit_links WHERE position > 5",
    )
    put_back = build(text(
        "UPDATE audit_chains SET position = :position, digest = :digest, newest_id = :newest_id,"
        " mark = :mark"
    ))  # fmt: skip
    values = dict(zip(columns.split(", "), old, strict=True))
    named = ("position", "digest", "newest_id", "mark")
    await book.db.run(put_back, **{name: values[name] for name in named})
    assert await book.findings() == []
    (found,) = (await book.chain.verifier.verify(ORG, [earlier])).findings
    assert (found.fault, found.position) == (Fault.TRUNCATED, 8)
    await book.keep(9)
    await book.chain.sealer.seal_all()
    (found,) = (await book.chain.verifier.verify(ORG, [earlier])).findings
    assert (found.fault, found.position) == (Fault.REPLACED, 8)


async def test_a_key_of_another_organization_marks_nothing_here(book: Book) -> None:
    """A sealed key opens for the organization that it was made for."""
    await book.keep(4)
    await book.keep(4, org_id="lake")
    await book.chain.sealer.seal_all()
    await book.tamper(
        "DELETE FROM audit_keys WHERE org_id = 'river'",
        "UPDATE audit_keys SET org_id = 'river'",
    )
    assert [each.fault for each in await book.findings()] == [Fault.CHECKPOINT]


async def test_a_record_that_was_looked_into_is_sealed_anew(book: Book) -> None:
    """The way out is an event of its own, and what is there then verifies."""
    await book.keep(10)
    await book.chain.sealer.seal_all()
    await book.tamper("DELETE FROM audit_chains")
    await book.chain.retention.restart(ORG, SYSTEM)
    assert await book.chain.sealer.seal_all() == 11
    assert await book.findings() == []
