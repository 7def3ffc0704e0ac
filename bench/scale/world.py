"""A large installation, known by heart: whatever was put into the database can be named again.

Every secret follows from a number, so that a token, a client or a person drawn by chance can be
presented without having been written down.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256

from bench.accounts.people import Crowd
from bench.target import Client, Person
from doorward.accounts.store.blocks import SHIFTS
from doorward.clients import Application, ApplicationStatus, NewApplication, StoredSecret
from doorward.crypto import ValueKind, digest, mint
from doorward.db import SECOND, oldest_id_at
from doorward.orgs import NewOrganization, Organization
from doorward.scopes import Api, Scope

__all__ = ["CALLBACK", "PASSWORD", "Drawn", "World"]

CALLBACK = "http://127.0.0.1:8765/callback"
PASSWORD = "correct horse battery scale"  # noqa: S105 - of everybody in the benchmark
_PEOPLE_SCOPES = ("openid", "profile", "email", "offline_access")
_DATA = ("data.read", "data.write")
_TICKS = 1 << 12
"""Identifiers of one microsecond."""
_LIVES_S = 30 * 86_400
_ISSUED_WITHIN_S = 3_600

Values = tuple[str | int | bytes | None, ...]


@dataclass(frozen=True, slots=True)
class Drawn:
    """One live access token, and who may ask about it: the client that it was issued to.

    ``owner`` is the number of the organization.
    """

    text: str
    owner: int
    client: Client


@dataclass(frozen=True)
class World:
    """The sizes; ``applications``, ``accounts`` and ``groups`` are those of each organization.

    Of its applications the last one serves people, the others themselves. Tokens are issued in
    groups: one to each application, that of the last one to a person who is signed in, with a
    token family, a consent and a refresh token. ``now`` (microseconds) is when the last one was
    issued.
    """

    now: int
    organizations: int = 10_000
    applications: int = 10
    accounts: int = 100
    groups: int = 100

    @property
    def tokens(self) -> int:
        """How many access tokens there are."""
        return self.organizations * self.groups * self.applications

    @property
    def families(self) -> int:
        """How many token families there are, each with one live refresh token."""
        return self.organizations * self.groups

    @property
    def good_until(self) -> int:
        """When the first token expires (microseconds)."""
        return self.now + (_LIVES_S - _ISSUED_WITHIN_S) * SECOND

    def org_id(self, number: int) -> str:
        """The identifier of an organization, from 0."""
        return f"scale-{number:05}"

    def client(self, number: int, place: int) -> Client:
        """The application at ``place`` (from 0) of the organization ``number``."""
        serves_people = place == self.applications - 1
        return Client(
            f"scale-{number:05}-{place}",
            _value(ValueKind.CLIENT_SECRET, number * self.applications + place + 1),
            CALLBACK if serves_people else "",
            " ".join(_PEOPLE_SCOPES) if serves_people else "",
        )

    def person(self, account: int) -> Person:
        """The account with this number, from 1, in any organization."""
        return Person(Crowd("", self.accounts).username(account), PASSWORD)

    def token(self, number: int) -> Drawn:
        """An access token, from 0."""
        group, place = divmod(number, self.applications)
        owner = group % self.organizations
        text = _value(ValueKind.ACCESS, self._token_id(number))
        return Drawn(text, owner, self.client(owner, place))

    def refresh_token(self, group: int) -> str:
        """The refresh token of a group's family."""
        return _value(ValueKind.REFRESH, self._family_id(group))

    def organization(self, number: int) -> Organization:
        """An organization as it was born."""
        new = NewOrganization(self.org_id(number), f"Scale {number}", dialects=())
        return new.born(self.now)

    def api(self, number: int) -> Api:
        """The API of an organization."""
        org_id = self.org_id(number)
        return Api(org_id, f"https://api.{org_id}.example", "Data")

    def scopes(self, number: int) -> list[Scope]:
        """What an organization offers besides the standard scopes."""
        org_id, api = self.org_id(number), self.api(number).identifier
        texts = ("Data", "データ", "Use your data", "データを使う")
        return [Scope(org_id, name, api, *texts, "basic") for name in _DATA]

    def registered(self, number: int) -> Iterator[tuple[Application, StoredSecret]]:
        """The applications of an organization with the secret of each."""
        for place in range(self.applications):
            client = self.client(number, place)
            new = NewApplication(
                org_id=self.org_id(number),
                name=f"Application {place} of {number}",
                kind="web" if client.redirect_uri else "service",
                redirect_uris=(client.redirect_uri,) if client.redirect_uri else (),
                scopes=_PEOPLE_SCOPES if client.redirect_uri else _DATA,
                status=ApplicationStatus.APPROVED,
            )
            row_id = number * self.applications + place + 1
            secret = client.client_secret
            stored = StoredSecret(row_id, digest(secret), secret[-4:], self.now, None)
            yield new.born(client.client_id, self.now, row_id), stored

    def crowd(self, number: int, password_hash: str) -> Crowd:
        """The people of an organization, who all have the same password."""
        return replace(Crowd(self.org_id(number), self.accounts), password_hash=password_hash)

    def block_rows(self) -> Iterator[Values]:
        """How many accounts lie in each block of numbers, for ``account_blocks``."""
        for number in range(self.organizations):
            yield from Crowd(self.org_id(number), self.accounts).block_rows(SHIFTS)

    def counter_rows(self) -> Iterator[Values]:
        """The next number of an account, for ``account_counters``."""
        for number in range(self.organizations):
            yield self.org_id(number), self.accounts + 1

    def consent_rows(self) -> Iterator[Values]:
        """What people allowed, for ``consents``."""
        scope, scopes = " ".join(_PEOPLE_SCOPES), self.families
        for number in range(self.organizations):
            client = self.client(number, self.applications - 1).client_id
            for group in range(number, scopes, self.organizations):
                account = self._account(group)
                at = self.now
                yield (
                    *(self.org_id(number), self._family_id(group), account, client),
                    *(scope, at, at, None, ""),
                )

    def browser_rows(self) -> Iterator[Values]:
        """For ``browsers``: one for each family."""
        for group in range(self.families):
            row_id, at = self._family_id(group), self._issued_at(group * self.applications)
            kept = digest(_value(ValueKind.BROWSER, row_id))
            yield self.org_id(group % self.organizations), row_id, kept, at, at + _LIVES_S * SECOND

    def session_rows(self) -> Iterator[Values]:
        """For ``sessions``: the person of each family is signed in."""
        for group in range(self.families):
            org_id = self.org_id(group % self.organizations)
            row_id, at = self._family_id(group), self._issued_at(group * self.applications)
            yield (
                *(org_id, row_id, row_id, self._account(group), at, at, at),
                *(at + _LIVES_S * SECOND, None, "192.0.2.1", "Browser", "pwd", None),
            )

    def family_rows(self) -> Iterator[Values]:
        """For ``token_families``."""
        scope, client = " ".join(_PEOPLE_SCOPES), f"-{self.applications - 1}"
        for group in range(self.families):
            org_id = self.org_id(group % self.organizations)
            row_id, at = self._family_id(group), self._issued_at(group * self.applications)
            yield (
                *(org_id, row_id, org_id + client, self._account(group), row_id, row_id),
                *(scope, "", at, at, at + _LIVES_S * SECOND, None, None, "pwd"),
            )

    def refresh_rows(self) -> Iterator[Values]:
        """For ``refresh_tokens``."""
        for group in range(self.families):
            row_id, at = self._family_id(group), self._issued_at(group * self.applications)
            kept = digest(_value(ValueKind.REFRESH, row_id))
            org_id = self.org_id(group % self.organizations)
            yield org_id, row_id, kept, row_id, at + _LIVES_S * SECOND, None, None, None

    def access_rows(self) -> Iterator[Values]:
        """For ``access_tokens``, the oldest first."""
        last, people, data = self.applications - 1, " ".join(_PEOPLE_SCOPES), " ".join(_DATA)
        for group in range(self.families):
            org_id = self.org_id(group % self.organizations)
            family, account = self._family_id(group), self._account(group)
            api = f"https://api.{org_id}.example"
            for place in range(self.applications):
                number = group * self.applications + place
                row_id, at = self._token_id(number), self._issued_at(number)
                kept, expires_at = digest(_value(ValueKind.ACCESS, row_id)), at + _LIVES_S * SECOND
                client = f"{org_id}-{place}"
                if place == last:
                    yield (
                        *(org_id, row_id, kept, client, account, family),
                        *(people, "", at, expires_at, None),
                    )
                else:
                    yield org_id, row_id, kept, client, None, None, data, api, at, expires_at, None

    def _account(self, group: int) -> int:
        return group // self.organizations % self.accounts + 1

    def _issued_at(self, number: int) -> int:
        # Evenly within the hour before: the identifiers are times, as a server's are.
        return self.now - (self.tokens - number) * _ISSUED_WITHIN_S * SECOND // self.tokens

    def _token_id(self, number: int) -> int:
        return oldest_id_at(self._issued_at(number)) + number % _TICKS

    def _family_id(self, group: int) -> int:
        return self._token_id(group * self.applications)


def _value(kind: ValueKind, row_id: int) -> str:
    chance = sha256(b"bench %d" % row_id).digest()
    return mint(kind, row_id, lambda count: chance[:count]).reveal()
