"""What no honest client sends to Neon's API: refused in its own form, never a crash."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.crypto import Secret
from doorward.db import Conflict, Overloaded, Unavailable
from doorward.dialects.neon import api_given
from doorward.dialects.neon.api_errors import ApiError, error_of, error_reply
from doorward.dialects.neon.api_operations import OPERATIONS, find_operation
from doorward.http import CursorSeal, ForeignCursor
from doorward.projects import BadProject, CreationSource
from doorward.projects.ids import is_group_id, is_project_id
from doorward.projects.model import write_settings
from tests.support.neon import ApiProgram, make_key, make_project, message_of
from tests.support.raw import raw_request
from tests.support.world import World

pytestmark = pytest.mark.anyio

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
MEMBERS = ("name", "region_id", "pg_version", "org_id", "history_retention_seconds", "settings")
BODIES = (
    st.binary(max_size=200)
    | JSON.map(lambda each: json.dumps(each).encode())
    | st.fixed_dictionaries({"project": st.dictionaries(st.sampled_from(MEMBERS), JSON)}).map(
        lambda each: json.dumps(each).encode()
    )
)
TEXTS = st.dictionaries(
    st.sampled_from(("limit", "search", "org_id", "recoverable", "cursor")), st.text()
)


def status_of(read: Callable[[], object]) -> int | None:
    """What was refused, if anything was; whatever else is raised fails the test."""
    try:
        read()
    except ApiError as error:
        return error.status
    return None


@given(body=BODIES)
def test_a_body_is_read_or_refused(body: bytes) -> None:
    """Whatever it is: with 400 or 422."""
    for read in (
        lambda: api_given.read_project(body, ("o", 1), CreationSource.OAUTH),
        lambda: api_given.read_change(body),
        lambda: api_given.read_key_name(body),
        lambda: api_given.read_group_name(body),
        lambda: api_given.read_role(body),
        lambda: api_given.read_email(body),
        lambda: api_given.read_invitations(body),
    ):
        assert status_of(read) in {None, 400, 422}


@given(query=TEXTS)
def test_a_query_is_read_or_refused(query: dict[str, str]) -> None:
    """Numbers in their range, flags, lines of text, identifiers; otherwise 400."""
    for read in (
        api_given.read_limit,
        api_given.read_search,
        api_given.read_group_id,
        lambda given: api_given.read_flag(given, "recoverable"),
    ):
        assert status_of(partial(read, query)) in {None, 400}


@given(settings=st.dictionaries(st.text(), JSON, max_size=5))
def test_settings_that_are_kept_are_read_as_they_were(settings: dict[str, Any]) -> None:
    """Or refused; lone surrogates cannot arrive, since JSON is read as UTF-8."""
    with suppress(BadProject, UnicodeEncodeError):
        assert json.loads(write_settings(settings)) == settings


@given(text=st.text(), after=st.integers(0, 2**63 - 1), place=st.binary(), other=st.binary())
def test_a_cursor_is_good_at_its_place_alone(
    text: str, after: int, place: bytes, other: bytes
) -> None:
    """And whatever else is presented is foreign."""
    seal = CursorSeal(Secret(b"k" * 32))
    cursor = seal.render(place, after)
    assert seal.parse(place, cursor) == after
    for where, presented in ((place, text), (other, cursor)):
        if (where, presented) != (place, cursor):
            with pytest.raises(ForeignCursor):
                seal.parse(where, presented)
    with pytest.raises(ForeignCursor):
        CursorSeal(Secret(b"l" * 32)).parse(place, cursor)


@given(method=st.sampled_from(("GET", "POST", "PATCH", "DELETE", "PUT", "X")), path=st.text())
def test_an_address_is_found_or_refused(method: str, path: str) -> None:
    """404 or 405 for everything that is not in the table."""
    organization = f"/organizations/{path}"
    for each in (
        path,
        f"/projects/{path}",
        f"/projects/{path}/recover",
        f"/projects/a/permissions/{path}",
        f"/api_keys/{path}",
        organization,
        f"{organization}/members/{path}",
        f"{organization}/invitations/{path}",
    ):
        status = status_of(partial(find_operation, method, each))
        assert status in {None, 404, 405}
        if status is None:
            operation, targets = find_operation(method, each)
            assert operation in OPERATIONS
            assert not any("/" in target for target in targets)


@given(text=st.text() | st.from_regex(r"[a-z]{1,24}-[a-z]{1,24}-[0-9]{6,8}\n?"))
def test_identifiers_are_plain(text: str) -> None:
    """What passes holds lower-case letters, digits and hyphens only."""
    for passes in (is_project_id(text), is_group_id(text)):
        if passes:
            assert text.isascii()
            assert set(text) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
            assert len(text) <= 60


def test_what_storage_refuses_has_its_status() -> None:
    """423 and 503 may be tried again, and say when."""
    for refused, status in ((Conflict("x"), 423), (Overloaded("x"), 503), (Unavailable("x"), 503)):
        error = error_of(refused)
        assert error is not None
        reply = error_reply(error, "n-1")
        assert (reply.status, dict(reply.headers)[b"retry-after"]) == (status, b"1")
        told = json.loads(reply.body)
        assert told["request_id"] == "n-1"
        assert set(told) == {"request_id", "code", "message"}
    assert error_of(ZeroDivisionError()) is None


DEEP = b'{"project":{"settings":{"x":' + b"[" * 5000
BAD_PROJECTS: tuple[Any, ...] = (
    None, [], "x", 1, {"name": 5}, {"name": ""}, {"name": "x" * 257}, {"name": "a\x00b"},
    {"name": "\u202e"}, {"region_id": "nowhere"}, {"region_id": "\x00"}, {"pg_version": 13},
    {"pg_version": "17"}, {"pg_version": 10**40}, {"pg_version": True}, {"settings": []},
    {"history_retention_seconds": -1}, {"history_retention_seconds": 10**30},
    {"settings": {"x": "y" * 5000}}, {"settings": {"x": 2**60}}, {"org_id": 5},
)  # fmt: skip


async def test_projects_that_cannot_be_are_refused(world: World) -> None:
    """422, the same when one is changed, and nothing is made of them."""
    program = ApiProgram(world, await make_key(world))
    project = await make_project(world)
    path = f"/projects/{project.project_id}"
    for bad in BAD_PROJECTS:
        world.clock.advance(seconds=1)
        message_of(await program.call("POST", "/projects", json={"project": bad}), 422)
        if not isinstance(bad, dict) or set(bad) & {"name", "settings"}:
            message_of(await program.call("PATCH", path, json={"project": bad}), 422)
    for org_id in ("\x00", "../x", "X", "", "a" * 61, "\u202e"):
        body = {"project": {"org_id": org_id}}
        answer = await program.call("POST", "/projects", json=body)
        assert answer.status_code in {201, 404}, org_id
        assert (answer.status_code == 201) is (org_id == "")
    assert (await program.get(path)).json()["project"]["name"] == project.project_id


async def test_bodies_that_cannot_be_read_are_refused(world: World) -> None:
    """400 for no JSON, 415 for another kind, 413 for too much."""
    program = ApiProgram(world, await make_key(world))
    kind = {"content-type": "application/json"}
    for body in (b"", b"{", b"\xff", b'{"project":{"name":"\xff"}}', b"NaN", DEEP):
        answer = await program.call("POST", "/projects", content=body, headers=kind)
        message_of(answer, 400)
    message_of(await program.call("POST", "/projects", data={"project": "x"}), 415)
    large = await program.call("POST", "/projects", content=b" " * 1_000_000, headers=kind)
    assert large.status_code == 413
    assert set(large.json()) == {"code", "message"}


async def test_queries_that_cannot_be_read_are_refused(world: World) -> None:
    """400 each, whatever the parameter."""
    key = await make_key(world)
    authorization = ((b"authorization", f"Bearer {key}".encode()),)
    for query in (
        b"limit=0", b"limit=401", b"limit=-1", b"limit=ten", b"limit=%D9%A1", b"limit=1e2",
        b"limit=99999999999999999999", b"limit=1&limit=2", b"recoverable=yes",
        b"recoverable=TRUE", b"org_id=Upper", b"org_id=%00", b"org_id=" + b"a" * 61,
        b"search=%00", b"search=%ff", b"search=" + b"x" * 257, b"search=%E2%80%AE",
        b"cursor=x", b"cursor=%00", b"cursor=" + b"A" * 9000, b"search=%ED%A0%80",
    ):  # fmt: skip
        world.clock.advance(seconds=1)
        path = f"/o/{world.org.org_id}/api/v2/projects"
        answer = await raw_request(world.app, "GET", path, query=query, headers=authorization)
        assert answer.status == 400, query
        assert json.loads(answer.text)["message"]


async def test_paths_that_name_nothing_are_unknown(world: World) -> None:
    """Whatever stands for a project or a key."""
    key = await make_key(world)
    authorization = ((b"authorization", f"Bearer {key}".encode()),)
    for target in ("\x00", "%", "..", "a" * 500, "日本", "'", "1", "\ud800", "A-B-123456"):
        world.clock.advance(seconds=1)
        for method, path in (("GET", "projects"), ("DELETE", "projects"), ("DELETE", "api_keys")):
            where = f"/api/v2/{path}/{target}"
            answer = await raw_request(world.app, method, where, headers=authorization)
            assert answer.status == 404, (method, where)
    for number in ("0", "-1", "9" * 18, "9" * 40, "1.5", "٣"):
        where = f"/api/v2/api_keys/{number}"
        answer = await raw_request(world.app, "DELETE", where, headers=authorization)
        assert answer.status == 404
