"""Forms against a real platform: proved before they are kept, filled in by administrators."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import msgspec
import pytest

from doorward.audit import SYSTEM, Audit
from doorward.brakes import Braked
from doorward.connectors import (
    BadVariable,
    Connector,
    ConnectorAuthor,
    ConnectorDisabled,
    DynamicOptions,
    OptionsRequest,
    Variable,
)
from doorward.crypto import KeyRing, SealBroken, Secret
from doorward.db import Database, statement
from doorward.vault import (
    BadManagedValue,
    Cause,
    FormConnected,
    ManagedValues,
    MasterKeys,
    MayNotSubmit,
    MissingFields,
    NotConnected,
    NotManaged,
    Typed,
    UnknownOption,
)
from doorward.vault.forms_rules import find_option
from doorward.vault.store import managed_values
from tests.support.clock import ManualClock
from tests.support.upstream import (
    API_KEY,
    CLIENT_ID,
    LIMITED_KEY,
    UpstreamServer,
    running_upstream,
)
from tests.vault.crm import ADMIN, OTHER_ADMIN, PERSON
from tests.vault.road import Road, build_road

pytestmark = pytest.mark.anyio
FRIEND = ConnectorAuthor(PERSON.actor, 8, "constituent")
KEY = Variable(name="api_key", secret=True)
TENANT = Variable(name="tenant", managed=True, scope="account")
OWN_KEY = Variable(name="api_key", secret=True, managed=True, scope="user")


@pytest.fixture(scope="module")
def platform() -> Iterator[UpstreamServer]:
    """A real platform on loopback."""
    with running_upstream() as server:
        yield server


@pytest.fixture
async def road(db: Database, clock: ManualClock, platform: UpstreamServer) -> AsyncIterator[Road]:
    """The whole road over a fresh database, to a platform of keys."""
    platform.configure(kind="key", revoke="none")
    platform.clock.now = clock.now
    platform.platform.clock = clock
    async with build_road(db, clock, platform) as built:
        yield built


async def keyed(road: Road, *variables: Variable, slug: str = "keyed", **more: Any) -> Connector:
    """A connector whose form has these fields."""
    return await road.register(slug, variables=variables or (KEY,), **more)


async def connect(
    road: Road, connector: Connector, by: ConnectorAuthor = PERSON, **values: str
) -> FormConnected:
    """Fill in the form."""
    return await road.forms.connect(Typed(road.place(connector), values), by)


async def fill(
    road: Road,
    connector: Connector,
    account_id: int = 0,
    *,
    remove: tuple[str, ...] = (),
    values: dict[str, str] | None = None,
    **more: str,
) -> None:
    """Fill in beforehand, as an administrator."""
    whose = (connector, find_option(connector.manifest, ""), account_id)
    await road.managed.change(whose, {**(values or {}), **more}, remove, ADMIN)


def asked(road: Road) -> int:
    """How many requests the platform got."""
    return len(road.server.platform.seen)


async def test_a_right_key_is_proved_and_kept(road: Road) -> None:
    """With whose it is; the key itself is sealed."""
    done = await connect(road, await keyed(road), api_key=f"  Bearer {API_KEY}\n")
    row = done.kept.connection
    assert (row.party_id, row.values) == ("acct-1", {})
    assert done.verified.checked
    held = road.desk.connections.open(row)
    assert held.tokens.secrets == {"api_key": Secret(API_KEY)}
    plan = await road.plans.plan(row, held.tokens)
    assert plan.secret_values == {"api_key": Secret(API_KEY)}


async def test_a_wrong_key_is_not_kept_and_the_cause_is_told(road: Road) -> None:
    """Nothing is in the database of what was typed."""
    connector = await keyed(road)
    with pytest.raises(NotConnected) as refused:
        await connect(road, connector, api_key="wrong-key")
    assert refused.value.cause is Cause.WRONG_KEY
    assert "wrong-key" not in refused.value.sentence
    assert await road.connections() == []


async def test_a_key_that_may_do_little_is_kept_where_the_manifest_says_so(road: Road) -> None:
    """And the person is told."""
    done = await connect(road, await keyed(road, identity=None), api_key=LIMITED_KEY)
    assert done.verified.limited


async def test_what_is_missing_is_named_and_nothing_is_sent(road: Road) -> None:
    """Nor for a value that its field does not take."""
    connector = await keyed(road, KEY, Variable(name="team", pattern="^[a-z]+$"))
    before = asked(road)
    with pytest.raises(MissingFields) as refused:
        await connect(road, connector, team=" ")
    assert refused.value.names == ("api_key", "team")
    with pytest.raises(BadVariable):
        await connect(road, connector, api_key=API_KEY, team="NO")
    assert asked(road) == before
    off = await road.connectors.disable("river", "keyed", SYSTEM)
    with pytest.raises(ConnectorDisabled):
        await connect(road, off, api_key=API_KEY, team="a")
    assert asked(road) == before


async def test_an_unreachable_site_that_was_typed_is_the_wrong_one(road: Road) -> None:
    """Nothing listens there; where no host was typed it is the network."""
    host = Variable(name="site", type="hostname", pattern=r"^[a-z]+\.invalid$")
    option = road.server.manifest("x").auth_options[0]
    assert option.verify is not None
    verify = msgspec.structs.replace(option.verify, url="https://{site}/me")
    connector = await keyed(road, KEY, host, verify=verify, identity=None)
    with pytest.raises(NotConnected) as refused:
        await connect(road, connector, api_key=API_KEY, site="acme.invalid")
    assert refused.value.cause is Cause.WRONG_HOST


async def test_a_password_is_used_and_not_kept(road: Road) -> None:
    """Only what it bought is."""
    road.server.configure(kind="two_step", client_auth="none", revoke="none")
    password = Variable(name="password", secret=True, persist=False)
    connector = await keyed(road, Variable(name="username"), password, client_id=CLIENT_ID)
    done = await connect(road, connector, username="ada", password="difference")
    held = road.desk.connections.open(done.kept.connection)
    assert held.tokens.access.reveal()
    assert held.tokens.secrets == {}
    assert held.connection.values == {"username": "ada"}
    with pytest.raises(NotConnected) as refused:
        await connect(road, connector, username="ada", password="wrong")
    assert refused.value.cause is Cause.WRONG_KEY


async def test_values_of_administrators_are_used_everywhere_and_kept_once(road: Road) -> None:
    """The connection holds none of them: whoever changes one changes it for everybody."""
    connector = await keyed(road, TENANT, OWN_KEY)
    await fill(road, connector, tenant="acme")
    await fill(road, connector, PERSON.account_id, api_key=API_KEY)
    option = find_option(connector.manifest, "")
    assert (await road.managed.state(connector, option, 7)).all_required_satisfied
    assert [f.name for f in await road.forms.fields(road.place(connector), "", 7)] == []
    assert [f.name for f in await road.forms.fields(road.place(connector), "", 8)] == ["api_key"]
    done = await connect(road, connector)
    row = done.kept.connection
    held = road.desk.connections.open(row)
    assert (row.values, held.tokens.secrets) == ({}, {})
    await fill(road, connector, tenant="renamed")
    plan = await road.plans.plan(row, held.tokens)
    assert plan.values["tenant"] == "renamed"
    assert plan.secret_values["api_key"] == Secret(API_KEY)


async def test_a_value_of_one_person_or_organization_is_nobody_elses(road: Road) -> None:
    """Nor another connector's, nor one's that took the name again."""
    connector = await keyed(road, TENANT, OWN_KEY)
    lake = await keyed(road, TENANT, OWN_KEY, slug="keyed", org_id="lake")
    other = await keyed(road, TENANT, OWN_KEY, slug="other")
    await fill(road, connector, tenant="acme")
    await fill(road, connector, 7, api_key="of seven")
    option = find_option(connector.manifest, "")
    mine = await road.managed.find(connector, option, 7)
    assert set(mine.values) == {"tenant", "api_key"}
    assert set((await road.managed.find(connector, option, 8)).values) == {"tenant"}
    for elsewhere in (lake, other):
        assert (await road.managed.find(elsewhere, option, 7)).values == {}
    await road.connectors.remove("river", "keyed", SYSTEM)
    again = await keyed(road, TENANT, OWN_KEY)
    assert (await road.managed.find(again, option, 7)).values == {}
    assert await road.managed.list_accounts(connector) == (7,)
    for elsewhere in (lake, other, again):
        assert await road.managed.list_accounts(elsewhere) == ()


async def test_after_managed_values_failed_the_person_sees_the_whole_form(road: Road) -> None:
    """What they type comes first then; success clears it, and so does an administrator's change."""
    connector = await keyed(road, TENANT, OWN_KEY)
    option = find_option(connector.manifest, "")
    await fill(road, connector, tenant="acme")
    await fill(road, connector, 7, api_key="wrong")
    with pytest.raises(NotConnected):
        await connect(road, connector)
    state = await road.managed.state(connector, option, 7)
    assert (state.falls_back, state.visible, state.missing) == (True, None, ("tenant", "api_key"))
    assert not (await road.managed.state(connector, option, 8)).falls_back
    done = await connect(road, connector, api_key=API_KEY)
    held = road.desk.connections.open(done.kept.connection)
    assert held.tokens.secrets == {"api_key": Secret(API_KEY)}
    assert not (await road.managed.state(connector, option, 7)).falls_back
    with pytest.raises(NotConnected):
        await connect(road, connector)
    await fill(road, connector, tenant="other")
    assert not (await road.managed.state(connector, option, 7)).falls_back


