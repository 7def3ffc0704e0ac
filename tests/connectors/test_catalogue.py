"""The catalogue: every file keeps the rules, and says of its platform what the table of facts says.

The table was written down from public documentation apart from the files.
"""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from doorward.connectors import (
    AuthOption,
    Environment,
    Manifest,
    apply_environment,
    parse_manifest,
    render,
    verify_value,
)
from doorward.connectors.entries import CATALOGUE, catalogue_entries
from doorward.connectors.slots import templates_in
from doorward.connectors.templates import names_in

Fact = dict[str, str]

FILES = sorted(CATALOGUE.glob("*.json"))
with Path(__file__).with_name("catalogue_facts.csv").open(encoding="utf-8", newline="") as table:
    FACTS: list[Fact] = list(csv.DictReader(table))
OF_BROWSER = [fact for fact in FACTS if fact["authorize_domain"] or fact["client_auth"]]
JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
SANDBOXES = {
    "gusto": "gusto-demo.com",
    "kommo": "captured",
    "lever": "auth0.com",
    "square": "squareupsandbox.com",
}
"""Where an environment is on another domain; Kommo's comes with the callback, by its pattern."""
# Wherever one stands the platform itself says what it is.
SAMPLES = {
    "access_token": "token",
    "client_id": "client",
    "client_secret": "secret",
    "refresh_token": "token",
    "token": "token",
    "redirect_uri": "https://doorward.example/callback",
}


def name(value: object) -> str:
    return value["slug"] if isinstance(value, dict) else getattr(value, "stem", "")


def option_of(fact: Fact) -> AuthOption:
    return catalogue_entries()[fact["slug"]].auth_options[0]


def environments(manifest: Manifest) -> tuple[Environment | None, ...]:
    return manifest.environments or (None,)


def samples(manifest: Manifest, option: AuthOption, environment: Environment | None) -> Fact:
    """A value for everything that the templates may name."""
    found = dict(SAMPLES)
    captures = [*option.callback.capture, *option.response.captures]
    captures += [each for step in option.post_connect for each in step.captures]
    texts = [each.text for part in (option, manifest.proxy) for each in templates_in(part, "")]
    for each in captures:
        is_base = any(text.startswith(f"{{{each.to}}}") for text in texts)
        found[each.to] = "https://captured.example" if is_base else "captured"
    for variable in (*manifest.variables, *option.variables):
        choice = variable.options[0].const if variable.options else "x1"
        given = variable.default or variable.example or found.get(variable.name)
        found[variable.name] = given or choice
    return found | dict(environment.values if environment is not None else {})


@pytest.mark.parametrize("path", FILES, ids=name)
def test_every_file_keeps_the_rules(path: Path) -> None:
    """And is called by its slug."""
    manifest = parse_manifest(path.read_bytes())
    assert manifest.slug == path.stem
    assert catalogue_entries()[path.stem] == manifest


@pytest.mark.parametrize("path", FILES, ids=name)
def test_every_file_speaks_english_and_japanese(path: Path) -> None:
    """What people and staff read is there in both."""
    document = json.loads(path.read_text(encoding="utf-8"))
    assert set(document["setup_guide"]) == {"en", "ja"}
    options = document["auth_options"]
    variables = document.get("variables", []) + [
        each for option in options for each in option.get("variables", [])
    ]
    for each in (document["setup_guide"], *(variable["title"] for variable in variables)):
        assert each["en"].isascii()
        assert JAPANESE.search(each["ja"]) or each["ja"] == each["en"], each


def test_every_platform_of_the_table_is_there_and_no_other() -> None:
    """One manifest for each."""
    assert [fact["slug"] for fact in FACTS if fact["slug"] not in catalogue_entries()] == []
    assert set(catalogue_entries()) == {fact["slug"] for fact in FACTS}
    assert len(FACTS) > 130


@pytest.mark.parametrize("fact", FACTS, ids=name)
def test_type_and_source_are_those_of_the_table(fact: Fact) -> None:
    """What was not seen in a dependable source says so, in its notes too."""
    manifest = catalogue_entries()[fact["slug"]]
    assert manifest.auth_options[0].type == fact["type"]
    assert manifest.verified is (fact["verified"] == "yes")
    assert manifest.verified or "dependable source" in manifest.notes


