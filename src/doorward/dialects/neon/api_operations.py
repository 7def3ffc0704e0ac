"""The operations of Neon's API, as one table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from doorward.dialects.neon.api_errors import ApiError

__all__ = ["API_SCOPES", "OPERATIONS", "PROJECT_SCOPES", "ApiOperation", "find_operation"]

CREATE: Final = "urn:neoncloud:projects:create"
READ: Final = "urn:neoncloud:projects:read"
UPDATE: Final = "urn:neoncloud:projects:update"
DELETE: Final = "urn:neoncloud:projects:delete"
PERMISSION: Final = "urn:neoncloud:projects:permission"
ORGS_CREATE: Final = "urn:neoncloud:orgs:create"
ORGS_READ: Final = "urn:neoncloud:orgs:read"
ORGS_UPDATE: Final = "urn:neoncloud:orgs:update"
ORGS_DELETE: Final = "urn:neoncloud:orgs:delete"
ORGS_PERMISSION: Final = "urn:neoncloud:orgs:permission"

PROJECT_SCOPES: Final = (CREATE, READ, UPDATE, DELETE)
"""What a personal API key may do, and therefore what it takes to make or end one."""

API_SCOPES: Final = frozenset(
    f"urn:neoncloud:{noun}:{verb}"
    for noun in ("projects", "orgs")
    for verb in ("create", "read", "update", "delete", "permission")
)
"""Every scope of this API; a credential without any of them calls nothing."""


@dataclass(frozen=True, slots=True)
class ApiOperation:
    """One method on one path, and the scopes that it needs; ``name`` is its handler.

    Without a scope of its own, any scope of this API will do. ``{name}`` in a path is one segment.
    """

    method: Literal["GET", "POST", "PATCH", "DELETE"]
    path: str
    scopes: tuple[str, ...]
    name: str


_SHOWN: Final = "/projects/{project_id}/permissions"
_GROUP: Final = "/organizations/{org_id}"
_MEMBER: Final = f"{_GROUP}/members/{{member_id}}"
_ASKED: Final = f"{_GROUP}/invitations"

OPERATIONS: Final = (
    ApiOperation("GET", "/projects", (READ,), "list_projects"),
    ApiOperation("POST", "/projects", (CREATE,), "create_project"),
    ApiOperation("GET", "/projects/shared", (READ,), "list_shared_projects"),
    ApiOperation("GET", "/projects/{project_id}", (READ,), "get_project"),
    ApiOperation("PATCH", "/projects/{project_id}", (UPDATE,), "update_project"),
    ApiOperation("DELETE", "/projects/{project_id}", (DELETE,), "delete_project"),
    ApiOperation("POST", "/projects/{project_id}/recover", (UPDATE,), "recover_project"),
    ApiOperation("GET", _SHOWN, (PERMISSION,), "list_permissions"),
    ApiOperation("POST", _SHOWN, (PERMISSION,), "grant_permission"),
    ApiOperation("DELETE", f"{_SHOWN}/{{permission_id}}", (PERMISSION,), "revoke_permission"),
    ApiOperation("POST", "/organizations", (ORGS_CREATE,), "create_organization"),
    ApiOperation("GET", _GROUP, (ORGS_READ,), "get_organization"),
    ApiOperation("PATCH", _GROUP, (ORGS_UPDATE,), "update_organization"),
    ApiOperation("DELETE", _GROUP, (ORGS_DELETE,), "delete_organization"),
    ApiOperation("GET", f"{_GROUP}/members", (ORGS_READ,), "list_members"),
    ApiOperation("GET", _MEMBER, (ORGS_READ,), "get_member"),
    ApiOperation("PATCH", _MEMBER, (ORGS_PERMISSION,), "update_member"),
    ApiOperation("DELETE", _MEMBER, (ORGS_PERMISSION,), "remove_member"),
    ApiOperation("GET", _ASKED, (ORGS_PERMISSION,), "list_invitations"),
    ApiOperation("POST", _ASKED, (ORGS_PERMISSION,), "create_invitations"),
    ApiOperation(
        "DELETE", f"{_ASKED}/{{invitation_id}}", (ORGS_PERMISSION,), "withdraw_invitation"
    ),
    ApiOperation("GET", "/users/me", (), "get_user"),
    ApiOperation("GET", "/users/me/organizations", (ORGS_READ,), "list_organizations"),
    ApiOperation("GET", "/auth", (), "get_auth"),
    ApiOperation("GET", "/api_keys", PROJECT_SCOPES, "list_keys"),
    ApiOperation("POST", "/api_keys", PROJECT_SCOPES, "create_key"),
    ApiOperation("DELETE", "/api_keys/{key_id}", PROJECT_SCOPES, "revoke_key"),
)
"""Everything that is served."""

_BY_PATH: dict[str, dict[str, ApiOperation]] = {}
for _each in OPERATIONS:
    _BY_PATH.setdefault(_each.path, {})[_each.method] = _each
_PATTERNS: Final = tuple(
    (re.compile(re.sub(r"\{\w+\}", "([^/]{1,128})", path) + r"\Z"), methods)
    for path, methods in _BY_PATH.items()
    if "{" in path
)


def find_operation(method: str, path: str) -> tuple[ApiOperation, tuple[str, ...]]:
    """The operation, and the identifiers in its path. Raises ``ApiError``."""
    methods: Mapping[str, ApiOperation] | None = None if "{" in path else _BY_PATH.get(path)
    targets: tuple[str, ...] = ()
    if methods is None:
        for pattern, found in _PATTERNS:
            named = pattern.match(path)
            if named is not None:
                methods, targets = found, named.groups()
                break
        else:
            raise ApiError(404)
    operation = methods.get("GET" if method == "HEAD" else method)
    if operation is None:
        allowed = ", ".join(methods).encode()
        raise ApiError(405, headers=((b"allow", allowed),))
    return operation, targets