async def test_what_an_administrator_typed_holds_for_others_once_it_worked(road: Road) -> None:
    """And what anybody else typed never does."""
    connector = await keyed(road, TENANT, OWN_KEY)
    option = find_option(connector.manifest, "")
    with pytest.raises(NotConnected):
        await connect(road, connector, ADMIN, tenant="acme", api_key="wrong")
    assert (await road.managed.find(connector, option, 1)).values == {}
    await connect(road, connector, PERSON, tenant="theirs", api_key=API_KEY)
    assert (await road.managed.find(connector, option, 7)).values == {}
    await connect(road, connector, ADMIN, tenant="acme", api_key=API_KEY)
    assert (await road.managed.find(connector, option, 7)).values == {"tenant": Secret("acme")}
    assert set((await road.managed.find(connector, option, 1)).values) == {"tenant", "api_key"}


async def test_only_administrators_fill_in_and_only_what_is_theirs_to_fill_in(road: Road) -> None:
    """A field of one scope is not filled in for the other."""
    connector = await keyed(road, TENANT, OWN_KEY, Variable(name="plain", required=False))
    option = find_option(connector.manifest, "")
    with pytest.raises(MayNotSubmit):
        await road.managed.change((connector, option, 0), {"tenant": "x"}, (), PERSON)
    for account_id, name in ((0, "api_key"), (7, "tenant"), (0, "plain"), (0, "x" * 500)):
        with pytest.raises(NotManaged):
            await fill(road, connector, account_id, values={name: "x"})
    for values in ({"tenant": "nul\x00"}, {"tenant": "x" * 5000}):
        with pytest.raises(BadVariable):
            await fill(road, connector, values=values)
    with pytest.raises(BadManagedValue):
        await fill(road, connector, values={f"n{n}": "x" for n in range(101)})
    await fill(road, connector, remove=("x" * 500, "nul\x00"))


