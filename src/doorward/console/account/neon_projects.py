"""``/account/neon/projects``: what a person owns, what is shared with them, what can come back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from doorward.console.account.frame import AccountFrame, Person
from doorward.console.account.neon_words import NOTICES, NeonProblem, problem_of
from doorward.db import find_row_id
from doorward.http import ASGIApp, Call, Reply, redirect_reply
from doorward.projects import Groups, ListWanted, Project, Projects, ProjectsRefusal

__all__ = ["ProjectPages"]

_PATH = "/account/neon/projects"
_LISTS = ("own", "shared", "deleted")
_PAGE_SIZE = 25


@dataclass(frozen=True, slots=True)
class ProjectPages:
    """Three lists, the newest first, and the button that brings a project back."""

    frame: AccountFrame
    groups: Groups
    projects: Projects

    async def show(self, call: Call) -> Reply | ASGIApp:
        """``GET``: a page of one of the lists."""
        return await self.frame.with_projects(call, self._show)

    async def recover(self, call: Call) -> Reply | ASGIApp:
        """``POST``: bring a deleted project back."""
        return await self.frame.with_projects(call, self._recover)

    async def _show(self, call: Call, person: Person) -> ASGIApp:
        query = call.query()
        which = query.get("list")
        before = query.get("before") or ""
        return await self._page(
            call,
            person,
            which if which in _LISTS else _LISTS[0],
            find_row_id(before),
        )

    async def _recover(self, call: Call, person: Person) -> Reply | ASGIApp:
        try:
            await self.projects.recover(
                *person.whose, call.form().get("project") or "", person.actor
            )
        except ProjectsRefusal as refusal:
            # Somebody was quicker, or the seven days are over.
            return await self._page(call, person, "deleted", None, [problem_of(refusal)])
        return redirect_reply(f"{person.tenant.base}{_PATH}?done=recovered")

    async def _page(
        self,
        call: Call,
        person: Person,
        which: str,
        before: int | None,
        problems: Sequence[NeonProblem] = (),
    ) -> ASGIApp:
        wanted = ListWanted(limit=_PAGE_SIZE + 1, recoverable=which == "deleted")
        if before is not None:
            wanted = ListWanted(_PAGE_SIZE + 1, before, recoverable=which == "deleted")
        fetch = self.projects.list_shared if which == "shared" else self.projects.list_own
        found = await fetch(*person.whose, wanted)
        shown = found[:_PAGE_SIZE]
        memberships = await self.groups.memberships(*person.whose)
        names = {each.group.group_id: each.group.name for each in memberships}
        values: dict[str, object] = {
            "which": which,
            "projects": [_describe(each, names) for each in shown],
            "first": before is not None,
            "before": shown[-1].id if len(found) > _PAGE_SIZE else None,
            "problems": list(problems),
            "notices": NOTICES,
        }
        query = () if which == _LISTS[0] else (("list", which),)
        if before is not None:
            query = (*query, ("before", str(before)))
        template = "account_neon_projects.html"
        return self.frame.page(call, person, template, _PATH, values, query=query)


def _describe(project: Project, names: Mapping[str, str]) -> dict[str, object]:
    return {
        "id": project.project_id,
        "name": project.name,
        "region": project.region_id,
        "version": project.pg_version,
        "group": names.get(project.group_id),
        "created_at": project.created_at,
        "until": project.expires_at,
    }
