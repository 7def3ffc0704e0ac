"""Showing one project to people outside its group, by their e-mail addresses.

Whoever has the address at this moment sees the project; whether anybody does is not told.
"""

from __future__ import annotations

from doorward.audit import Actor, record
from doorward.db import Clock, Database, Transaction
from doorward.projects.model import Project
from doorward.projects.people_model import MAX_PERMISSIONS, ProjectPermission, verify_email
from doorward.projects.refusals import TooManyPermissions, UnknownPermission, UnknownProject
from doorward.projects.service import Projects
from doorward.projects.store import (
    count_permissions,
    delete_permission,
    find_permission_of,
    insert_permission,
    list_permissions,
    lock_project,
)

__all__ = ["ProjectPermissions"]

_LARGEST_ID = (1 << 63) - 1
# Inside the class, the name ``list`` is a method.
_Permissions = list[ProjectPermission]


class ProjectPermissions:
    """To whom the projects of every organization's people are shown.

    Only who may change a project sees and changes this.
    """

    def __init__(self, *, db: Database, clock: Clock, projects: Projects) -> None:
        """Keep permissions for ``projects`` in ``db``, dated by ``clock``."""
        self._db = db
        self._clock = clock
        self._projects = projects

    async def list(self, org_id: str, account_id: int, project_id: str) -> _Permissions:
        """To whom a project is shown. Raises ``UnknownProject``, ``NotAllowed``."""
        project = await self._projects.verify_may_change(org_id, account_id, project_id)
        return await list_permissions(self._db, project)

    async def grant(
        self, org_id: str, account_id: int, project_id: str, email: str, by: Actor
    ) -> ProjectPermission:
        """Show a project to an address; an earlier permission of the address stays as it is.

        Raises ``UnknownProject``, ``NotAllowed``, ``BadAddress``, ``TooManyPermissions``.
        """
        email = verify_email(email)
        project = await self._projects.verify_may_change(org_id, account_id, project_id)

        async def work(tx: Transaction) -> ProjectPermission:
            # Two grants at once count one after the other.
            locked = await lock_project(tx, org_id, project_id)
            if locked is None or locked.deleted_at is not None:
                raise UnknownProject
            earlier = await find_permission_of(tx, project, email)
            if earlier is not None:
                return earlier
            if await count_permissions(tx, project) >= MAX_PERMISSIONS:
                raise TooManyPermissions
            granted = ProjectPermission(
                org_id, self._db.next_id(), project.id, email, account_id, self._clock()
            )
            await insert_permission(tx, granted)
            await self._record(tx, by, "project.permission_granted", project, granted, account_id)
            return granted

        return await self._db.unit(work)

    async def revoke(
        self, org_id: str, account_id: int, project_id: str, permission_id: int, by: Actor
    ) -> ProjectPermission:
        """Show a project no longer.

        Raises ``UnknownProject``, ``NotAllowed``, ``UnknownPermission``.
        """
        project = await self._projects.verify_may_change(org_id, account_id, project_id)
        if not 0 < permission_id <= _LARGEST_ID:
            raise UnknownPermission

        async def work(tx: Transaction) -> ProjectPermission:
            gone = await delete_permission(tx, project, permission_id)
            if gone is None:
                raise UnknownPermission
            await self._record(tx, by, "project.permission_revoked", project, gone, account_id)
            return gone

        return await self._db.unit(work)

    async def _record(
        self,
        tx: Transaction,
        by: Actor,
        action: str,
        project: Project,
        permission: ProjectPermission,
        account_id: int,
    ) -> None:
        target = ("project", project.project_id)
        detail = {"account": str(account_id), "email": permission.email}
        event = by.did(action, project.org_id, target, **detail)
        await record(tx, event, event_id=self._db.next_id(), now=self._clock())
