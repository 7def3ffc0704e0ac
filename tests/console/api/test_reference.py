"""The OpenAPI document, and the page that shows it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.console.api.staff import Office

pytestmark = pytest.mark.anyio


async def document_of(office: Office, org_id: str = "river") -> dict[str, Any]:
    """The document as anybody may fetch it."""
    answer = await office.holding(None, org_id=org_id)("GET", "/openapi.json")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    document: dict[str, Any] = answer.json()
    return document


async def test_the_document_describes_every_operation(office: Office) -> None:
    """With an id, a tag, a summary, a description, its permission and its problems."""
    document = await document_of(office)
    assert document["openapi"] == "3.1.0"
    assert document["info"]["title"] == "Doorward management API"
    assert document["servers"] == [{"url": "http://127.0.0.1:8400/o/river/api"}]
    tags = {tag["name"] for tag in document["tags"]}
    told = {
        entry["operationId"]: entry
        for path in document["paths"].values()
        for entry in path.values()
    }
    assert set(told) == {each.operation_id for each in office.operations}
    for operation in office.operations:
        entry = told[operation.operation_id]
        assert entry["tags"][0] in tags
        assert entry["summary"]
        assert entry["x-permission"] == operation.permission
        assert f"`{operation.permission}`" in entry["description"]
        assert str(operation.status) in entry["responses"]
        for status in ("401", "403"):
            content = entry["responses"][status]["content"]
            assert list(content) == ["application/problem+json"]
        names = {each["name"] for each in entry.get("parameters", ())}
        assert ("Idempotency-Key" in names) == operation.creates
        if operation.operation_id.startswith("list_"):
            assert {"cursor", "limit"} <= names
    assert set(document["components"]["securitySchemes"]) == {"bearer", "apiKey"}


async def test_every_reference_of_the_document_leads_somewhere(office: Office) -> None:
    """No schema is missing, and none is the framework's own."""
    document = await document_of(office)
    schemas = document["components"]["schemas"]

    def references(value: object) -> set[str]:
        if isinstance(value, dict):
            own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
            return own.union(*(references(each) for each in value.values()))
        if isinstance(value, list):
            return set().union(*(references(each) for each in value))
        return set()

    used = {each.removeprefix("#/components/schemas/") for each in references(document)}
    assert used <= set(schemas)
    assert not {"HTTPValidationError", "ValidationError"} & set(schemas)
    assert "Problem" in used
    for name, schema in schemas.items():
        assert schema.get("description") or "enum" in schema, name


async def test_a_patch_has_no_defaults(office: Office) -> None:
    """What is left out stays as it is: no client should fill it in."""
    document = await document_of(office)
    for name, schema in document["components"]["schemas"].items():
        if name.endswith("Patch"):
            assert "required" not in schema
            assert all("default" not in each for each in schema["properties"].values()), name


async def test_the_reference_is_a_page_of_our_own(office: Office) -> None:
    """In the reader's language, under the strict policy, for anybody."""
    stranger = office.holding(None)
    for language, word in (("en", "Responses"), ("ja", "レスポンス")):
        page = await stranger("GET", "/reference", headers={"Accept-Language": language})
        assert page.status_code == 200
        assert page.headers["content-language"] == language
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert page.headers.get_list("cache-control") == ["no-store"]
        assert page.headers.get_list("x-content-type-options") == ["nosniff"]
        assert "Create an account" in page.text
        assert word in page.text, language
        assert "/o/river/api/openapi.json" in page.text
        assert "<script>" not in page.text


async def test_the_frameworks_own_pages_are_off(office: Office) -> None:
    """They would load scripts from elsewhere."""
    client = await office.client()
    for path in ("/docs", "/redoc", "/docs/oauth2-redirect"):
        assert (await client("GET", path)).status_code == 404
