"""The errands of the run: what programs and people ask for, each with the answer that is right."""

from __future__ import annotations

import itertools
import random
import re
from collections import deque
from collections.abc import Callable, Mapping
from html import unescape
from types import MappingProxyType
from urllib.parse import urljoin, urlsplit

from bench.load import Lane, Operation, Wrong
from bench.target import Person
from bench.wire import Answer, get, post
from bench.works import WORKS
from bench.works.code_flow import Flow, prepare_code_flow
from bench.works.prepared import ACCESS_TOKEN, endpoint, expect, mint_token, string_in
from bench.works.refresh import prepare_refresh
from soak.ground import CONNECTIONS, Ground
from soak.load import Draw, Errand

__all__ = ["GRANTS", "SHARES", "SLOW", "Errands"]

SHARES: Mapping[str, int] = MappingProxyType(
    {
        "token": 30,
        "introspection": 36,
        "code flow": 6,
        "refresh": 10,
        "discovery": 5,
        "key set": 3,
        "revocation": 3,
        "page": 3,
        "staff list": 2,
        "vault token": 2,
    }
)
"""Of a hundred operations, so many are of each kind."""
SLOW: Mapping[str, float] = MappingProxyType({"sign-in": 1.0, "wrong password": 1.0})
"""So many a second of those that hash a password, whatever the rate of the others."""
GRANTS = frozenset({"token", "introspection"})

_BROWSERS = 16
_REFRESHERS = 24
_LIVE_TOKENS = 256
_FIELD = re.compile(r'name="(flow|csrf)" value="([^"]+)"')
_MOST_STEPS = 8
_MOVED = frozenset({302, 303})


class Errands:
    """Draws operations in their shares, in an order that chance decides."""

    def __init__(self, ground: Ground, chance: random.Random) -> None:
        """Ask the server of ``ground``. Call ``prepare`` first."""
        self._ground = ground
        self._target = ground.target
        self._chance = chance
        self._flow = Flow(ground.target)
        self._deck: list[str] = []
        self._tokens: deque[str] = deque(maxlen=_LIVE_TOKENS)
        self._lanes: dict[str, itertools.cycle[Lane]] = {}
        self._refreshers: deque[Lane] = deque()
        self._people = itertools.cycle(ground.target.people)
        self._makers: Mapping[str, Callable[[], Operation[object]]] = {
            "token": self._token,
            "introspection": self._introspection,
            "revocation": self._revocation,
            "page": self._page,
            "staff list": self._staff_list,
            "vault token": self._vault_token,
            "sign-in": self._sign_in,
            "wrong password": self._wrong_password,
        }
        self._cookies: list[str] = []

    async def prepare(self) -> None:
        """Sign people in, and fetch the first tokens."""
        target = self._target
        for _ in range(_LIVE_TOKENS):
            self._tokens.append(await mint_token(target))
        flows = await prepare_code_flow(target, _BROWSERS)
        self._lanes["code flow"] = itertools.cycle(flows.lanes)
        for name, work in (("discovery", "discovery"), ("key set", "jwks")):
            self._lanes[name] = itertools.cycle((await WORKS[work](target, 1)).lanes)
        self._refreshers.extend((await prepare_refresh(target, _REFRESHERS)).lanes)

    def draw(self) -> Errand:
        """The next operation of the mixture."""
        if not self._deck:
            self._deck = [name for name, share in SHARES.items() for _ in range(share)]
            self._chance.shuffle(self._deck)
        name = self._deck.pop()
        if name == "refresh":
            return self._refresh()
        lanes = self._lanes.get(name)
        return name, (self._makers[name] if lanes is None else next(lanes))()

    def slow(self, name: str) -> Draw:
        """What draws the operations that hash a password."""
        return lambda: (name, self._makers[name]())

    def _token(self) -> Operation[None]:
        token = yield from self._minted()
        self._tokens.append(token)

    def _minted(self) -> Operation[str]:
        url = endpoint(self._target, "token_endpoint")
        form = {"grant_type": "client_credentials"}
        answer = yield post(url, form, self._target.service.authorization)
        return string_in(answer, ACCESS_TOKEN, "token").decode()

    def _asked(self, token: str, state: bytes) -> Operation[None]:
        url = endpoint(self._target, "introspection_endpoint")
        answer = yield post(url, {"token": token}, self._target.service.authorization)
        expect(answer, 200, "introspection")
        if b'"active":' + state not in answer.body:
            raise Wrong(f"introspection: not {state!r}: {answer.body[:120]!r}")

    def _introspection(self) -> Operation[None]:
        yield from self._asked(self._chance.choice(self._tokens), b"true")

    def _revocation(self) -> Operation[None]:
        """A token is issued, revoked, and inactive from then on."""
        token = yield from self._minted()
        url = endpoint(self._target, "revocation_endpoint")
        answer = yield post(url, {"token": token}, self._target.service.authorization)
        expect(answer, 200, "revocation")
        yield from self._asked(token, b"false")

    def _refresh(self) -> Errand:
        if not self._refreshers:
            return "token", self._token()
        lane = self._refreshers.popleft()

        def operation() -> Operation[None]:
            # Each has one newest refresh token: two at once would be a replay.
            try:
                yield from lane()
            finally:
                self._refreshers.append(lane)

        return "refresh", operation()

    def _page(self) -> Operation[None]:
        """The page on which a person signs in, as it comes first."""
        browser = _Browser(self._flow)
        page = yield from browser.open(self._asking(browser))
        if "password" not in page.body.decode():
            raise Wrong(f"page: nothing to type a password into: {page.body[:120]!r}")

    def _staff_list(self) -> Operation[None]:
        url = f"{self._target.issuer}/api/accounts?limit=25"
        answer = yield get(url, {"X-API-Key": self._ground.api_key})
        expect(answer, 200, "staff list")
        if b'"items":[{' not in answer.body:
            raise Wrong(f"staff list: nobody: {answer.body[:120]!r}")

    def _vault_token(self) -> Operation[None]:
        number = self._chance.randint(1, CONNECTIONS)
        url = f"{self._target.issuer}/api/connections/{number}/token"
        answer = yield get(url, {"X-API-Key": self._ground.api_key})
        if not string_in(answer, ACCESS_TOKEN, "vault token").startswith(b"access-%09d-" % number):
            raise Wrong("vault token: somebody else's")

    def _sign_in(self) -> Operation[None]:
        """A new browser signs in for an application, which gets its tokens; then it signs out."""
        browser = _Browser(self._flow)
        proof = self._flow.proof()
        page = yield from browser.open(f"{self._flow.authorize_url}?{proof.query.decode()}")
        back = yield from browser.type(page, next(self._people), {})
        code = self._flow.code_from(back, proof.state)
        tokens = yield self._flow.redeem(code, proof)
        string_in(tokens, ACCESS_TOKEN, "token")

    def _wrong_password(self) -> Operation[None]:
        """Somebody far away guesses, and reads that it was wrong."""
        chance = self._chance
        browser = _Browser(self._flow)
        network = ".".join(str(chance.randint(1, 250)) for _ in range(3))
        guess = Person(f"nobody{chance.randrange(10**9)}", "wrong horse battery")
        page = yield from browser.open(self._asking(browser))
        answer = yield from browser.type(page, guess, {"X-Forwarded-For": f"10.{network}"})
        if answer.status in _MOVED or answer.status >= 500:
            raise Wrong(f"wrong password: status {answer.status}")

    def _asking(self, _browser: _Browser) -> str:
        proof = self._flow.proof()
        return f"{self._flow.authorize_url}?{proof.query.decode()}"


