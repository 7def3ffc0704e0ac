"""Connectors from the command line."""

from __future__ import annotations

import json
import os

import pytest

from tests.cli.conftest import Shell
from tests.connectors import app_connect
from tests.connectors.manifests import plain, with_field
from tests.connectors.offering import Offering


def test_the_catalogue_is_listed_without_an_installation(bare: Shell) -> None:
    """Whoever thinks about installing Doorward sees what it connects to."""
    rows = {row["slug"]: row for row in bare.data("connector", "list")}
    assert len(rows) > 130
    assert rows["pipedrive"]["types"] == ["oauth2_code"]
    assert rows["neos"]["verified"] is False


def test_a_manifest_of_the_catalogue_is_shown_and_is_valid(bare: Shell) -> None:
    """What one command prints, another one takes."""
    shown = bare.run("connector", "show", "zoho-crm")
    assert shown.status == 0
    assert json.loads(shown.out)["name"] == "Zoho CRM"
    (row,) = bare.data("connector", "validate", "-", typed=shown.out)
    assert row["slug"] == "zoho-crm"
    assert bare.run("connector", "show", "nowhere").status == 1


def test_everything_that_is_wrong_is_printed_with_its_path(bare: Shell) -> None:
    """On standard output, so that a script can read it; the status says that it is refused."""
    document = with_field("auth_options.0.token", {"url": "http://evil.example", "method": "PUT"})
    del document["slug"]
    (bare.folder / "m.json").write_text(json.dumps(document))
    done = bare.run("connector", "validate", "m.json", "--json")
    assert done.status == 1
    assert {each["path"] for each in done.data()} == {"slug", "auth_options.0.token.method"}
    assert "2 faults" in done.err
    assert "auth_options.0.token.method\t" in bare.run("connector", "validate", "m.json").out


@pytest.mark.parametrize(
    ("typed", "status", "said"),
    [
        (json.dumps(app_connect.whole()), 0, "clio\t"),
        (json.dumps(app_connect.only({"name": "x"})), 1, "platforms.crm.auth"),
        ("{", 1, "not JSON"),
        ("", 1, "not JSON"),
        ("x" * 300_000, 1, "at most 256 KB"),
    ],
)
def test_whatever_is_given_is_read_or_told(bare: Shell, typed: str, status: int, said: str) -> None:
    """Ours, App Connect's, or neither."""
    done = bare.run("connector", "validate", "-", typed=typed)
    assert (done.status, said in done.out) == (status, True), done.out


def test_a_warning_is_talk_and_no_refusal(bare: Shell) -> None:
    """What is only good for trying things out is said on standard error."""
    document = with_field("auth_options.0.token.url", "http://127.0.0.1:9000/token")
    done = bare.run("connector", "validate", "-", typed=json.dumps(document))
    assert done.status == 0
    assert "Plain HTTP reaches this machine only" in done.err


def test_a_file_that_is_not_there_is_wrong_usage(bare: Shell) -> None:
    """The folder has nothing of that name."""
    assert bare.run("connector", "validate", "nothing.json").status == 2


def test_the_schema_is_printed(bare: Shell) -> None:
    """For editors without a network."""
    assert json.loads(bare.run("connector", "schema").out)["$defs"]["Manifest"]


def test_an_organization_registers_and_switches_on(shell: Shell) -> None:
    """A manifest of its own by its version, an entry of the catalogue by its slug."""
    shell.data("org", "create", "river", "--name", "River")
    made = shell.data("connector", "register", "river", "-", typed=json.dumps(plain()))
    assert (made["origin"], made["version"], made["enabled"]) == ("registered", 1, False)
    assert shell.run("connector", "enable", "river", "acme-crm").status == 1
    assert shell.data("connector", "enable", "river", "acme-crm", "--version", "1")["enabled"]
    assert shell.data("connector", "enable", "river", "pipedrive")["enabled"]
    assert not shell.data("connector", "disable", "river", "pipedrive")["enabled"]
    listed = {row["slug"]: row["enabled"] for row in shell.data("connector", "list", "river")}
    assert listed == {"acme-crm": True, "pipedrive": False}
    shown = shell.run("connector", "show", "acme-crm", "--org", "river")
    assert json.loads(shown.out)["name"] == "Acme CRM"
    assert "no such connector" in shell.run("connector", "enable", "river", "x-y").err
    assert shell.run("connector", "register", "nowhere", "-", typed=json.dumps(plain())).status == 1


def test_connectors_in_python_are_listed_when_they_are_named(bare: Shell) -> None:
    """At the end of the list, with where they come from; a name that is unknown is refused."""
    Offering(bare.folder).offer_template("listed_template")
    path = os.pathsep.join([str(bare.folder), os.environ.get("PYTHONPATH", "")])
    named = {"PYTHONPATH": path, "DOORWARD_CONNECTOR_PLUGINS": "template-crm"}
    shell = Shell(bare.folder, named)
    rows = shell.data("connector", "list")
    assert (rows[-1]["slug"], rows[-1]["origin"]) == ("template-crm", "plugin")
    assert {row["origin"] for row in rows[:-1]} == {"catalogue"}
    assert json.loads(shell.run("connector", "show", "template-crm").out)["name"] == "Template CRM"
    assert bare.run("connector", "show", "template-crm").status == 1
    refused = Shell(bare.folder, {"DOORWARD_CONNECTOR_PLUGINS": "nowhere"}).run("connector", "list")
    assert refused.status != 0
    assert "connector_plugins: 'nowhere': no installed package offers it" in refused.err
