"""Make this checkout ready to run, from nothing but Python and make.

Started by the Makefile as `python3 tools/bootstrap.py {run|dev|test|bench}`:

- run: .venv with what the server and its demo need
- dev: the same and the developers' tools
- test: dev, a browser with Japanese glyphs, Node.js and the packages of tests/clients/node
- bench: dev, Node.js and the packages of bench/node, and .tools/peers with the peers in Python

It uses the standard library only and repeats no work: each step leaves a stamp that holds the
hash of all it depends on. As root it installs missing Debian packages; otherwise it names them
with the command that installs them, and stops.
"""

from __future__ import annotations

import ctypes
import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
OLDEST_PYTHON = (3, 11)
# Later ones may lack ready-made builds of some packages.
PROVEN_PYTHON = (3, 14)
OLDEST_NODE = 20
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
JAPANESE_FONTS = ("fonts/opentype/noto/NotoSansCJK-Regular.ttc", "fonts/noto-cjk")


class Stop(Exception):
    """The work cannot go on; the message says why and what to do."""


def say(text: str) -> None:
    """Tell the person what happens now."""
    print(f"setup: {text}", flush=True)


def run(command: list[str], *, cwd: Path = ROOT, quiet: bool = False) -> None:
    """Run a command; its failure stops the set-up. `quiet` drops all but its errors."""
    environment = dict(os.environ, PATH=f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}")
    # npm and apt must not ask anything.
    environment.update(DEBIAN_FRONTEND="noninteractive", CI="1")
    try:
        subprocess.run(
            command,
            check=True,
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if quiet else None,
        )
    except FileNotFoundError as error:
        raise Stop(f"{command[0]} is not installed") from error
    except subprocess.CalledProcessError as error:
        message = f"this command failed with status {error.returncode}: {' '.join(command)}"
        if "pip" in command and sys.version_info[:2] > PROVEN_PYTHON:
            newest = ".".join(map(str, PROVEN_PYTHON))
            message += f"\nthis Python is newer than {newest}; try: make PYTHON=python{newest} …"
        raise Stop(message) from error


def fingerprint(files: list[Path]) -> str:
    """Hash of the files' bytes, of the interpreter and of this place."""
    made = hashlib.sha256()
    facts = (sys.version, sys.base_prefix, str(ROOT))
    parts = [file.read_bytes() for file in files] + [fact.encode() for fact in facts]
    for part in parts:
        made.update(hashlib.sha256(part).digest())
    return made.hexdigest()


def is_current(stamp: Path, mark: str) -> bool:
    """Whether the step that left `stamp` has been done for `mark`."""
    return stamp.is_file() and stamp.read_text() == mark


# --- Debian packages ---------------------------------------------------------------------------


def install_debian(packages: list[str]) -> None:
    """Install Debian packages as root, or stop with the command that would."""
    if not packages:
        return
    names = " ".join(packages)
    if shutil.which("apt-get") is None:
        raise Stop(f"these are missing; install them with your system's tool: {names}")
    if os.geteuid() != 0:
        raise Stop(
            f"these Debian packages are missing: {names}\n"
            f"install them with: sudo apt-get install --yes --no-install-recommends {names}",
        )
    say(f"installing Debian packages: {names}")
    run(["apt-get", "update", "--quiet=2"], quiet=True)
    options = ["--yes", "--quiet=2", "--no-install-recommends"]
    run(["apt-get", "install", *options, *packages], quiet=True)


