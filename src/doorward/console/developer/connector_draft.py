"""The form for a new connector: what was typed, as the manifest that it stands for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from doorward.connectors import Fault
from doorward.console.admin import Problem
from doorward.console.manifest_words import word_fault
from doorward.http import message
from doorward.protocol import Parameters, is_web_url

__all__ = ["TEXTS", "problem_with", "problems_of", "wanted_manifest", "wrong_with"]

TEXTS: Final = (
    "name",
    "slug",
    "summary",
    "auth",
    "authorize_url",
    "token_url",
    "scopes",
    "identity_url",
    "client_id",
    "instructions_en",
    "instructions_ja",
    "key_header",
    "key_value",
    "verify_url",
    "api_url",
)
_SLUG: Final = re.compile(r"[a-z0-9](-?[a-z0-9]){1,62}\Z")
_URLS_OF: Final = {
    "oauth": ("authorize_url", "token_url", "identity_url"),
    "api_key": ("verify_url",),
}
_NEEDED: Final = frozenset({"authorize_url", "token_url"})
_NO_NAME: Final = message("Write the platform's name.")
_NO_AUTH: Final = message("Choose how people connect.")
_NO_ADDRESS: Final = message("Write an address that starts with https://.")
_NO_SLUG: Final = message(
    "An identifier has 2 to 63 lower-case letters and digits, with single hyphens between them."
)
_NO_INSTRUCTIONS: Final = message("Write in English how an administrator gets the credentials.")
_FIELDS: Final = (
    ("name", "name"),
    ("slug", "slug"),
    ("summary", "summary"),
    ("proxy", "api_url"),
    ("auth_options.0.authorize.url", "authorize_url"),
    ("auth_options.0.authorize.scope", "scopes"),
    ("auth_options.0.token", "token_url"),
    ("auth_options.0.identity", "identity_url"),
    ("auth_options.0.client_id", "client_id"),
    ("auth_options.0.admin_instructions", "instructions_en"),
    ("auth_options.0.delivery.name", "key_header"),
    ("auth_options.0.delivery", "key_value"),
    ("auth_options.0.verify", "verify_url"),
)
"""Which field of the form a path in the manifest was made of."""


def wrong_with(form: Parameters) -> list[Problem]:
    """What can be said before there is a manifest, in the order of the page."""
    problems = []
    if not _text(form, "name"):
        problems.append(Problem(_NO_NAME, "name"))
    if not _SLUG.match(_text(form, "slug")):
        problems.append(Problem(_NO_SLUG, "slug"))
    auth = _text(form, "auth")
    if auth not in _URLS_OF:
        problems.append(Problem(_NO_AUTH, "auth"))
    for name in (*_URLS_OF.get(auth, ()), "api_url"):
        given = _text(form, name)
        if (given or name in _NEEDED) and not is_web_url(given):
            problems.append(Problem(_NO_ADDRESS, name))
    if auth == "oauth" and "admin_managed" in form and not _text(form, "instructions_en"):
        problems.append(Problem(_NO_INSTRUCTIONS, "instructions_en"))
    return problems


def problems_of(faults: Iterable[Fault]) -> list[Problem]:
    """What the manifest's own rules refuse, beside the field that brought it about."""
    problems = []
    for fault in faults:
        field = next((ours for theirs, ours in _FIELDS if fault.path.startswith(theirs)), None)
        problems.append(problem_with(fault, field))
    return problems


def problem_with(fault: Fault, field: str | None = None) -> Problem:
    """A fault of the manifest, beside ``field`` or by its own path, in words to translate."""
    worded = word_fault(fault.sentence)
    about = worded.about or (None if field else fault.path) or None
    return Problem(worded.sentence, field, about, worded.given)


def wanted_manifest(form: Parameters) -> dict[str, Any]:
    """The manifest of the form, without what was left empty."""
    option = _oauth(form) if _text(form, "auth") == "oauth" else _api_key(form)
    manifest: dict[str, Any] = {
        "doorward": 1,
        "slug": _text(form, "slug"),
        "name": _text(form, "name"),
        "summary": _text(form, "summary"),
        "auth_options": [option],
    }
    if api_url := _text(form, "api_url"):
        manifest["proxy"] = {"base_url": api_url}
    return {name: value for name, value in manifest.items() if value}


def _oauth(form: Parameters) -> dict[str, Any]:
    option: dict[str, Any] = {
        "name": "oauth",
        "type": "oauth2_code",
        "client_id": _text(form, "client_id"),
        "authorize": {
            "url": _text(form, "authorize_url"),
            "scope": {"default": _text(form, "scopes").replace(",", " ").split()},
        },
        "token": {"url": _text(form, "token_url")},
    }
    if identity_url := _text(form, "identity_url"):
        option["identity"] = {"url": identity_url}
    if "admin_managed" in form:
        option |= {"admin_managed": True, "client_id": "", "admin_instructions": _both(form)}
    return {name: value for name, value in option.items() if value}


def _api_key(form: Parameters) -> dict[str, Any]:
    option: dict[str, Any] = {
        "name": "key",
        "type": "api_key",
        "variables": [
            {"name": "api_key", "title": {"en": "API key", "ja": "API キー"}, "secret": True}
        ],
        "delivery": {
            "name": _text(form, "key_header") or "Authorization",
            "value": _text(form, "key_value") or "Bearer {api_key}",
        },
    }
    if verify_url := _text(form, "verify_url"):
        option["verify"] = {"url": verify_url}
    return option


def _both(form: Parameters) -> dict[str, str]:
    texts = {each: _text(form, f"instructions_{each}") for each in ("en", "ja")}
    return {language: text for language, text in texts.items() if text}


def _text(form: Parameters, name: str) -> str:
    return (form.get(name) or "").replace("\r\n", "\n").strip()
