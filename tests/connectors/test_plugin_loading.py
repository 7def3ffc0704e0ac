"""Plugins are loaded when the operator names them, and whatever is wrong is said at the start."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from doorward.config import BadSettings, load_settings
from doorward.connectors import load_plugins
from tests.connectors.offering import Offering

SOURCE = """
from __future__ import annotations
from doorward.connectors import PythonConnector
class Good(PythonConnector):
    manifest = {{"doorward": 1, "slug": "{slug}", "name": "Good", "auth_options": [
        {{"name": "key", "type": "api_key", "variables": [{{"name": "api_key", "secret": True}}],
         "delivery": {{"value": "{{api_key}}"}}}}]}}
class Twin(Good):
    pass
class Bare(PythonConnector):
    pass
class Wrong(PythonConnector):
    manifest = '{{"doorward": 1, "slug": "wrong", "nonsense": 2}}'
class Fails(Good):
    def __init__(self):
        raise RuntimeError("no licence file")
thing = object()
"""


@pytest.fixture
def offering(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Offering:
    """An empty folder on the path of imports."""
    monkeypatch.syspath_prepend(str(tmp_path))
    return Offering(tmp_path)


def offered(offering: Offering, module: str, attribute: str, slug: str = "good-crm") -> None:
    offering.offer(module, SOURCE.format(slug=slug), wanted=attribute, other="Twin")


def test_a_plugin_that_is_named_is_loaded(offering: Offering) -> None:
    """Under the slug of its manifest."""
    offered(offering, "plugin_named", "Good")
    assert [each.manifest.name for each in load_plugins(["wanted"]).values()] == ["Good"]
    assert list(load_plugins(["wanted"])) == ["good-crm"]


def test_what_nobody_named_is_not_even_imported(offering: Offering) -> None:
    """An installed package does nothing by being there."""
    offered(offering, "plugin_unnamed", "Good")
    assert dict(load_plugins(load_settings(environment={}).connector_plugins)) == {}
    assert "plugin_unnamed" not in sys.modules


def test_a_list_of_names_is_read_from_a_variable() -> None:
    """As the other lists, separated by commas."""
    found = load_settings(environment={"DOORWARD_CONNECTOR_PLUGINS": "one, two"})
    assert found.connector_plugins == ("one", "two")


@pytest.mark.parametrize(
    ("module", "attribute", "said"),
    [
        ("plugin_missing", "Missing", "cannot be loaded: AttributeError"),
        ("plugin_thing", "thing", "is no PythonConnector"),
        ("plugin_bare", "Bare", "it has no manifest"),
        ("plugin_wrong", "Wrong", "nonsense"),
        ("plugin_fails", "Fails", "RuntimeError: no licence file"),
    ],
)
def test_a_plugin_that_cannot_be_used_is_refused(
    offering: Offering, module: str, attribute: str, said: str
) -> None:
    """With its name and the reason."""
    offered(offering, module, attribute)
    with pytest.raises(BadSettings, match="connector_plugins: 'wanted': ") as refusal:
        load_plugins(["wanted"])
    assert said in str(refusal.value)


def test_a_name_that_nothing_offers_is_refused(offering: Offering) -> None:
    """And what is offered is told."""
    offered(offering, "plugin_other", "Good")
    with pytest.raises(BadSettings, match="no installed package offers it; offered: other, wanted"):
        load_plugins(["nowhere"])


def test_two_connectors_with_one_slug_are_refused(offering: Offering) -> None:
    """Whether the other is a plugin or the catalogue's."""
    offered(offering, "plugin_twin", "Good")
    with pytest.raises(BadSettings, match="'other': there is another connector with the slug"):
        load_plugins(["wanted", "other"])
    with pytest.raises(BadSettings, match="another connector with the slug"):
        load_plugins(["wanted", "wanted"])


def test_a_slug_of_the_catalogue_is_refused(offering: Offering) -> None:
    """What organizations switched on stays what it was."""
    offered(offering, "plugin_catalogue", "Good", slug="pipedrive")
    with pytest.raises(BadSettings, match="the slug pipedrive"):
        load_plugins(["wanted"])


def test_a_name_that_two_packages_offer_is_refused(offering: Offering) -> None:
    """Nobody can say which one the operator meant."""
    offered(offering, "plugin_first", "Good")
    offered(offering, "plugin_second", "Good")
    with pytest.raises(BadSettings, match="more than one installed package"):
        load_plugins(["wanted"])
