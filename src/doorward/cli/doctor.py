"""`doctor`: every weak setting by name, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.cli.at import At
from doorward.cli.checkup import Finding, settings_findings
from doorward.cli.exits import Stop, ending_of

if TYPE_CHECKING:
    from doorward.app import Services

__all__ = ["doctor", "look"]

_UNSEEN = (
    "What cannot be seen from here: whether the database and the master keys are backed up, each "
    "in a place of its own, and whether heads of the audit log are kept elsewhere."
)
_PAGE = 200
_MINUTE_US = 60 * 1_000_000
_HOUR = 3600
_YEAR_US = 366 * 24 * _HOUR * 1_000_000


def doctor(at: At) -> None:
    """Name every weak setting, and what to do about it.

    Exits with 1 when there is any.
    """
    settings = at.settings()
    findings = settings_findings(settings, at.config_file())
    findings += _database_findings(at)
    rows: list[dict[str, object]] = [
        {"level": f.level, "about": f.about, "what": f.what, "do": f.do} for f in findings
    ]
    at.show_list(("level", "about", "what", "do"), rows)
    if findings:
        broken = sum(finding.level == "broken" for finding in findings)
        raise Stop(f"{broken} broken, {len(findings) - broken} weak.")
    at.say(_UNSEEN)
    at.say("Nothing weak was found.")


def _database_findings(at: At) -> list[Finding]:
    from doorward.cli.opening import perform

    try:
        return perform(at, look)
    except Exception as error:
        ending = ending_of(error)
        if ending is None:
            raise
        advice = "Start the database, check database_url, or run: doorward db upgrade"
        if "tables" in ending.text:
            advice = "Run: doorward db upgrade"
        return [Finding("broken", "database_url", ending.text, advice)]


async def look(use: Services) -> list[Finding]:
    """What is weak in the organizations of ``use``."""
    findings: list[Finding] = []
    after: str | None = None
    while page := await use.organizations.list(after, _PAGE):
        for organization in page:
            findings += await _look_at(use, organization.org_id)
        after = page[-1].org_id
    if after is None:
        findings.append(
            Finding(
                "weak", "organizations", "There is none.", "Run: doorward org create ORG --name …"
            )
        )
    return findings


async def _look_at(use: Services, org_id: str) -> list[Finding]:
    return [
        *await _keys_of(use, org_id),
        *await _lifetimes_of(use, org_id),
        *await _applications_of(use, org_id),
        *await _letters_of(use, org_id),
        *await _sign_in_of(use, org_id),
        *await _record_of(use, org_id),
    ]


async def _keys_of(use: Services, org_id: str) -> list[Finding]:
    from doorward.crypto import SealBroken

    keys = await use.keys.list(org_id)
    current = {key.alg for key in keys if key.status == "current"}
    findings = []
    for alg in ("RS256", "ES256"):
        if alg not in current:
            what = f"It has no current {alg} key, so nothing can be signed with it."
            do = "Create organizations with: doorward org create"
            findings.append(Finding("broken", f"{org_id}: signing keys", what, do))
    try:
        for key in keys:
            use.ring.open(key.sealed, about=key.about)
    except SealBroken:
        what = "Its signing keys are sealed under a master key that is not set."
        do = "Add the older master key after the current one, in master_key_file."
        findings.append(Finding("broken", f"{org_id}: master_keys", what, do))
    return findings


async def _lifetimes_of(use: Services, org_id: str) -> list[Finding]:
    organization = await use.organizations.find(org_id)
    if organization is None:
        return []
    policy = organization.policy
    limits = (
        ("access_token_s", policy.access_token_s, _HOUR),
        ("code_s", policy.code_s, 60),
        ("refresh_grace_s", policy.refresh_grace_s, 30),
        ("session_absolute_s", policy.session_absolute_s, 90 * 24 * _HOUR),
        ("refresh_absolute_s", policy.refresh_absolute_s, 366 * 24 * _HOUR),
    )
    return [
        Finding(
            "weak",
            f"{org_id}: {name}",
            f"It is {value} seconds.",
            f"Set it to at most {most} in the organization's policy.",
        )
        for name, value, most in limits
        if value > most
    ]


async def _applications_of(use: Services, org_id: str) -> list[Finding]:
    findings: list[Finding] = []
    after: str | None = None
    while page := await use.applications.list(org_id, after, _PAGE):
        for application in page:
            about = f"{org_id}: {application.client_id}"
            # RFC 8252 8.3: the name may be made to lead to another machine.
            for uri in application.redirect_uris:
                if uri.startswith("http://") and "localhost" in uri.split("/")[2]:
                    what = f"{uri} may lead to another machine, with the code in it."
                    findings.append(Finding("weak", about, what, "Write 127.0.0.1 instead."))
            old = use.clock() - _YEAR_US
            if any(secret.created_at < old for secret in application.secrets):
                what = "A secret is more than a year old."
                do = f"Run: doorward app rotate-secret {org_id} {application.client_id}"
                findings.append(Finding("weak", about, what, do))
        after = page[-1].client_id
    return findings


async def _letters_of(use: Services, org_id: str) -> list[Finding]:
    waiting = await use.outbox.count_troubled(org_id)
    if not waiting:
        return []
    what = f"{waiting} letters could not be sent so far. They are tried for a day."
    return [Finding("weak", f"{org_id}: mail", what, "Run: doorward mail test ADDRESS")]


async def _sign_in_of(use: Services, org_id: str) -> list[Finding]:
    organization = await use.organizations.find(org_id)
    if organization is None:
        return []
    policy, found = organization.policy, []
    if policy.second_step in {"off", "optional"}:
        what = "Staff may sign in by a password alone."
        do = "Set the second step to staff or all, under /admin/sign-in."
        found.append(Finding("weak", f"{org_id}: second_step", what, do))
    if policy.sign_up and use.settings.smtp_url is None:
        what = "People may sign up, but no letter is sent, so nobody can verify an address."
        do = "Set smtp_url and mail_from, or switch sign-up off under /admin/sign-in."
        found.append(Finding("broken", f"{org_id}: sign_up", what, do))
    return found


async def _record_of(use: Services, org_id: str) -> list[Finding]:
    found, now = [], use.clock()
    newest = await use.audit.list(org_id, None, 1)
    if newest and newest[0].at > now + _MINUTE_US:
        what = "The last event is in the future: the clock of this machine, or of a server, is off."
        do = "Keep the clocks of every machine right, with NTP."
        found.append(Finding("broken", f"{org_id}: clock", what, do))
    waiting = await use.audit_chain.count_waiting(org_id)
    if waiting and newest and newest[0].at < now - 10 * _MINUTE_US:
        what = f"{waiting} events are not sealed, although the last is more than ten minutes old."
        do = "Start a server. If one runs: doorward audit verify"
        found.append(Finding("weak", f"{org_id}: audit log", what, do))
    return found
