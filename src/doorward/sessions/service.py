"""Signing in and out: browsers known by a rotating cookie, several people in one browser."""

from __future__ import annotations

from doorward.accounts import Account
from doorward.audit import Actor, record
from doorward.crypto import Malformed, Random, Secret, ValueKind, digest, parse_value, same
from doorward.db import SECOND, Clock, Database, Transaction
from doorward.orgs import Organization
from doorward.sessions import store
from doorward.sessions.flows import Flows
from doorward.sessions.known import KnownBrowsers
from doorward.sessions.model import Browser, Flow, Session, Visitor, is_enough
from doorward.sessions.proofs import Proof, proof_of
from doorward.sessions.strangers import Strangers, TellOfBrowser
from doorward.tokens import end_codes_of_others, end_codes_of_session

__all__ = ["Sessions"]

_TOUCH_EVERY = 300 * SECOND
_FRESH = 600 * SECOND
_AGENT_CHARACTERS = 300


class Sessions(Flows):
    """Browser sessions, as rows that can be listed and ended, and the flows beside them."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        random: Random,
        known: KnownBrowsers,
        tell: TellOfBrowser | None = None,
    ) -> None:
        """Keep rows in ``db``, dated by ``clock``; ``tell`` people of browsers new to them."""
        super().__init__(db=db, clock=clock, random=random)
        self.known = known
        """Where people signed in before, for what is counted of wrong tries."""
        self._strangers = Strangers(clock=clock, tell=tell)

    # Browsers

    async def find_browser(self, org: Organization, cookie: str | None) -> Browser | None:
        """The browser whose cookie this is, with its live sign-ins."""
        if not cookie:
            return None
        try:
            browser_id = parse_value(cookie, ValueKind.BROWSER)
        except Malformed:
            return None
        now = self._clock()
        rows = await self._db.all(
            store.FIND_BROWSER,
            org_id=org.org_id,
            id=browser_id,
            now=now,
            idle_since=now - org.policy.session_idle_s * SECOND,
        )
        if not rows or not same(rows[0][0], digest(cookie)) or rows[0][1] <= now:
            return None
        known = (Session.from_row(row[2:]) for row in rows if None not in (row[2], row[5]))
        # Where a second step has come to be required, a sign-in without one counts no longer.
        found = tuple(each for each in known if is_enough(org, each))
        if any(now - each.last_seen_at > _TOUCH_EVERY for each in found):
            await self._db.run(
                store.TOUCH_SESSIONS,
                org_id=org.org_id,
                browser=browser_id,
                now=now,
                idle_since=now - org.policy.session_idle_s * SECOND,
            )
        return Browser(org.org_id, browser_id, found)

    async def sign_in(
        self,
        org: Organization,
        browser: Browser,
        account: Account,
        visitor: Visitor,
        flow: Flow | None = None,
        *,
        methods: tuple[str, ...] = ("pwd",),
    ) -> tuple[int, Secret[str]]:
        """Sign ``account`` in to ``browser``: the new session's id and the new cookie.

        The cookie is always replaced, so that one planted before is worth nothing. ``flow`` goes
        on with this session. ``methods`` is what was just proved, all of it (RFC 8176).
        """
        proof = proof_of(methods, self._clock(), org)
        by = visitor.as_actor(account.account_id)

        async def work(tx: Transaction) -> tuple[int, Secret[str]]:
            cookie = await self._rotate(tx, org, browser)
            session_id = await self._renew(tx, org, browser, account, proof)
            if session_id is None:
                await self._strangers.notice(tx, org, browser, account, visitor)
                session_id = await self._insert_session(tx, browser, account, visitor, proof)
            if flow is not None:
                await tx.run(
                    store.CHOOSE_SESSION, org_id=org.org_id, id=flow.flow_id, chosen=session_id
                )
            await self._record(tx, org.org_id, account.account_id, "session.started", by)
            return session_id, cookie

        return await self._db.unit(work)

    async def strengthen(
        self, org: Organization, browser: Browser, session: Session, methods: tuple[str, ...]
    ) -> Secret[str]:
        """Note that the person of ``session`` has proved ``methods`` besides: the new cookie.

        When they signed in stays as it was: nothing of that was proved again.
        """
        proof = proof_of((*session.methods, *methods), self._clock(), org)

        async def work(tx: Transaction) -> Secret[str]:
            await tx.run(
                store.STRENGTHEN_SESSION,
                org_id=org.org_id,
                id=session.session_id,
                new_methods=proof.methods,
                new_second_at=proof.second_at,
            )
            return await self._rotate(tx, org, browser)

        return await self._db.unit(work)

    async def _renew(
        self,
        tx: Transaction,
        org: Organization,
        browser: Browser,
        account: Account,
        proof: Proof,
    ) -> int | None:
        """The session that this person has here already, proved again.

        It stays the same one: flows in other tabs go on with it.
        """
        row = await tx.one(
            store.RENEW_SESSION,
            org_id=org.org_id,
            browser=browser.browser_id,
            account=account.account_id,
            now=proof.now,
            idle_since=proof.now - org.policy.session_idle_s * SECOND,
            new_expires_at=proof.expires_at,
            new_methods=proof.methods,
            new_second_at=proof.second_at,
        )
        return None if row is None else int(row[0])

    async def _insert_session(
        self,
        tx: Transaction,
        browser: Browser,
        account: Account,
        visitor: Visitor,
        proof: Proof,
    ) -> int:
        session_id, now = self._db.next_id(), proof.now
        whose = {"org_id": browser.org_id, "account": account.account_id}
        await tx.run(store.END_SAME_ACCOUNT, **whose, browser=browser.browser_id, now=now)
        await tx.run(
            store.INSERT_SESSION,
            org_id=browser.org_id,
            id=session_id,
            browser_id=browser.browser_id,
            account_id=account.account_id,
            auth_at=now,
            created_at=now,
            last_seen_at=now,
            expires_at=proof.expires_at,
            ended_at=None,
            address=visitor.address,
            user_agent=(visitor.user_agent or "")[:_AGENT_CHARACTERS] or None,
            methods=proof.methods,
            second_at=proof.second_at,
        )
        return session_id

    def is_fresh(self, session: Session) -> bool:
        """Whether its person proved who they are so lately that they may change how they do."""
        return session.auth_at + _FRESH > self._clock()

    async def list_live(self, org: Organization, account_id: int) -> list[Session]:
        """Every live sign-in of an account, the last seen first."""
        now = self._clock()
        rows = await self._db.all(
            store.LIST_SESSIONS,
            org_id=org.org_id,
            account=account_id,
            now=now,
            idle_since=now - org.policy.session_idle_s * SECOND,
        )
        return [Session.from_row(row) for row in rows]

    async def end(self, org_id: str, session_id: int, by: Actor) -> bool:
        """End one sign-in; whether it was live."""

        async def work(tx: Transaction) -> bool:
            now = self._clock()
            ended = await tx.one(store.END_SESSION, org_id=org_id, id=session_id, now=now)
            if ended is not None:
                await end_codes_of_session(tx, org_id, session_id, now)
                await self._record(tx, org_id, ended[0], "session.ended", by)
            return ended is not None

        return await self._db.unit(work)

    async def end_browser(self, browser: Browser, by: Actor) -> None:
        """End every sign-in of one browser."""

        async def work(tx: Transaction) -> None:
            now = self._clock()
            whose = {"org_id": browser.org_id, "browser": browser.browser_id}
            await tx.run(store.END_BROWSER_SESSIONS, **whose, now=now)
            for each in browser.sessions:
                await end_codes_of_session(tx, browser.org_id, each.session_id, now)
                await self._record(tx, browser.org_id, each.account_id, "session.ended", by)

        await self._db.unit(work)

    async def end_others(self, session: Session, org_id: str, by: Actor) -> int:
        """End every other sign-in of the same account; how many."""

        async def work(tx: Transaction) -> int:
            now, kept = self._clock(), session.session_id
            whose = {"org_id": org_id, "account": session.account_id}
            ended = await tx.run(store.END_OTHER_SESSIONS, **whose, kept=kept, now=now)
            await end_codes_of_others(tx, org_id, session.account_id, kept, now)
            await self._record(tx, org_id, session.account_id, "session.others_ended", by)
            return ended

        return await self._db.unit(work)

    async def _record(
        self, tx: Transaction, org_id: str, account_id: int, action: str, by: Actor
    ) -> None:
        event = by.did(action, org_id, ("account", str(account_id)))
        await record(tx, event, event_id=self._db.next_id(), now=self._clock())
