"""Choosing a file, watching it, stopping it, and the rows that were refused."""

from __future__ import annotations

import csv
from io import StringIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from doorward.imports import MAX_FILE_BYTES, ImportWorker
from tests.console.admin.desk import EVERY, Desk, at_desk, hire
from tests.support.house import House
from tests.support.visits import Visit
from tests.support.world import World

pytestmark = pytest.mark.anyio

GOOD = b"Email,First Name\na@example.org,Ada\nb@example.org,Bo\n"
MIXED = b'Email,Name,Colour\na@example.org,Ada,red\n,"=cmd()|x",\nnobody,Bo,\n'


async def upload(desk: Desk, content: bytes, name: str = "people.csv", **more: Any) -> Visit:
    """Send the form of the imports page."""
    form = await desk.form("constituents/imports", "constituents/imports")
    fields = {**form.fields, **more}
    answer = await desk.http.post(
        form.action, data=fields, files={"file": (name, content, "text/csv")}
    )
    if answer.status_code == 303:
        return await desk.open(answer.headers["location"].partition("/admin/")[2])
    return Visit(answer, [])


def id_of(visit: Visit) -> str:
    """The import that a page is about."""
    return parse_qs(urlsplit(str(visit.response.url)).query)["id"][0]


async def perform(world: World) -> None:
    """Let a worker do everything that there is to do."""
    worker = ImportWorker(imports=world.services.imports, db=world.services.db)
    while await worker.take_turn():
        pass


async def test_a_file_is_imported_and_watched(world: World) -> None:
    """From the form to the list, with its numbers."""
    async with at_desk(world) as desk:
        visit = await upload(desk, GOOD)
        assert visit.response.status_code == 200
        assert "Waiting" in visit.page.text
        assert "0 of 2 rows" in visit.page.text
        assert 'http-equiv="refresh"' in visit.response.text
        await perform(world)
        done = await desk.open(f"constituents/import?id={id_of(visit)}")
        assert "Finished" in done.page.text
        assert "2 of 2 rows" in done.page.text
        assert 'http-equiv="refresh"' not in done.response.text
        assert "people.csv" in (await desk.open("constituents/imports")).page.text
        assert "Ada" in (await desk.open("constituents?q=a@example")).page.text


async def test_progress_is_told_to_the_page_s_script(world: World) -> None:
    """Numbers and sentences, and nothing of anybody."""
    async with at_desk(world) as desk:
        visit = await upload(desk, MIXED)
        address = f"{world.issuer}/admin/constituents/import/progress?id={id_of(visit)}"
        waiting = (await desk.http.get(address)).json()
        await perform(world)
        done = await desk.http.get(address, headers={"accept-language": "ja"})
    assert (waiting["running"], waiting["value"], waiting["max"]) == (True, 0, 3)
    assert waiting["sentence"] == "0 of 3 rows"
    assert done.headers["cache-control"] == "no-store"
    assert done.json() == {
        "running": False,
        "state": "完了",
        "value": 3,
        "max": 3,
        "sentence": "3 行中 3 行",
        "done": "3",
        "created": "1",
        "refused": "2",
    }


async def test_refused_rows_are_shown_and_downloaded(world: World) -> None:
    """With their line and their reason, as text that no spreadsheet runs."""
    async with at_desk(world) as desk:
        visit = await upload(desk, MIXED)
        await perform(world)
        shown = await desk.open(f"constituents/import?id={id_of(visit)}")
        assert "Not an email address" in shown.page.text
        assert "Colour" in shown.page.text
        address = f"{world.issuer}/admin/constituents/import/refused?id={id_of(visit)}"
        answer = await desk.http.get(address)
        again = await upload(desk, answer.content, "refused.csv")
        assert "0 of 2 rows" in again.page.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(StringIO(answer.content.decode("utf-8-sig"))))
    assert rows == [
        ["Line", "Reason", "Email", "Name", "Colour"],
        ["3", "No email address and no user name", "", "'=cmd()|x", ""],
        ["4", "Not an email address", "nobody", "Bo", ""],
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The file is empty"),
        (b"Email\n", "no rows below"),
        (b"First Name\nAda\n", "Email"),
        (b"Email,E-mail\na,b\n", "Two columns mean the same"),
        (b'Email\na@example.org\n"b\n', "Line 3"),
        (b"\xff\xfe\x00\x81", "Save the file"),
        (b"Email\n" + b"x" * 70_000, "too long"),
        (b"Email\n" + b"a\n" * 100_001, "100,000 rows"),
    ],
)
async def test_a_file_that_cannot_be_read_is_refused_with_a_sentence(
    world: World, content: bytes, said: str
) -> None:
    """Beside the field, with the line or the column, and nothing is kept of it."""
    async with at_desk(world) as desk:
        visit = await upload(desk, content)
        assert visit.response.status_code == 422
        assert said in visit.page.text
        assert visit.page.title.startswith("Error: ")
        assert "Nothing was imported yet" in visit.page.text


async def test_a_form_without_a_file_is_told_so(world: World) -> None:
    """Nothing chosen, nothing sent, or no such form at all."""
    async with at_desk(world) as desk:
        address = f"{world.issuer}/admin/constituents/imports"
        csrf = {"csrf": await desk.csrf()}
        empty = {"file": ("", b"", "application/octet-stream")}
        for answer in (
            await desk.http.post(address, data=csrf, files=empty),
            await desk.http.post(address, data=csrf, files={"other": ("a.csv", GOOD)}),
            await desk.http.post(address, data=csrf),
        ):
            assert answer.status_code == 422
            assert "Choose a CSV file" in answer.text


