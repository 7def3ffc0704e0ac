"""What this room refuses."""

from __future__ import annotations

from dataclasses import dataclass

from doorward.protocol import Refusal

__all__ = [
    "BadManifest",
    "ConnectorDisabled",
    "ConnectorsRefusal",
    "Fault",
    "MayNotKeepConnector",
    "RegistrationOfConnectorsClosed",
    "SlugTaken",
    "StaleConnector",
    "TooManyConnectors",
    "UnknownConnector",
]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a manifest: where (dotted path), and a plain sentence."""

    path: str
    sentence: str

    def __str__(self) -> str:
        """For a terminal."""
        return f"{self.path}: {self.sentence}" if self.path else self.sentence


class ConnectorsRefusal(Refusal):
    """Base of what this room refuses."""


class BadManifest(ConnectorsRefusal):
    """The description cannot be used. ``faults`` names everything that is wrong with it."""

    code = "bad_manifest"
    status = 422
    sentence = "The manifest is not valid."
    field = "manifest"

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        """Refuse for these reasons; the sentence is that of the first."""
        super().__init__(str(faults[0]) if faults else None)
        self.faults = faults


class UnknownConnector(ConnectorsRefusal):
    """The organization has no connector of this name."""

    code = "unknown_connector"
    status = 404
    sentence = "There is no such connector."


class ConnectorDisabled(ConnectorsRefusal):
    """The connector is there, and the staff have not switched it on."""

    code = "connector_disabled"
    status = 409
    sentence = "This connector is switched off."


class SlugTaken(ConnectorsRefusal):
    """Another connector of the organization or of the catalogue has this name."""

    code = "slug_taken"
    status = 409
    sentence = "There is a connector of this name already."
    field = "manifest.slug"


class TooManyConnectors(ConnectorsRefusal):
    """No more can be registered here, or by this account."""

    code = "too_many_connectors"
    status = 409
    sentence = "No more connectors can be registered. Remove one first."


class MayNotKeepConnector(ConnectorsRefusal):
    """The account lacks the permission for this."""

    code = "may_not_keep_connector"
    status = 403
    sentence = "Only staff who may change connectors can do this."


class RegistrationOfConnectorsClosed(ConnectorsRefusal):
    """The organization takes no connectors from accounts of this kind."""

    code = "connector_registration_closed"
    status = 403
    sentence = "This organization does not take connectors from you."


class StaleConnector(ConnectorsRefusal):
    """It was changed since it was looked at."""

    code = "stale_connector"
    status = 409
    sentence = "The connector was changed in the meantime. Look at it again."
    field = "version"
