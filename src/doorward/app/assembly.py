"""The assembly: every service with the narrow dependencies that it names, in one list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from doorward.accounts import Accounts, Passwords, PlatformProfiles
from doorward.apikeys import ApiKeys, ApiSessions
from doorward.app.memory import give_back
from doorward.app.tracing import find_spans
from doorward.audit import Audit, AuditChain
from doorward.belongings import Deletions, Eraser, Holders, Teller
from doorward.brakes import Brake, Brakes, Rule, rules_of
from doorward.clients import (
    Applications,
    Estate,
    Logos,
    Mover,
    Ownership,
    Reviews,
    SecretUses,
    Usage,
    count_scope_users,
)
from doorward.config import BadSettings, Settings, master_keys, parse_smtp_url
from doorward.connectors import Connectors, PluggedUpstream, load_plugins
from doorward.consents import Consents
from doorward.console import (
    SENTENCES,
    ApplicationPost,
    BrowserPost,
    ConnectionPost,
    ConsentPost,
    LetterDesk,
    SignInPost,
)
from doorward.crypto import KeyRing, Random, Secret, system_random
from doorward.db import Clock, Database, PostgresOptions, open_database, system_clock
from doorward.factors import Factors
from doorward.http import Outbound
from doorward.imports import Imports
from doorward.invitations import Invitations
from doorward.keys import Keys
from doorward.mail import Carrier, Outbox, SmtpCarrier
from doorward.orgs import Organizations, Site
from doorward.passkeys import Passkeys
from doorward.projects import (
    GroupInvitations,
    Groups,
    Members,
    PersonalKeys,
    ProjectPermissions,
    Projects,
)
from doorward.recovery import Links, Recovery
from doorward.scopes import Scopes, seed_standard
from doorward.sessions import KnownBrowsers, SecondSteps, Sessions
from doorward.tokens import BearerGuard, Tokens
from doorward.vault import (
    Connecting,
    Lender,
    MasterKeys,
    Outside,
    Proxy,
    Surroundings,
    Tuning,
    Vault,
    build_connecting,
    build_vault,
)

if TYPE_CHECKING:
    from doorward.app.spans import Spans

__all__ = ["Services", "assemble", "find_carrier", "open_services"]


@dataclass(frozen=True, slots=True)
class Services:
    """Every room's service, over one database."""

    settings: Settings
    db: Database
    clock: Clock
    random: Random
    ring: KeyRing
    passwords: Passwords
    audit: Audit
    brakes: Brakes
    sign_in_post: SignInPost
    audit_chain: AuditChain
    outbox: Outbox
    carrier: Carrier | None
    """The way out for letters; None where mail is off."""
    outbound: Outbound
    """The way out for everything else."""
    organizations: Organizations
    scopes: Scopes
    keys: Keys
    accounts: Accounts
    platform_profiles: PlatformProfiles
    applications: Applications
    logos: Logos
    reviews: Reviews
    ownership: Ownership
    usage: Usage
    connectors: Connectors
    secret_uses: SecretUses
    tokens: Tokens
    guard: BearerGuard
    sessions: Sessions
    factors: Factors
    second_steps: SecondSteps
    passkeys: Passkeys
    consents: Consents
    api_keys: ApiKeys
    api_sessions: ApiSessions
    imports: Imports
    invitations: Invitations
    recovery: Recovery
    project_groups: Groups
    project_members: Members
    group_invitations: GroupInvitations
    projects: Projects
    project_permissions: ProjectPermissions
    personal_keys: PersonalKeys
    upstream: PluggedUpstream
    connecting: Connecting
    vault: Vault
    api_proxy: Proxy
    lender: Lender
    deletions: Deletions
    eraser: Eraser
    teller: Teller
    master_keys: MasterKeys
    spans: Spans | None = None
    """What is traced; None where traces are off."""

    async def close(self) -> None:
        """Finish what is under way and let go of threads and connections."""
        self.passwords.close()
        self.logos.close()
        if self.carrier is not None:
            self.carrier.close()
        await self.outbound.close()
        await self.db.close()
        if self.spans is not None:
            await self.spans.close()


