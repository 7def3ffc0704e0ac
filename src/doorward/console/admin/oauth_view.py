"""The page of one application: credentials, addresses, endpoints, the sign-in link."""

from __future__ import annotations

from doorward.clients import WITH_CHANGE, Application
from doorward.console.admin.application_words import status_of
from doorward.console.admin.forms import Problem
from doorward.console.admin.frame import AdminFrame
from doorward.console.admin.model import AdminPage, AdminServices, Staff
from doorward.console.admin.snippet import LOOKS, PLACEHOLDER, SIZES, parse_order
from doorward.dialects.neon_crm import SIGN_OUT_PATH, TOKEN_PATH
from doorward.http import SIGN_IN_WIDGET, ASGIApp, Call, message
from doorward.orgs import Permission
from doorward.protocol import OPENID

__all__ = ["FIELDS", "OAUTH_PATH", "QUOTA", "OAuthView"]

OAUTH_PATH = "/admin/oauth"
FIELDS = ("redirect_uris", "post_logout_redirect_uris")
"""The fields of addresses, one in a line."""
QUOTA = "quota_a_minute"
_MOST = 500
_CHOICES = ("redirect_uri", "words", "look", "size")
_NOTICES = {
    "created": message("The application is created."),
    "addresses": message("The addresses are saved."),
    "waits": message(
        "The change is kept, and waits for a review. Until then the approved addresses hold."
    ),
    "same": message("Nothing has changed."),
    "revoked": message("The secret works no more."),
    "quota": message("The quota is saved."),
    "no_quota": message("The application has no quota."),
}


class OAuthView:
    """Finds the application that is shown, and shows it."""

    def __init__(self, use: AdminServices, frame: AdminFrame) -> None:
        """Read from ``use``, render within ``frame``."""
        self._use = use
        self._frame = frame

    async def find_first(self, staff: Staff) -> Application | None:
        """The first application that constituents sign in to, or else the first of all.

        One with a secret comes before one without.
        """
        found = await self._use.applications.list(staff.org_id, None, _MOST)
        fitting = [each for each in found if _signs_in(each) and each.is_live]
        fitting.sort(key=lambda each: each.is_public)
        return next(iter(fitting or found), None)

    async def page(
        self,
        call: Call,
        staff: Staff,
        application: Application | None,
        problems: list[Problem] | None = None,
        typed: dict[str, str] | None = None,
    ) -> ASGIApp:
        """The page of ``application``, with what is wrong and what was typed."""
        found = await self._use.applications.list(staff.org_id, None, _MOST)
        may_write = staff.may(Permission.APPLICATIONS_WRITE)
        values: dict[str, object] = {
            "applications": [(each.client_id, each.name) for each in found],
            "app": None if application is None else await self._described(staff, application),
            "may_write": may_write,
            "problems": problems or [],
        }
        query: tuple[tuple[str, str], ...] = ()
        if application is not None:
            query = (("client_id", application.client_id), *self._chosen(call))
            lists = {name: "\n".join(getattr(application, name)) for name in FIELDS}
            quota = application.quota_a_minute
            lists[QUOTA] = "" if quota is None else str(quota)
            values["form_values"] = {**lists, **(typed or {})}
            values |= self._link(call, staff, application)
        page = AdminPage(
            "admin_oauth.html",
            "oauth",
            OAUTH_PATH,
            query=query,
            status=422 if problems else 200,
            notices=_NOTICES,
        )
        return self._frame.page(call, staff, page, values)

    async def _described(self, staff: Staff, application: Application) -> dict[str, object]:
        now = self._use.clock()
        uses = await self._use.secret_uses.of(staff.org_id, application.client_id)
        return {
            "client_id": application.client_id,
            "name": application.name,
            "status": status_of(application.status).title,
            "live": application.is_live,
            "owned": application.owner_account_id == staff.account.account_id,
            "has_change": application.status in WITH_CHANGE,
            "review_url": _find_review(staff, application),
            "public": application.is_public,
            "signs_in": _signs_in(application),
            "openid": OPENID in application.scopes,
            "secrets": [
                {
                    "id": str(each.secret_id),
                    "last4": each.last4,
                    "created_at": each.created_at,
                    "expires_at": each.expires_at,
                    "used_at": uses.get(each.secret_id),
                }
                for each in application.live_secrets(now)
            ],
        }

    def _chosen(self, call: Call) -> tuple[tuple[str, str], ...]:
        if call.method == "POST":
            return ()
        query = call.query()
        return tuple((name, query[name]) for name in _CHOICES if name in query)

    def _link(self, call: Call, staff: Staff, application: Application) -> dict[str, object]:
        """The endpoints, the snippet and its preview."""
        issuer, org = staff.tenant.issuer, staff.tenant.org
        order = parse_order(
            application.client_id,
            application.redirect_uris,
            dict(self._chosen(call)),
            self._frame.locale_of(call),
        )
        stand_in = next(iter(application.redirect_uris), None)
        return {
            "endpoints": {
                "authorize": order.address(issuer),
                "token": f"{issuer}{TOKEN_PATH}",
                "sign_out": f"{issuer}{SIGN_OUT_PATH}?targetUrl=",
                "discovery": f"{issuer}/.well-known/openid-configuration",
            },
            "link": {
                "redirect_uri": order.redirect_uri or "",
                "redirect_uris": [("", PLACEHOLDER), *((u, u) for u in application.redirect_uris)],
                "words": order.language,
                "look": order.look,
                "size": order.size,
                "looks": LOOKS,
                "sizes": SIZES,
                "snippet": order.snippet(issuer, org.name),
                "text": order.text(org.name),
                "preview": order.address(staff.tenant.base, stand_in),
                "script": f"{staff.tenant.base}{SIGN_IN_WIDGET.path}",
                "integrity": SIGN_IN_WIDGET.integrity,
                "placeholder": PLACEHOLDER,
            },
        }


def _find_review(staff: Staff, application: Application) -> str | None:
    """Where the review of its change stands, as far as they may see it."""
    if staff.may(Permission.APPLICATIONS_REVIEW):
        return f"/admin/review/app?client_id={application.client_id}"
    if application.owner_account_id == staff.account.account_id:
        return f"/developer/app/review?app={application.client_id}"
    return None


def _signs_in(application: Application) -> bool:
    return application.account_kind == "constituent" and bool(application.redirect_uris)
