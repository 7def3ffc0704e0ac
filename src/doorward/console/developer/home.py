"""The person's applications, and what is offered to them."""

from __future__ import annotations

from doorward.clients import (
    Application,
    Offer,
    UnknownApplication,
    UnknownOffer,
    logo_path,
)
from doorward.console.admin import KINDS, status_of
from doorward.console.developer.frame import DeveloperFrame
from doorward.console.developer.model import (
    HOME,
    Developer,
    DeveloperPage,
    DeveloperRoute,
    DeveloperServices,
)
from doorward.console.developer.welcome import welcome_of
from doorward.http import ASGIApp, Call, Reply, message

__all__ = ["HomePages"]

_OFFERED = "/developer/offer"
_AT_ONCE = 50
_NOTICES = {
    "deleted": message("The application is deleted."),
    "accepted": message("The application is yours now."),
    "turned_down": message("You turned the application down."),
}


class HomePages:
    """``/developer`` and ``/developer/offer``."""

    def __init__(self, use: DeveloperServices, frame: DeveloperFrame) -> None:
        """List what ``use`` keeps, within ``frame``."""
        self._use = use
        self._frame = frame

    def routes(self) -> tuple[DeveloperRoute, ...]:
        """What is served."""
        return (
            DeveloperRoute("GET", HOME, self.show),
            DeveloperRoute("POST", _OFFERED, self.answer_offer),
        )

    async def show(self, call: Call, developer: Developer) -> ASGIApp:
        """The person's applications by client id, a page at a time."""
        after = call.query().get("after")
        found = await self._use.ownership.list_of(
            developer.org_id, developer.account.account_id, after, _AT_ONCE + 1
        )
        offers = await self._use.ownership.list_offers_to(
            developer.org_id, developer.account.account_id
        )
        values: dict[str, object] = {
            "apps": [_listed(each) for each in found[:_AT_ONCE]],
            "more": found[_AT_ONCE - 1].client_id if len(found) > _AT_ONCE else None,
            "first": after is None,
            "offers": [await self._offered(developer, each) for each in offers],
            **welcome_of(developer, self._frame.locale_of(call)),
        }
        page = DeveloperPage("developer_home.html", "apps", HOME, notices=_NOTICES)
        return self._frame.page(call, developer, page, values)

    async def answer_offer(self, call: Call, developer: Developer) -> Reply:
        """Take an application over, or turn it down. Raises ``UnknownOffer``."""
        form, author = call.form(), developer.author
        client_id = form.get("app")
        if client_id is None:
            raise UnknownOffer
        if form.get("decision") == "accept":
            taken = await self._use.ownership.accept(developer.org_id, client_id, author)
            return self._frame.back(developer, "/developer/app", taken, None)
        try:
            await self._use.ownership.cancel_offer(developer.org_id, client_id, author)
        except UnknownApplication as unknown:
            raise UnknownOffer from unknown
        return self._frame.back(developer, HOME, None, "turned_down")

    async def _offered(self, developer: Developer, offer: Offer) -> dict[str, object]:
        application = await self._use.applications.find(developer.org_id, offer.client_id)
        return {
            "client_id": offer.client_id,
            "name": offer.client_id if application is None else application.name,
            "expires_at": offer.expires_at,
        }


def _listed(application: Application) -> dict[str, object]:
    return {
        "client_id": application.client_id,
        "name": application.name,
        "description": application.description,
        "status": status_of(application.status),
        "kind": KINDS[application.kind],
        "logo": logo_path(application.logo, small=True),
        "updated_at": application.updated_at,
    }