async def open_services(
    settings: Settings,
    *,
    clock: Clock = system_clock,
    random: Random = system_random,
    carrier: Carrier | None = None,
) -> Services:
    """Open the database of ``settings``, whose schema is up to date, and build every service.

    Letters leave by ``carrier``, or else by the mail server of ``settings``, if there is one.
    Raises ``BadSettings`` or ``doorward.db.Unavailable``.
    """
    keys = tuple(Secret(key) for key in master_keys(settings))
    ring = KeyRing(keys, random=random)
    db = await open_database(
        settings.database_url.get_secret_value(),
        clock=clock,
        pool_size=settings.postgres_pool,
        options=_postgres_options(settings),
    )
    spans = find_spans(settings)
    seen = db if spans is None else spans.around_database(db)
    out = carrier or find_carrier(settings, clock)
    services = assemble(settings, seen, ring, clock=clock, random=random, carrier=out)
    if spans is None:
        return services
    services.outbound.observer = spans.around_request
    return replace(services, spans=spans)


def _postgres_options(settings: Settings) -> PostgresOptions:
    direct = settings.database_direct_url
    return PostgresOptions(
        replicas=tuple(each.get_secret_value() for each in settings.database_replica_urls),
        direct_url=None if direct is None else direct.get_secret_value(),
        prepares=settings.database_prepares,
    )


def find_carrier(settings: Settings, clock: Clock) -> Carrier | None:
    """The way to the mail server that ``settings`` name; None when they name none."""
    if settings.smtp_url is None or settings.mail_from is None:
        return None
    return SmtpCarrier(
        parse_smtp_url(settings.smtp_url.get_secret_value()),
        mail_from=settings.mail_from,
        reply_to=settings.mail_reply_to,
        clock=clock,
    )


def _rules_of(settings: Settings) -> Mapping[Brake, Rule]:
    try:
        return rules_of(settings.brakes)
    except ValueError as error:
        raise BadSettings(f"brakes: {error}") from error


