"""The README's commands do what it says: each of its blocks is run, in its order.

A comment above each block names how it is run. Ports and folders are moved aside, so that a demo
which is running at the usual place is left alone; nothing else is changed.
"""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path

import httpx2
import msgspec
import pytest

from tests.cli.conftest import PASSWORD
from tests.support.browser_forms import Arrival, Page, PlainBrowser, authorize
from tests.support.connect_walk import walk
from tests.support.ports import free_port
from tests.support.server import Person, wait_until

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(
    r"(?:<!-- runs: ([a-z.]+(?: [a-z.]+)?) -->\n)?```(sh|python)\n(.*?)```", re.DOTALL
)
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/o/\S+/oauth2/auth\?\S+")

LINK = re.compile(r"Open (http://127\.0\.0\.1:\d+/\S+) as")


@dataclass(frozen=True)
class Block:
    """A block of commands or code, and how it is run."""

    runs: str
    text: str


def blocks(name: str) -> list[Block]:
    """The blocks of a README in their order; each must say how it is run."""
    found = BLOCK.findall((ROOT / name).read_text(encoding="utf-8"))
    assert found
    assert all(runs for runs, _language, _text in found), "a block does not say how it is run"
    return [Block(runs, text) for runs, _language, text in found]


@dataclass
class Reader:
    """Somebody who follows the README, in a folder of their own."""

    place: Path
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def moved(self, text: str) -> str:
        """The text with the usual folders and ports moved aside."""
        text = text.replace(".venv/", f"{ROOT}/.venv/").replace(".demo", str(self.data))
        return text.replace("./id", str(self.place / "id"))

    @property
    def data(self) -> Path:
        """The demo's folder."""
        return self.place / "demo"

    def start(self, command: str, *, cwd: Path, **variables: str) -> subprocess.Popen[bytes]:
        """Start a command of the shell that goes on by itself."""
        process = subprocess.Popen(
            ["/bin/sh", "-c", f"exec {command.strip()}"],
            cwd=cwd,
            env={**clean_environment(), **variables},
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.processes.append(process)
        return process

    def stop(self) -> None:
        """End what was started, by its own process groups."""
        for process in reversed(self.processes):
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(15)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)


def clean_environment() -> dict[str, str]:
    """The environment of a newcomer."""
    return {n: v for n, v in os.environ.items() if not n.startswith(("DOORWARD_", "MAKE"))}


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    """Whoever reads it, and what they have running."""
    someone = Reader(tmp_path)
    try:
        yield someone
    finally:
        someone.stop()


def run_demo(reader: Reader, text: str) -> None:
    """`make demo`, until its facts are there."""
    variables = {"PORT": "0", "DATA": str(reader.data)}
    process = reader.start(text, cwd=ROOT, **variables)
    facts = reader.data / "facts.json"
    wait_until(lambda: facts.exists() or process.poll() is not None, "no demo", seconds=120)
    assert process.poll() is None


def run_try(reader: Reader, text: str) -> None:
    """Each line; the first one waits for its person."""
    for line in reader.moved(text).splitlines():
        command = f"{line} --no-browser" if " code " in line else line
        output = terminal(command, reader.place, lambda said: go_along(reader, said))
        assert re.search(r"^doorward:", output, re.MULTILINE) is None, output


def go_along(reader: Reader, said: str) -> str | None:
    """Be the person of `try code`, once its address is printed."""
    found = ADDRESS.search(said)
    if found is None:
        return None
    sign_in(reader, found.group(), httpx2.URL(found.group()).params["redirect_uri"])
    return ""


def sign_in(reader: Reader, address: str, back: str) -> httpx2.Response:
    """Sign in and allow; answers what the application says to the browser that comes back."""
    facts = msgspec.json.decode((reader.data / "facts.json").read_bytes())
    who = facts["organizations"]["riverbend"]["constituents"][0]
    person = Person(who["account_id"], who["username"], who["password"], who["email"])
    with PlainBrowser(stop_at=back) as browser:
        arrival = authorize(browser, address, person).arrival
    assert isinstance(arrival, Arrival)
    return httpx2.get(arrival.url, trust_env=False)


def save_as(name: str) -> Callable[[Reader, str], None]:
    """Save the code where the next block starts it."""

    def save(reader: Reader, text: str) -> None:
        (reader.place / name).write_text(reader.moved(text), encoding="utf-8")

    return save


def run_app(reader: Reader, text: str) -> None:
    """Sign in to it with a browser that keeps its cookies."""
    process = reader.start(reader.moved(text), cwd=reader.place)
    home = "http://127.0.0.1:8765/"
    wait_until(lambda: answers(home) or process.poll() is not None, "no application", seconds=30)
    assert process.poll() is None
    with httpx2.Client(trust_env=False) as browser:
        address = browser.get(home).headers["location"]
        back = "http://127.0.0.1:8765/callback"
        facts = msgspec.json.decode((reader.data / "facts.json").read_bytes())
        who = facts["organizations"]["riverbend"]["constituents"][0]
        person = Person(who["account_id"], who["username"], who["password"], who["email"])
        with PlainBrowser(stop_at=back) as plain:
            arrival = authorize(plain, address, person).arrival
        claims = browser.get(arrival.url).json()
    assert claims["email"] == who["email"]


