"""What is worked on meanwhile: all that chaos does, and tokens are asked about all the time."""

from __future__ import annotations

from chaos.desk import Desk
from chaos.work import WORK, Person, Work

__all__ = ["LOAD"]

_SHOWN = 200


async def _introspect_a_live_token(desk: Desk, _person: Person) -> None:
    """One that was acknowledged is good, unless somebody revokes it at this moment."""
    if not desk.journal.tokens:
        return
    token = desk.random.choice(desk.journal.tokens)
    answer = await desk.program("/oauth2/introspect", {"token": token})
    if answer.status_code == 200 and not answer.json()["active"] and token in desk.journal.tokens:
        desk.journal.lost.append("an acknowledged token was not known")


async def _introspect_a_revoked_token(desk: Desk, _person: Person) -> None:
    """Once it was said that it is revoked, nobody believes it again."""
    if not desk.journal.revoked:
        return
    token = desk.random.choice(desk.journal.revoked[-_SHOWN:])
    answer = await desk.program("/oauth2/introspect", {"token": token})
    if answer.status_code == 200 and answer.json()["active"]:
        desk.journal.lost.append("a revoked token was believed")


LOAD: tuple[tuple[Work, int], ...] = (
    *WORK,
    (_introspect_a_live_token, 20),
    (_introspect_a_revoked_token, 10),
)
"""What a worker may do next, and how often."""
