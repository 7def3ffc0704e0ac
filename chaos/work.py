"""The mixed work: each kind does one thing and writes down what was acknowledged."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2

from chaos.desk import Desk, Unknown
from chaos.journal import Chain, Renamed
from doorward.protocol import challenge_of
from tests.support.browser_forms import Form, read_page
from tests.support.world import CALLBACK, VERIFIER

__all__ = ["WORK", "Person", "Work", "sign_in_person"]

_NUMBERS = itertools.count(1)
_PASSWORD = "a long enough password"  # noqa: S105 - everybody's, in a database of its own
_TRIES = 4
_STEPS = 10


class Person:
    """Somebody in a browser: their cookies, which are the same at both servers."""

    def __init__(self, username: str) -> None:
        """Nobody is signed in yet."""
        self.username = username
        self.cookies: dict[str, str] = {}
        self.consent_id: str | None = None

    async def open(self, desk: Desk, url: str) -> httpx2.Response:
        """Open a page of ours, whichever server's."""
        return await self._take(desk, "GET", url)

    async def send(self, desk: Desk, form: Form, **typed: str) -> httpx2.Response:
        """Send a form."""
        return await self._take(desk, "POST", form.action, data={**form.fields, **typed})

    async def _take(self, desk: Desk, method: str, url: str, **more: Any) -> httpx2.Response:
        parts = urlsplit(url)
        path = parts.path.removeprefix(desk.base) + (f"?{parts.query}" if parts.query else "")
        header = {"cookie": "; ".join(f"{n}={v}" for n, v in self.cookies.items())}
        answer = await desk.page(method, path, headers=header, **more)
        for cookie in answer.headers.get_list("set-cookie"):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer


def _request(desk: Desk) -> str:
    """The path of an ordinary authorization request."""
    return f"{desk.base}/oauth2/auth?" + urlencode(
        {
            "response_type": "code",
            "client_id": desk.client[0],
            "redirect_uri": CALLBACK,
            "scope": "openid email offline_access",
            "state": "s",
            "code_challenge": challenge_of(VERIFIER),
            "code_challenge_method": "S256",
        }
    )


async def _walk(desk: Desk, person: Person, url: str) -> str | None:
    """Do what is asked until the application is reached: the code. None if it is not."""
    answer = await person.open(desk, url)
    for _ in range(_STEPS):
        if answer.status_code == 303:
            target = answer.headers["location"]
            if target.startswith(CALLBACK):
                return parse_qs(urlsplit(target).query).get("code", [None])[0]
            answer = await person.open(desk, target)
            continue
        page = read_page(answer)
        if form := page.form_with("password"):
            typed = {"username": person.username, "password": _PASSWORD}
            answer = await person.send(desk, form, **typed)
        elif form := page.form_with_button("decision", "allow"):
            answer = await person.send(desk, form, decision="allow")
        else:
            return None
    return None


async def sign_in_person(desk: Desk) -> Person:
    """A new person who has signed in and allowed the application. Raises ``Unknown``."""
    username = f"person{next(_NUMBERS)}"
    body = {"username": username, "email": f"{username}@example.org", "password": _PASSWORD}
    made = await desk.api("POST", "/accounts", json=body)
    if made.status_code != 201:
        raise Unknown
    account_id = made.json()["account_id"]
    desk.journal.accounts[account_id] = username
    desk.journal.acknowledged("accounts")
    person = Person(username)
    if await _walk(desk, person, _request(desk)) is None:
        raise Unknown
    desk.journal.sessions.append(dict(person.cookies))
    desk.journal.acknowledged("sessions")
    found = await desk.api("GET", "/consents", params={"account_id": account_id})
    if found.status_code == 200 and len(found.json()["items"]) == 1:
        consent_id = str(found.json()["items"][0]["consent_id"])
        person.consent_id = consent_id
        desk.journal.consents.add(consent_id)
        desk.journal.acknowledged("consents")
    return person


def _redemption(code: str) -> dict[str, str]:
    return {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
    }


async def _race_a_code(desk: Desk, person: Person) -> None:
    """Several redeem one code at once, also later: at most one may buy."""
    code = await _walk(desk, person, _request(desk))
    if code is None:
        return
    tries = [desk.program("/oauth2/token", _redemption(code)) for _ in range(3)]
    answers = await asyncio.gather(*tries, return_exceptions=True)
    with suppress(Unknown):
        answers.append(await desk.program("/oauth2/token", _redemption(code)))
    bought = [a for a in answers if isinstance(a, httpx2.Response) and a.status_code == 200]
    if len(bought) > 1:
        desk.journal.lost.append(f"a code bought {len(bought)} times")
    if bought:
        desk.journal.acknowledged("codes")


async def _keep_a_chain(desk: Desk, person: Person) -> None:
    """Redeem a code once, then rotate the refresh token a few times, twice at once each time."""
    code = await _walk(desk, person, _request(desk))
    if code is None:
        return
    answer = await desk.program("/oauth2/token", _redemption(code))
    if answer.status_code != 200:
        return
    chain = Chain(answer.json()["access_token"], answer.json()["refresh_token"])
    desk.journal.acknowledged("codes")
    for _ in range(desk.random.randint(1, 4)):
        pairs = await _rotate(desk, chain.refresh)
        if len(pairs) > 1:
            desk.journal.lost.append("a refresh token became two")
        if len(pairs) != 1:
            return  # nobody knows what became of it: such a chain proves nothing
        chain = Chain(*pairs.pop())
        desk.journal.acknowledged("rotations")
    desk.journal.chains.append(chain)


