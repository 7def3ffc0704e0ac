"""What callers of Neon's API send, read into values.

Members that are about a running database (``branch``, ``default_endpoint_settings`` and others)
and members that nobody knows are left aside, as the platform does with the latter.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, TypeVar

import msgspec

from doorward.audit import is_plain_line
from doorward.db import find_row_id
from doorward.dialects.neon.api_errors import ApiError
from doorward.http import Call
from doorward.projects import (
    DEFAULT_REGION,
    MAX_MEMBERS,
    MAX_PAGE,
    CreationSource,
    NewProject,
    ProjectChange,
    Role,
)
from doorward.protocol import OAuthError, Parameters

__all__ = ["parse_number", "read_change", "read_email", "read_flag", "read_group_id"]
__all__ += ["read_group_name", "read_invitations", "read_key_name", "read_limit", "read_project"]
__all__ += ["read_query", "read_role", "read_search"]

T = TypeVar("T")
_GROUP_ID = re.compile(r"[a-z0-9-]{1,60}\Z", re.ASCII)
_FLAGS: Final = {"true": True, "false": False}
_MAX_SEARCH: Final = 256
_LIMIT: Final = 10


class _GivenProject(msgspec.Struct):
    name: str | None = None
    region_id: str | None = None
    pg_version: int | None = None
    org_id: str | None = None
    history_retention_seconds: int | None = None
    settings: dict[str, Any] | None = None


class _Creation(msgspec.Struct):
    project: _GivenProject


class _GivenChange(msgspec.Struct):
    name: str | msgspec.UnsetType = msgspec.UNSET
    settings: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
    history_retention_seconds: int | msgspec.UnsetType = msgspec.UNSET


class _Change(msgspec.Struct):
    project: _GivenChange


class _Key(msgspec.Struct):
    key_name: str


class _Named(msgspec.Struct):
    name: str


class _Group(msgspec.Struct):
    organization: _Named


class _GivenRole(msgspec.Struct):
    role: Role


class _Address(msgspec.Struct):
    email: str


class _Asked(msgspec.Struct):
    email: str
    role: Role = Role.MEMBER


class _Invitations(msgspec.Struct):
    invitations: Annotated[list[_Asked], msgspec.Meta(min_length=1, max_length=MAX_MEMBERS)]


def read_query(call: Call) -> Parameters:
    """The parameters of the query. Raises ``ApiError``."""
    try:
        return call.query()
    except OAuthError as error:
        raise ApiError(400, error.description) from error


def read_limit(query: Mapping[str, str]) -> int:
    """How many projects a page has: 1 to 400, 10 unless said. Raises ``ApiError``."""
    text = query.get("limit")
    if text is None:
        return _LIMIT
    value = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
    if not 1 <= value <= MAX_PAGE:
        raise ApiError(400, f"limit is a number from 1 to {MAX_PAGE}.")
    return value


def read_search(query: Mapping[str, str]) -> str | None:
    """What a name or an identifier has to hold. Raises ``ApiError``."""
    text = query.get("search")
    if text is not None and not is_plain_line(text, _MAX_SEARCH):
        raise ApiError(400, "search is one line of up to 256 visible characters.")
    return text


def read_flag(query: Mapping[str, str], name: str) -> bool:
    """A parameter that is true or false, and false when absent. Raises ``ApiError``."""
    flag = _FLAGS.get(query.get(name, "false"))
    if flag is None:
        raise ApiError(400, f"{name} is true or false.")
    return flag


def read_group_id(query: Mapping[str, str]) -> str | None:
    """The organization whose projects are asked for. Raises ``ApiError``."""
    text = query.get("org_id")
    if text is not None and not _GROUP_ID.match(text):
        raise ApiError(400, "org_id is up to 60 lower-case letters, digits and hyphens.")
    return text


def read_project(body: bytes, owner: tuple[str, int], source: CreationSource) -> NewProject:
    """A project to be created for ``owner`` (org_id, account_id). Raises ``ApiError``."""
    given = _document(body, _Creation).project
    org_id, account_id = owner
    usual = NewProject(org_id, account_id)
    return NewProject(
        org_id=org_id,
        owner_id=account_id,
        name=given.name,
        group_id=given.org_id,
        region_id=given.region_id if given.region_id is not None else DEFAULT_REGION,
        pg_version=given.pg_version if given.pg_version is not None else usual.pg_version,
        history_retention_s=(
            given.history_retention_seconds
            if given.history_retention_seconds is not None
            else usual.history_retention_s
        ),
        settings=given.settings or {},
        creation_source=source,
    )


def read_change(body: bytes) -> ProjectChange:
    """What to change of a project. Raises ``ApiError``."""
    given = _document(body, _Change).project
    return ProjectChange(
        name=given.name,
        settings=given.settings,
        history_retention_s=given.history_retention_seconds,
    )


def read_key_name(body: bytes) -> str:
    """What a new key is called. Raises ``ApiError``."""
    return _document(body, _Key).key_name


def read_group_name(body: bytes) -> str:
    """What an organization is called. Raises ``ApiError``."""
    return _document(body, _Group).organization.name


def read_role(body: bytes) -> Role:
    """What a member is to be. Raises ``ApiError``."""
    return _document(body, _GivenRole).role


def read_email(body: bytes) -> str:
    """The address to which a project is to be shown. Raises ``ApiError``."""
    return _document(body, _Address).email


def read_invitations(body: bytes) -> list[tuple[str, Role]]:
    """The addresses that are to be asked, and as what. Raises ``ApiError``."""
    return [(each.email, each.role) for each in _document(body, _Invitations).invitations]


def parse_number(text: str) -> int:
    """A number in a path; 0, which nothing has, for what is none."""
    return find_row_id(text) or 0


def _document(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        # The sentence names types and our own members, and nothing that was sent.
        raise ApiError(422, f"{error}.", code="BAD_FIELD") from error
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise ApiError(400, "The body is not JSON.") from error
