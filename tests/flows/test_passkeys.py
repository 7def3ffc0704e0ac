"""Signing in by a passkey over the pages, the offer of one, and the page where they are kept."""

from __future__ import annotations

from dataclasses import replace

import httpx2
import pytest

from doorward.accounts import AccountKind, NewAccount
from doorward.audit import SYSTEM
from doorward.brakes import Brake, Try, rules_of
from doorward.http import subscriber_of
from tests.support.authenticator import Authenticator
from tests.support.browser_forms import Form
from tests.support.factories import PASSWORD, make_account
from tests.support.passkey_pages import Keyring, keyring_of
from tests.support.visits import Visit, arrive, authorize, form_of, go, post
from tests.support.world import World

pytestmark = pytest.mark.anyio
ELEVEN_MINUTES = 660


@pytest.fixture
async def keyring(world: World) -> Keyring:
    """Anna's browser, at the organization's own host."""
    return await keyring_of(world)


async def test_a_person_comes_in_by_a_passkey_alone(keyring: Keyring) -> None:
    """Added on the account page after a password, used in a browser that knows nobody."""
    async with keyring.browser() as http:
        await keyring.sign_in(http)
        page = await keyring.enrol(http)
        assert "The passkey was added." in page.page.text
        assert "recovery codes" in page.page.text
        kept = await go(http, "account/passkeys")
        assert "Chrome on Linux" in kept.page.text
    async with keyring.browser() as http:
        visit = await keyring.use(http)
        assert visit.path[-1] == "account"
        assert {each.methods for each in await keyring.sessions()} == {
            ("swk", "user"),
            ("pwd", "swk", "user"),
        }


async def test_an_application_gets_its_code_by_a_passkey(keyring: Keyring) -> None:
    """The flow goes on as after a password."""
    async with keyring.browser() as http:
        await keyring.sign_in(http)
        await keyring.enrol(http)
    async with keyring.browser() as http:
        visit = await arrive(http, keyring.world.request())
        done = await keyring.answer(http, visit)
        done = await post(http, form_of(done, "decision"), decision="allow")
        assert "code" in done.parameters


async def test_a_second_proof_can_be_a_passkey(keyring: Keyring) -> None:
    """Where an application asks for a new proof, and before passkeys are changed."""
    async with keyring.browser() as http:
        await keyring.sign_in(http)
        await keyring.enrol(http)
        await authorize(http, keyring.world.request())
        keyring.world.clock.advance(seconds=1)
        visit = await arrive(http, keyring.world.request(prompt="login"))
        done = await keyring.answer(http, visit)
        if "code" not in done.response.headers.get("location", ""):
            done = await post(http, form_of(done, "decision"), decision="allow")
        assert "code" in done.parameters


async def test_adding_and_removing_want_a_recent_proof(keyring: Keyring) -> None:
    """Ten minutes after the sign-in the page asks who it is, and comes back to where it was."""
    async with keyring.browser() as http:
        await keyring.sign_in(http)
        await keyring.enrol(http)
        keyring.world.clock.advance(seconds=ELEVEN_MINUTES)
        page = await go(http, "account/passkeys")
        assert page.page.form_with("credential") is None
        options = await keyring.options(http, page, "account/passkeys/options")
        assert options.status_code == 403
        form = form_of(page, "csrf")
        form.action = f"{keyring.home}/account/passkeys"
        asked = await post(http, form, part="add", credential="{}")
        assert asked.path[-1] == "signin"
        removing = await go(http, next(link for link in page.page.links if "remove?" in link))
        assert removing.path[-1] == "signin"
        second = await post(http, form_of(removing, "password"), password=PASSWORD.reveal())
        assert second.path[-1] == "signin/second/passkey"
        back = await keyring.answer(http, second, step="signin/second/passkey")
        assert back.path[-1] == "account/passkeys/remove"
        gone = await post(http, form_of(back, "passkey"))
        assert "The passkey was removed." in gone.page.text
        assert "You have no passkey yet." in gone.page.text


async def test_a_passkey_gets_another_name(keyring: Keyring) -> None:
    """One line; anything else is said beside the field, and nothing is kept."""
    async with keyring.browser() as http:
        await keyring.sign_in(http)
        await keyring.enrol(http)
        page = await go(http, "account/passkeys")
        named = await post(http, form_of(page, "name"), name="My telephone")
        assert "My telephone" in named.page.text
        wrong = await post(http, form_of(named, "name"), name=" ")
        assert wrong.response.status_code == 422
        assert "A name is one line of up to 60 characters." in wrong.page.text
        nobody_s = form_of(named, "name")
        nobody_s.fields["passkey"] = "9" * 30
        assert (await post(http, nobody_s, name="x")).response.status_code == 200


