"""The chain of an organization's events: what a link proves, and what can be wrong with one.

Two strands run side by side: events that are kept for long, and those of which there are so many
that they go after a while. Each link holds two marks under a key that the database does not hold
in the open: one of its event, and one of that mark, its place and the link before. So an event
that was changed, and a link that was moved, are different findings.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha256
from typing import Final

import msgspec

from doorward.audit.model import RecordedEvent
from doorward.db import Row
from doorward.protocol import Refusal

__all__ = [
    "BRIEF_ACTIONS",
    "GENESIS",
    "LATE_S",
    "BadHead",
    "Chain",
    "Fault",
    "Finding",
    "Head",
    "Link",
    "Strand",
    "Verdict",
    "content_of",
    "is_marked",
    "is_true",
    "make_link",
    "mark_of",
    "parse_head",
    "strand_of",
]

GENESIS: Final = bytes(32)
"""What stands before the first link."""

LATE_S: Final = 1800
"""How much older than the newest sealed event another may be and still be sealed.

A unit of work takes seconds; the rest is for servers whose clocks differ.
"""

BRIEF_ACTIONS: Final = frozenset(
    {"connection.called", "connection.refreshed", "connection.token_read"}
)
"""What is done so often that it is kept for a shorter time."""

_LONGEST_HEAD: Final = 300


class Strand(StrEnum):
    """Which of an organization's two chains."""

    MAIN = "main"
    BRIEF = "brief"


class Fault(StrEnum):
    """What was done to the record, as far as the chain can tell."""

    ALTERED = "altered"
    """An event or its link says something else than when it was sealed."""
    DELETED = "deleted"
    """An event or a link was taken out."""
    INSERTED = "inserted"
    """There is an event, or a link, that was never sealed."""
    REORDERED = "reordered"
    """A link stands in another place than when it was sealed."""
    TRUNCATED = "truncated"
    """The end is missing."""
    CHECKPOINT = "checkpoint"
    """The row that says where the chain begins and ends is missing, or not ours."""
    REPLACED = "replaced"
    """The chain is not the one that a head kept elsewhere was taken from."""
    UNREADABLE = "unreadable"
    """The key of a link is missing, or does not open."""


class BadHead(Refusal):
    """Not a head as it is printed."""

    code = "bad_head"
    status = 422
    sentence = "A head is written as it was printed: organization:strand:position:digest."


@dataclass(frozen=True, slots=True)
class Link:
    """One place of a chain. ``content`` marks the event, ``digest`` everything up to here."""

    org_id: str
    strand: Strand
    position: int
    event_id: int
    key_id: int
    content: bytes
    digest: bytes

    @classmethod
    def from_row(cls, row: Row) -> Link:
        """Read a row of ``audit_links`` in the order of its columns."""
        org_id, strand, position, event_id, key_id, content, digest = row
        return cls(
            org_id, Strand(strand), position, event_id, key_id, bytes(content), bytes(digest)
        )

    def digest_after(self, before: bytes, key: bytes) -> bytes:
        """What its digest is when the link before ended with ``before``."""
        place = self.position.to_bytes(8, "big")
        words = (b"link", self.strand.encode(), place, before, self.content)
        return _mac(key, b"\x00".join(words))


@dataclass(frozen=True, slots=True)
class Chain:
    """Where a strand begins and ends. ``base`` is the digest of the last link that was let go.

    ``newest_id`` is the newest event that any link was made of; ``removed_at`` when links were
    last let go (microseconds).
    """

    org_id: str
    strand: Strand
    first_position: int
    base: bytes
    position: int
    digest: bytes
    newest_id: int
    key_id: int
    removed_at: int | None
    mark: bytes

    @classmethod
    def from_row(cls, row: Row) -> Chain:
        """Read a row of ``audit_chains`` in the order of its columns."""
        org_id, strand, first, base, position, digest, newest, key_id, removed, mark = row
        return cls(
            org_id=org_id,
            strand=Strand(strand),
            first_position=first,
            base=bytes(base),
            position=position,
            digest=bytes(digest),
            newest_id=newest,
            key_id=key_id,
            removed_at=removed,
            mark=bytes(mark),
        )

    @classmethod
    def begun(cls, org_id: str, strand: Strand) -> Chain:
        """A strand before its first link."""
        return cls(org_id, strand, 1, GENESIS, 0, GENESIS, 0, 0, None, b"")

    def extended(self, link: Link) -> Chain:
        """This chain with ``link`` at its end; it has yet to be marked."""
        return replace(
            self,
            position=link.position,
            digest=link.digest,
            newest_id=max(self.newest_id, link.event_id),
        )

    def marked(self, key_id: int, key: bytes) -> Chain:
        """This chain under a mark that only the holder of ``key`` can make."""
        bare = replace(self, key_id=key_id)
        return replace(bare, mark=mark_of(bare, key))

    @property
    def length(self) -> int:
        """How many links are kept."""
        return self.position - self.first_position + 1

    @property
    def head(self) -> Head:
        """Its end, to be kept elsewhere."""
        return Head(self.org_id, self.strand, self.position, self.digest)