async def test_administrators_see_what_is_filled_in_but_no_secret(road: Road) -> None:
    """Values are merged, and removed by name; the record tells names only."""
    connector = await keyed(road, TENANT, OWN_KEY)
    option = find_option(connector.manifest, "")
    await fill(road, connector, tenant="acme")
    await fill(road, connector, 7, api_key=API_KEY)
    (shown,) = await road.managed.list_for(connector, option)
    assert (shown.name, shown.has_value, shown.value) == ("tenant", True, "acme")
    (secret,) = await road.managed.list_for(connector, option, 7)
    assert (secret.has_value, secret.value) == (True, "")
    await fill(road, connector, 7, remove=("api_key",))
    (secret,) = await road.managed.list_for(connector, option, 7)
    assert not secret.has_value
    events = await Audit(db=road.db).list("river", None, 50, "managed_values.changed")
    assert API_KEY not in repr(events)


async def test_managed_values_are_sealed_each_for_its_own_place(road: Road) -> None:
    """Moved to somebody else they do not open; under a new master key they are sealed again."""
    connector = await keyed(road, TENANT, OWN_KEY)
    option = find_option(connector.manifest, "")
    await fill(road, connector, 7, api_key=API_KEY)
    rows = await road.db.all(statement(managed_values.select()))
    assert API_KEY.encode() not in b"".join(bytes(row[5]) for row in rows)
    new = KeyRing((Secret(bytes(range(1, 33))), Secret(bytes(range(32)))))
    keys = MasterKeys(db=road.db, clock=road.clock, ring=new)
    await keys.verify()
    assert (await keys.reencrypt(SYSTEM)).unreadable == 0
    alone = KeyRing((Secret(bytes(range(1, 33))),))
    fresh = ManagedValues(db=road.db, clock=road.clock, ring=alone)
    assert (await fresh.find(connector, option, 7)).values == {"api_key": Secret(API_KEY)}
    await road.db.run(statement(managed_values.update().values(account_id=8)))
    with pytest.raises(SealBroken):
        await fresh.find(connector, option, 8)