async def _rotate(desk: Desk, refresh: str) -> set[tuple[str, str]]:
    """The pairs that two requests with the same token got, asking again within the grace."""
    form = {"grant_type": "refresh_token", "refresh_token": refresh}
    for _ in range(_TRIES):
        work = [desk.program("/oauth2/token", form) for _ in range(2)]
        answers = await asyncio.gather(*work, return_exceptions=True)
        told = [a for a in answers if isinstance(a, httpx2.Response)]
        pairs = {
            (a.json()["access_token"], a.json()["refresh_token"])
            for a in told
            if a.status_code == 200
        }
        if pairs or any(a.status_code == 400 for a in told):
            return pairs
        await asyncio.sleep(0.3)
    return set()


async def _issue_a_token(desk: Desk, _person: Person) -> None:
    answer = await desk.program("/oauth2/token", {"grant_type": "client_credentials"})
    if answer.status_code == 200:
        desk.journal.tokens.append(answer.json()["access_token"])
        desk.journal.acknowledged("tokens")


async def _revoke_a_token(desk: Desk, _person: Person) -> None:
    """From the moment at which it is asked nobody may rely on it; once said, it is gone."""
    if not desk.journal.tokens:
        return
    place = desk.random.randrange(len(desk.journal.tokens))
    token = desk.journal.tokens.pop(place)
    answer = await desk.program("/oauth2/revoke", {"token": token})
    if answer.status_code == 200:
        desk.journal.revoked.append(token)
        desk.journal.acknowledged("revocations")


async def _make_an_account(desk: Desk, _person: Person) -> None:
    """Asked again with the same key until it is known: it is made once."""
    username = f"member{next(_NUMBERS)}"
    headers = {"idempotency-key": f"key-{username}"}
    seen = set()
    for _ in range(_TRIES):
        with suppress(Unknown):
            body = {"username": username, "name": username}
            answer = await desk.api("POST", "/accounts", json=body, headers=headers)
            if answer.status_code != 201:
                desk.journal.answers[f"account {answer.status_code}"] += 1
                return
            seen.add(answer.json()["account_id"])
            if len(seen) > 1:
                desk.journal.lost.append("one key made two accounts")
            if desk.random.random() < 0.8:
                break
        await asyncio.sleep(0.2)
    for account_id in seen:
        desk.journal.accounts[account_id] = username
        desk.journal.renamed[account_id] = Renamed(username)
        desk.journal.acknowledged("accounts")


async def _rename_an_account(desk: Desk, _person: Person) -> None:
    if not desk.journal.renamed:
        return
    account_id = desk.random.choice(list(desk.journal.renamed))
    # One at a time: of two at once nobody could say which was the last.
    known = desk.journal.renamed.pop(account_id)
    name = f"name {next(_NUMBERS)}"
    known.open_.add(name)
    with suppress(Unknown):
        answer = await desk.api("PATCH", f"/accounts/{account_id}", json={"name": name})
        if answer.status_code == 200:
            known = Renamed(name)
            desk.journal.acknowledged("renamings")
    desk.journal.renamed[account_id] = known


async def _make_a_key(desk: Desk, _person: Person) -> None:
    answer = await desk.api("POST", "/api-keys", json={"label": f"key {next(_NUMBERS)}"})
    if answer.status_code == 201:
        desk.journal.keys[answer.json()["key_id"]] = answer.json()["key"]
        desk.journal.acknowledged("keys")


async def _revoke_a_key(desk: Desk, _person: Person) -> None:
    if not desk.journal.keys:
        return
    key_id = desk.random.choice(list(desk.journal.keys))
    key = desk.journal.keys.pop(key_id)
    answer = await desk.api("DELETE", f"/api-keys/{key_id}")
    if answer.status_code == 204:
        desk.journal.dead_keys[key_id] = key
        desk.journal.acknowledged("revoked keys")


async def _withdraw_a_consent(desk: Desk, _person: Person) -> None:
    """Somebody new allows the application, and it is taken back."""
    consent_id = (await sign_in_person(desk)).consent_id
    if consent_id is None:
        return
    desk.journal.consents.discard(consent_id)
    answer = await desk.api("DELETE", f"/consents/{consent_id}")
    if answer.status_code == 204:
        desk.journal.withdrawn.add(consent_id)
        desk.journal.acknowledged("withdrawals")


async def _somebody_new(desk: Desk, _person: Person) -> None:
    await sign_in_person(desk)


Work = Callable[[Desk, Person], Awaitable[None]]

WORK: tuple[tuple[Work, int], ...] = (
    (_issue_a_token, 20),
    (_revoke_a_token, 6),
    (_race_a_code, 8),
    (_keep_a_chain, 8),
    (_make_an_account, 10),
    (_rename_an_account, 10),
    (_make_a_key, 4),
    (_revoke_a_key, 2),
    (_withdraw_a_consent, 1),
    (_somebody_new, 1),
)
"""What a worker may do next, and how often."""