async def test_the_last_way_in_stays(keyring: Keyring) -> None:
    """Somebody without a password is told why."""
    world = keyring.world
    new = NewAccount(world.org.org_id, AccountKind.CONSTITUENT, "keyless")
    keyring.account = await world.services.accounts.create(new, SYSTEM)
    await keyring.plant()
    async with keyring.browser() as http:
        await keyring.use(http)
        page = await go(http, "account/passkeys")
        asked = await go(http, next(link for link in page.page.links if "remove?" in link))
        kept = await post(http, form_of(asked, "passkey"))
        assert kept.response.status_code == 422
        assert "This is the only way into the account." in kept.page.text


@pytest.mark.parametrize("able", ["yes", "no", None])
async def test_who_could_have_one_is_offered_a_passkey(keyring: Keyring, able: str | None) -> None:
    """By the script's word; without it nobody meets a page that they cannot use."""
    async with keyring.browser() as http:
        visit = await go(http, "signin")
        form = form_of(visit, "password")
        if able is None:
            form.fields.pop("passkeys")
        else:
            form.fields["passkeys"] = able
        done = await post(http, form, username="anna", password=PASSWORD.reveal())
        assert done.path[-1] == ("signin/passkey/offer" if able == "yes" else "account")


async def test_not_now_is_remembered(keyring: Keyring) -> None:
    """For thirty days, on every device; then the offer comes again."""
    async with keyring.browser() as http:
        offer = await _offered(http, keyring)
        done = await post(http, _refusing(offer))
        assert done.path[-1] == "account"
        again = await go(http, f"signin/passkey/offer?flow={form_of(offer, 'flow').fields['flow']}")
        assert again.path[-1] == "account"
    async with keyring.browser() as http:
        assert (await _offered(http, keyring)).path[-1] == "account"
    keyring.world.clock.advance(seconds=31 * 86_400)
    async with keyring.browser() as http:
        assert (await _offered(http, keyring)).path[-1] == "signin/passkey/offer"


async def test_an_offer_taken_leads_on(keyring: Keyring) -> None:
    """The passkey is there, and is not offered again."""
    async with keyring.browser() as http:
        offer = await _offered(http, keyring)
        options = await keyring.options(http, offer, "signin/passkey/offer/options")
        form = form_of(offer, "credential")
        wrong = await post(http, form, credential="{}")
        assert wrong.response.status_code == 422
        done = await post(http, form, credential=keyring.device.create(options.json()))
        assert "Keep your recovery codes" in done.page.text
        assert (await go(http, "account")).path[-1] == "account"
    async with keyring.browser() as http:
        assert (await _offered(http, keyring)).path[-1] == "signin/second/passkey"
    async with keyring.browser() as http:
        assert (await keyring.use(http)).path[-1] == "account"


async def test_a_password_needs_the_passkey_then(keyring: Keyring) -> None:
    """As the second step; a recovery code will do as well, and both make two factors."""
    async with keyring.browser() as http:
        await keyring.sign_in(http)
        codes = await keyring.enrol(http)
    code = codes.page.form_with("codes")
    assert code is not None
    async with keyring.browser() as http:
        visit = await keyring.sign_in(http)
        assert visit.path[-1] == "signin/second/passkey"
        assert (await go(http, "account")).path[-1] == "signin"
        keyring.device.verifies = False
        done = await keyring.answer(http, visit, step="signin/second/passkey")
        assert done.path[-1] == "account"
    async with keyring.browser() as http:
        visit = await keyring.sign_in(http)
        other = await go(http, next(link for link in visit.page.links if "way=code" in link))
        typed = code.fields["codes"].split()[0]
        done = await post(http, form_of(other, "code"), code=typed)
        assert (await go(http, "account")).path[-1] == "account"


