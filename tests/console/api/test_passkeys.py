"""Passkeys over the API: staff see and remove them, and make none."""

from __future__ import annotations

import pytest

from doorward.audit import SYSTEM
from tests.console.api.staff import Office
from tests.support.passkeys import Bench, tenant_at

pytestmark = pytest.mark.anyio


async def test_staff_see_and_remove_a_person_s_passkeys(office: Office) -> None:
    """Also the last one of who has no password; the log says by whom."""
    person = office.people["river"]
    kept = await _plant(office)
    caller = await office.client({"accounts.read", "accounts.write"})
    path = f"/accounts/{person.account_id}/passkeys"
    listed = (await caller("GET", path)).json()["items"]
    assert [each["passkey_id"] for each in listed] == [kept]
    assert listed[0]["name"] == "Chrome on Linux"
    assert listed[0]["host"] == "id.river.example"
    assert "public_key" not in listed[0]
    assert (await caller("DELETE", f"{path}/{kept}")).status_code == 204
    assert (await caller("DELETE", f"{path}/{kept}")).status_code == 404
    assert (await caller("GET", path)).json()["items"] == []
    (event,) = await office.services.audit.list("river", None, 1, "passkey.removed")
    assert event.event.actor_kind == "account"
    assert event.event.detail["name"] == "Chrome on Linux"


async def test_staff_with_more_permissions_keep_theirs(office: Office) -> None:
    """Nobody takes a way in from somebody who may do more."""
    chief = await office.staff({"accounts.write", "keys.write"})
    bench = Bench(office.services.passkeys, tenant_at(office.organizations["river"]), chief)
    kept = await bench.enrol()
    caller = await office.client({"accounts.write"})
    path = f"/accounts/{chief.account_id}/passkeys/{kept.passkey_id}"
    assert (await caller("DELETE", path)).status_code == 403
    await office.services.passkeys.remove(bench.tenant, chief.account_id, kept.passkey_id, SYSTEM)


async def _plant(office: Office) -> str:
    tenant = tenant_at(office.organizations["river"])
    bench = Bench(office.services.passkeys, tenant, office.people["river"])
    return str((await bench.enrol()).passkey_id)