def run_connect(reader: Reader, text: str) -> None:
    """Open the link that it prints, and connect as somebody of Neon."""
    facts = msgspec.json.decode((reader.data / "facts.json").read_bytes())
    people = {
        each["issuer"]: Person(who["account_id"], who["username"], who["password"], who["email"])
        for each in facts["organizations"].values()
        for who in each["constituents"][:1]
    }
    links: list[str] = []

    def answer(said: str) -> str | None:
        found = LINK.search(said)
        if found is None or links:
            return None
        links.append(found[1])
        with PlainBrowser(stop_at="http://127.0.0.1:8765/callback") as plain:
            done = walk(plain, found[1], people)
        assert isinstance(done, Page), done
        assert "connected" in done.title, done
        return "\n"

    output = terminal(reader.moved(text), reader.place, answer)
    assert "neon-postgres Priya active" in output
    assert "quiet-river-204816" in output


def run_site(reader: Reader, text: str) -> None:
    """Sign in to it; its port is moved aside from the application before it."""
    port = free_port()
    process = reader.start(reader.moved(text), cwd=ROOT, PORT=str(port))
    home = f"http://127.0.0.1:{port}/"
    wait_until(lambda: answers(home) or process.poll() is not None, "no site", seconds=30)
    assert process.poll() is None
    with httpx2.Client(trust_env=False, follow_redirects=True) as browser:
        link = re.search(r'id="login" href="([^"]+)"', browser.get(home).text)
        assert link is not None
        facts = msgspec.json.decode((reader.data / "facts.json").read_bytes())
        who = facts["organizations"]["riverbend"]["constituents"][0]
        person = Person(who["account_id"], who["username"], who["password"], who["email"])
        with PlainBrowser(stop_at=f"{home}callback") as plain:
            arrival = authorize(plain, unescape(link[1]), person).arrival
        shown = browser.get(arrival.url).text
    assert "Welcome" in shown
    assert who["account_id"] in shown


def answers(url: str) -> bool:
    """Whether anything is answered there."""
    try:
        return httpx2.get(url, trust_env=False).status_code < 500
    except httpx2.TransportError:
        return False


def run_init(reader: Reader, text: str) -> None:
    """Each line in a terminal, where the password is typed twice."""
    typed = {"Password: ": f"{PASSWORD}\n", "Once more: ": f"{PASSWORD}\n"}

    def answer(said: str) -> str | None:
        return next((a for asked, a in typed.items() if said.endswith(asked)), None)

    for line in reader.moved(text).splitlines():
        output = terminal(line, reader.place, answer)
        assert re.search(r"^doorward:", output, re.MULTILINE) is None, output


def run_serve(reader: Reader, text: str) -> None:
    """Until it is ready, and as long as it takes to stop."""
    port = free_port()
    process = reader.start(f"{reader.moved(text).strip()} --port {port}", cwd=ROOT)
    url = f"http://127.0.0.1:{port}/readyz"
    wait_until(lambda: answers(url) or process.poll() is not None, "no server", seconds=30)
    assert process.poll() is None


def terminal(command: str, place: Path, answer: Callable[[str], str | None]) -> str:
    """Run a command in a terminal; `answer` says what is typed when this much was said."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        ["/bin/sh", "-c", command],
        cwd=place,
        env=clean_environment(),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    said, fresh, deadline = "", "", time.monotonic() + 60
    while time.monotonic() < deadline:
        ready, _, _ = select.select([ours], [], [], 0.2)
        try:
            part = os.read(ours, 65536).decode() if ready else ""
        except OSError:  # the other end was closed
            break
        said, fresh = said + part, fresh + part
        typed = answer(fresh)
        if typed is not None:
            fresh = ""
            os.write(ours, typed.encode())
    os.close(ours)
    assert process.wait(15) == 0, said
    return said


RUNNERS: dict[str, Callable[[Reader, str], None]] = {
    "demo": run_demo,
    "try": run_try,
    "save app.py": save_as("app.py"),
    "app": run_app,
    "save connect.py": save_as("connect.py"),
    "connect": run_connect,
    "site": run_site,
    "init": run_init,
    "serve": run_serve,
}


def test_every_block_of_the_readme_runs(reader: Reader) -> None:
    """From `make demo` to `doorward serve`."""
    assert shutil.which("make") is not None
    for block in blocks("README.md"):
        RUNNERS[block.runs](reader, block.text)


def test_the_japanese_readme_has_the_same_blocks() -> None:
    """So that running those of one is enough."""
    assert blocks("README.ja.md") == blocks("README.md")


@pytest.mark.parametrize("name", ["README.md", "README.ja.md", "docs/quickstart.md"])
def test_links_lead_to_files_that_exist(name: str) -> None:
    """Pictures too."""
    file = ROOT / name
    text = file.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#:]+)\)|(?:src|srcset)=\"([^\":]+)\"", text)
    missing = [a or b for a, b in links if not (file.parent / (a or b)).exists()]
    assert missing == []


@pytest.mark.parametrize("name", ["README.md", "README.ja.md"])
def test_the_readme_is_short(name: str) -> None:
    """Under 200 lines."""
    assert len((ROOT / name).read_text(encoding="utf-8").splitlines()) < 200