# size: one entry for each service
def assemble(
    settings: Settings,
    db: Database,
    ring: KeyRing,
    *,
    clock: Clock,
    random: Random,
    carrier: Carrier | None = None,
) -> Services:
    """Build every service over an open ``db``. Raises ``BadSettings``."""
    plugins = load_plugins(settings.connector_plugins)
    brakes = Brakes(
        db=db,
        clock=clock,
        pepper=Secret(ring.subkey("brakes")),
        rules=_rules_of(settings),
    )
    passwords = Passwords(random=random, at_once=settings.password_workers, rest=give_back)
    scopes = Scopes(db=db, clock=clock, count_uses=count_scope_users)
    keys = Keys(db=db, clock=clock, ring=ring)
    outbox = Outbox(db=db, clock=clock, ring=ring, is_on=carrier is not None)
    desk = LetterDesk(outbox=outbox, site=Site.of(settings.base_url))
    # Whoever is to hear of what happens to applications is named here, as ``notify``.
    mover = Mover(db=db, clock=clock, notify=(ApplicationPost(desk).tell,))
    organizations = Organizations(db=db, clock=clock, founders=(seed_standard,))
    secret_uses = SecretUses(db=db, clock=clock)
    applications = Applications(
        db=db, clock=clock, random=random, mover=mover, secret_uses=secret_uses, brakes=brakes
    )
    tokens = Tokens(db=db, clock=clock, random=random)
    accounts = Accounts(
        db=db, clock=clock, passwords=passwords, brakes=brakes, organizations=organizations
    )
    people = ConsentPost(
        desk, organizations=organizations, accounts=accounts, applications=applications
    )
    api_keys = ApiKeys(db=db, clock=clock, random=random, brakes=brakes)
    groups = Groups(db=db, clock=clock, random=random, accounts=accounts)
    outbound = Outbound(allowed=settings.outbound_allowed)
    connectors = Connectors(db=db, clock=clock, plugins=plugins)
    consents = Consents(db=db, clock=clock, tokens=tokens, heralds=people.find_herald)
    upstream = PluggedUpstream(outbound, clock, random, plugins=plugins)
    connecting = build_connecting(
        db=db,
        ring=ring,
        random=random,
        around=Surroundings(
            connectors=connectors, upstream=upstream, consents=consents, brakes=brakes
        ),
        allowed=settings.outbound_allowed,
    )
    menders = ConnectionPost(desk, organizations=organizations, connectors=connectors)
    vault = build_vault(
        db=db,
        ring=ring,
        random=random,
        outside=Outside(upstream, connecting.plans, watch=connecting.in_use),
        tuning=Tuning(spill_folder=settings.spill_folder),
        heralds=menders.find_herald,
    )
    proxy = Proxy(
        refresher=vault.refresher,
        planner=connecting.plans,
        deliverer=upstream,
        outbound=outbound,
        clock=clock,
    )
    factors = Factors(
        db=db,
        clock=clock,
        random=random,
        ring=ring,
        brakes=brakes,
        accounts=accounts,
        outbox=outbox,
    )
    passkeys = Passkeys(
        db=db, clock=clock, random=random, accounts=accounts, outbox=outbox, brakes=brakes
    )
    deletions = Deletions(db=db, clock=clock, accounts=accounts, outbox=outbox)
    eraser = Eraser(
        db=db,
        clock=clock,
        deletions=deletions,
        organizations=organizations,
        holders=Holders(
            # Whose account is gone hears nothing more.
            consents=Consents(db=db, clock=clock, tokens=tokens),
            connections=vault.connections,
            deauthorizer=vault.deauthorizer,
            estate=Estate(db=db, clock=clock),
        ),
        site=Site.of(settings.base_url),
    )
    projects = Projects(db=db, clock=clock, random=random, accounts=accounts, groups=groups)
    return Services(
        settings=settings,
        db=db,
        clock=clock,
        random=random,
        ring=ring,
        passwords=passwords,
        audit=Audit(db=db),
        brakes=brakes,
        sign_in_post=SignInPost(
            desk, db=db, clock=clock, brakes=brakes, organizations=organizations
        ),
        audit_chain=AuditChain(db=db, clock=clock, ring=ring, random=random),
        outbox=outbox,
        carrier=carrier,
        outbound=outbound,
        organizations=organizations,
        scopes=scopes,
        keys=keys,
        accounts=accounts,
        platform_profiles=PlatformProfiles(db=db, clock=clock),
        applications=applications,
        logos=Logos(db=db, clock=clock),
        reviews=Reviews(db=db, clock=clock, mover=mover),
        ownership=Ownership(db=db, clock=clock, mover=mover),
        usage=Usage(db=db, clock=clock),
        connectors=connectors,
        secret_uses=secret_uses,
        tokens=tokens,
        guard=BearerGuard(tokens=tokens, applications=applications),
        sessions=Sessions(
            db=db,
            clock=clock,
            random=random,
            known=KnownBrowsers(ring=ring, random=random),
            tell=BrowserPost(desk).tell,
        ),
        factors=factors,
        second_steps=SecondSteps((passkeys, factors), db=db, clock=clock, accounts=accounts),
        passkeys=passkeys,
        consents=consents,
        api_keys=api_keys,
        api_sessions=ApiSessions(
            db=db,
            clock=clock,
            random=random,
            api_keys=api_keys,
            pepper=Secret(ring.subkey("api sessions")),
            brakes=brakes,
        ),
        imports=Imports(db=db, clock=clock, accounts=accounts),
        invitations=Invitations(
            db=db, clock=clock, random=random, accounts=accounts, outbox=outbox
        ),
        recovery=Recovery(
            db=db,
            clock=clock,
            links=Links(
                db=db,
                clock=clock,
                random=random,
                key=Secret(ring.subkey("action codes")),
            ),
            accounts=accounts,
            outbox=outbox,
            brakes=brakes,
        ),
        project_groups=groups,
        project_members=Members(db=db, clock=clock),
        group_invitations=GroupInvitations(db=db, clock=clock, accounts=accounts),
        projects=projects,
        project_permissions=ProjectPermissions(db=db, clock=clock, projects=projects),
        personal_keys=PersonalKeys(
            db=db,
            clock=clock,
            random=random,
            accounts=accounts,
            applications=applications,
            brakes=brakes,
        ),
        upstream=upstream,
        connecting=connecting,
        vault=vault,
        api_proxy=proxy,
        deletions=deletions,
        eraser=eraser,
        teller=Teller(db=db, accounts=accounts, audit=Audit(db=db), actions=tuple(SENTENCES)),
        lender=Lender(
            db=db, clock=clock, connectors=connectors, refresher=vault.refresher, proxy=proxy
        ),
        master_keys=MasterKeys(db=db, clock=clock, ring=ring),
    )
