"""Creating, listing, changing, deleting and bringing back projects."""

from __future__ import annotations

from typing import Final

from doorward.accounts import Accounts
from doorward.audit import Actor, record
from doorward.crypto import Random
from doorward.db import Clock, Conflict, Database, Transaction
from doorward.projects.groups import Groups, membership_of
from doorward.projects.ids import draw_project_id, is_project_id
from doorward.projects.model import (
    KEPT_AFTER_DELETION,
    MAX_PROJECTS,
    ListWanted,
    NewProject,
    Project,
    ProjectChange,
    Role,
    verify_project,
)
from doorward.projects.refusals import (
    NotAllowed,
    NotDeleted,
    ProjectTaken,
    TooManyProjects,
    UnknownProject,
)
from doorward.projects.store import (
    count_projects,
    delete_project,
    find_project,
    insert_project,
    is_permitted,
    list_of_group,
    list_of_owner,
    list_shared,
    lock_project,
    recover_project,
    set_permissions_end,
    update_project,
)

__all__ = ["Projects"]

_TRIES: Final = 5


class Projects:
    """The projects of every organization's people.

    A person sees the projects of the groups that they are in, and those that are shown to their
    address. Any other project is unknown, as one that does not exist.
    """

    def __init__(
        self, *, db: Database, clock: Clock, random: Random, accounts: Accounts, groups: Groups
    ) -> None:
        """Keep projects of ``groups`` in ``db``, dated by ``clock``, named by ``random``."""
        self._db = db
        self._clock = clock
        self._random = random
        self._accounts = accounts
        self._groups = groups

    async def create(self, new: NewProject, by: Actor) -> Project:
        """Keep a new project.

        Raises ``UnknownAccount``, ``UnknownGroup``, ``BadProject``, ``TooManyProjects``,
        ``ProjectTaken``.
        """
        memberships = await self._groups.memberships(new.org_id, new.owner_id)
        group_id = new.group_id or memberships[0].group.group_id
        membership_of(memberships, group_id)
        for _ in range(_TRIES):
            project = self._born(new, group_id)
            try:
                return await self._keep(project, by)
            except Conflict as conflict:
                if new.project_id is not None:
                    raise ProjectTaken from conflict
        raise Conflict("no free identifier was found for a project")

    async def get(self, org_id: str, account_id: int, project_id: str) -> Project:
        """The project, which the account sees and nobody has deleted. Raises ``UnknownProject``."""
        project, _role = await self._find(org_id, account_id, project_id)
        if project.deleted_at is not None:
            raise UnknownProject
        return project

    async def list_own(self, org_id: str, account_id: int, wanted: ListWanted) -> list[Project]:
        """A page of what the account owns."""
        return await list_of_owner(self._db, org_id, account_id, wanted, now=self._clock())

    async def list_of_group(
        self, org_id: str, account_id: int, group_id: str, wanted: ListWanted
    ) -> list[Project]:
        """A page of what is in a group that the account is in. Raises ``UnknownGroup``."""
        memberships = await self._groups.memberships(org_id, account_id)
        membership_of(memberships, group_id)
        return await list_of_group(self._db, org_id, group_id, wanted, now=self._clock())

    async def list_shared(self, org_id: str, account_id: int, wanted: ListWanted) -> list[Project]:
        """A page of what others own in the account's groups, or show to its address."""
        memberships = await self._groups.memberships(org_id, account_id)
        groups = [each.group.group_id for each in memberships if each.group.personal_of is None]
        return await list_shared(self._db, org_id, account_id, groups, wanted)

    async def update(
        self, org_id: str, account_id: int, project_id: str, change: ProjectChange, by: Actor
    ) -> Project:
        """Change what ``change`` gives.

        Raises ``UnknownProject``, ``NotAllowed``, ``BadProject``.
        """
        await self.verify_may_change(org_id, account_id, project_id)
        now = self._clock()

        async def work(tx: Transaction) -> Project:
            before = await lock_project(tx, org_id, project_id)
            if before is None or before.deleted_at is not None:
                raise UnknownProject
            after = change.applied(before, now)
            await update_project(tx, after)
            await self._record(
                tx,
                by,
                "project.updated",
                after,
                account=str(account_id),
                fields=" ".join(change.names()),
            )
            return after

        return await self._db.unit(work)

    async def delete(self, org_id: str, account_id: int, project_id: str, by: Actor) -> Project:
        """Delete a project, which can be brought back for seven days.

        Raises ``UnknownProject``, ``NotAllowed``.
        """
        project = await self.verify_may_change(org_id, account_id, project_id)
        now = self._clock()

        async def work(tx: Transaction) -> Project:
            gone = await delete_project(tx, project, now=now, until=now + KEPT_AFTER_DELETION)
            if gone is None:
                raise UnknownProject
            await set_permissions_end(tx, gone, gone.expires_at)
            await self._record(tx, by, "project.deleted", gone, account=str(account_id))
            return gone

        return await self._db.unit(work)

    async def recover(self, org_id: str, account_id: int, project_id: str, by: Actor) -> Project:
        """Bring a deleted project back.

        Raises ``UnknownProject``, also when its seven days are over, ``NotAllowed``,
        ``NotDeleted``.
        """
        project = await self.verify_may_change(org_id, account_id, project_id, deleted=True)
        now = self._clock()

        async def work(tx: Transaction) -> Project:
            back = await recover_project(tx, project, now=now)
            if back is None:
                raise UnknownProject
            await set_permissions_end(tx, back, None)
            await self._record(tx, by, "project.recovered", back, account=str(account_id))
            return back

        return await self._db.unit(work)

    async def verify_may_change(
        self, org_id: str, account_id: int, project_id: str, *, deleted: bool = False
    ) -> Project:
        """The project, when the account may change it and it is there, or ``deleted``.

        Raises ``UnknownProject``, ``NotAllowed``, ``NotDeleted``.
        """
        project, role = await self._find(org_id, account_id, project_id)
        if not deleted and project.deleted_at is not None:
            raise UnknownProject
        if project.owner_id != account_id and role is not Role.ADMIN:
            raise NotAllowed
        if deleted and project.deleted_at is None:
            raise NotDeleted
        return project

    def _born(self, new: NewProject, group_id: str) -> Project:
        now = self._clock()
        project_id = new.project_id or draw_project_id(self._random)
        project = Project(
            org_id=new.org_id,
            id=self._db.next_id(),
            project_id=project_id,
            owner_id=new.owner_id,
            group_id=group_id,
            name=project_id if new.name is None else new.name,
            region_id=new.region_id,
            pg_version=new.pg_version,
            history_retention_s=new.history_retention_s,
            settings=new.settings,
            creation_source=new.creation_source,
            created_at=now,
            updated_at=now,
            deleted_at=None,
            expires_at=None,
        )
        return verify_project(project)

    async def _keep(self, project: Project, by: Actor) -> Project:
        async def work(tx: Transaction) -> Project:
            # Whoever creates another one at this moment waits for the same account.
            await self._accounts.lock(tx, project.org_id, project.owner_id)
            # The group stays until this ends, and its people with it.
            await self._groups.hold_membership(
                tx, project.org_id, project.owner_id, project.group_id
            )
            if await count_projects(tx, project.org_id, project.owner_id) >= MAX_PROJECTS:
                raise TooManyProjects
            await insert_project(tx, project)
            detail = {"account": str(project.owner_id), "group": project.group_id}
            await self._record(tx, by, "project.created", project, **detail)
            return project

        return await self._db.unit(work)

    async def _find(self, org_id: str, account_id: int, project_id: str) -> tuple[Project, Role]:
        """The project, deleted or not, and as what the account sees it."""
        memberships = await self._groups.memberships(org_id, account_id)
        known = is_project_id(project_id)
        project = await find_project(self._db, org_id, project_id) if known else None
        if project is not None:
            for each in memberships:
                if each.group.group_id == project.group_id:
                    return project, each.role
            if await is_permitted(self._db, project, account_id):
                return project, Role.MEMBER
        raise UnknownProject

    async def _record(
        self, tx: Transaction, by: Actor, action: str, project: Project, **detail: str
    ) -> None:
        """Write down what was done; ``detail`` says for whom an application did it."""
        event = by.did(action, project.org_id, ("project", project.project_id), **detail)
        await record(tx, event, event_id=self._db.next_id(), now=self._clock())
