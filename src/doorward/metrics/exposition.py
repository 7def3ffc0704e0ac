"""The text that Prometheus reads (exposition format 0.0.4), in portions of one worker each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final, TypeAlias

from doorward.metrics.model import Family, Sample

__all__ = ["CONTENT_TYPE", "Portion", "render", "render_portion"]

CONTENT_TYPE: Final = b"text/plain; version=0.0.4; charset=utf-8"

Portion: TypeAlias = dict[str, list[str]]
"""Finished lines by the name of their family: what one worker has to say."""

_ESCAPED: Final = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


def render_portion(samples: Iterable[tuple[Family, Sample]], *, worker: str | None) -> Portion:
    """The lines of ``samples``, with the label ``worker`` where one is named."""
    portion: Portion = {}
    tail = () if worker is None else (("worker", worker),)
    for family, sample in samples:
        name = family.name + sample.suffix
        lines = portion.setdefault(family.name, [])
        lines.append(f"{name}{_labels((*sample.labels, *tail))} {_number(sample.value)}")
    return portion


def render(families: Sequence[Family], portions: Sequence[Mapping[str, Sequence[str]]]) -> bytes:
    """All ``portions``, the lines of each of ``families`` together, as the format wants it."""
    text: list[str] = []
    for family in families:
        lines = [line for portion in portions for line in portion.get(family.name, ())]
        if lines:
            meaning = family.meaning.replace("\\", r"\\").replace("\n", r"\n")
            text += [f"# HELP {family.name} {meaning}", f"# TYPE {family.name} {family.kind.value}"]
            text += lines
    return ("\n".join(text) + "\n").encode()


def _labels(pairs: Sequence[tuple[str, str]]) -> str:
    if not pairs:
        return ""
    return f"{{{','.join([_pair(*each) for each in pairs])}}}"


@lru_cache(maxsize=4096)
def _pair(name: str, value: str) -> str:
    # There are few, and each is told many times over.
    return f'{name}="{value.translate(_ESCAPED)}"'


def _number(value: float) -> str:
    return str(value) if isinstance(value, int) else repr(float(value))
