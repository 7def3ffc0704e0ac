"""Short builders of organizations, people, applications and keys, through the real services."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from functools import cache

from doorward.accounts import (
    Account,
    AccountKind,
    Accounts,
    NewAccount,
    PasswordProfile,
    Passwords,
)
from doorward.audit import SYSTEM
from doorward.brakes import Brakes
from doorward.clients import (
    Application,
    ApplicationKind,
    Applications,
    ApplicationStatus,
    NewApplication,
)
from doorward.crypto import KeyRing, Secret
from doorward.db import Database
from doorward.keys import Keys, SigningAlg, generate_private_jwk
from doorward.orgs import NewOrganization, Organization, Organizations
from doorward.protocol import AuthMethod
from doorward.scopes import seed_standard

__all__ = [
    "CHEAP",
    "PASSWORD",
    "cheap_passwords",
    "make_account",
    "make_accounts",
    "make_application",
    "make_brakes",
    "make_org",
    "premade_keys",
    "sealing_ring",
]

CHEAP = PasswordProfile("cheap", 8, 1, 1)
"""The least that argon2id does: for tests only."""

PASSWORD = Secret("correct horse battery")
"""The password of everybody whom ``make_account`` makes."""

_POOL = 6
"""Keys of an algorithm in one run: more than any organization of a test has at once."""


@cache
def _premade(alg: SigningAlg, number: int) -> bytes:
    return generate_private_jwk(alg)


def premade_keys() -> Callable[[SigningAlg], bytes]:
    """A ``generate`` for ``Keys`` that makes each key once in a run and then hands it out again."""
    numbers = {"RS256": itertools.count(), "ES256": itertools.count()}
    return lambda alg: _premade(alg, next(numbers[alg]) % _POOL)


def sealing_ring() -> KeyRing:
    """A ring with one fixed master key."""
    return KeyRing((Secret(bytes(range(32))),))


@cache
def cheap_passwords() -> Passwords:
    """Passwords that cost next to nothing, shared by the whole run."""
    return Passwords(profile=CHEAP)


def make_brakes(db: Database) -> Brakes:
    """The brakes that services of one database share."""
    return Brakes(db=db, clock=db.clock, pepper=Secret(sealing_ring().subkey("brakes")))


def make_accounts(
    db: Database, kind: type[Accounts] = Accounts, *, passwords: Passwords | None = None
) -> Accounts:
    """The service of accounts, with cheap passwords unless others are given."""
    return kind(
        db=db,
        clock=db.clock,
        passwords=passwords or cheap_passwords(),
        brakes=make_brakes(db),
        organizations=Organizations(db=db, clock=db.clock),
    )


async def make_account(
    db: Database,
    username: str = "anna",
    *,
    org_id: str = "river",
    kind: AccountKind = AccountKind.CONSTITUENT,
    permissions: tuple[str, ...] = (),
) -> Account:
    """A person with the e-mail address ``{username}@example.org`` and ``PASSWORD``."""
    new = NewAccount(
        org_id=org_id,
        kind=kind,
        username=username,
        email=f"{username}@example.org",
        email_verified=True,
        name=f"{username.title()} Example",
        given_name=username.title(),
        family_name="Example",
        permissions=permissions,
        password=PASSWORD,
    )
    return await make_accounts(db).create(new, SYSTEM)


async def make_application(
    db: Database,
    name: str = "Tally",
    *,
    org_id: str = "river",
    auth_method: AuthMethod = AuthMethod.BASIC,
    kind: ApplicationKind = "web",
    scopes: tuple[str, ...] = ("openid", "profile", "email", "offline_access"),
) -> tuple[Application, Secret[str] | None]:
    """An approved application that returns to ``https://{name}.example/callback``."""
    site = f"https://{name.lower()}.example"
    new = NewApplication(
        org_id=org_id,
        name=name,
        kind=kind,
        auth_method=auth_method,
        redirect_uris=() if kind == "service" else (f"{site}/callback",),
        post_logout_redirect_uris=() if kind == "service" else (f"{site}/",),
        scopes=scopes,
        status=ApplicationStatus.APPROVED,
    )
    applications = Applications(db=db, clock=db.clock, random=os.urandom)
    return await applications.create(new, SYSTEM)


async def make_org(db: Database, org_id: str = "river", *, with_keys: bool = True) -> Organization:
    """An organization with the standard scopes and, unless told otherwise, signing keys."""
    orgs = Organizations(db=db, clock=db.clock, founders=(seed_standard,))
    organization = await orgs.create(NewOrganization(org_id=org_id, name=org_id.title()), SYSTEM)
    if with_keys:
        keys = Keys(db=db, clock=db.clock, ring=sealing_ring(), generate=premade_keys())
        await keys.ensure(org_id)
    return organization
