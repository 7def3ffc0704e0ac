"""The first page of an application: what is left to do, its endpoints, and code to begin with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from doorward.clients import Application, ApplicationStatus
from doorward.console.developer.frame import DeveloperFrame
from doorward.console.developer.model import (
    Developer,
    DeveloperPage,
    DeveloperRoute,
    DeveloperServices,
)
from doorward.console.developer.scope_choice import SELF_EVIDENT
from doorward.console.developer.snippets import snippets_for
from doorward.http import ASGIApp, Call, message

__all__ = ["OverviewPages", "steps_of"]

_PATH = "/developer/app"
_SENT_BACK = frozenset({ApplicationStatus.CHANGES_REQUESTED, ApplicationStatus.CHANGE_RETURNED})
_NOTICES = {
    "created": message(
        "The application is registered as a draft. You and your test users can try it already."
    ),
}
_ENDPOINTS: Final[Mapping[str, str]] = {
    "issuer": "",
    "authorization_endpoint": "/oauth2/auth",
    "token_endpoint": "/oauth2/token",
    "userinfo_endpoint": "/userinfo",
    "discovery": "/.well-known/openid-configuration",
}


@dataclass(frozen=True, slots=True)
class Step:
    """Something that a reviewer will look for, and whether it is there. ``title`` is a msgid."""

    title: str
    path: str
    done: bool


def steps_of(application: Application) -> tuple[Step, ...]:
    """What is asked for before a review; nothing of it but the first is demanded."""
    details, addresses = "/developer/app/details", "/developer/app/addresses"
    scopes = "/developer/app/scopes"
    people = application.kind != "service"
    asked = [name for name in application.scopes if name not in SELF_EVIDENT]
    told = all(name in application.purposes for name in asked)
    steps = [
        Step(message("Say what it does"), details, application.description is not None),
        Step(
            message("Say who is behind it, and why it wants access"),
            details,
            application.company is not None and application.reason is not None,
        ),
        Step(
            message("Give an email address for questions"),
            details,
            application.contact_email is not None,
        ),
        Step(
            message("Choose scopes, each with a reason"), scopes, bool(application.scopes) and told
        ),
    ]
    if people:
        steps += [
            Step(message("Register callback URLs"), addresses, bool(application.redirect_uris)),
            Step(message("Add a logo"), details, application.logo is not None),
            Step(message("Link your privacy policy"), details, application.privacy_url is not None),
        ]
    return tuple(steps)


class OverviewPages:
    """``/developer/app``."""

    def __init__(self, use: DeveloperServices, frame: DeveloperFrame) -> None:
        """Show applications of ``use``, within ``frame``."""
        self._use = use
        self._frame = frame

    def routes(self) -> tuple[DeveloperRoute, ...]:
        """What is served."""
        return (DeveloperRoute("GET", _PATH, self.show),)

    async def show(self, call: Call, developer: Developer) -> ASGIApp:
        """Where it is in its review, how to reach us, and how to begin."""
        application = await self._frame.find_application(call, developer)
        wanted = await self._use.reviews.find_wanted(application)
        history = await self._use.reviews.history(developer.org_id, application.client_id, limit=20)
        said = next((each.message for each in history if each.message), None)
        issuer = developer.tenant.issuer
        values: dict[str, object] = {
            "steps": steps_of(wanted) if application.status is ApplicationStatus.DRAFT else (),
            "said": said if application.status in _SENT_BACK else None,
            "endpoints": {name: issuer + path for name, path in _ENDPOINTS.items()},
            "snippets": snippets_for(application, issuer),
        }
        page = DeveloperPage("developer_app.html", "overview", _PATH, notices=_NOTICES)
        return self._frame.page(call, developer, page, values, application)
