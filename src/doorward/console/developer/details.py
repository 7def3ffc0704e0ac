"""What people and reviewers read about an application, its logo, and where people come back to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from doorward.clients import (
    MAX_LOGO_BYTES,
    Application,
    ClientsRefusal,
    UnknownApplication,
    list_faults,
    logo_path,
)
from doorward.console.admin import Problem, problem_of, typed_texts
from doorward.console.developer.fields import (
    ADDRESSES,
    DETAILS,
    advise,
    change_of,
    parse_addresses,
    parse_details,
    shown_addresses,
    shown_details,
)
from doorward.console.developer.frame import DeveloperFrame
from doorward.console.developer.model import (
    Developer,
    DeveloperPage,
    DeveloperRoute,
    DeveloperServices,
)
from doorward.http import ASGIApp, Call, Reply, UploadFault, UploadRefused, message

__all__ = ["LOGO_FAULTS", "SAVED", "DetailPages", "saved_as"]

_DETAILS = "/developer/app/details"
_ADDRESSES = "/developer/app/addresses"
SAVED = {
    "saved": message("Saved."),
    "waits": message(
        "Saved. People go on seeing what was approved until a reviewer has looked at the change."
    ),
    "same": message("Nothing has changed."),
}
LOGO_FAULTS = {
    UploadFault.NOT_A_FORM: message("The file could not be read. Choose it again."),
    UploadFault.NO_FILE: message("Choose a picture first."),
    UploadFault.TOO_LARGE: message("A logo is up to 2 MB, and up to 4096 pixels wide and high."),
    UploadFault.CUT_SHORT: message("The file did not arrive whole. Choose it again."),
}


def saved_as(application: Application) -> str:
    """Which notice says that a change of ``application`` is kept."""
    return "waits" if application.is_live else "saved"


class DetailPages:
    """``/developer/app/details``, ``…/logo`` and ``…/addresses``."""

    def __init__(self, use: DeveloperServices, frame: DeveloperFrame) -> None:
        """Change applications of ``use``, within ``frame``."""
        self._use = use
        self._frame = frame

    def routes(self) -> tuple[DeveloperRoute, ...]:
        """What is served."""
        return (
            DeveloperRoute("GET", _DETAILS, self.show_details),
            DeveloperRoute("POST", _DETAILS, self.save_details),
            DeveloperRoute("POST", "/developer/app/logo", self.add_logo, streamed=True),
            DeveloperRoute("POST", "/developer/app/logo/remove", self.remove_logo),
            DeveloperRoute("GET", _ADDRESSES, self.show_addresses),
            DeveloperRoute("POST", _ADDRESSES, self.save_addresses),
        )

    async def show_details(self, call: Call, developer: Developer) -> ASGIApp:
        """The texts as they are asked for, and the logo."""
        application = await self._frame.find_application(call, developer)
        return await self._details(call, developer, application)

    async def save_details(self, call: Call, developer: Developer) -> Reply | ASGIApp:
        """Keep the texts, or say what is wrong with them."""
        application = await self._frame.find_application(call, developer)
        form = call.form(wide=True)
        done = await self._save(developer, application, parse_details(form), DETAILS)
        if isinstance(done, str):
            return self._frame.back(developer, _DETAILS, application, done)
        typed = typed_texts(form, *DETAILS)
        ticked = "calls_from_backend" in form
        return await self._details(call, developer, application, done, typed, ticked=ticked)

    async def add_logo(self, call: Call, developer: Developer) -> Reply | ASGIApp:
        """Draw a picture anew, and make it the logo."""
        # The address names the application: nothing after the file could be trusted to come first.
        application = await self._frame.find_application(call, developer)
        try:
            upload = await self._frame.receive_file(
                call, developer, "logo", max_bytes=MAX_LOGO_BYTES
            )
        except UploadRefused as refused:
            problem = Problem(LOGO_FAULTS[refused.fault], "logo")
            return await self._details(call, developer, application, [problem])
        try:
            data = upload.file.read()
        finally:
            upload.close()
        try:
            kept = await self._use.logos.keep(developer.org_id, data, developer.author.actor)
        except ClientsRefusal as refusal:
            found = problem_of(refusal, ("logo",))
            return await self._details(call, developer, application, [found])
        return await self._set_logo(call, developer, application, kept.key)

    async def remove_logo(self, call: Call, developer: Developer) -> Reply | ASGIApp:
        """Show the first letter of the name instead."""
        application = await self._frame.find_application(call, developer)
        return await self._set_logo(call, developer, application, None)

    async def show_addresses(self, call: Call, developer: Developer) -> ASGIApp:
        """Where people may be sent back to."""
        application = await self._frame.find_application(call, developer)
        return await self._addresses(call, developer, application)

    async def save_addresses(self, call: Call, developer: Developer) -> Reply | ASGIApp:
        """Keep the addresses, one in a line."""
        application = await self._frame.find_application(call, developer)
        form = call.form(wide=True)
        given = parse_addresses(form)
        problems = advise(given, application)
        if not problems:
            done = await self._save(developer, application, given, ADDRESSES)
            if isinstance(done, str):
                return self._frame.back(developer, _ADDRESSES, application, done)
            problems = done
        typed = typed_texts(form, *ADDRESSES)
        return await self._addresses(call, developer, application, problems, typed)

    async def _set_logo(
        self, call: Call, developer: Developer, application: Application, key: str | None
    ) -> Reply | ASGIApp:
        done = await self._save(developer, application, {"logo": key}, ("logo",))
        if isinstance(done, str):
            return self._frame.back(developer, _DETAILS, application, done)
        return await self._details(call, developer, application, done)

    async def _save(
        self,
        developer: Developer,
        application: Application,
        given: Mapping[str, Any],
        fields: tuple[str, ...],
    ) -> str | list[Problem]:
        """Which notice says that ``given`` is kept, or everything that is wrong, by ``fields``."""
        wanted = await self._use.reviews.find_wanted(application)
        change = change_of(wanted, given)
        if change is None:
            return "same"
        faults = list_faults(change.applied(wanted, wanted.updated_at))
        if faults:
            return [problem_of(each, fields) for each in faults]
        try:
            await self._use.applications.update(
                developer.org_id, application.client_id, change, developer.author
            )
        except UnknownApplication:
            raise
        except ClientsRefusal as refusal:
            return [problem_of(refusal, fields)]
        return "saved" if change.names() == ("contact_email",) else saved_as(application)

    async def _details(
        self,
        call: Call,
        developer: Developer,
        application: Application,
        problems: list[Problem] | None = None,
        typed: dict[str, str] | None = None,
        *,
        ticked: bool | None = None,
    ) -> ASGIApp:
        wanted = await self._use.reviews.find_wanted(application)
        backend = wanted.calls_from_backend if ticked is None else ticked
        values: dict[str, object] = {
            "form_values": {**shown_details(wanted), **(typed or {})},
            "calls_from_backend": backend,
            "logo": logo_path(wanted.logo),
            "live": application.is_live,
            "problems": problems or [],
        }
        status = 422 if problems else 200
        page = DeveloperPage("developer_details.html", "details", _DETAILS, status, SAVED)
        return self._frame.page(call, developer, page, values, application)

    async def _addresses(
        self,
        call: Call,
        developer: Developer,
        application: Application,
        problems: list[Problem] | None = None,
        typed: dict[str, str] | None = None,
    ) -> ASGIApp:
        wanted = await self._use.reviews.find_wanted(application)
        values: dict[str, object] = {
            "form_values": {**shown_addresses(wanted), **(typed or {})},
            "live": application.is_live,
            "problems": problems or [],
        }
        status = 422 if problems else 200
        page = DeveloperPage("developer_addresses.html", "addresses", _ADDRESSES, status, SAVED)
        return self._frame.page(call, developer, page, values, application)