class _Browser:
    """A new browser with its own cookies."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self._cookies: dict[str, str] = {}
        self._at = ""

    def open(self, url: str, headers: Mapping[str, str] | None = None) -> Operation[Answer]:
        """Go to ``url`` and on until there is a page, or the way back to the application."""
        answer = yield get(url, self._said(headers or {}))
        for _ in range(_MOST_STEPS):
            self._keep(answer)
            self._at = url
            if answer.status not in _MOVED:
                return answer
            onward = urljoin(url, (answer.header(b"location") or b"").decode())
            if onward.startswith(self._flow.client.redirect_uri):
                return answer
            url = onward
            answer = yield get(url, self._said(headers or {}))
        raise Wrong(f"no page after {_MOST_STEPS} steps, last {url}")

    def type(self, page: Answer, person: Person, headers: Mapping[str, str]) -> Operation[Answer]:
        """Fill in the form of ``page`` for ``person``, and go on to where it leads."""
        expect(page, 200, "the sign-in page")
        form = {name: unescape(value) for name, value in _FIELD.findall(page.body.decode())}
        form |= {"username": person.username, "password": person.password}
        parts = urlsplit(self._at)
        origin = f"{parts.scheme}://{parts.netloc}"
        said = self._said({**headers, "Origin": origin, "Referer": self._at})
        url = f"{self._flow.target.issuer}/signin"
        answer = yield post(url, form, said)
        self._keep(answer)
        if answer.status not in _MOVED:
            return answer
        onward = urljoin(url, (answer.header(b"location") or b"").decode())
        if onward.startswith(self._flow.client.redirect_uri):
            return answer
        return (yield from self.open(onward, headers))

    def _said(self, headers: Mapping[str, str]) -> dict[str, str]:
        pairs = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        return {**headers, **({"Cookie": pairs} if pairs else {})}

    def _keep(self, answer: Answer) -> None:
        for line in answer.head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name.strip().lower() == b"set-cookie":
                pair = value.strip().split(b";", 1)[0].decode()
                key, _, text = pair.partition("=")
                self._cookies[key] = text