async def test_choices_are_listed_by_what_was_typed_and_nothing_is_kept(road: Road) -> None:
    """The key goes to the platform for the list, and is forgotten."""
    request = OptionsRequest(
        url=f"{road.server.url}/api/regions",
        headers={"X-Typed-Key": "{api_key}"},
        items="data.regions",
        value="code",
        label="label",
    )
    dynamic = DynamicOptions(request=request, needs=("api_key",))
    region = Variable(name="region", type="select", dynamic=dynamic)
    connector = await keyed(road, KEY, region)
    choices = await road.forms.options(connector, "", "region", {"api_key": API_KEY})
    assert [(c.const, c.title) for c in choices] == [("eu", "Europe"), ("us", "United States")]
    with pytest.raises(NotConnected) as refused:
        await road.forms.options(connector, "", "region", {"api_key": "wrong"})
    assert refused.value.cause is Cause.WRONG_KEY
    with pytest.raises(UnknownOption):
        await road.forms.options(connector, "", "nothing", {})
    assert await road.connections() == []


async def test_the_same_account_is_one_connection_and_a_new_key_takes_its_place(
    road: Road,
) -> None:
    """A rotated key is proved before the old one goes."""
    connector = await keyed(road)
    first = await connect(road, connector, api_key=API_KEY)
    with pytest.raises(NotConnected):
        await connect(road, connector, api_key="wrong")
    again = await connect(road, connector, api_key=API_KEY)
    assert again.kept.is_reconnected
    assert again.kept.connection.connection_id == first.kept.connection.connection_id
    await connect(road, connector, OTHER_ADMIN, api_key=API_KEY)
    await connect(road, connector, FRIEND, api_key=API_KEY)
    assert len(await road.connections()) == 3


async def test_who_types_wrong_keys_is_slowed_down(road: Road) -> None:
    """Before anything is sent; nobody else is, and the right key forgives nothing before it."""
    connector = await keyed(road, TENANT, OWN_KEY)
    for _ in range(20):
        with pytest.raises(NotConnected):
            await connect(road, connector, tenant="acme", api_key="wrong")
    sent = len(road.server.platform.seen)
    with pytest.raises(Braked) as caught:
        await connect(road, connector, tenant="acme", api_key=API_KEY)
    assert caught.value.retry_after_s == 10
    assert len(road.server.platform.seen) == sent
