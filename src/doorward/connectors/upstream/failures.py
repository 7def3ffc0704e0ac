"""Why a platform did not do what it was asked: its own word first, then the status."""

from __future__ import annotations

import re
from collections.abc import Mapping

from doorward.connectors.grants import Category, UpstreamFailure
from doorward.connectors.requests import ErrorMap
from doorward.connectors.upstream.answers import Answer, find_at, text_at
from doorward.connectors.upstream.known import Known

__all__ = ["category_of_status", "classify", "error_code", "is_of_client", "refuse"]

_WORDS: Mapping[Category, tuple[str, ...]] = {
    Category.DEAD_GRANT: (
        "invalid_grant", "bad_refresh_token", "token_revoked", "invalid_refresh_token",
        "inactive_user", "aadsts50173", "aadsts700082", "aadsts70008", "aadsts50078",
    ),
    Category.USER_ACTION: (
        "interaction_required", "consent_required", "login_required",
        "account_selection_required", "aadsts65001", "aadsts50076", "aadsts53003",
    ),
    Category.CONFIGURATION: (
        "invalid_client", "unauthorized_client", "aadsts7000215", "aadsts7000222",
        "invalid_scope",
    ),
    Category.MANIFEST: (
        "invalid_request", "unsupported_grant_type", "unsupported_response_type",
    ),
    Category.TRANSIENT: ("slow_down", "temporarily_unavailable", "server_error"),
    Category.DECLINED: ("access_denied",),
}  # fmt: skip
_CATEGORIES = {word: category for category, words in _WORDS.items() for word in words}
_OF_CLIENT = frozenset({"invalid_client", "unauthorized_client", "aadsts7000215", "aadsts7000222"})
_NUMBERED = re.compile(r"AADSTS[0-9]{4,8}")
_UNSAFE = re.compile(r"[^A-Za-z0-9._:/-]+")
_LONGEST_CODE = 64
_PASSING_STATUSES = frozenset({408, 425, 429})
_MEANINGS = {
    202: Category.USER_ACTION,  # accepted and not done: a second step is wanted of the person
    401: Category.CONFIGURATION,
    404: Category.DEAD_TENANT,
    410: Category.DEAD_TENANT,
}


def classify(answer: Answer, errors: ErrorMap, known: Known) -> UpstreamFailure:
    """What an answer that is not the good one means."""
    word = error_code(answer.content, errors)
    message = text_at(answer.content, errors.message_path)
    category = _category_of_words(word, message, answer.content, errors)
    return UpstreamFailure(
        category or _category_of(answer),
        _safe(word) or f"http_{answer.status}",
        status=answer.status,
        detail=known.redact(message),
        retry_after_s=answer.retry_after_s,
    )


def refuse(word: str, message: str, errors: ErrorMap, known: Known) -> UpstreamFailure:
    """What an error means that came back with the person (RFC 6749 4.1.2.1)."""
    category = _category_of_words(word, message, None, errors)
    return UpstreamFailure(category or Category.MANIFEST, _safe(word), detail=known.redact(message))


def error_code(content: object, errors: ErrorMap) -> str:
    """The platform's own word for what is wrong, or nothing."""
    found = find_at(content, errors.code_path)
    if isinstance(found, dict):  # an object where a word was promised mostly has the word within
        found = found.get("code") or found.get("type") or found.get("status")
    if isinstance(found, bool) or not isinstance(found, str | int) or found in (0, "0"):
        return ""
    return str(found)


def category_of_status(status: int) -> Category:
    """What a status means by itself."""
    if status in _PASSING_STATUSES or status >= 500:
        return Category.TRANSIENT
    return _MEANINGS.get(status, Category.MANIFEST)


def is_of_client(failure: UpstreamFailure, errors: ErrorMap) -> bool:
    """Whether the platform refused our registration, so that another secret may be right."""
    if failure.category is not Category.CONFIGURATION:
        return False
    own = {_safe(word) for word, category in errors.map.items() if category == "configuration"}
    return failure.code in own or failure.code.lower() in _OF_CLIENT or failure.code == "http_401"


def _category_of_words(
    word: str, message: str, content: object, errors: ErrorMap
) -> Category | None:
    if word in errors.map:
        return Category(errors.map[word])
    numbered = _NUMBERED.search(message)
    words = (numbered.group() if numbered else "", text_at(content, "suberror"), word)
    return next((_CATEGORIES[w.lower()] for w in words if w.lower() in _CATEGORIES), None)


def _category_of(answer: Answer) -> Category:
    category = category_of_status(answer.status)
    # A page where an answer was promised comes from something before the platform.
    is_page = answer.content is None and not 300 <= answer.status < 400
    return Category.TRANSIENT if is_page and category is not Category.DEAD_TENANT else category


def _safe(word: str) -> str:
    return _UNSAFE.sub("_", word)[:_LONGEST_CODE]
