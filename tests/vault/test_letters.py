"""Letters about connections that somebody must mend: which, to whom, once, and with the change."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest

from doorward.accounts import Account, AccountChange, AccountKind
from doorward.app import Services
from doorward.audit import SYSTEM
from doorward.connectors import Category, UpstreamFailure
from doorward.db import Transaction, statement
from doorward.mail import Inbox, Parcel
from doorward.orgs import Permission
from doorward.vault import (
    ORGANIZATION,
    Connection,
    NeedsReconnect,
    Reason,
    Status,
    Unplannable,
    VaultRefusal,
)
from doorward.vault.notices import Notices
from doorward.vault.store import connection_notices
from tests.mail.letters import rows, work_off
from tests.support.factories import make_account, make_accounts, make_org
from tests.support.world import BASE_URL, make_services
from tests.vault.conftest import Bench
from tests.vault.samples import ORG, grant, party, plan

pytestmark = pytest.mark.anyio

CREDENTIALS = 55
DEAD = UpstreamFailure(Category.DEAD_GRANT, "invalid_grant", status=400)
REFUSED = UpstreamFailure(Category.CONFIGURATION, "invalid_client", status=401)
BUSY = UpstreamFailure(Category.TRANSIENT, "server_error", status=503)
_COUNT = statement(connection_notices.select())


@dataclass
class Post:
    """A bench whose organization has mail, Anna's account, and everybody's inbox."""

    bench: Bench
    services: Services
    inbox: Inbox
    anna: Account

    async def connect(self, number: int = 1) -> Connection:
        """Anna's connection of the organization's credentials."""
        return await self.bench.connect(
            account_id=self.anna.account_id,
            credentials_id=CREDENTIALS,
            party=party(f"acct-{number}"),
        )

    async def fail(self, row: Connection, failure: UpstreamFailure) -> None:
        """Let the token end, and the platform answer so when it is renewed."""
        self.bench.clock.advance(seconds=3600)
        self.bench.platform.failures = [failure]
        with pytest.raises(VaultRefusal):
            await self.bench.get(row)

    async def letters(self) -> list[Parcel]:
        """What arrives once the vault's worker and the postman have done their turn."""
        known = {each.number for each in self.inbox.newest()}
        await self.services.vault.worker.look_after()
        await work_off(self.services.outbox, self.inbox, self.services.db)
        fresh = [each.parcel for each in self.inbox.newest() if each.number not in known]
        return sorted(fresh, key=lambda each: each.address)

    async def end(self, *, breaks: bool = False) -> int:
        """End every connection of the credentials in one unit, which may break."""

        async def work(tx: Transaction) -> int:
            ended = await self.bench.vault.connections.end_of_credentials(
                tx, ORG, CREDENTIALS, SYSTEM
            )
            if breaks:
                raise OSError
            return ended

        return await self.bench.db.unit(work)


@pytest.fixture
async def post(bench: Bench) -> Post:
    """Anna, two members of staff who keep connectors, and one who does not."""
    inbox = Inbox(clock=bench.clock)
    await make_org(bench.db, ORG, with_keys=False)
    keeps = (str(Permission.CONNECTORS_WRITE),)
    anna = await make_account(bench.db, "anna")
    for name, permissions in (("kim", keeps), ("lee", keeps), ("tom", ("accounts.read",))):
        await make_account(bench.db, name, kind=AccountKind.SYSTEM, permissions=permissions)
    return Post(bench, make_services(bench.db, bench.clock, carrier=inbox), inbox, anna)


def short(letters: list[Parcel]) -> list[tuple[str, str]]:
    """Who is told what."""
    return [(each.address.partition("@")[0], each.template) for each in letters]


async def test_the_person_is_told_what_ended_why_and_where_to_mend_it(post: Post) -> None:
    """The link leads to their connections, by the address that is configured."""
    row = await post.connect()
    await post.fail(row, DEAD)
    (letter,) = await post.letters()
    assert short([letter]) == [("anna", "connection_ended")]
    assert letter.subject == "Your connection to ledger has stopped working"
    assert "The platform no longer accepts this connection." in letter.text
    assert letter.links == (f"{BASE_URL}/o/{ORG}/account/connections",)
    assert await post.letters() == []


async def test_a_platform_is_called_by_its_name(post: Post) -> None:
    """As the catalogue has it, even if it looks like an address."""
    known = post.services.connectors.catalogue()[0]
    post.bench.planner.always = plan(slug=known.slug)
    await post.fail(await post.connect(), DEAD)
    (letter,) = await post.letters()
    assert letter.subject == f"Your connection to {known.name} has stopped working"


async def test_staff_are_told_of_a_connection_that_is_nobodys_own(post: Post) -> None:
    """Whoever may change connections: nobody else could mend it."""
    keeps = (str(Permission.CONNECTIONS_WRITE),)
    await make_account(post.bench.db, "mia", kind=AccountKind.SYSTEM, permissions=keeps)
    row = await post.bench.connect(
        account_id=ORGANIZATION, credentials_id=CREDENTIALS, party=party("acct-9")
    )
    await post.fail(row, DEAD)
    (letter,) = await post.letters()
    assert short([letter]) == [("mia", "shared_connection_ended")]
    where = f"{BASE_URL}/o/{ORG}/admin/connections/connection?connection={row.connection_id}"
    assert letter.links == (where,)
    assert "The platform no longer accepts this connection." in letter.text
    assert await post.letters() == []


