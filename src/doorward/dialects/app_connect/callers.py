"""Who calls: an account by its access token, and a connection by the client's JWT."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from doorward.accounts import Account, Accounts, UnknownAccount
from doorward.audit import Actor
from doorward.clients import Applications
from doorward.connectors import Connector, ConnectorAuthor, Connectors
from doorward.consents import Consents
from doorward.db import SECOND, Clock
from doorward.dialects.app_connect.calls import AppCall
from doorward.dialects.app_connect.errors import (
    BadJwt,
    NoAccountToken,
    NoJwt,
    NotAdmin,
    Said,
    UserNotFound,
)
from doorward.dialects.app_connect.jwts import LIFETIME_S, Claims, Jwts
from doorward.orgs import Permission
from doorward.scopes import Scopes
from doorward.tokens import ActiveToken, BearerGuard
from doorward.vault import Connection, Connections, Reason

__all__ = ["SCOPE", "CallerRooms", "Callers", "Session", "is_admin", "user_id_of"]

SCOPE: Final = "app_connect"
"""What an access token must hold to be taken here: no other application may connect people."""


@dataclass(frozen=True, slots=True)
class Session:
    """A connection whose JWT was presented, with its connector; its account is active."""

    connection: Connection
    connector: Connector
    account: Account

    @property
    def author(self) -> ConnectorAuthor:
        """The account as the author of what is done."""
        return _author(self.account, None)


@dataclass(frozen=True, slots=True)
class Caller:
    """An account that calls, and the application that acts for it."""

    author: ConnectorAuthor
    client_id: str


@dataclass(frozen=True, slots=True)
class CallerRooms:
    """The rooms that prove callers."""

    accounts: Accounts
    applications: Applications
    consents: Consents
    scopes: Scopes
    guard: BearerGuard
    connectors: Connectors
    connections: Connections


class Callers:
    """Proves credentials. Nothing is remembered: each call reads what is true at that moment."""

    def __init__(self, rooms: CallerRooms, jwts: Jwts, clock: Clock) -> None:
        """Believe access tokens by ``rooms``, and what ``jwts`` has signed."""
        self._use = rooms
        self._jwts = jwts
        self._clock = clock

    # Accounts

    async def get_account(self, app: AppCall) -> ConnectorAuthor:
        """The account whose access token is presented. Raises ``NoAccountToken``, ``Said``."""
        return (await self.get_caller(app)).author

    async def get_caller(self, app: AppCall) -> Caller:
        """The same, with the application that holds the token."""
        text = app.account_token
        if text is None:
            raise NoAccountToken
        active = await self._use.guard.find_active(app.org_id, text)
        if active is None or active.account_id is None or not await self._is_for_us(active):
            raise Said(400, {"error": "The access token is unknown, expired or not for this use."})
        account = await self._find_account(app.org_id, active.account_id)
        if account is None:
            raise Said(400, {"error": "The access token is unknown, expired or not for this use."})
        return Caller(_author(account, app.call.client_address), active.client_id)

    async def get_admin(self, app: AppCall) -> ConnectorAuthor:
        """The same, for an account that keeps connectors. Raises ``NotAdmin``."""
        try:
            author = await self.get_account(app)
        except Said as said:
            raise NotAdmin from said
        if not is_admin(author):
            raise NotAdmin
        return author

    async def _is_for_us(self, active: ActiveToken) -> bool:
        """Whether the token holds the scope, and is for the API that the scope belongs to."""
        if SCOPE not in active.scopes:
            return False
        if not active.audience:
            return True
        known = (await self._use.scopes.catalogue(active.org_id)).scopes.get(SCOPE)
        return known is not None and known.api in active.audience

    async def _find_account(self, org_id: str, account_id: int) -> Account | None:
        try:
            account = await self._use.accounts.get(org_id, account_id)
        except UnknownAccount:
            return None
        return account if account.is_active else None

    # Connections

    async def get_session(self, app: AppCall) -> Session:
        """The connection whose JWT is presented.

        Raises ``NoJwt``, ``BadJwt``; ``UserNotFound`` where it has ended with its connection.
        """
        session = await self._find_session(app.org_id, self._get_claims(app))
        if session is None:
            raise UserNotFound
        return session

    async def renew(self, app: AppCall) -> str | None:
        """A new JWT for one that ends soon, while its connection is there; else None."""
        try:
            claims = self._get_claims(app)
        except Said:
            return None
        if not claims.is_near_end(self._clock()):
            return None
        session = await self._find_session(app.org_id, claims)
        return None if session is None else await self.issue(session.connection, claims.cli)

    async def issue(self, connection: Connection, client_id: str = "") -> str:
        """The JWT of a connection, which holds until its grant is another one.

        One that is issued to an application ends too when the person lets it act no more.
        """
        whose, consent_id = (connection.org_id, connection.account_id), 0
        if client_id:
            consent_id = await self._find_consent(*whose, client_id)
        seconds = self._clock() // SECOND
        claims = Claims(
            id=user_id_of(connection),
            platform=connection.connector,
            org=connection.org_id,
            con=connection.connection_id,
            gra=connection.grant_id,
            iat=seconds,
            exp=seconds + LIFETIME_S,
            cli=client_id,
            cns=consent_id,
        )
        return self._jwts.sign(claims)

    def _get_claims(self, app: AppCall) -> Claims:
        """What the JWT says: the header's, and only without one the query's."""
        now, bearer = self._clock(), app.bearer
        if bearer is not None:
            claims = self._jwts.find(bearer, app.org_id, now)
            if claims is None:
                raise NoJwt
            return claims
        text = app.query.get("jwtToken")
        if text is None:
            raise NoJwt
        claims = self._jwts.find(text, app.org_id, now)
        if claims is None:
            raise BadJwt
        return claims

    async def _find_session(self, org_id: str, claims: Claims) -> Session | None:
        row = await self._use.connections.find(org_id, claims.con)
        if row is None or not row.is_connected or row.grant_id != claims.gra:
            return None
        if row.connector != claims.platform or row.reason is Reason.CREDENTIALS_CHANGED:
            return None
        connector = await self._use.connectors.find(org_id, row.connector)
        if connector is None or connector.connector_id != row.connector_id:
            return None
        account = await self._find_account(org_id, row.account_id)
        if account is None or not await self._is_allowed(row, claims):
            return None
        return Session(row, connector, account)

    async def _is_allowed(self, row: Connection, claims: Claims) -> bool:
        """Whether the application that holds the token still acts for the account."""
        if not claims.cli:
            return True
        application = await self._use.applications.find(row.org_id, claims.cli)
        if application is None or not application.may_be_used_by(row.account_id):
            return False
        whose = (row.org_id, row.account_id)
        return await self._find_consent(*whose, claims.cli) == claims.cns

    async def _find_consent(self, org_id: str, account_id: int, client_id: str) -> int:
        consent = await self._use.consents.find(org_id, account_id, client_id)
        return 0 if consent is None else consent.consent_id


def is_admin(author: ConnectorAuthor) -> bool:
    """Whether the account is of staff that keeps connectors for everybody."""
    return author.kind == "system" and Permission.CONNECTORS_WRITE in author.permissions


def user_id_of(row: Connection) -> str:
    """The user's id as the platform's clients know it: their id there, and the platform."""
    return f"{row.party_id or row.connection_id}-{row.connector}"


def _author(account: Account, address: str | None) -> ConnectorAuthor:
    actor = Actor(kind="account", id=str(account.account_id), address=address)
    return ConnectorAuthor(actor, account.account_id, account.kind.value, account.permissions)
