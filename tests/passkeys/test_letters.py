"""What people are told by mail about their passkeys, in the unit of the change."""

from __future__ import annotations

from dataclasses import replace

import pytest

from doorward.accounts import AccountKind
from doorward.audit import SYSTEM
from doorward.db import Database
from doorward.mail import Inbox, render_letter
from doorward.orgs import NewOrganization, OrgId
from tests.support.authenticator import Authenticator, Lie
from tests.support.clock import ManualClock
from tests.support.factories import make_account
from tests.support.passkeys import HOME, Bench, tenant_at
from tests.support.world import make_services

pytestmark = pytest.mark.anyio


async def test_people_are_told_what_happens_to_their_passkeys(
    db: Database, clock: ManualClock
) -> None:
    """Added, possibly copied, removed; the link leads to the page where that is mended."""
    use = make_services(db, clock, carrier=Inbox(clock=clock))
    org = await use.organizations.create(NewOrganization(OrgId("river"), "River Trust"), SYSTEM)
    account = await make_account(db, "sam", org_id="river", kind=AccountKind.SYSTEM)
    bench = Bench(use.passkeys, tenant_at(org), account, Authenticator(HOME, syncs=False))
    kept = await bench.enrol("Firefox on Linux")
    await bench.prove(Lie(sign_count=7))
    await bench.prove(Lie(sign_count=7))
    await bench.passkeys.remove(bench.tenant, account.account_id, kept.passkey_id, bench.actor)
    subjects = []
    for org_id, letter_id in await use.outbox.find_due(10):
        letter = await use.outbox.claim(org_id, letter_id, 1)
        assert letter is not None
        opened = use.outbox.open_link(letter)
        assert opened.link == "https://id.river.example/o/river/account/passkeys?sign_in=staff"
        parcel = render_letter(letter, opened)
        assert "Firefox on Linux" in parcel.text
        assert parcel.address == "sam@example.org"
        subjects.append(parcel.subject)
        in_japanese = render_letter(replace(letter, locale="ja"), opened)
        assert "パスキー「Firefox on Linux」" in in_japanese.text
    assert sorted(subjects) == [
        "A passkey of your account may have been copied",
        "A passkey was added to your account",
        "A passkey was removed from your account",
    ]