async def test_the_person_is_told_in_their_own_language(post: Post) -> None:
    """The reason too."""
    await make_accounts(post.bench.db).update(
        ORG, post.anna.account_id, AccountChange(locale="ja"), SYSTEM
    )
    await post.fail(await post.connect(), DEAD)
    (letter,) = await post.letters()
    assert (letter.locale, letter.subject) == ("ja", "ledger との接続が使えなくなりました")
    assert "プラットフォームがこの接続を受け付けなくなりました。" in letter.text


async def test_a_connection_is_told_of_once_a_day(post: Post) -> None:
    """However often it is connected and ends; and again after that."""
    row = await post.connect()
    await post.fail(row, DEAD)
    assert len(await post.letters()) == 1
    for expected in (0, 1):
        post.bench.platform.number = 1
        await post.bench.connect(
            account_id=post.anna.account_id, credentials_id=CREDENTIALS, grant=grant(1)
        )
        await post.fail(row, DEAD)
        assert len(await post.letters()) == expected
        post.bench.clock.advance(seconds=86_400)


async def test_staff_are_told_once_that_the_credentials_are_refused(post: Post) -> None:
    """Not for each connection, and only those who may correct them."""
    for number in (1, 2, 3):
        await post.fail(await post.connect(number), REFUSED)
    told = await post.letters()
    assert short(told) == [("kim", "credentials_refused"), ("lee", "credentials_refused")]
    assert told[0].links == (f"{BASE_URL}/o/{ORG}/admin/connectors/connector?connector=ledger",)
    post.bench.clock.advance(seconds=7 * 86_400)
    await post.fail(await post.connect(4), REFUSED)
    assert await post.letters() == []


async def test_staff_are_told_again_once_the_credentials_were_mended(post: Post) -> None:
    """A new secret may be wrong as well."""
    row = await post.connect()
    await post.fail(row, REFUSED)
    assert len(await post.letters()) == 2

    async def work(tx: Transaction) -> int:
        return await post.bench.vault.connections.resume_of_credentials(tx, ORG, CREDENTIALS)

    await post.bench.db.unit(work)
    await post.fail(await post.connect(2), REFUSED)
    assert len(await post.letters()) == 2


async def test_what_mends_itself_is_told_to_nobody(post: Post) -> None:
    """A platform that is away, and a connector that is switched off on purpose."""
    row = await post.connect()
    await post.fail(row, BUSY)
    post.bench.planner.missing = Unplannable(Status.BLOCKED, Reason.CONNECTOR_OFF)
    post.bench.clock.advance(seconds=3600)
    with pytest.raises(VaultRefusal):
        await post.bench.get(row)
    assert await post.bench.db.all(_COUNT) == []
    assert await post.letters() == []


async def test_who_connected_again_at_once_is_not_told(post: Post) -> None:
    """And is, when it ends another time on the same day."""
    row = await post.connect()
    await post.fail(row, DEAD)
    await post.connect()
    assert await post.letters() == []
    await post.fail(row, DEAD)
    assert short(await post.letters()) == [("anna", "connection_ended")]


async def test_an_edit_that_ends_many_connections_writes_their_letters_later(post: Post) -> None:
    """Twenty at a time, in units of their own; the unit of the edit writes none."""
    for number in range(25):
        await post.connect(number)
    assert await post.end() == 25
    assert await rows(post.bench.db) == []
    worker = post.services.vault.worker
    for expected in (20, 25, 25):
        await worker.look_after()
        assert len(await rows(post.bench.db)) == expected


async def test_nobody_is_told_of_an_edit_that_failed(post: Post) -> None:
    """What is told goes with its unit."""
    await post.connect()
    with pytest.raises(OSError):
        await post.end(breaks=True)
    assert await post.letters() == []


async def test_many_processes_tell_once(post: Post) -> None:
    """Of many failures at the same time, by many workers at the same time."""
    row = await post.connect()
    post.bench.clock.advance(seconds=3600)
    post.bench.platform.failures = [DEAD]
    vaults = [post.bench.another(stands_still=True) for _ in range(4)]
    asking = [each.refresher.get_token(ORG, row.connection_id) for each in vaults]
    answers = await asyncio.gather(*asking, return_exceptions=True)
    assert all(isinstance(each, NeedsReconnect) for each in answers)
    await asyncio.gather(*(post.services.vault.worker.look_after() for _ in range(4)))
    assert len(await rows(post.bench.db)) == 1


async def test_a_letter_that_cannot_be_written_is_tried_later(post: Post) -> None:
    """Nothing of it is kept, and the others are told all the same."""
    await post.fail(await post.connect(), DEAD)

    async def find_herald(_row: Connection) -> None:
        raise ValueError

    broken = Notices(db=post.bench.db, clock=post.bench.clock, heralds=find_herald)
    assert await broken.tell_due(20) == 1
    assert await post.letters() == []
    post.bench.clock.advance(seconds=3600)
    assert short(await post.letters()) == [("anna", "connection_ended")]


async def test_a_suspended_person_is_not_written_to(post: Post) -> None:
    """They could not open the page that it leads to."""
    row = await post.connect()
    await post.fail(row, DEAD)
    await make_accounts(post.bench.db).disable(ORG, post.anna.account_id, SYSTEM)
    assert await post.letters() == []
