"""Forms on which people type what a platform wants, and what administrators filled in before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from doorward.connectors import Category, Choice, Localized, UpstreamFailure, Variable
from doorward.crypto import Secret
from doorward.vault.refusals import VaultRefusal

__all__ = [
    "BadManagedValue",
    "Cause",
    "Field",
    "Filled",
    "ManagedField",
    "ManagedState",
    "MissingFields",
    "NotConnected",
    "NotManaged",
    "Stored",
    "UnknownOption",
    "cause_of",
]


class Cause(StrEnum):
    """Why a platform did not let somebody connect, and so who can mend it."""

    WRONG_KEY = "wrong_key"
    WRONG_HOST = "wrong_host"
    LACKS_PERMISSION = "lacks_permission"
    SECOND_STEP = "second_step"
    NETWORK = "network"
    CLIENT_REFUSED = "client_refused"
    NOT_UNDERSTOOD = "not_understood"
    DECLINED = "declined"
    FORBIDDEN_ADDRESS = "forbidden_address"
    MIXED_UP = "mixed_up"
    SWITCHED_OFF = "switched_off"


_SENTENCES = {
    Cause.WRONG_KEY: "The platform does not accept this key. Check that you copied all of it.",
    Cause.WRONG_HOST: "There is no such site of the platform. Check the address.",
    Cause.LACKS_PERMISSION: "The key is right, but it lacks a permission that is needed.",
    Cause.SECOND_STEP: "The platform asks for one more step, which cannot be done here.",
    Cause.NETWORK: "The platform cannot be reached now. Try again in a moment.",
    Cause.CLIENT_REFUSED: "The platform refuses this connector. An administrator must act.",
    Cause.NOT_UNDERSTOOD: "The platform answered something unexpected. Nothing was connected.",
    Cause.DECLINED: "You declined on the platform's page. Nothing was connected.",
    Cause.FORBIDDEN_ADDRESS: "This address cannot be used. Nothing was sent there.",
    Cause.MIXED_UP: "The answer is not the platform's own. Nothing was connected.",
    Cause.SWITCHED_OFF: "This connector is switched off.",
}


class NotConnected(VaultRefusal):
    """The platform did not let the person connect. ``cause`` says why; nothing was kept."""

    code = "not_connected"
    status = 422
    sentence = "The account was not connected."

    def __init__(self, cause: Cause) -> None:
        """Refuse with the sentence of ``cause``."""
        super().__init__(_SENTENCES[cause])
        self.cause = cause


class MissingFields(VaultRefusal):
    """Something that is required was not given; the platform was not asked."""

    code = "missing_fields"
    status = 422
    sentence = "Missing required authentication fields."

    def __init__(self, names: tuple[str, ...]) -> None:
        """Name all that are missing, in the order of the form."""
        super().__init__(field=names[0] if names else None)
        self.names = names


class UnknownOption(VaultRefusal):
    """The connector has no such way to connect, or not of this kind."""

    code = "unknown_option"
    status = 404
    sentence = "This connector has no such way to connect."


class NotManaged(VaultRefusal):
    """The field is not one that administrators fill in, or not for this scope."""

    code = "not_managed"
    status = 422
    sentence = "Administrators do not fill in this field."


class BadManagedValue(VaultRefusal):
    """The values of one submission are too many."""

    code = "bad_managed_value"
    status = 422
    sentence = "The values are too many or too large."


@dataclass(frozen=True, slots=True)
class Field:
    """One field as the page shows it. ``choices_wait_for`` are fields that decide its choices."""

    name: str
    title: Localized
    description: Localized
    type: str
    required: bool
    secret: bool
    default: str
    example: str
    prefix: str
    suffix: str
    choices: tuple[Choice, ...]
    is_dynamic: bool
    choices_wait_for: tuple[str, ...]
    help_url: str
    visible_when: Mapping[str, str]
    ui: Mapping[str, str | bool]
    is_managed: bool
    """Whether an administrator's value may be kept for others."""

    @classmethod
    def of(cls, variable: Variable) -> Field:
        """What a person sees of ``variable``."""
        dynamic = variable.dynamic
        return cls(
            name=variable.name,
            title=variable.title or variable.name,
            description=variable.description,
            type=variable.type,
            required=variable.required and variable.type != "button",
            secret=variable.secret,
            default="" if variable.secret else variable.default or "",
            example=variable.example,
            prefix=variable.prefix,
            suffix=variable.suffix,
            choices=variable.options,
            is_dynamic=dynamic is not None,
            choices_wait_for=() if dynamic is None else dynamic.needs,
            help_url=variable.help_url,
            visible_when=variable.visible_when,
            ui=variable.ui,
            is_managed=variable.managed,
        )


@dataclass(frozen=True, slots=True)
class Stored:
    """What administrators filled in that holds for one person.

    ``settled`` is what the organization's credentials and the environment say, which nobody types
    over; ``values`` are managed values, which did not let this person in before if they
    ``has_failed``.
    """

    values: Mapping[str, Secret[str]] = field(default_factory=dict)
    has_failed: bool = False
    settled: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ManagedState:
    """What the form shows of it all, as App Connect's ``apiKeyManagedAuthState`` has it.

    ``visible`` None means the whole form.
    """

    has_managed: bool
    all_required_satisfied: bool
    visible: tuple[str, ...] | None
    missing: tuple[str, ...]
    falls_back: bool


@dataclass(frozen=True, slots=True)
class ManagedField:
    """A field that administrators fill in, and what stands in it; a secret is never shown."""

    name: str
    scope: str
    is_secret: bool
    has_value: bool
    value: str


@dataclass(frozen=True, slots=True)
class Filled:
    """Every value of a form.

    ``managed`` are the names of what an administrator filled in, ``typed`` of what the person did.
    """

    values: Mapping[str, str]
    secrets: Mapping[str, Secret[str]]
    managed: frozenset[str] = frozenset()
    typed: frozenset[str] = frozenset()

    def all(self) -> dict[str, str]:
        """Open values and secrets alike, for whoever sends them on."""
        return {**self.values, **{name: each.reveal() for name, each in self.secrets.items()}}


_OF_STATUS = {401: Cause.WRONG_KEY, 403: Cause.LACKS_PERMISSION, 202: Cause.SECOND_STEP}
_OF_CATEGORY = {
    Category.DEAD_GRANT: Cause.WRONG_KEY,
    Category.USER_ACTION: Cause.LACKS_PERMISSION,
    Category.CONFIGURATION: Cause.WRONG_KEY,
    Category.MANIFEST: Cause.NOT_UNDERSTOOD,
    Category.TRANSIENT: Cause.NETWORK,
    Category.DEAD_TENANT: Cause.WRONG_HOST,
    Category.DECLINED: Cause.DECLINED,
    Category.FORBIDDEN_ADDRESS: Cause.FORBIDDEN_ADDRESS,
}


def cause_of(failure: UpstreamFailure, *, by_client: bool, names_host: bool) -> Cause:
    """Why, in the words of who sits in front of it.

    ``by_client`` is a registration that the person did not type: its refusal is for an
    administrator. ``names_host`` is a host that they did type: what cannot be reached is that.
    """
    if failure.category is Category.CONFIGURATION and by_client:
        return Cause.CLIENT_REFUSED
    if failure.code == "unreachable" and names_host:
        return Cause.WRONG_HOST
    if failure.status in _OF_STATUS and failure.category is not Category.TRANSIENT:
        return _OF_STATUS[failure.status]
    return _OF_CATEGORY[failure.category]