@pytest.mark.parametrize("fact", OF_BROWSER, ids=name)
def test_people_and_secrets_go_to_the_platforms_own_domain(fact: Fact) -> None:
    """In every environment, with the values that a person would give."""
    manifest, option = catalogue_entries()[fact["slug"]], option_of(fact)
    for environment in environments(manifest):
        there = apply_environment(option, environment)
        values = samples(manifest, option, environment)
        assert there.authorize is not None
        assert there.token is not None
        for url, domain in (
            (there.authorize.url, fact["authorize_domain"]),
            (there.token.url, fact["token_domain"]),
        ):
            host = urlsplit(render(url, values, encode="url")).hostname or ""
            domains = {domain, SANDBOXES.get(fact["slug"], domain)} - {""}
            assert not domains or any(f".{host}".endswith(f".{each}") for each in domains), host


@pytest.mark.parametrize("fact", OF_BROWSER, ids=name)
def test_requests_are_made_as_the_table_says(fact: Fact) -> None:
    """Client authentication, body, scope separator, PKCE and what refreshing does."""
    option = option_of(fact)
    assert option.authorize is not None
    assert option.token is not None
    assert fact["client_auth"] in {"", option.token.client_auth}
    assert (fact["body"] == "json") is (option.token.body == "json")
    assert fact["pkce"] in {"", option.authorize.pkce}
    assert fact["refresh"] in {"", option.refresh_policy.kind}
    scope = option.authorize.scope
    if fact["separator"] == "none":
        assert scope.param is None or len(scope.default) == 1
    elif fact["separator"]:
        assert scope.separator == fact["separator"]
    if option.type == "oauth2_code" and not fact["client_auth"] and not fact["refresh"]:
        # Where nothing is known, a token is never used twice and no challenge confuses anybody.
        assert option.refresh_policy.kind != "reusable"


@pytest.mark.parametrize("path", FILES, ids=name)
def test_every_template_has_all_that_it_names(path: Path) -> None:
    """With the values that a person would give, each address is one, over https."""
    manifest = catalogue_entries()[path.stem]
    for option in manifest.auth_options:
        for environment in environments(manifest):
            values = samples(manifest, option, environment)
            there = apply_environment(option, environment)
            found = [*templates_in(there, ""), *templates_in(manifest.proxy, "proxy")]
            for each in found:
                if each.place == "url" and each.text:
                    assert render(each.text, values, encode="url").startswith("https://")


@pytest.mark.parametrize("path", FILES, ids=name)
def test_what_is_typed_in_front_of_a_host_is_shown_by_an_example(path: Path) -> None:
    """And the example is a value that the variable takes."""
    manifest = catalogue_entries()[path.stem]
    for option in manifest.auth_options:
        typed = {each.name: each for each in (*manifest.variables, *option.variables)}
        for template in templates_in(option, ""):
            if template.place != "url" or not template.text:
                continue
            for used in names_in(template.text.split("/", 3)[2] if "//" in template.text else ""):
                variable = typed.get(used)
                if variable is not None and variable.source == "form":
                    given = variable.example or variable.default or variable.options[0].const
                    assert verify_value(variable, given) == given


@pytest.mark.parametrize("path", FILES, ids=name)
def test_secrets_are_asked_for_as_secrets(path: Path) -> None:
    """Whatever is called a key, a token, a password or a secret; what is used once is not kept."""
    manifest = catalogue_entries()[path.stem]
    variables = [*manifest.variables, *(v for o in manifest.auth_options for v in o.variables)]
    for each in variables:
        if re.search(r"(key|password|secret|token|otp)$", each.name) and each.name not in {
            "access_key",
            "client_key",
            "public_key",
        }:
            assert each.secret, each.name
        if each.name in {"otp", "password"}:
            assert not each.persist


def test_our_own_dialects_can_be_reached_by_their_entries() -> None:
    """An organization sets the address once, and people connect to another Doorward."""
    own = "https://doorward.example/o/river"
    for slug, variable in (
        ("neon-crm", "api_url"),
        ("neon-crm-v1", "api_url"),
        ("neon-crm-constituent", "site_url"),
        ("neos", "oauth_url"),
        ("neon-postgres", "oauth_url"),
        ("neon-postgres-key", "api_url"),
    ):
        manifest = catalogue_entries()[slug]
        declared = next(each for each in manifest.variables if each.name == variable)
        assert declared.scope == "account"
        assert verify_value(declared, own) == own
        assert verify_value(declared, "http://127.0.0.1:8400/o/x") == "http://127.0.0.1:8400/o/x"
