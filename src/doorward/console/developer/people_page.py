"""Test users, and handing the application on or removing it."""

from __future__ import annotations

from doorward.clients import Application, ClientsRefusal, UnknownApplication
from doorward.console.admin import Problem, problem_of, split_lines
from doorward.console.developer.frame import DeveloperFrame
from doorward.console.developer.model import (
    HOME,
    Developer,
    DeveloperPage,
    DeveloperRoute,
    DeveloperServices,
)
from doorward.http import ASGIApp, Call, Reply, message

__all__ = ["PeoplePages"]

_TESTERS = "/developer/app/testers"
_SETTINGS = "/developer/app/settings"
_LONGEST = 16
_NO_NUMBER = message("Write account numbers, like 1001.")
_NOT_ITS_NAME = message("This is not the application's name.")
_NOTICES = {
    "testers": message("The test users are saved."),
    "offered": message("Offered. The application stays yours until the other person accepts."),
    "cancelled": message("The offer is taken back."),
}


class PeoplePages:
    """``/developer/app/testers`` and ``/developer/app/settings``."""

    def __init__(self, use: DeveloperServices, frame: DeveloperFrame) -> None:
        """Change what is the owner's alone through ``use``, within ``frame``."""
        self._use = use
        self._frame = frame

    def routes(self) -> tuple[DeveloperRoute, ...]:
        """What is served."""
        return (
            DeveloperRoute("GET", _TESTERS, self.show_testers),
            DeveloperRoute("POST", _TESTERS, self.save_testers),
            DeveloperRoute("GET", _SETTINGS, self.show_settings),
            DeveloperRoute("POST", f"{_SETTINGS}/transfer", self.transfer),
            DeveloperRoute("POST", f"{_SETTINGS}/cancel", self.cancel),
            DeveloperRoute("POST", f"{_SETTINGS}/delete", self.delete),
        )

    async def show_testers(self, call: Call, developer: Developer) -> ASGIApp:
        """Who may use the application before it is approved, besides its owner."""
        application = await self._frame.find_application(call, developer)
        shown = "\n".join(str(each) for each in application.testers)
        return self._testers(call, developer, application, shown)

    async def save_testers(self, call: Call, developer: Developer) -> Reply | ASGIApp:
        """Keep the account numbers, one in a line."""
        application, form = await self._frame.find_application(call, developer), call.form()
        typed = form.get("testers") or ""
        numbers = []
        for line in split_lines(typed):
            number = _find_number(line)
            if number is None:
                problem = Problem(_NO_NUMBER, "testers", line)
                return self._testers(call, developer, application, typed, problem)
            numbers.append(number)
        try:
            await self._use.ownership.set_testers(
                developer.org_id, application.client_id, numbers, developer.author
            )
        except UnknownApplication:
            raise
        except ClientsRefusal as refusal:
            problem = problem_of(refusal, ("testers",))
            return self._testers(call, developer, application, typed, problem)
        return self._frame.back(developer, _TESTERS, application, "testers")

    async def show_settings(self, call: Call, developer: Developer) -> ASGIApp:
        """Handing on, and removing."""
        application = await self._frame.find_application(call, developer)
        return await self._settings(call, developer, application)

    async def transfer(self, call: Call, developer: Developer) -> Reply | ASGIApp:
        """Offer the application to another account; its name is typed to be sure."""
        application, form = await self._frame.find_application(call, developer), call.form()
        typed = {
            "account_id": form.get("account_id") or "",
            "transfer_name": form.get("transfer_name") or "",
        }
        number = _find_number(typed["account_id"])
        problem = None
        if number is None:
            problem = Problem(_NO_NUMBER, "account_id")
        elif typed["transfer_name"].strip() != application.name:
            problem = Problem(_NOT_ITS_NAME, "transfer_name")
        else:
            try:
                await self._use.ownership.offer(
                    developer.org_id, application.client_id, number, developer.author
                )
            except UnknownApplication:
                raise
            except ClientsRefusal as refusal:
                problem = problem_of(refusal, ("account_id",))
        if problem is None:
            return self._frame.back(developer, _SETTINGS, application, "offered")
        return await self._settings(call, developer, application, problem, typed)

    async def cancel(self, call: Call, developer: Developer) -> Reply:
        """Take an offer back."""
        application = await self._frame.find_application(call, developer)
        await self._use.ownership.cancel_offer(
            developer.org_id, application.client_id, developer.author
        )
        return self._frame.back(developer, _SETTINGS, application, "cancelled")

    async def delete(self, call: Call, developer: Developer) -> Reply | ASGIApp:
        """Remove an application that was never approved; its name is typed to be sure."""
        application, form = await self._frame.find_application(call, developer), call.form()
        typed = {"delete_name": form.get("delete_name") or ""}
        problem = Problem(_NOT_ITS_NAME, "delete_name")
        if typed["delete_name"].strip() == application.name:
            try:
                await self._use.ownership.delete(
                    developer.org_id, application.client_id, developer.author
                )
            except UnknownApplication:
                raise
            except ClientsRefusal as refusal:
                problem = problem_of(refusal)
            else:
                return self._frame.back(developer, HOME, None, "deleted")
        return await self._settings(call, developer, application, problem, typed)

    def _testers(
        self,
        call: Call,
        developer: Developer,
        application: Application,
        shown: str,
        problem: Problem | None = None,
    ) -> ASGIApp:
        values: dict[str, object] = {
            "form_values": {"testers": shown},
            "live": application.is_live,
            "problems": [] if problem is None else [problem],
        }
        status = 200 if problem is None else 422
        page = DeveloperPage("developer_testers.html", "testers", _TESTERS, status, _NOTICES)
        return self._frame.page(call, developer, page, values, application)

    async def _settings(
        self,
        call: Call,
        developer: Developer,
        application: Application,
        problem: Problem | None = None,
        typed: dict[str, str] | None = None,
    ) -> ASGIApp:
        offer = await self._use.ownership.find_offer(developer.org_id, application.client_id)
        empty = dict.fromkeys(("account_id", "transfer_name", "delete_name"), "")
        values: dict[str, object] = {
            "offer": None
            if offer is None
            else {"account_id": str(offer.to_account_id), "expires_at": offer.expires_at},
            "live": application.is_live,
            "form_values": {**empty, **(typed or {})},
            "problems": [] if problem is None else [problem],
        }
        status = 200 if problem is None else 422
        page = DeveloperPage("developer_settings.html", "settings", _SETTINGS, status, _NOTICES)
        return self._frame.page(call, developer, page, values, application)


def _find_number(text: str) -> int | None:
    plain = text.strip()
    fits = plain.isascii() and plain.isdigit() and len(plain) <= _LONGEST
    return int(plain) if fits else None
