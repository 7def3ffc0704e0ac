"""Pages in an organization's name: brand, language, appearance and the token of its forms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from doorward.http import (
    THEMES,
    ASGIApp,
    Brand,
    Call,
    Csrf,
    Locale,
    Mishap,
    Pages,
    View,
    Wording,
    negotiate_locale,
    parse_cookies,
    preference_cookie_name,
    render_cookie,
    session_cookie_name,
)
from doorward.mail import Sender
from doorward.orgs.model import Organization
from doorward.orgs.web import Tenant, tenant_of

__all__ = [
    "PageOrder",
    "TenantPages",
    "brand_of",
    "render_session_cookie",
    "sender_of",
    "session_cookie",
]

_YEAR_S = 365 * 24 * 3600
_PREFERENCES = ("lang", "theme")


def brand_of(org: Organization) -> Brand:
    """How ``org`` presents itself."""
    return Brand(
        name=org.name,
        accent=org.accent,
        logo_url=None,
        support_url=org.support_url,
        privacy_url=org.privacy_url,
        terms_url=org.terms_url,
    )


def sender_of(org: Organization) -> Sender:
    """How ``org`` signs its letters."""
    return Sender(name=org.name, support_url=org.support_url)


@dataclass(frozen=True, slots=True)
class PageOrder:
    """Everything about one page besides its template and values.

    ``path`` is where the page lives under the organization (a form posts there, and a language
    link leads there by GET); ``query`` are the parameters that a GET of it needs. Its forms belong
    to ``owner_id``: the browser, or the one session in it that the page is about.
    One that asks for patience says so to programs too, by ``retry_after_s``.
    A page that ``keeps_opener`` stays tied to the application's page that opened its window.
    """

    path: str
    query: tuple[tuple[str, str], ...] = ()
    owner_id: int | None = None
    status: int = 200
    form_targets: Sequence[str] = ()
    cookies: Sequence[str] = ()
    ui_locales: str | None = None
    keeps_opener: bool = False
    retry_after_s: int | None = None


class TenantPages:
    """Renders pages for the tenant of a call, and checks the forms that come back."""

    def __init__(self, *, pages: Pages, csrf: Csrf) -> None:
        """Render with ``pages``; sign forms with ``csrf``."""
        self._pages = pages
        self._csrf = csrf

    def page(
        self, call: Call, template: str, values: Mapping[str, object], order: PageOrder
    ) -> ASGIApp:
        """Render ``template``; a language or theme chosen in the query is remembered."""
        view = self._view(call, order)
        https = tenant_of(call.scope).https
        chosen = dict(_preferences(call))
        cookies = [
            *order.cookies,
            *(
                render_cookie(
                    preference_cookie_name(name, https=https),
                    value,
                    https=https,
                    max_age_s=_YEAR_S,
                )
                for name, value in chosen.items()
            ),
        ]
        return self._pages.page(
            view,
            template,
            values,
            status=order.status,
            form_targets=order.form_targets,
            headers=[*_patience(order), *(("Set-Cookie", each) for each in cookies)],
        )

    def mishap(
        self,
        call: Call,
        mishap: Mishap | Wording,
        *,
        detail: Sequence[tuple[str, str]] = (),
        retry_url: str | None = None,
        wait_s: int | None = None,
    ) -> ASGIApp:
        """The page that says what went wrong and what to do; it never redirects.

        Who is to wait for ``wait_s`` seconds is told so.
        """
        path = str(call.scope["path"])
        view = self._view(call, PageOrder(path=path, query=_own_query(call)))
        return self._pages.mishap(
            view,
            mishap,
            detail=detail,
            retry_url=retry_url,
            wait_s=wait_s,
            request_id=call.scope.get("doorward.request_id"),
        )

    def verify_form(self, call: Call, presented: str | None, *, owner_id: int) -> bool:
        """True when the form came from our own page for ``owner_id``. Raises ``ForgedRequest``."""
        tenant = tenant_of(call.scope)
        self._csrf.verify_origin(
            fetch_site=call.header(b"sec-fetch-site"),
            origin=call.header(b"origin"),
            own_origin=tenant.origin,
        )
        return self._csrf.verify(presented, org_id=tenant.org_id, owner_id=owner_id)

    def locale_of(self, call: Call, ui_locales: str | None = None) -> Locale:
        """The language of this call's answer: chosen, asked for, accepted, or the default."""
        return negotiate_locale(
            dict(_preferences(call)).get("lang") or _kept(call, "lang"),
            ui_locales,
            call.header(b"accept-language"),
            tenant_of(call.scope).org.default_locale,
        )

    def _view(self, call: Call, order: PageOrder) -> View:
        tenant = tenant_of(call.scope)
        chosen = dict(_preferences(call))
        theme = chosen.get("theme") or _kept(call, "theme")
        csrf = None
        if order.owner_id is not None:
            csrf = self._csrf.token(tenant.org_id, order.owner_id)
        return View(
            brand=brand_of(tenant.org),
            path=order.path,
            locale=self.locale_of(call, order.ui_locales),
            theme=next((each for each in THEMES if each == theme), "system"),
            query=order.query,
            base=tenant.base,
            csrf=csrf,
            https=tenant.https,
            keeps_opener=order.keeps_opener,
        )


def _kept(call: Call, preference: str) -> str | None:
    """What the browser keeps of a preference."""
    name = preference_cookie_name(preference, https=tenant_of(call.scope).https)
    return parse_cookies(call.header(b"cookie")).get(name)


def session_cookie(call: Call) -> str | None:
    """The session cookie of this organization, as the browser sent it."""
    tenant = tenant_of(call.scope)
    name = session_cookie_name(tenant.org_id, https=tenant.https)
    return parse_cookies(call.header(b"cookie")).get(name)


def render_session_cookie(tenant: Tenant, value: str) -> str:
    """The Set-Cookie value that keeps ``value``; an empty one removes the cookie."""
    name = session_cookie_name(tenant.org_id, https=tenant.https)
    lifetime = tenant.org.policy.session_absolute_s if value else 0
    return render_cookie(name, value, https=tenant.https, max_age_s=lifetime)


def _patience(order: PageOrder) -> list[tuple[str, str]]:
    wait_s = order.retry_after_s
    return [] if wait_s is None else [("Retry-After", str(wait_s))]


def _own_query(call: Call) -> tuple[tuple[str, str], ...]:
    text = bytes(call.scope["query_string"]).decode("latin-1")
    try:
        return tuple(parse_qsl(text, max_num_fields=64))
    except ValueError:
        return ()


def _preferences(call: Call) -> list[tuple[str, str]]:
    allowed = {"lang": ("en", "ja"), "theme": THEMES}
    return [
        (name, value)
        for name, value in _own_query(call)
        if name in _PREFERENCES and value in allowed[name]
    ]