@dataclass(frozen=True, slots=True)
class Head:
    """The end that a chain had at some time, as it is printed and kept elsewhere."""

    org_id: str
    strand: Strand
    position: int
    digest: bytes

    def __str__(self) -> str:
        return f"{self.org_id}:{self.strand}:{self.position}:{self.digest.hex()}"


@dataclass(frozen=True, slots=True)
class Finding:
    """The first thing that is wrong with a strand, and where. ``position`` 0 is no place in it."""

    org_id: str
    strand: Strand
    position: int
    fault: Fault
    event_id: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of verifying an organization's chains."""

    org_id: str
    chains: tuple[Chain, ...]
    findings: tuple[Finding, ...]
    waiting: int
    """How many events are not sealed yet."""

    @property
    def is_whole(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings


def strand_of(action: str) -> Strand:
    """The strand that events of this action belong to."""
    return Strand.BRIEF if action in BRIEF_ACTIONS else Strand.MAIN


def make_link(chain: Chain, recorded: RecordedEvent, key_id: int, key: bytes) -> Link:
    """The link of ``recorded`` at the end of ``chain``."""
    bare = Link(
        org_id=chain.org_id,
        strand=chain.strand,
        position=chain.position + 1,
        event_id=recorded.event_id,
        key_id=key_id,
        content=content_of(recorded, chain.strand, key),
        digest=b"",
    )
    return replace(bare, digest=bare.digest_after(chain.digest, key))


def content_of(recorded: RecordedEvent, strand: Strand, key: bytes) -> bytes:
    """The mark of an event: every field of it, as it was kept."""
    event = recorded.event
    fields = (
        "event",
        event.org_id,
        strand,
        recorded.event_id,
        recorded.at,
        event.actor_kind,
        event.actor_id,
        event.action,
        event.target_kind,
        event.target_id,
        event.address,
        recorded.kept_detail,
    )
    return _mac(key, msgspec.json.encode(fields))


def mark_of(chain: Chain, key: bytes) -> bytes:
    """The mark of where a chain begins and ends."""
    fields = (
        "chain",
        chain.org_id,
        chain.strand,
        chain.first_position,
        chain.base.hex(),
        chain.position,
        chain.digest.hex(),
        chain.newest_id,
        chain.removed_at,
    )
    return _mac(key, msgspec.json.encode(fields))


def is_true(link: Link, recorded: RecordedEvent, before: bytes, keys: Mapping[int, bytes]) -> bool:
    """Whether ``link`` is ours, follows ``before``, and ``recorded`` says what it said then."""
    key = keys.get(link.key_id)
    if key is None or not hmac.compare_digest(link.digest_after(before, key), link.digest):
        return False
    return hmac.compare_digest(content_of(recorded, link.strand, key), link.content)


def parse_head(text: str) -> Head:
    """A head as ``Head`` prints it. Raises ``BadHead``."""
    parts = text.strip().split(":")
    if len(text) > _LONGEST_HEAD or len(parts) != 4:
        raise BadHead
    org_id, strand, position, digest = parts
    try:
        if not (position.isascii() and position.isdigit() and len(position) <= 18):
            raise BadHead
        head = Head(org_id, Strand(strand), int(position), bytes.fromhex(digest))
    except ValueError as error:
        raise BadHead from error
    if len(head.digest) != len(GENESIS):
        raise BadHead
    return head


def is_marked(chain: Chain, keys: Mapping[int, bytes]) -> bool:
    """Whether the chain's own row is ours."""
    key = keys.get(chain.key_id)
    return key is not None and hmac.compare_digest(mark_of(chain, key), chain.mark)


def _mac(key: bytes, words: bytes) -> bytes:
    return hmac.digest(key, words, sha256)
