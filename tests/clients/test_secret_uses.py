"""When a client secret was good last: coarse, and off the way of requests."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from doorward.audit import SYSTEM
from doorward.clients import Application, Applications, SecretUses
from doorward.crypto import Secret
from doorward.db import SECOND, Database, DatabaseError, statement
from doorward.protocol import AuthMethod, OAuthError, PresentedClient
from tests.support.clock import ManualClock
from tests.support.randomness import SeededRandom
from tests.support.registrations import SITE, SPA

pytestmark = pytest.mark.anyio

MINUTE = 60 * SECOND


@pytest.fixture
def uses(db: Database, clock: ManualClock) -> SecretUses:
    """What this process saw."""
    return SecretUses(db=db, clock=clock)


@pytest.fixture
def applications(
    db: Database, clock: ManualClock, random: SeededRandom, uses: SecretUses
) -> Applications:
    """The room's service, which tells ``uses``."""
    return Applications(db=db, clock=clock, random=random, secret_uses=uses)


async def proves(
    applications: Applications, made: Application, secret: Secret[str] | str | None
) -> bool:
    """Whether the application is let in with ``secret``."""
    given = secret.reveal() if isinstance(secret, Secret) else secret
    method = AuthMethod.NONE if given is None else AuthMethod.BASIC
    try:
        await applications.authenticate("river", PresentedClient(made.client_id, given, method))
    except OAuthError:
        return False
    return True


async def test_the_secret_that_was_good_is_the_one_that_was_used(
    applications: Applications, uses: SecretUses, clock: ManualClock
) -> None:
    """To the minute; one that was not presented stays unused."""
    made, first = await applications.create(SITE, SYSTEM)
    stored, second = await applications.add_secret("river", made.client_id, SYSTEM)
    assert await uses.of("river", made.client_id) == {}
    assert await proves(applications, made, second)
    assert await uses.flush() == 1
    assert await uses.of("river", made.client_id) == {
        stored.secret_id: clock.now - clock.now % MINUTE
    }
    assert await proves(applications, made, first)
    await uses.flush()
    assert set(await uses.of("river", made.client_id)) == {
        stored.secret_id, made.secrets[0].secret_id,
    }  # fmt: skip


async def test_what_proves_nothing_is_no_use(applications: Applications, uses: SecretUses) -> None:
    """A wrong secret, an expired one, and an application without any."""
    made, secret = await applications.create(SITE, SYSTEM)
    public, _ = await applications.create(SPA, SYSTEM)
    assert not await proves(applications, made, "dw_cs_wrong")
    assert not await proves(applications, made, "nobody's secret")
    assert not await proves(applications, made, "")
    assert await proves(applications, public, None)
    assert secret is not None
    assert await uses.flush() == 0


async def test_a_secret_is_written_once_a_minute(
    applications: Applications, uses: SecretUses, clock: ManualClock
) -> None:
    """However often it is used; a later minute is another one."""
    made, secret = await applications.create(SITE, SYSTEM)
    written = 0
    for _ in range(5):
        assert await proves(applications, made, secret)
        written += await uses.flush()
    assert written == 1
    before = dict(await uses.of("river", made.client_id))
    clock.advance(seconds=60)
    assert await proves(applications, made, secret)
    assert await uses.flush() == 1
    (after,) = (await uses.of("river", made.client_id)).values()
    assert after == next(iter(before.values())) + MINUTE


async def test_an_earlier_minute_never_replaces_a_later_one(
    applications: Applications, uses: SecretUses, db: Database, clock: ManualClock
) -> None:
    """Two processes keep what they saw in any order."""
    made, _ = await applications.create(SITE, SYSTEM)
    key = ("river", made.client_id, made.secrets[0].secret_id)
    slow = SecretUses(db=db, clock=clock)
    slow.note(key, clock.now)
    uses.note(key, clock.now + MINUTE)
    await uses.flush()
    await slow.flush()
    (kept,) = (await uses.of("river", made.client_id)).values()
    assert kept == clock.now + MINUTE - clock.now % MINUTE


async def test_what_could_not_be_kept_is_kept_later(
    applications: Applications, uses: SecretUses, db: Database
) -> None:
    """A table that is away loses nothing."""
    made, secret = await applications.create(SITE, SYSTEM)
    assert await proves(applications, made, secret)
    await db.run(statement(text("ALTER TABLE client_secrets RENAME TO away")))
    with pytest.raises(DatabaseError):
        await uses.flush()
    await db.run(statement(text("ALTER TABLE away RENAME TO client_secrets")))
    assert await uses.flush() == 1
    assert len(await uses.of("river", made.client_id)) == 1


async def test_a_secret_that_is_gone_is_not_missed(
    applications: Applications, uses: SecretUses
) -> None:
    """Nor does an odd client id reach the database."""
    made, secret = await applications.create(SITE, SYSTEM)
    await applications.add_secret("river", made.client_id, SYSTEM)
    assert await proves(applications, made, secret)
    await applications.revoke_secret("river", made.client_id, made.secrets[0].secret_id, SYSTEM)
    await uses.flush()
    assert await uses.of("river", made.client_id) == {}
    assert await uses.of("river", "\x00") == {}
    assert await uses.of("brook", made.client_id) == {}
