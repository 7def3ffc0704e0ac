"""Attacks that other servers fell to: one row for each, and the mark of the tests that show it.

`@attack("CVE-2026-7504")` says that a test shows that row. A row without a test, or a mark without
a row, fails tests/attacks/test_rows.py. Rows of features that Doorward does not have say which.
The prefixes: V-RU redirect URIs, V-CO codes, V-PK PKCE, V-RT refresh and revocation, V-CL clients
and outgoing requests, V-TX audiences and exchanges, V-CS pages, V-LG sign-in and recovery,
V-MT organizations and staff.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

import pytest

from tests.support.spec import MATRIX, Requirement, spec

__all__ = ["ASVS", "ATTACKS", "ATTACK_ROWS", "STANDARD_ROWS", "Row", "asvs", "attack"]

ASVS: Final = "OWASP ASVS 5.0"
ATTACKS: Final = "Attacks"

_DCR = "dynamic registration of clients"
_ASSERTIONS = "clients that authenticate by a signed assertion"
_DEVICE = "device authorization"
_EXCHANGE = "token exchange"
_UPSTREAM = "signing in by another identity provider"

Decorated = TypeVar("Decorated", bound=Callable[..., object])


@dataclass(frozen=True, slots=True)
class Row:
    """``name`` is the advisory, ``shows`` what the tests show, ``lacks`` the missing feature."""

    prefix: str
    name: str
    shows: str
    lacks: str | None = None


ATTACK_ROWS: Final = (
    Row("V-RU", "DOT 3.4.1", "added queries, parameters, user names and fragments do not match"),
    Row("V-RU", "CVE-2026-7504", "several @ in an address do not hide its host"),
    Row("V-RU", "CVE-2026-3872", "no dots, escapes or backslashes climb out of a registered path"),
    Row("V-RU", "CVE-2026-18211", "a host that only begins like localhost is another host"),
    Row("V-RU", "CVE-2024-8883", "of a loopback address only the port is free"),
    Row("V-RU", "CVE-2026-9689", "no parameter may come twice"),
    Row("V-RU", "CVE-2026-9086", "addresses that run script are refused when registered and used"),
    Row("V-RU", "CVE-2019-9837", "a silent request never redirects before who asks is proved"),
    Row("V-RU", "CVE-2026-41479", "no error is sent to an address that was not proved"),
    Row("V-RU", "GHSA-h29v-hj44-q8cv", "the redirect URI is verified at both endpoints"),
    Row("V-RU", "CVE-2024-25715", "no parameter of a page of ours leads elsewhere"),
    Row("V-RU", "CVE-2019-11269", "a manipulated redirect URI gets no code"),
    Row("V-RU", "CVE-2023-6134", "every response mode verifies alike, and a posted answer is text"),
    Row("V-RU", "CVE-2024-52289", "a registered address is no pattern"),
    Row("V-CO", "CVE-2026-16089", "another client redeems neither a code nor a refresh token"),
    Row("V-CO", "CVE-2026-4282", "no value passes for one of another kind"),
    Row("V-CO", "GHSA-7w99-5wm4-3g79", "of fifty redemptions at once one succeeds"),
    Row("V-CO", "CVE-2026-26232", "expired and used codes, and those of who signed out, are over"),
    Row("V-CO", "better-auth 10150", "a replay ends what the code bought"),
    Row("V-CO", "CVE-2022-39222", "what one browser began no other one finishes"),
    Row("V-CO", "CVE-2026-7571", "what was asked is kept here, not in the form"),
    Row("V-PK", "CVE-2023-48228", "a verifier that is left out is a wrong one"),
    Row("V-PK", "CVE-2024-23647", "a verifier without a challenge is a downgrade"),
    Row("V-PK", "CVE-2025-4144", "a public client cannot do without"),
    Row("V-PK", "porchlight", "what is published is verified: length, alphabet, method"),
    Row("V-RT", "CVE-2026-1035", "parallel refreshes leave one live token of a family"),
    Row("V-RT", "keycloak 50999", "rotations within one second are still rotations"),
    Row("V-RT", "CVE-2026-9802", "a restart brings no rotated token back"),
    Row("V-RT", "keycloak 51312", "a refresh beside a revocation ends revoked"),
    Row("V-RT", "DOT 1816", "the grace covers no revoked token and no older generation"),
    Row("V-RT", "DOT 1510", "whoever was disabled, suspended or withdrawn gets nothing more"),
    Row("V-RT", "CVE-2016-6582", "public clients revoke theirs, nobody revokes another's"),
    Row("V-RT", "CVE-2020-15223", "a broken database is never reported as a success"),
    Row("V-RT", "CVE-2026-27840", "cut, longer and changed tokens are unknown"),
    Row("V-RT", "DefGuard 3625", "a refresh authenticates the client"),
    Row("V-RT", "GHSA-895x-rfqp-jh5c", "access while away ends when offline_access is taken away"),
    Row("V-CL", "CVE-2020-5300", "an assertion is used once", _ASSERTIONS),
    Row("V-CL", "audience injection", "an assertion names one audience", _ASSERTIONS),
    Row("V-CL", "CVE-2026-44476", "no empty or mistaken secret, no other method"),
    Row("V-CL", "GHSA-xr8f-h2gw-9xh6", "who may not change applications changes none"),
    Row("V-CL", "keycloak 53079", "a client sets nothing privileged about itself", _DCR),
    Row("V-CL", "CVE-2026-1180", "no address that anybody names is called inside"),
    Row("V-CL", "CVE-2026-9793", "no unsigned, re-signed or wrapped token passes for ours"),
    Row("V-CL", "CVE-2025-59420", "critical headers and huge segments are refused"),
    Row("V-CL", "DOT 1735", "no secret is in a log, the database, an answer or a page"),
    Row("V-CL", "rauthy 0.32.1", "digests are compared in constant time"),
    Row("V-CL", "CVE-2026-33504", "a cursor that was tampered with is refused"),
    Row("V-CL", "logto 1.42", "NUL bytes and lone surrogates are an answer, never a failure"),
    Row("V-CL", "DOT 1734", "user codes come from a good source", _DEVICE),
    Row("V-TX", "CVE-2026-9094", "an exchange only narrows", _EXCHANGE),
    Row("V-TX", "DOT 1819", "a device is approved by its person", _DEVICE),
    Row("V-TX", "better-auth 9993", "whatever works once works once, fifty at a time"),
    Row("V-TX", "CVE-2026-37979", "who is not in the audience learns nothing"),
    Row("V-TX", "CVE-2021-32701", "what one client may know is not what the next is told"),
    Row("V-TX", "CVE-2024-52287", "nobody gets scopes beyond what is registered"),
    Row("V-TX", "better-auth 9836", "a resource at the token endpoint is one that was allowed"),
    Row("V-CS", "CVE-2018-1000088", "names, errors and states stay text on every page"),
    Row("V-CS", "CVE-2024-29891", "a logo is drawn anew and served as nothing but a picture"),
    Row("V-CS", "CVE-2014-8144", "every form of ours needs its token and its own site"),
    Row("V-CS", "CVE-2023-34246", "who can be posed as is shown each time"),
    Row("V-CS", "CVE-2026-7507", "the cookie changes with every proof"),
    Row("V-CS", "MITREid 856", "a sign-out link signs nobody out unasked"),
    Row("V-CS", "clickjacking", "no page can be framed"),
    Row("V-LG", "CVE-2026-4633", "no answer tells who exists"),
    Row("V-LG", "CVE-2019-5421", "two hundred tries at once are not two hundred guesses"),
    Row("V-LG", "CVE-2026-18963", "no step can be left out or taken out of order"),
    Row("V-LG", "CVE-2025-64101", "links are built from the settings, whatever a request says"),
    Row("V-LG", "CVE-2026-37982", "a link or challenge works once, for its person and purpose"),
    Row("V-LG", "CVE-2025-46815", "an intent is used once", _UPSTREAM),
    Row("V-LG", "CVE-2025-68158", "a callback belongs to the browser that set out"),
    Row("V-LG", "CVE-2022-39263", "a wrong token with the right address proves nothing"),
    Row("V-MT", "CVE-2026-94215", "what belongs to another organization does not exist"),
    Row("V-MT", "CVE-2026-1529", "an invitation that was tampered with lets nobody in"),
    Row("V-MT", "CVE-2026-33132", "each way in keeps to its organization, and no id comes back"),
    Row("V-MT", "CVE-2026-4629", "role, route and verb: nobody does more than was given"),
    Row("V-MT", "CVE-2025-64484", "headers of a proxy count only from a proxy"),
    Row("V-MT", "CVE-2026-47203", "a name at HTTP Basic is the same name as anywhere else"),
    Row("V-MT", "COAT", "a code of one connector never reaches another"),
    Row("V-MT", "session fixation", "who began a connection is the one who ends it"),
)

STANDARD_ROWS: Final = (
    Row(ASVS, "10.4.1", "redirect URIs are an exact allow-list per client"),
    Row(ASVS, "10.4.2", "a second use of a code is refused and ends what it bought"),
    Row(ASVS, "10.4.3", "a code lives at most ten minutes; here one"),
    Row(ASVS, "10.4.4", "grants are allowed per client; there is no token or password grant"),
    Row(ASVS, "10.4.5", "reuse of a refresh token ends every one of its authorization"),
    Row(ASVS, "10.4.6", "PKCE with S256, and no plain"),
    Row(ASVS, "10.4.7", "a client that registered itself is said to be unverified", _DCR),
    Row(ASVS, "10.4.8", "refresh tokens expire in any case"),
    Row(ASVS, "10.4.9", "a person ends what an application holds on a page"),
    Row(ASVS, "10.4.10", "token, introspection and revocation authenticate the client"),
    Row(ASVS, "10.4.11", "a client gets no scope that it is not registered for"),
    Row(ASVS, "10.4.12", "only known response modes are answered"),
    Row(ASVS, "10.4.13", "code requests are pushed", "pushed authorization requests"),
    Row(ASVS, "10.4.14", "access tokens are bound to their sender", "DPoP and mutual TLS"),
    Row(ASVS, "10.4.15", "authorization details are not changed", "rich authorization requests"),
    Row(ASVS, "10.4.16", "clients prove themselves by a key", _ASSERTIONS),
    Row(ASVS, "10.6.1", "an ID token comes by the code flow alone"),
    Row(ASVS, "10.6.2", "a sign-out needs a hint of this session, or the person's word"),
    Row(ASVS, "10.7.1", "consent is asked, and each time where identity is not assured"),
    Row(ASVS, "10.7.2", "the consent page says who, what, for which API and for how long"),
    Row(ASVS, "10.7.3", "a person sees, changes and ends what they allowed"),
    Row(ASVS, "6.3.8", "failed sign-ins do not tell who exists"),
    Row(ASVS, "7.2.4", "the session changes at each proof and the old one is worth nothing"),
    Row(ASVS, "7.4.2", "a disabled account is out at once"),
    Row(ASVS, "1.2.1", "names from outside are encoded where they are shown"),
)

_BY_NAME: Final = {row.name: row for row in ATTACK_ROWS}
_BY_SECTION: Final = {row.name: row for row in STANDARD_ROWS}


def attack(*names: str) -> Callable[[Decorated], Decorated]:
    """The test shows the rows ``names`` of the attacks."""
    rows = [_BY_NAME[name] for name in names]
    return _marked([spec(ATTACKS, f"{row.prefix} {row.name}", row.shows) for row in rows])


def asvs(*sections: str) -> Callable[[Decorated], Decorated]:
    """The test shows ``sections`` of the OWASP Application Security Verification Standard 5.0."""
    return _marked([spec(ASVS, name, _BY_SECTION[name].shows) for name in sections])


def _marked(marks: list[pytest.MarkDecorator]) -> Callable[[Decorated], Decorated]:
    def decorate(test: Decorated) -> Decorated:
        for mark in marks:
            test = mark(test)
        return test

    return decorate


def pytest_configure(config: pytest.Config) -> None:
    """Have the printed matrix say which rows wait for a feature."""
    config.stash[MATRIX].lacking += [
        (Requirement(ATTACKS, f"{row.prefix} {row.name}", row.shows), row.lacks)
        for row in ATTACK_ROWS
        if row.lacks
    ] + [(Requirement(ASVS, row.name, row.shows), row.lacks) for row in STANDARD_ROWS if row.lacks]
