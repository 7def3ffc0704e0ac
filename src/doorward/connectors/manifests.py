"""From what somebody wrote to a manifest that can be relied on."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from doorward.connectors.checks import manifest_faults
from doorward.connectors.model import Manifest
from doorward.connectors.reading import read_document
from doorward.connectors.refusals import BadManifest, Fault
from doorward.connectors.schema import schema_faults
from doorward.connectors.slots import templates_in
from doorward.connectors.urls import is_loopback

__all__ = ["parse_manifest", "warnings_of", "write_manifest"]

_WHERE = re.compile(r" - at `\$\.?(.*)`\Z")
_INDEX = re.compile(r"\[(\d+|\.\.\.)\]")


def parse_manifest(given: bytes | str | Mapping[str, object]) -> Manifest:
    """The manifest in ``given``: JSON, or what JSON was read into. At most 256 KB.

    Everything that the schema refuses is told at once, and then everything that its rules refuse.
    Raises ``BadManifest``.
    """
    document = read_document(given)
    faults = schema_faults(document)
    if faults:
        raise BadManifest(faults)
    # An editor finds the schema by this member; it says nothing about the platform.
    document.pop("$schema", None)
    try:
        manifest = msgspec.convert(document, Manifest)
    except msgspec.ValidationError as error:
        raise BadManifest((_fault_of(error),)) from error
    faults = manifest_faults(manifest)
    if faults:
        raise BadManifest(faults)
    return manifest


def write_manifest(manifest: Manifest) -> str:
    """The manifest as it is kept: JSON that ``parse_manifest`` reads."""
    return msgspec.json.encode({"doorward": manifest.doorward, **_bare_fields(manifest)}).decode()


def warnings_of(manifest: Manifest) -> tuple[Fault, ...]:
    """What is allowed and should not stay: plain HTTP to this machine, facts without a source."""
    found: list[Fault] = []
    for i, option in enumerate(manifest.auth_options):
        found += [
            Fault(each.path, "Plain HTTP reaches this machine only.")
            for each in templates_in(option, f"auth_options.{i}")
            if each.place == "url" and is_loopback(each.text)
        ]
    if not manifest.verified:
        found.append(Fault("verified", "Nobody says that these facts were seen in a source."))
    return tuple(found)


def _fault_of(error: msgspec.ValidationError) -> Fault:
    text = str(error)
    found = _WHERE.search(text)
    path = _INDEX.sub(r".\1", found[1]) if found else ""
    return Fault(path.lstrip("."), _WHERE.sub("", text) + ".")


def _bare(section: object) -> object:
    """``section`` without what is as the format has it anyway."""
    if isinstance(section, msgspec.Struct):
        return _bare_fields(section)
    if isinstance(section, tuple):
        return [_bare(each) for each in section]
    return section


def _bare_fields(section: msgspec.Struct) -> dict[str, object]:
    bare: dict[str, object] = {}
    for field in msgspec.structs.fields(section):
        value = getattr(section, field.name)
        if field.default_factory is not msgspec.NODEFAULT:
            usual: object = field.default_factory()
        else:
            usual = field.default
        if field.required or value != usual:
            bare[field.name] = _bare(value)
    return bare
