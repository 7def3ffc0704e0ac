"""A manifest as it was typed or sent: ours, or one of App Connect's."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass
from typing import Final

from doorward.connectors import BadManifest, Fault, Manifest, load_app_connect, write_manifest
from doorward.console.admin import Problem
from doorward.console.developer.frame import DeveloperFrame
from doorward.console.developer.manifest_lines import PlacedFault, place_faults
from doorward.console.developer.model import Developer
from doorward.http import Call, UploadFault, UploadRefused, message

__all__ = ["FIELD", "TypedManifest", "find_written", "pretty", "receive_manifest", "told_faults"]

FIELD: Final = "manifest"
_MAX_BYTES: Final = 262_144
_THEIRS: Final = re.compile(r'"platforms"\s*:')
_OURS: Final = re.compile(r'"auth_options"\s*:')
_FAULTY: Final = message("The manifest cannot be used yet. What is wrong stands below, by line.")
_CHOOSE: Final = message("This manifest describes several platforms. Choose one.")
_REFUSED: Final = {
    UploadFault.NOT_A_FORM: message("The form could not be read. Send it again."),
    UploadFault.NO_FILE: message("The form could not be read. Send it again."),
    UploadFault.TOO_LARGE: message("A manifest has at most 256 KB."),
    UploadFault.CUT_SHORT: message("The file did not arrive whole. Choose it again."),
}


@dataclass(frozen=True, slots=True)
class TypedManifest:
    """What was sent: the text, the platform that was chosen in it, and what is wrong.

    ``version`` is the one that an editor looked at. ``platforms`` are to be chosen from.
    """

    text: str = ""
    platform: str = ""
    version: int = 0
    problems: tuple[Problem, ...] = ()
    faults: tuple[PlacedFault, ...] = ()
    platforms: tuple[tuple[str, str], ...] = ()


async def receive_manifest(
    frame: DeveloperFrame, call: Call, developer: Developer
) -> TypedManifest:
    """The text of a form, or of the file that was chosen in its place."""
    try:
        upload = await frame.receive_text(call, developer, FIELD, max_bytes=_MAX_BYTES)
    except UploadRefused as refused:
        return TypedManifest(problems=(Problem(_REFUSED[refused.fault], FIELD),))
    try:
        data = upload.file.read() if upload.file_name else None
    finally:
        upload.close()
    fields = upload.fields
    text = fields.get(FIELD, "") if data is None else data.decode("utf-8", "replace")
    version = fields.get("version", "")
    return TypedManifest(
        text=text.removeprefix("\ufeff").replace("\r\n", "\n"),
        platform=fields.get("platform", ""),
        version=int(version) if re.fullmatch(r"[0-9]{1,9}", version) else 0,
    )


async def find_written(typed: TypedManifest) -> str | TypedManifest:
    """What is to be registered: the text itself, or what App Connect's becomes in our format.

    What is wrong with that, or has to be chosen first, is answered in ``TypedManifest``.
    """
    if not _THEIRS.search(typed.text) or _OURS.search(typed.text):
        return typed.text
    try:
        loaded = await asyncio.to_thread(load_app_connect, typed.text)
    except BadManifest as refusal:
        return told_faults(typed, refusal.faults)
    chosen = [each for each in loaded if len(loaded) == 1 or each.slug == typed.platform]
    if chosen:
        return pretty(chosen[0])
    return TypedManifest(
        text=typed.text,
        version=typed.version,
        problems=(Problem(_CHOOSE, "platform"),),
        platforms=tuple((each.slug, each.name) for each in loaded),
    )


def told_faults(typed: TypedManifest, faults: tuple[Fault, ...]) -> TypedManifest:
    """``typed`` with each fault at its line."""
    return TypedManifest(
        text=typed.text,
        platform=typed.platform,
        version=typed.version,
        problems=(Problem(_FAULTY, FIELD),),
        faults=tuple(place_faults(typed.text, faults)),
    )


def pretty(manifest: Manifest) -> str:
    """The manifest as people read and change it."""
    return json.dumps(json.loads(write_manifest(manifest)), indent=2, ensure_ascii=False)
