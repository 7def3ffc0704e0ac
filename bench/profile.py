"""Where the time goes: py-spy on the Doorward server while it works, as a text summary."""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter

from bench.load import run_round
from bench.measure import Plan
from bench.subjects import SCRATCH, Running
from bench.subjects.process import ROOT
from bench.works import WORKS

__all__ = ["profile_work"]

_LINES = 40


async def profile_work(work: str, running: Running, plan: Plan) -> list[str]:
    """Load ``work`` once more under py-spy: the functions that take longest, a line for each.

    They are written into the scratch folder, too. Says so, and answers none, where py-spy is not
    installed or may not look at the server.
    """
    beside = ROOT / ".tools" / "peers" / "bin" / "py-spy"
    tool = str(beside) if beside.exists() else shutil.which("py-spy")
    if tool is None:
        print("profile: py-spy is not installed: run `python3 tools/bootstrap.py bench`")
        return []
    prepared = await WORKS[work](running.target, plan.connections)
    stacks = SCRATCH / f"profile-{work}.folded"
    command = [tool, "record", "--pid", str(running.server.process.pid), "--format", "raw"]
    command += ["--rate", "500", "--duration", str(max(1, int(plan.seconds)))]
    recorder = await asyncio.create_subprocess_exec(
        *command,
        *("--output", str(stacks)),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    await run_round(
        running.target.addresses, prepared.lanes, warm_up_s=0.5, seconds=plan.seconds + 0.5
    )
    _, said = await recorder.communicate()
    if recorder.returncode or not stacks.is_file():
        print(f"profile: py-spy failed: {said.decode(errors='replace').strip()}")
        return []
    summary = _summary(stacks.read_text())
    (SCRATCH / f"profile-{work}.txt").write_text(summary)
    return summary.splitlines()


def _summary(folded: str) -> str:
    """The functions by their own share, from lines of ``frame;frame;frame count``."""
    own: Counter[str] = Counter()
    below: Counter[str] = Counter()
    total = 0
    for line in folded.splitlines():
        stack, _, count = line.rpartition(" ")
        frames = stack.split(";")
        number = int(count)
        total += number
        own[frames[-1]] += number
        for frame in set(frames):
            below[frame] += number
    rows = [
        f"{number / total:6.1%} {below[frame] / total:6.1%}  {frame}"
        for frame, number in own.most_common(_LINES)
    ]
    return "\n".join(rows) + "\n"
