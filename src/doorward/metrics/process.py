"""What the system knows of this process, under the names that every Prometheus client uses."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from doorward.metrics.model import Family, Kind, Sample

__all__ = ["PROCESS_FAMILIES", "process_samples"]

_CPU: Final = Family(
    "process_cpu_seconds_total", Kind.COUNTER, "Processor time that was used, in seconds."
)
_RESIDENT: Final = Family("process_resident_memory_bytes", Kind.GAUGE, "Resident memory, in bytes.")
_BEGUN: Final = Family(
    "process_start_time_seconds", Kind.GAUGE, "When the process began, in seconds of Unix time."
)
_FILES: Final = Family("process_open_fds", Kind.GAUGE, "Open files and connections.")
_MOST_FILES: Final = Family(
    "process_max_fds", Kind.GAUGE, "How many files and connections may be open."
)
PROCESS_FAMILIES: Final = (_CPU, _RESIDENT, _BEGUN, _FILES, _MOST_FILES)

_begun_at = time.time()
_STATUS: Final = Path("/proc/self/statm")
_OPEN: Final = Path("/proc/self/fd")


def process_samples() -> Iterator[tuple[Family, Sample]]:
    """The numbers of this moment; those that the system does not tell are left out."""
    yield _CPU, Sample((), time.process_time())
    yield _BEGUN, Sample((), _begun_at)
    yield _MOST_FILES, Sample((), resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    if _STATUS.exists():
        pages = int(_STATUS.read_text().split()[1])
        yield _RESIDENT, Sample((), pages * resource.getpagesize())
        yield _FILES, Sample((), sum(1 for _ in _OPEN.iterdir()))