async def test_a_file_that_is_too_large_is_told_so(world: World) -> None:
    """One byte more than fifty megabytes."""
    async with at_desk(world) as desk:
        visit = await upload(desk, b"x" * (MAX_FILE_BYTES + 1))
        assert visit.response.status_code == 422
        assert "50 MB" in visit.page.text


async def test_a_file_from_elsewhere_is_not_even_read(world: World) -> None:
    """The form's token stands before the file; behind it, or another's, it counts for nothing."""
    async with at_desk(world) as desk, at_desk(world) as other:
        address = f"{world.issuer}/admin/constituents/imports"
        token, foreign = await desk.csrf(), await other.csrf()
        file = {"file": ("a.csv", GOOD, "text/csv")}
        late = (
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
            + GOOD
            + b'\r\n--x\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n'
            + token.encode()
            + b"\r\n--x--\r\n"
        )
        kind = {"content-type": "multipart/form-data; boundary=x"}
        crossed = {"sec-fetch-site": "cross-site"}
        for answer in (
            await desk.http.post(address, files=file),
            await desk.http.post(address, data={"csrf": foreign}, files=file),
            await desk.http.post(address, data={"csrf": token}, files=file, headers=crossed),
            await desk.http.post(address, content=late, headers=kind),
        ):
            assert answer.status_code == 403
        assert await world.services.imports.list_newest(world.org.org_id) == []


@pytest.mark.parametrize("body", [b"", b"--x", b"noise", b"--x\r\n\r\n\r\n--x--\r\n", b"\0" * 99])
async def test_a_broken_upload_is_refused_politely(world: World, body: bytes) -> None:
    """Never a 500."""
    async with at_desk(world) as desk:
        for boundary in ("x", "y" * 300, ""):
            kind = {"content-type": f"multipart/form-data; boundary={boundary}"}
            answer = await desk.http.post(
                f"{world.issuer}/admin/constituents/imports", content=body, headers=kind
            )
            assert answer.status_code in {403, 422}


async def test_an_import_is_stopped_and_resumed(world: World) -> None:
    """By the buttons of its page."""
    async with at_desk(world) as desk:
        visit = await upload(desk, GOOD)
        path = f"constituents/import?id={id_of(visit)}"
        stopped = await desk.send(path, "constituents/import", decision="stop")
        assert "Stopped" in stopped.page.text
        await perform(world)
        assert "0 of 2 rows" in (await desk.open(path)).page.text
        resumed = await desk.send(path, "constituents/import", decision="resume")
        assert "Resumed" in resumed.page.text
        await perform(world)
        assert "Finished" in (await desk.open(path)).page.text


def _get(desk: Desk, path: str) -> Any:
    return desk.http.get(f"{desk.world.issuer}/admin/constituents/{path}")


@pytest.mark.parametrize("bad", ["", "0", "abc", "-1", "9" * 18, "9" * 40, "%F0%9F%98%80"])
async def test_an_import_that_is_not_there_is_a_page_that_is_not_there(
    world: World, bad: str
) -> None:
    """Whatever stands in the address."""
    async with at_desk(world) as desk:
        for page in ("import", "import/progress", "import/refused"):
            assert (await _get(desk, f"{page}?id={bad}")).status_code == 404
        data = {"csrf": await desk.csrf(), "id": bad, "decision": "stop"}
        address = f"{world.issuer}/admin/constituents/import"
        assert (await desk.http.post(address, data=data)).status_code == 404


async def test_another_organizations_import_is_not_there(world: World, house: House) -> None:
    """By whichever page, and it goes on undisturbed."""
    other = await house.new_world()
    async with at_desk(other) as theirs:
        foreign = id_of(await upload(theirs, MIXED))
    async with at_desk(world) as desk:
        answers: list[httpx2.Response] = [
            await _get(desk, f"{page}?id={foreign}")
            for page in ("import", "import/progress", "import/refused")
        ]
        data = {"csrf": await desk.csrf(), "id": foreign, "decision": "stop"}
        address = f"{world.issuer}/admin/constituents/import"
        answers.append(await desk.http.post(address, data=data))
        assert {answer.status_code for answer in answers} == {404}
    await perform(world)
    done = await other.services.imports.get(other.org.org_id, int(foreign))
    assert done.state == "done"


async def test_who_may_only_look_watches_and_changes_nothing(world: World) -> None:
    """And who may not see people sees no import either."""
    async with at_desk(world) as desk:
        number = id_of(await upload(desk, MIXED))
    async with at_desk(world, await hire(world, {"accounts.read"})) as desk:
        page = await desk.open(f"constituents/import?id={number}")
        assert "0 of 3 rows" in page.page.text
        assert page.page.form_with_button("decision") is None
        assert page.response.status_code == 200
        csrf = await desk.csrf()
        address = f"{world.issuer}/admin/constituents/"
        stop = {"csrf": csrf, "id": number, "decision": "stop"}
        assert (await desk.http.post(f"{address}import", data=stop)).status_code == 403
        file = {"file": ("a.csv", GOOD, "text/csv")}
        sent = await desk.http.post(f"{address}imports", data={"csrf": csrf}, files=file)
        assert sent.status_code == 403
    async with at_desk(world, await hire(world, EVERY - {"accounts.read"})) as desk:
        for path in (f"import?id={number}", f"import/progress?id={number}", "imports"):
            assert (await _get(desk, path)).status_code == 403
        assert (await _get(desk, f"import/refused?id={number}")).status_code == 403
