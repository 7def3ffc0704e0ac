"""Browsers, before anybody has signed in with them, and the flows that lead through the pages."""

from __future__ import annotations

from doorward.crypto import Malformed, Random, Secret, ValueKind, digest, mint, parse_value, same
from doorward.db import SECOND, Clock, Database, Transaction
from doorward.orgs import Organization
from doorward.sessions import store
from doorward.sessions.model import Browser, Flow, FlowGone, NewFlow

__all__ = ["Flows"]


class Flows:
    """What a person is doing in a browser, kept here. ``Sessions`` adds who is signed in."""

    def __init__(self, *, db: Database, clock: Clock, random: Random) -> None:
        """Keep rows in ``db``, dated by ``clock``, with secrets of ``random``."""
        self._db = db
        self._clock = clock
        self._random = random

    async def open_browser(self, org: Organization) -> tuple[Browser, Secret[str]]:
        """A browser that nobody has signed in with yet, and its cookie."""
        return await self._insert_browser(self._db, org)

    async def open_flow(self, org: Organization, browser: Browser, new: NewFlow) -> Flow:
        """Start a flow in ``browser``; its handle is what pages carry."""
        return await self._insert_flow(self._db, org, browser, new)

    async def open_flow_anywhere(
        self, org: Organization, browser: Browser | None, new: NewFlow
    ) -> tuple[Flow, Secret[str] | None]:
        """Start a flow in ``browser``, or in one that is opened with it: that one's cookie, too."""
        if browser is not None:
            return await self.open_flow(org, browser, new), None

        async def work(tx: Transaction) -> tuple[Flow, Secret[str]]:
            opened, cookie = await self._insert_browser(tx, org)
            return await self._insert_flow(tx, org, opened, new), cookie

        return await self._db.unit(work)

    async def get_flow(self, org_id: str, browser: Browser | None, handle: str | None) -> Flow:
        """The flow ``handle`` of this browser. Raises ``FlowGone``."""
        try:
            flow_id = parse_value(handle or "", ValueKind.FLOW)
        except Malformed as error:
            raise FlowGone("expired") from error
        row = await self._db.one(store.FIND_FLOW, org_id=org_id, id=flow_id)
        if row is None or not same(row[0], digest(handle or "")):
            raise FlowGone("expired")
        flow = Flow.from_row(flow_id, org_id, handle or "", row[1:])
        if browser is None or browser.browser_id != flow.browser_id:
            # Whose flow it is stays with its own browser: nothing of it is told here.
            raise FlowGone("other_browser")
        if flow.finished_at is not None:
            raise FlowGone("used", flow)
        if flow.expires_at <= self._clock():
            raise FlowGone("expired", flow)
        return flow

    async def choose(self, flow: Flow, session_id: int | None) -> None:
        """Go on in ``flow`` as the person of this session, or as nobody yet."""
        await self._db.run(
            store.CHOOSE_SESSION, org_id=flow.org_id, id=flow.flow_id, chosen=session_id
        )

    async def ask_again(self, flow: Flow, session_id: int) -> None:
        """Require that the person of this session proves once more who they are."""
        await self._db.run(
            store.SET_REAUTHENTICATE, org_id=flow.org_id, id=flow.flow_id, again=session_id
        )

    async def ask_for_two(self, flow: Flow) -> None:
        """Require that whoever signs in within ``flow`` proves two factors."""
        await self._db.run(store.ASK_FOR_TWO, org_id=flow.org_id, id=flow.flow_id)

    async def prove(
        self,
        org: Organization,
        browser: Browser,
        flow: Flow,
        account_id: int,
        methods: tuple[str, ...],
    ) -> Secret[str]:
        """Note that ``account_id`` has just proved ``methods`` in ``flow``: the new cookie.

        Nobody is signed in by it. Whoever planted the cookie of before cannot go on from here.
        """

        async def work(tx: Transaction) -> Secret[str]:
            await tx.run(
                store.PROVE_IN_FLOW,
                org_id=flow.org_id,
                id=flow.flow_id,
                account=account_id,
                proven=" ".join(sorted(methods)),
                now=self._clock(),
            )
            return await self._rotate(tx, org, browser)

        return await self._db.unit(work)

    async def finish(self, tx: Transaction, flow: Flow) -> bool:
        """Whether this caller is the one that ends ``flow``: it ends once."""
        won = await tx.one(
            store.FINISH_FLOW, org_id=flow.org_id, id=flow.flow_id, now=self._clock()
        )
        return won is not None

    async def _insert_browser(
        self, where: Database | Transaction, org: Organization
    ) -> tuple[Browser, Secret[str]]:
        browser_id = self._db.next_id()
        cookie = mint(ValueKind.BROWSER, browser_id, self._random)
        now = self._clock()
        await where.run(
            store.INSERT_BROWSER,
            org_id=org.org_id,
            id=browser_id,
            digest=digest(cookie.reveal()),
            created_at=now,
            expires_at=now + org.policy.session_absolute_s * SECOND,
        )
        return Browser(org.org_id, browser_id, ()), cookie

    async def _insert_flow(
        self, where: Database | Transaction, org: Organization, browser: Browser, new: NewFlow
    ) -> Flow:
        flow_id = self._db.next_id()
        handle = mint(ValueKind.FLOW, flow_id, self._random).reveal()
        now = self._clock()
        flow = Flow(
            flow_id=flow_id,
            org_id=org.org_id,
            browser_id=browser.browser_id,
            handle=handle,
            continue_path=new.continue_path,
            restart_path=new.restart_path,
            cancel_path=new.cancel_path,
            account_kind=new.account_kind,
            app_name=new.app_name,
            form_target=new.form_target,
            login_hint=new.login_hint,
            ui_locales=new.ui_locales,
            chosen_session_id=None,
            reauthenticate_id=None,
            created_at=now,
            expires_at=now + org.policy.flow_s * SECOND,
            finished_at=None,
        )
        await where.run(
            store.INSERT_FLOW,
            org_id=flow.org_id,
            id=flow_id,
            digest=digest(handle),
            browser_id=flow.browser_id,
            continue_path=flow.continue_path,
            restart_path=flow.restart_path,
            cancel_path=flow.cancel_path,
            account_kind=flow.account_kind,
            app_name=flow.app_name,
            form_target=flow.form_target,
            login_hint=flow.login_hint,
            ui_locales=flow.ui_locales,
            chosen_session_id=None,
            reauthenticate_id=None,
            created_at=now,
            expires_at=flow.expires_at,
            finished_at=None,
            by_two=0,
            proven_account_id=None,
            proven_at=None,
            proven_methods=None,
        )
        return flow

    async def _rotate(self, tx: Transaction, org: Organization, browser: Browser) -> Secret[str]:
        """A new cookie for ``browser``: the one of before is worth nothing from now on."""
        cookie = mint(ValueKind.BROWSER, browser.browser_id, self._random)
        await tx.run(
            store.ROTATE_BROWSER,
            org_id=org.org_id,
            id=browser.browser_id,
            new_digest=digest(cookie.reveal()),
            new_expires_at=self._clock() + org.policy.session_absolute_s * SECOND,
        )
        return cookie