def missing_for_venv() -> list[str]:
    """Debian package that gives this Python its ensurepip, when it has none."""
    if importlib.util.find_spec("ensurepip") is not None:
        return []
    return [f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"]


def missing_for_browser() -> list[str]:
    """Debian packages of the browser, its driver's library and Japanese glyphs, if not there."""
    packages = []
    try:
        ctypes.CDLL("libatomic.so.1")
    except OSError:
        # The driver that Playwright brings along is linked with it.
        packages.append("libatomic1")
    if not any(shutil.which(name) for name in BROWSERS):
        packages.append("chromium")
    if not any((Path("/usr/share") / font).exists() for font in JAPANESE_FONTS):
        packages.append("fonts-noto-cjk")
    return packages


# --- Python ------------------------------------------------------------------------------------


def venv_works() -> bool:
    """Whether .venv belongs to this Python and has pip."""
    python = VENV / "bin" / "python"
    probe = "import sys, pip; print(sys.prefix, *sys.version_info[:2])"
    if not python.exists():
        return False
    answer = subprocess.run([python, "-c", probe], capture_output=True, text=True, check=False)
    return answer.stdout.split() == [str(VENV), *map(str, sys.version_info[:2])]


def make_venv() -> None:
    """Create .venv where there is none that works."""
    if venv_works():
        return
    install_debian(missing_for_venv())
    if VENV.exists():
        say("replacing .venv: it belongs to another Python or another folder")
        shutil.rmtree(VENV)
    say(f"creating .venv with Python {sys.version.split()[0]}")
    # The base: `python3` may be that of an activated environment, even of the one just removed.
    base = getattr(sys, "_base_executable", sys.executable)
    run([base, "-m", "venv", str(VENV)])


def install_python(kind: str) -> None:
    """Install requirements/{kind}.txt and the package itself, editable."""
    files = [ROOT / "pyproject.toml", ROOT / "requirements" / f"{kind}.txt"]
    mark = fingerprint(files)
    stamp = VENV / f".installed-{kind}"
    # dev.txt holds every pin of run.txt, so whoever has dev has run.
    richer = VENV / ".installed-dev"
    dev_mark = fingerprint([files[0], ROOT / "requirements" / "dev.txt"])
    works = venv_works()
    if works and (is_current(stamp, mark) or is_current(richer, dev_mark)):
        return
    make_venv()
    for old in VENV.glob(".installed-*"):
        old.unlink()
    pip = [str(VENV / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "--quiet"]
    say(f"installing requirements/{kind}.txt")
    run([*pip, "install", "--require-hashes", "--requirement", str(files[1])])
    run([*pip, "install", "--no-deps", "--no-build-isolation", "--editable", str(ROOT)])
    stamp.write_text(mark)


def install_peers() -> None:
    """Install requirements/peers.txt into an environment of its own, where nothing of ours runs."""
    pins = ROOT / "requirements" / "peers.txt"
    place = ROOT / ".tools" / "peers"
    stamp = place / ".installed"
    mark = fingerprint([pins])
    if is_current(stamp, mark):
        return
    say("installing requirements/peers.txt into .tools/peers")
    shutil.rmtree(place, ignore_errors=True)
    python = str(VENV / "bin" / "python")
    run([python, "-m", "venv", str(place)])
    pip = [str(place / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "--quiet"]
    run([*pip, "install", "--require-hashes", "--requirement", str(pins)])
    stamp.write_text(mark)


# --- Node.js -----------------------------------------------------------------------------------


def node_is_recent(path: str | None = None) -> bool:
    """Whether `node` and `npm` are found and new enough."""
    if shutil.which("npm", path=path) is None:
        return False
    node = shutil.which("node", path=path)
    if node is None:
        return False
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    major = answer.stdout.strip().removeprefix("v").partition(".")[0]
    return major.isdigit() and int(major) >= OLDEST_NODE


def install_node() -> None:
    """Put a recent Node.js into .venv where the machine has none."""
    pins = ROOT / "requirements" / "node.txt"
    stamp = VENV / ".node-installed"
    mark = fingerprint([pins])
    if is_current(stamp, mark) or node_is_recent():
        return
    say(f"installing Node.js into .venv: none from version {OLDEST_NODE} on was found")
    pip = [str(VENV / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "--quiet"]
    run([*pip, "install", "--require-hashes", "--requirement", str(pins)])
    stamp.write_text(mark)


def install_npm(folder: Path) -> None:
    """Install the locked npm packages of a folder that has a lock file."""
    lock = folder / "package-lock.json"
    if not lock.is_file():
        return
    stamp = folder / "node_modules" / ".installed"
    mark = fingerprint([folder / "package.json", lock])
    if is_current(stamp, mark):
        return
    say(f"installing the npm packages of {folder.relative_to(ROOT)}")
    run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=folder)
    stamp.parent.mkdir(exist_ok=True)
    stamp.write_text(mark)


# --- The four wishes ---------------------------------------------------------------------------


def prepare(wish: str) -> None:
    """Do what `wish` needs, in the order that finds a missing thing first."""
    if wish == "test":
        # Before anything slow, and all at once, so that nobody is stopped twice.
        install_debian([*([] if venv_works() else missing_for_venv()), *missing_for_browser()])
    install_python("run" if wish == "run" else "dev")
    if wish in {"test", "bench"}:
        install_node()
        install_npm(ROOT / ("tests/clients/node" if wish == "test" else "bench/node"))
    if wish == "bench":
        install_peers()


def main() -> int:
    """Read the wish, hold the lock, do it; the exit status is for make."""
    if sys.version_info < OLDEST_PYTHON:
        found = ".".join(map(str, sys.version_info[:3]))
        print(f"setup: Doorward needs Python 3.11 or later, this is {found}.", file=sys.stderr)
        print("setup: name another one: make PYTHON=python3.11 …", file=sys.stderr)
        return 1
    wishes = ("run", "dev", "test", "bench")
    if len(sys.argv) != 2 or sys.argv[1] not in wishes:
        print(f"usage: bootstrap.py {{{'|'.join(wishes)}}}", file=sys.stderr)
        return 2
    lock = ROOT / ".tools" / "setup.lock"
    lock.parent.mkdir(exist_ok=True)
    with lock.open("w") as held:
        # Two of us at once would install over each other.
        fcntl.flock(held, fcntl.LOCK_EX)
        try:
            prepare(sys.argv[1])
        except Stop as reason:
            print(f"setup: {reason}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
