"""The secrets of an application: a second one, the switch, and the end of the first."""

from __future__ import annotations

from doorward.clients import Application, ClientsRefusal, UnknownApplication, UnknownSecret
from doorward.console.admin import Problem, problem_of
from doorward.console.developer.frame import DeveloperFrame
from doorward.console.developer.model import (
    Developer,
    DeveloperPage,
    DeveloperRoute,
    DeveloperServices,
)
from doorward.http import ASGIApp, Call, Reply, message

__all__ = ["SecretPages"]

_PATH = "/developer/app/secrets"
_NOTICES = {"revoked": message("The secret works no more.")}


class SecretPages:
    """``/developer/app/secrets`` and the forms on it."""

    def __init__(self, use: DeveloperServices, frame: DeveloperFrame) -> None:
        """Change secrets through ``use``, within ``frame``."""
        self._use = use
        self._frame = frame

    def routes(self) -> tuple[DeveloperRoute, ...]:
        """What is served."""
        return (
            DeveloperRoute("GET", _PATH, self.show),
            DeveloperRoute("POST", f"{_PATH}/add", self.add),
            DeveloperRoute("POST", f"{_PATH}/revoke", self.revoke),
        )

    async def show(self, call: Call, developer: Developer) -> ASGIApp:
        """The client id, and what may be seen of the secrets."""
        application = await self._frame.find_application(call, developer)
        return await self._page(call, developer, application)

    async def add(self, call: Call, developer: Developer) -> Reply | ASGIApp:
        """One more secret, shown this once."""
        application = await self._frame.find_application(call, developer)
        try:
            _, secret = await self._use.applications.add_secret(
                developer.org_id, application.client_id, developer.author
            )
        except UnknownApplication:
            raise
        except ClientsRefusal as refusal:
            return await self._page(call, developer, application, problem_of(refusal))
        values: dict[str, object] = {"secret": secret.reveal(), "is_new": False}
        page = DeveloperPage("developer_secret.html", "secrets", _PATH)
        return self._frame.page(call, developer, page, values, application)

    async def revoke(self, call: Call, developer: Developer) -> Reply | ASGIApp:
        """Make a secret worthless, after asking; the last one stays. Raises ``UnknownSecret``."""
        application, form = await self._frame.find_application(call, developer), call.form()
        wanted = form.get("secret") or ""
        secret = next((s for s in application.secrets if str(s.secret_id) == wanted), None)
        if secret is None:
            raise UnknownSecret
        if form.get("decision") != "confirm":
            values: dict[str, object] = {"secret": {"id": wanted, "last4": secret.last4}}
            page = DeveloperPage("developer_secret_revoke.html", "secrets", _PATH)
            return self._frame.page(call, developer, page, values, application)
        try:
            await self._use.applications.revoke_secret(
                developer.org_id, application.client_id, secret.secret_id, developer.author
            )
        except (UnknownApplication, UnknownSecret):
            raise
        except ClientsRefusal as refusal:
            return await self._page(call, developer, application, problem_of(refusal))
        return self._frame.back(developer, _PATH, application, "revoked")

    async def _page(
        self,
        call: Call,
        developer: Developer,
        application: Application,
        problem: Problem | None = None,
    ) -> ASGIApp:
        uses = await self._use.secret_uses.of(developer.org_id, application.client_id)
        values: dict[str, object] = {
            "secrets": [
                {
                    "id": str(each.secret_id),
                    "last4": each.last4,
                    "created_at": each.created_at,
                    "expires_at": each.expires_at,
                    "used_at": uses.get(each.secret_id),
                }
                for each in application.live_secrets(self._use.clock())
            ],
            "problems": [] if problem is None else [problem],
        }
        status = 200 if problem is None else 422
        page = DeveloperPage("developer_secrets.html", "secrets", _PATH, status, _NOTICES)
        return self._frame.page(call, developer, page, values, application)
