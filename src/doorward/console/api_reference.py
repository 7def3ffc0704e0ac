"""``/api/reference``: the OpenAPI document as a page of our own, under the strict policy."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request

from doorward.http import ASGIApp, Call, read_reference
from doorward.orgs import PageOrder, TenantPages, tenant_of

__all__ = ["reference_page"]

_TEMPLATE = "api_reference.html"


def reference_page(
    document: Callable[[], Awaitable[Mapping[str, object]]], pages: TenantPages
) -> Callable[[Request], Awaitable[ASGIApp]]:
    """An endpoint that renders ``document`` in the reader's language, for anybody."""

    async def render(request: Request) -> ASGIApp:
        scope = request.scope
        values = {
            "reference": read_reference(await document()),
            "document_url": f"{tenant_of(scope).base}/api/openapi.json",
        }
        return pages.page(Call(scope, b""), _TEMPLATE, values, PageOrder(path="/api/reference"))

    return render
