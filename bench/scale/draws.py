"""Work for anybody of a large installation: clients, tokens, people and issuers drawn by chance."""

from __future__ import annotations

import itertools
import random
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from bench.load import Lane, Operation, Wrong
from bench.scale.world import World
from bench.target import Target
from bench.wire import basic, get, post
from bench.works import Prepared
from bench.works.code_flow import prepare_code_flow
from bench.works.prepared import ACCESS_TOKEN, expect, string_in

__all__ = ["DRAWS", "Draw", "Drawing"]

_REQUESTS = 100_000
"""Made before the measurement, so that drawing them costs the load nothing."""
_FAMILIES_A_LANE = 16
_BROWSERS_A_LANE = 4
_STRIDE = 611_953
"""A prime: its multiples wander over all families, and come to each once."""


@dataclass(frozen=True)
class Drawing:
    """Where to draw from, and for how many connections.

    ``used`` families were refreshed by runs before this one: their first tokens are worthless.
    """

    world: World
    target: Target
    connections: int
    used: int = 0

    @property
    def uses(self) -> int:
        """How many families a run uses up."""
        return self.connections * _FAMILIES_A_LANE

    def issuer(self, number: int) -> str:
        """The issuer of an organization, from 0."""
        return self._moved(self.target.issuer, number)

    def endpoint(self, name: str, number: int) -> str:
        """The address of an endpoint by its discovery name, for an organization."""
        return self._moved(self.target.endpoints[name], number)

    def moved(self, number: int, account: int) -> Target:
        """The same server for an organization, and one person in it."""
        world, target = self.world, self.target
        return replace(
            target,
            issuer=self.issuer(number),
            endpoints={name: self._moved(url, number) for name, url in target.endpoints.items()},
            service=world.client(number, 0),
            web=world.client(number, world.applications - 1),
            people=(world.person(account),),
        )

    def _moved(self, url: str, number: int) -> str:
        base, _, rest = url.partition("/o/")
        return f"{base}/o/{self.world.org_id(number)}" + rest[len(rest.partition("/")[0]) :]


Draw = Callable[[Drawing], Awaitable[Prepared]]


async def _client_credentials(drawing: Drawing) -> Prepared:
    """Any application that acts for itself asks for a token."""
    world, chance = drawing.world, random.Random(11)

    def requests() -> Iterator[bytes]:
        for _ in range(_REQUESTS):
            number = chance.randrange(world.organizations)
            client = world.client(number, chance.randrange(world.applications - 1))
            url = drawing.endpoint("token_endpoint", number)
            yield post(url, {"grant_type": "client_credentials"}, client.authorization)

    def judge(operation: Iterator[bytes]) -> Operation[None]:
        string_in((yield next(operation)), ACCESS_TOKEN, "client credentials")

    return _prepared(drawing, list(requests()), judge)


async def _introspection(drawing: Drawing) -> Prepared:
    """Any live token is asked about, by the application that it was issued to."""
    world, chance = drawing.world, random.Random(12)

    def requests() -> Iterator[bytes]:
        for _ in range(_REQUESTS):
            drawn = world.token(chance.randrange(world.tokens))
            url = drawing.endpoint("introspection_endpoint", drawn.owner)
            yield post(url, {"token": drawn.text}, drawn.client.authorization)

    def judge(operation: Iterator[bytes]) -> Operation[None]:
        answer = yield next(operation)
        expect(answer, 200, "introspection")
        if b'"active":true' not in answer.body:
            raise Wrong(f"introspection: not active: {answer.body[:160].decode(errors='replace')}")

    return _prepared(drawing, list(requests()), judge)


async def _discovery(drawing: Drawing) -> Prepared:
    return _documents(drawing, b'"issuer"', 13, openid=True)


async def _jwks(drawing: Drawing) -> Prepared:
    return _documents(drawing, b'"keys":[{', 14, openid=False)


def _documents(drawing: Drawing, must_hold: bytes, seed: int, *, openid: bool) -> Prepared:
    """Any issuer's document."""
    world, chance = drawing.world, random.Random(seed)

    def requests() -> Iterator[bytes]:
        for _ in range(_REQUESTS):
            number = chance.randrange(world.organizations)
            if openid:
                yield get(f"{drawing.issuer(number)}/.well-known/openid-configuration")
            else:
                yield get(drawing.endpoint("jwks_uri", number))

    def judge(operation: Iterator[bytes]) -> Operation[None]:
        answer = yield next(operation)
        expect(answer, 200, "a document")
        if must_hold not in answer.body:
            raise Wrong(f"no {must_hold.decode()}: {answer.body[:160].decode(errors='replace')}")

    return _prepared(drawing, list(requests()), judge)


async def _refresh(drawing: Drawing) -> Prepared:
    """Each connection has some families, far from each other, and refreshes them in turn."""
    world = drawing.world

    def lane(number: int) -> Lane:
        first = drawing.used + number * _FAMILIES_A_LANE
        held = []
        for place in range(first, first + _FAMILIES_A_LANE):
            group = place * _STRIDE % world.families
            owner = group % world.organizations
            client = world.client(owner, world.applications - 1)
            url = drawing.endpoint("token_endpoint", owner)
            held.append(_Held(url, basic(client.client_id, client.client_secret), world, group))
        turn = itertools.cycle(held)
        return lambda: next(turn).refresh()

    return Prepared([lane(number) for number in range(drawing.connections)])


class _Held:
    """A token family, by its newest refresh token."""

    def __init__(self, url: str, authorization: str, world: World, group: int) -> None:
        self._url = url
        self._headers = {"Authorization": authorization}
        self._current = world.refresh_token(group)

    def refresh(self) -> Operation[None]:
        form = {"grant_type": "refresh_token", "refresh_token": self._current}
        answer = yield post(self._url, form, self._headers)
        string_in(answer, ACCESS_TOKEN, "refresh")
        self._current = string_in(answer, b'"refresh_token"', "refresh").decode()


async def _code_flow(drawing: Drawing) -> Prepared:
    """Each connection has some browsers, whose people are of different organizations."""
    world, chance = drawing.world, random.Random(15)
    numbers = chance.sample(
        range(world.organizations),
        min(world.organizations, drawing.connections * _BROWSERS_A_LANE),
    )
    prepared = [
        await prepare_code_flow(drawing.moved(number, chance.randint(1, world.accounts)), 1)
        for number in numbers
    ]

    def lane(number: int) -> Lane:
        turn = itertools.cycle([each.lanes[0] for each in prepared[number :: drawing.connections]])

        def operation() -> Operation[object]:
            return next(turn)()

        return operation

    async def check() -> list[str]:
        return [text for each in prepared for text in await each.check()]

    lanes = [lane(number) for number in range(min(drawing.connections, len(numbers)))]
    return Prepared(lanes, check)


def _prepared(
    drawing: Drawing,
    requests: Sequence[bytes],
    judge: Callable[[Iterator[bytes]], Operation[None]],
) -> Prepared:
    # One line for all connections: no two of them ask for the same at the same time.
    turn = itertools.cycle(requests)
    return Prepared([lambda: judge(turn)] * drawing.connections)


DRAWS: Mapping[str, Draw] = MappingProxyType(
    {
        "client_credentials": _client_credentials,
        "introspection": _introspection,
        "code_flow": _code_flow,
        "refresh": _refresh,
        "discovery": _discovery,
        "jwks": _jwks,
    }
)
"""By the work that each is compared with."""