async def test_a_second_step_that_fails_lets_nobody_in(keyring: Keyring) -> None:
    """Another person's passkey, a wrong answer, and nobody without the password."""
    await keyring.plant()
    ben = await make_account(keyring.world.services.db, "ben", org_id=keyring.world.org.org_id)
    thief = replace(keyring, account=ben, device=Authenticator(keyring.home))
    await thief.plant()
    async with keyring.browser() as http:
        visit = await keyring.sign_in(http)
        options = (await keyring.options(http, visit, "signin/second/passkey/options")).json()
        assert len(options["allowCredentials"]) == 1
        given = thief.device.get({**options, "allowCredentials": []})
        seen = await post(http, form_of(visit, "credential"), credential=given)
        assert seen.response.status_code == 400
        assert "This passkey was not accepted." in seen.page.text
        assert (await go(http, "account")).path[-1] == "signin"
    async with keyring.browser() as http:
        visit = await go(http, "signin")
        answer = await keyring.options(http, visit, "signin/second/passkey/options")
        assert answer.status_code == 410


async def test_codes_go_with_the_last_passkey(keyring: Keyring) -> None:
    """And until then they stay."""
    services, whose = keyring.world.services, (keyring.world.org.org_id, 1)
    async with keyring.browser() as http:
        await keyring.sign_in(http)
        await keyring.enrol(http)
        assert (await services.factors.get_standing(*whose)).codes_left == 10
        page = await go(http, "account/passkeys")
        asked = await go(http, next(link for link in page.page.links if "remove?" in link))
        await post(http, form_of(asked, "passkey"))
        assert (await services.factors.get_standing(*whose)).codes_left == 0


async def test_an_offer_is_for_who_just_signed_in(keyring: Keyring) -> None:
    """A flow in which nobody did leads on, or nowhere."""
    async with keyring.browser() as http:
        visit = await go(http, "signin")
        flow = form_of(visit, "password").fields["flow"]
        page = await go(http, f"signin/passkey/offer?flow={flow}")
        assert page.path[-1] == "signin"
        answer = await keyring.options(http, visit, "signin/passkey/offer/options")
        assert answer.status_code == 410
    async with keyring.browser() as other:
        page = await go(other, f"signin/passkey/offer?flow={flow}")
        assert page.response.status_code == 410


async def test_staff_come_in_by_passkeys_too(keyring: Keyring) -> None:
    """At their own form, to their own pages."""
    world = keyring.world
    keyring.account = await make_account(
        world.services.db, "sam", org_id=world.org.org_id, kind=AccountKind.SYSTEM
    )
    await keyring.plant()
    async with keyring.browser() as http:
        visit = await go(http, "admin")
        assert (await keyring.answer(http, visit)).path[-1].startswith("admin")


async def test_where_there_are_no_passkeys_no_page_speaks_of_them(world: World) -> None:
    """At an address that is a number: no script, no field, and the account page says why."""
    async with world.http() as http:
        visit = await go(http, "signin")
        assert "passkey" not in visit.response.text
        form = form_of(visit, "password")
        done = await post(http, form, username="anna", password=PASSWORD.reveal(), passkeys="yes")
        assert done.path[-1] == "account"
        page = await go(http, "account/passkeys")
        assert "Passkeys do not work at this address" in page.page.text
        answer = await http.post("signin/passkey/options", data=form.fields)
        assert answer.status_code == 410 or answer.json() == {"error": "no_passkeys_here"}


async def _offered(http: httpx2.AsyncClient, keyring: Keyring) -> Visit:
    return await keyring.sign_in(http, passkeys="yes")


def _refusing(offer: Visit) -> Form:
    return next(form for form in offer.page.forms if form.fields.get("part") == "not_now")


async def test_challenges_are_not_asked_for_without_end(keyring: Keyring) -> None:
    """Each is a row: a network that asks for hundreds waits, and others go on."""
    most, subject = rules_of()[Brake.PASSKEY_CHALLENGES].most, subscriber_of("127.0.0.1")
    async with keyring.browser() as http:
        page = await go(http, "signin")
        first = await keyring.options(http, page, "signin/passkey/options")
        assert first.status_code == 200
        brakes, org_id = keyring.world.services.brakes, keyring.world.org.org_id
        for _ in range(most - 1):
            await brakes.admit(org_id, Try(Brake.PASSKEY_CHALLENGES, subject))
        refused = await keyring.options(http, page, "signin/passkey/options")
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) > 0
        keyring.world.clock.advance(seconds=int(refused.headers["retry-after"]))
        again = await keyring.options(http, page, "signin/passkey/options")
        assert again.status_code == 200
