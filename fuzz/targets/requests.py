"""The whole application: every address, by whoever may open it, with anything in query and body.

An input is who asks, which address, and then the query, the headers and the body between marks.
"""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from doorward.accounts import AccountKind
from doorward.app import build_app
from doorward.app.application import _api_services
from doorward.audit import SYSTEM
from doorward.console.api.application import operations_of
from doorward.crypto import Secret
from doorward.db import open_database
from doorward.http import Csrf, session_cookie_name
from doorward.orgs import DIALECTS, OrganizationChange, Permission
from fuzz.target import Target, holds
from fuzz.texts import PART, text
from tests.support.clock import ManualClock
from tests.support.databases import SqliteTemplate
from tests.support.factories import PASSWORD, make_account
from tests.support.raw import raw_request
from tests.support.routes import everything_served
from tests.support.visits import form_of, go, post
from tests.support.world import World, make_services, make_world

__all__ = ["REQUESTS"]

_EVERY = tuple(str(each) for each in Permission)
_ENDS = ("/signout", "/logout/confirm")
"""Who signs out sees nothing more: these are left to tests."""
_RENEWED = 500
_FORM = (b"content-type", b"application/x-www-form-urlencoded")
_JSON = (b"content-type", b"application/json")
_V2 = ("/v2/accounts", "/v2/accounts/search", "/v2/accounts/searches", "/v2/accounts/1")


@dataclass(frozen=True)
class _Caller:
    """Somebody who asks: their headers, and the token of their forms."""

    headers: tuple[tuple[bytes, bytes], ...] = ()
    csrf: str = ""


class _House:
    """A running application, in which new people sign in from time to time."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._folder = tempfile.TemporaryDirectory(prefix="doorward-requests-")
        template = SqliteTemplate.create(Path(self._folder.name))
        self._clock = ManualClock()
        url = template.copy_to(Path(self._folder.name) / "doorward.sqlite")
        self._db = self._loop.run_until_complete(open_database(url, clock=self._clock))
        self._use = make_services(self._db, self._clock)
        self._app = build_app(self._use)
        served = everything_served(self._use)
        self._addresses = [
            (method, route.path)
            for route in served.inside
            for method in route.methods
            if not route.path.endswith(_ENDS)
        ]
        self._addresses += [("POST", path) for path in _V2] + [("GET", path) for path in _V2]
        self._operations: list[tuple[str, str]] = [
            (each.method, f"/api{each.path}") for each in operations_of(_api_services(self._use))
        ]
        self._callers: list[_Caller] = []
        self._runs = 0
        self._base = ""
        # What the last door reports is a finding; everything else that is told is not.
        self._heard = _Heard()
        logging.getLogger("doorward").addHandler(self._heard)
        logging.getLogger("doorward").propagate = False

    def run(self, data: bytes) -> None:
        """Ask once. Raises ``Broken`` when the answer is a failure of ours."""
        if self._runs % _RENEWED == 0:
            self._loop.run_until_complete(self._renew())
        self._runs += 1
        self._loop.run_until_complete(self._ask(data))

    async def _ask(self, data: bytes) -> None:
        who, where, rest = (data[:1] or b"\x00")[0], int.from_bytes(data[1:3]), data[3:]
        mark = PART.encode()
        query, _, rest = rest.partition(mark)
        headers, _, body = rest.partition(mark)
        caller = self._callers[who % len(self._callers)]
        kinds = (_JSON,) if who & 0x40 else (_FORM,)
        if who & 0x80:
            method, path = self._operations[where % len(self._operations)]
            kinds = (_JSON,)
        else:
            method, path = self._addresses[where % len(self._addresses)]
        path, query = _filled(path, query)
        if method == "POST" and kinds == (_FORM,) and caller.csrf:
            body = b"csrf=" + caller.csrf.encode() + b"&" + body
        answer = await raw_request(
            self._app,
            method,
            self._base + path,
            query=query,
            body=body,
            headers=(*_read_headers(headers), *kinds, *caller.headers),
        )
        holds(answer.status < 500 or answer.status == 503, f"{method} {path}: {self._heard.take()}")
        holds("Traceback (" not in answer.text, f"{method} {path} shows where it failed")
        location = answer.headers.get("location", "")
        holds(location.isprintable() and location.isascii(), f"{method} {path}: {location!r}")

    async def _renew(self) -> None:
        name = f"river-{self._runs}"
        world = await make_world(self._db, self._clock, org_id=name, running=(self._use, self._app))
        change = OrganizationChange(dialects=DIALECTS)
        await self._use.organizations.update(world.org.org_id, change, SYSTEM)
        staff = await make_account(
            self._db, "staff", org_id=name, kind=AccountKind.SYSTEM, permissions=_EVERY
        )
        await self._use.api_keys.switch_access_on(name, staff.account_id, SYSTEM)
        _, key = await self._use.api_keys.create(name, staff.account_id, "fuzz", SYSTEM)
        bearer = (b"authorization", b"Bearer " + key.reveal().encode())
        self._callers = [
            _Caller(),
            await self._signed_in(world, "anna", "account"),
            await self._signed_in(world, "staff", "admin"),
            _Caller((bearer,)),
        ]
        self._base = f"/o/{name}"

    async def _signed_in(self, world: World, username: str, page: str) -> _Caller:
        async with world.http() as http:
            visit = await go(http, f"{world.issuer}/{page}")
            form = form_of(visit, "password")
            await post(http, form, username=username, password=PASSWORD.reveal())
            name = session_cookie_name(world.org.org_id, https=False)
            value = http.cookies[name]
        browser = await self._use.sessions.find_browser(world.org, value)
        if browser is None:
            raise LookupError(username)
        owner = browser.sessions[0].session_id
        token = Csrf(Secret(self._use.ring.subkey("csrf"))).token(world.org.org_id, owner)
        return _Caller(((b"cookie", f"{name}={value}".encode()),), token)


class _Heard(logging.Handler):
    """The last failure that was logged."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self._last = ""

    def emit(self, record: logging.LogRecord) -> None:
        self._last = self.format(record)

    def take(self) -> str:
        """What was logged last."""
        return self._last


def _filled(path: str, query: bytes) -> tuple[str, bytes]:
    """``path`` with the first words of ``query`` in its places."""
    while "{" in path:
        word, _, query = query.partition(b"&")
        before, _, rest = path.partition("{")
        path = before + (quote(text(word), safe="") or "1") + rest.partition("}")[2]
    return path, query


def _read_headers(data: bytes) -> list[tuple[bytes, bytes]]:
    pairs = (each.partition(b": ") for each in data.split(b"\n") if b": " in each)
    return [(name.lower(), value.replace(b"\r", b"")) for name, _, value in pairs if name]


def _house() -> Callable[[bytes], None]:
    return _House().run


_WORDS = (
    "id=", "&name=", "&client_id=", "&flow=", "&decision=allow", "&username=", "&password=", "&q=",
    "&email=", "&scope=openid", "&redirect_uris=", "&app=", "&connector=", "&connection=", "&page=",
    "&state=", "&code=", "&token=", "&grant_type=", "&cursor=", "&limit=", "&api=", "&key=", "%00",
    "&done=", "&lang=ja", "\x1f", '{"name":"', '"scopes":[', '{"email":"', '"permissions":[',
    "null", "&session=", "&part=", "&networks=", "&days=", "&manifest=", "&revision=",
    "accept-language: ", "idempotency-key: ", "accept: application/xml", "if-match: ",
    '{"status":"', "%ed%a0%80",
)  # fmt: skip

REQUESTS = (Target("requests.any", prepare=_house, words=_WORDS, longest=2048),)
