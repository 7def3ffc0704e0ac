"""The person's applications, what is offered to them, and the form for a new one."""

from __future__ import annotations

from doorward.clients import (
    Application,
    ClientsRefusal,
    NewApplication,
    Offer,
    UnknownApplication,
    UnknownOffer,
    logo_path,
)
from doorward.console.admin import KINDS, Problem, problem_of, status_of, typed_texts
from doorward.console.developer.fields import ADDRESSES, DETAILS, advise, parse_new
from doorward.console.developer.frame import DeveloperFrame
from doorward.console.developer.model import (
    HOME,
    Developer,
    DeveloperPage,
    DeveloperRoute,
    DeveloperServices,
)
from doorward.crypto import Secret
from doorward.http import ASGIApp, Call, Reply, message
from doorward.orgs import Permission, Registration
from doorward.protocol import Parameters

__all__ = ["HomePages"]

_NEW = "/developer/new"
_OFFERED = "/developer/offer"
_AT_ONCE = 50
_NOTICES = {
    "deleted": message("The application is deleted."),
    "accepted": message("The application is yours now."),
    "turned_down": message("You turned the application down."),
}


class HomePages:
    """``/developer``, ``/developer/new`` and ``/developer/offer``."""

    def __init__(self, use: DeveloperServices, frame: DeveloperFrame) -> None:
        """Register with ``use``, within ``frame``."""
        self._use = use
        self._frame = frame

    def routes(self) -> tuple[DeveloperRoute, ...]:
        """What is served."""
        return (
            DeveloperRoute("GET", HOME, self.show),
            DeveloperRoute("GET", _NEW, self.ask),
            DeveloperRoute("POST", _NEW, self.create),
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
            **self._welcome(call, developer),
        }
        page = DeveloperPage("developer_home.html", "apps", HOME, notices=_NOTICES)
        return self._frame.page(call, developer, page, values)

    async def ask(self, call: Call, developer: Developer) -> ASGIApp:
        """The form, or why there is none."""
        return self._form(call, developer, call.query())

    async def create(self, call: Call, developer: Developer) -> Reply | ASGIApp:
        """Keep a draft; its secret, where it has one, is shown this once."""
        form = call.form(wide=True)
        new = parse_new(form, developer)
        if isinstance(new, Problem):
            return self._form(call, developer, form, [new])
        problems = advise({name: getattr(new, name) for name in ADDRESSES})
        if not problems:
            try:
                return await self._created(call, developer, new)
            except ClientsRefusal as refusal:
                problems = [problem_of(refusal, (*DETAILS, *ADDRESSES, "kind"))]
        return self._form(call, developer, form, problems)

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

    async def _created(
        self, call: Call, developer: Developer, new: NewApplication
    ) -> Reply | ASGIApp:
        made, secret = await self._use.applications.create(new, developer.author)
        if secret is None:
            return self._frame.back(developer, "/developer/app", made, "created")
        return self._show_secret(call, developer, made, secret)

    def _show_secret(
        self, call: Call, developer: Developer, made: Application, secret: Secret[str]
    ) -> ASGIApp:
        page = DeveloperPage("developer_secret.html", "overview", "/developer/app")
        values: dict[str, object] = {"secret": secret.reveal(), "is_new": True}
        return self._frame.page(call, developer, page, values, made)

    async def _offered(self, developer: Developer, offer: Offer) -> dict[str, object]:
        application = await self._use.applications.find(developer.org_id, offer.client_id)
        return {
            "client_id": offer.client_id,
            "name": offer.client_id if application is None else application.name,
            "expires_at": offer.expires_at,
        }

    def _welcome(self, call: Call, developer: Developer) -> dict[str, object]:
        """Whether this person may register here, and what they are told otherwise."""
        policy: Registration = developer.tenant.org.registration
        may = policy.welcomes(developer.kind) or developer.author.may(Permission.APPLICATIONS_WRITE)
        return {
            "may_register": may,
            "by_request": policy.mode == "by_request",
            "message": policy.message(self._frame.locale_of(call)),
        }

    def _form(
        self,
        call: Call,
        developer: Developer,
        given: Parameters,
        problems: list[Problem] | None = None,
    ) -> ASGIApp:
        empty = dict.fromkeys((*DETAILS, *ADDRESSES), "")
        typed = typed_texts(given, *DETAILS, *ADDRESSES) if problems else {}
        kind = given.get("kind")
        values: dict[str, object] = {
            "form_values": {**empty, **typed},
            "kinds": list(KINDS.items()),
            "kind": kind if kind in KINDS else "web",
            "calls_from_backend": bool(problems) and "calls_from_backend" in given,
            "problems": problems or [],
            **self._welcome(call, developer),
        }
        page = DeveloperPage("developer_new.html", "new", _NEW, status=422 if problems else 200)
        return self._frame.page(call, developer, page, values)


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
