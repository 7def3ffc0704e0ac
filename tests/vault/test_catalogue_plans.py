"""Every connector of the catalogue: its credentials can be supplied, and its form filled in."""

from __future__ import annotations

import pytest

from doorward.connectors import (
    AuthOption,
    BadVariable,
    Connector,
    Manifest,
    Variable,
    catalogue_entries,
    verify_value,
)
from doorward.crypto import Secret
from doorward.vault.credentials import Opened
from doorward.vault.credentials_model import Submission
from doorward.vault.credentials_plans import put_together, settled_by
from doorward.vault.credentials_records import born
from doorward.vault.credentials_refusals import BadCredentials
from doorward.vault.credentials_rules import (
    TAKES_CLIENT,
    Checked,
    Place,
    Terms,
    callback_of,
    find_client_option,
    verify_complete,
    verify_submission,
)
from doorward.vault.credentials_secrets import first_secrets
from doorward.vault.forms_model import Stored
from doorward.vault.forms_rules import asked_of, fill_in

ISSUER = "https://id.example.org/o/river"
ENTRIES = tuple(catalogue_entries().values())
SAMPLES = (
    "a1",
    "123",
    "acme",
    "https://acme.example.com",
    "acme.example.com",
    "2026-12-31",
    "abcDEF1234567890wxyz",
)
KEY = Secret("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
WAYS = [
    pytest.param(entry, option, id=f"{entry.slug}-{option.name}")
    for entry in ENTRIES
    for option in entry.auth_options
]


def sample(variable: Variable) -> str:
    """Something that the field takes."""
    if variable.options:
        return variable.options[0].const
    if variable.default or variable.example:
        return variable.default or variable.example
    for text in SAMPLES:
        try:
            return verify_value(variable, text)
        except BadVariable:
            continue
    raise AssertionError(f"{variable.name} has no example, and takes none of the samples")


def submission_for(manifest: Manifest, option: AuthOption) -> Submission:
    """What an administrator types: everything of the organization and of its application."""
    values = {
        each.name: sample(each) for each in asked_of(manifest, option) if each.scope != "user"
    }
    return Submission("client-1", Secret("secret-1"), private_key=KEY, values=values)


@pytest.mark.parametrize(("entry", "option"), WAYS)
def test_whoever_sets_it_up_leaves_people_only_their_own_fields(
    entry: Manifest, option: AuthOption
) -> None:
    """With credentials where it takes a client, and a plan that has every required value."""
    environment = entry.environments[0].name if entry.environments else ""
    connector = Connector("river", entry.slug, 0, entry, "catalogue", enabled=True)
    place = Place(connector, environment, (ISSUER,))
    opened: Opened | None = None
    stored = Stored()
    if option.type in TAKES_CLIENT:
        chosen = find_client_option(entry)
        given = submission_for(entry, chosen)
        checked = verify_submission(entry, given, Terms((ISSUER,), may_manage=True))
        secrets = first_secrets(checked, 1)
        assert verify_complete(entry, chosen, secrets)
        opened = Opened(born(place, checked, 1, 1), secrets)
    else:
        ours = [each for each in asked_of(entry, option) if each.scope != "user"]
        stored = Stored({each.name: Secret(sample(each)) for each in ours})
    stored = Stored(stored.values, settled=settled_by(place, opened))
    typed = {
        each.name: sample(each)
        for each in asked_of(entry, option)
        if each.scope == "user" and each.name not in stored.settled
    }
    plan = put_together(entry, option, environment, fill_in(entry, option, typed, stored), opened)
    known = {*plan.values, *plan.secret_values}
    for each in asked_of(entry, option):
        if each.required and not each.visible_when:
            assert each.name in known or each.default is not None, each.name
    if opened is not None:
        assert plan.client is not None
        fixed = option.authorize.redirect_uri if option.authorize is not None else None
        assert plan.client.redirect_uri in {fixed, callback_of(ISSUER, entry.slug)}


def test_a_client_id_alone_is_enough_only_where_no_secret_is_sent() -> None:
    """Most platforms want a secret; those that give out none are not asked for one."""
    without = set()
    for entry in ENTRIES:
        if not any(option.type in TAKES_CLIENT for option in entry.auth_options):
            continue
        option = find_client_option(entry)
        try:
            verify_complete(entry, option, first_secrets(_bare(entry, option), 1))
            without.add(entry.slug)
        except BadCredentials:
            continue
    assert "redtail" in without
    assert "hubspot" not in without
    assert len(without) < len(ENTRIES) // 4


def _bare(entry: Manifest, option: AuthOption) -> Checked:
    given = Submission("client-1", values=submission_for(entry, option).values)
    return verify_submission(entry, given, Terms((ISSUER,), may_manage=True))
