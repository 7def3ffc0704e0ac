"""Settings: ``DOORWARD_*`` variables over a TOML file over defaults; unknown names are refused."""

from __future__ import annotations

import os
import re
import tomllib
from base64 import b64decode
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)

from doorward.config.mail import parse_smtp_url

__all__ = ["BadSettings", "Settings", "decode_key", "load_settings", "master_keys"]

_PREFIX = "DOORWARD_"
_KEY_BYTES = 32
_MAIL_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9.-]{1,253}\Z")
_HOST_AND_PORT = re.compile(
    r"([A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]):(?P<port>[0-9]{1,5})\Z", re.ASCII
)
_BEARER = re.compile(r"[A-Za-z0-9._~+/-]{20,512}=*\Z", re.ASCII)
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class BadSettings(ValueError):
    """The settings cannot be used; the text names each one and says why, without its value."""


class Settings(BaseModel):
    """Everything that an installation decides. Times in seconds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_url: str = Field(
        default="http://127.0.0.1:8400",
        description="The address people and applications use. Everything is built from it.",
    )
    database_url: SecretStr = Field(
        default=SecretStr("sqlite:///doorward.sqlite"),
        description=(
            "`sqlite:///file`, or `postgresql://user:password@host/name`. Of several hosts, "
            "separated by commas, the one that can be written to is used."
        ),
    )
    database_replica_urls: tuple[SecretStr, ...] = Field(
        default=(),
        description=(
            "PostgreSQL replicas, one address each. Lists, exports and questions about tokens are "
            "read there whenever they have all that was committed."
        ),
    )
    database_direct_url: SecretStr | None = Field(
        default=None,
        description=(
            "Where `database_url` leads to a pooler in transaction mode (PgBouncer): the database "
            "itself, for announcements between processes and for migrations."
        ),
    )
    database_prepares: bool = Field(
        default=True,
        description=(
            "Whether statements stay prepared. Off where a pooler forgets them: PgBouncer before "
            "1.21, or with `max_prepared_statements = 0`."
        ),
    )
    master_keys: tuple[SecretStr, ...] = Field(
        default=(),
        description="Keys for secrets at rest, base64 of 32 random bytes each, the current first.",
    )
    master_key_file: Path | None = Field(
        default=None,
        description="A file with one master key per line, readable by its owner alone.",
    )
    host: str = Field(default="127.0.0.1", description="The address that the server listens on.")
    port: Annotated[int, Field(ge=0, le=65535)] = Field(
        default=8400, description="The port that the server listens on."
    )
    workers: Annotated[int, Field(ge=1, le=64)] = Field(
        default=1,
        description=(
            "How many processes serve. From two on, one more looks after them, and SIGHUP "
            "replaces them without a pause."
        ),
    )
    max_connections: Annotated[int, Field(ge=1, le=100_000)] = Field(
        default=4096, description="How many connections one process holds open."
    )
    max_requests: Annotated[int, Field(ge=1, le=10_000)] = Field(
        default=512,
        description=(
            "How many requests one process works on at the same time; who comes on top is "
            "answered 503 at once."
        ),
    )
    notice_s: Annotated[int, Field(ge=0, le=300)] = Field(
        default=0,
        description=(
            "How long a server that was told to end goes on taking connections, while `/readyz` "
            "answers 503: as long as a load balancer needs to notice."
        ),
    )
    drain_s: Annotated[int, Field(ge=0, le=600)] = Field(
        default=10,
        description="How long requests under way may then take before they are broken off.",
    )
    home_url: str | None = Field(
        default=None,
        description="Where the bare address leads; without it, to a page that says so.",
    )
    trusted_proxies: tuple[str, ...] = Field(
        default=(),
        description="Addresses of proxies whose X-Forwarded-For and -Proto are believed.",
    )
    outbound_allowed: tuple[str, ...] = Field(
        default=(),
        description=(
            "`host:port` of platforms that connections may reach at private addresses and "
            "without TLS. Everything else must be public and https."
        ),
    )
    connector_plugins: tuple[str, ...] = Field(
        default=(),
        description=(
            "Connectors in Python to load, by the names under which installed packages offer "
            "them. Their code runs inside the server."
        ),
    )
    spill_folder: Path = Field(
        default=Path("doorward-spills"),
        description=(
            "A folder of this server alone: renewed credentials of connections wait there, sealed, "
            "while the database cannot be written to."
        ),
    )
    postgres_pool: Annotated[int, Field(ge=1, le=200)] = Field(
        default=10, description="PostgreSQL connections of one process."
    )
    password_workers: Annotated[int, Field(ge=1, le=64)] = Field(
        default_factory=lambda: max(1, min(4, len(os.sched_getaffinity(0)))),
        description="How many passwords are hashed at the same time.",
    )
    brakes: tuple[str, ...] = Field(
        default=(),
        description=(
            "Other limits for what strangers may try, each as `name: limit`; "
            "see [brakes](brakes.md)."
        ),
    )
    smtp_url: SecretStr | None = Field(
        default=None,
        description=(
            "The mail server: `smtp://user:password@host:587` (STARTTLS), "
            "or `smtps://user:password@host`. Without it no mail is sent."
        ),
    )
    mail_from: str | None = Field(
        default=None, description="The address that letters come from; needed with `smtp_url`."
    )
    mail_reply_to: str | None = Field(
        default=None, description="The address of the people who read answers to letters."
    )
    metrics: bool = Field(
        default=True,
        description=(
            "Whether numbers are counted and told at `/metrics`; see [monitoring](monitoring.md)."
        ),
    )
    metrics_token: SecretStr | None = Field(
        default=None,
        description=(
            "The bearer token, of 20 characters or more, by which `/metrics` is read. Without it "
            "only this machine reads it, and only where `base_url` is of this machine alone."
        ),
    )
    traces_url: str | None = Field(
        default=None,
        description=(
            "Where spans are sent by OTLP over HTTP, such as `http://127.0.0.1:4318/v1/traces`; "
            "needs the extra `traces`. Without it there are none."
        ),
    )
    traces_share: Annotated[float, Field(ge=0, le=1)] = Field(
        default=0.01, description="Which share of the requests is traced, from 0 to 1."
    )
    traces_continue: bool = Field(
        default=False,
        description=(
            "Whether `traceparent` of a request is believed: only where a proxy removes that of "
            "strangers."
        ),
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="What is logged."
    )
    log_format: Literal["text", "json"] = Field(default="text", description="How it is logged.")

    @field_validator("base_url")
    @classmethod
    def _check_base_url(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/"):
            raise ValueError("must be https://host or, on this machine only, http://127.0.0.1:port")
        if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
            raise ValueError("http is for loopback addresses only; everything else needs https")
        return value.rstrip("/")

    @field_validator("outbound_allowed")
    @classmethod
    def _check_outbound(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for each in value:
            port = _HOST_AND_PORT.match(each)
            if port is None or not 0 < int(port["port"]) < 65536:
                raise ValueError("each must be host:port, such as crm.internal:8443")
        return value

    @property
    def session_url(self) -> str:
        """The database at an address where a session is one's own: for migrations."""
        return (self.database_direct_url or self.database_url).get_secret_value()

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach ``base_url``."""
        return urlsplit(self.base_url).hostname in _LOOPBACK

    @field_validator("smtp_url")
    @classmethod
    def _check_smtp_url(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            parse_smtp_url(value.get_secret_value())
        return value

    @field_validator("mail_from", "mail_reply_to")
    @classmethod
    def _check_address(cls, value: str | None) -> str | None:
        if value is not None and not _MAIL_ADDRESS.match(value):
            raise ValueError("must be a plain address such as doorward@example.org")
        return value

    @field_validator("traces_url")
    @classmethod
    def _check_traces_url(cls, value: str | None) -> str | None:
        parts = None if value is None else urlsplit(value)
        if parts is not None and (parts.scheme not in {"http", "https"} or not parts.hostname):
            raise ValueError("must be the address of a collector, by http or https")
        return value

    @field_validator("metrics_token")
    @classmethod
    def _check_metrics_token(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not _BEARER.match(value.get_secret_value()):
            raise ValueError("must be 20 or more letters, digits and signs of a bearer token")
        return value

    @model_validator(mode="after")
    def _check_mail(self) -> Settings:
        if self.smtp_url is not None and self.mail_from is None:
            raise ValueError("mail_from must be set where smtp_url is")
        return self

    @model_validator(mode="after")
    def _check_keys(self) -> Settings:
        for key in self.master_keys:
            decode_key(key.get_secret_value())
        return self


def load_settings(
    file: Path | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    overrides: Mapping[str, object] | None = None,
) -> Settings:
    """Read settings: ``overrides``, over ``environment``, over the TOML ``file``.

    Lists in variables are separated by commas. Raises ``BadSettings``, for unknown names too.
    """
    environment = os.environ if environment is None else environment
    values: dict[str, object] = {}
    if file is not None:
        try:
            values.update(tomllib.loads(file.read_text(encoding="utf-8")))
        except (OSError, ValueError) as error:  # not there, not UTF-8, not TOML
            raise BadSettings(f"{file}: {error}") from error
    lists = {
        "brakes",
        "connector_plugins",
        "database_replica_urls",
        "master_keys",
        "outbound_allowed",
        "trusted_proxies",
    }
    for name, text in environment.items():
        if name.startswith(_PREFIX) and name != f"{_PREFIX}CONFIG":
            key = name.removeprefix(_PREFIX).lower()
            values[key] = [part.strip() for part in text.split(",")] if key in lists else text
    values.update({k: v for k, v in (overrides or {}).items() if v is not None})
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise BadSettings(_explain(error)) from None


def master_keys(settings: Settings) -> tuple[bytes, ...]:
    """The master keys of ``settings``, the current first.

    Raises ``BadSettings`` when there is none, or the file is readable by others.
    """
    texts = [key.get_secret_value() for key in settings.master_keys]
    file = settings.master_key_file
    if file is not None:
        try:
            if file.stat().st_mode & 0o077:
                raise BadSettings(f"master_key_file: {file} must be readable by its owner alone")
            texts += [line.strip() for line in file.read_text().splitlines() if line.strip()]
        except OSError as error:
            raise BadSettings(f"master_key_file: {error}") from error
    if not texts:
        raise BadSettings(
            "master_keys: no master key is set; `doorward init` makes one in a key file"
        )
    try:
        return tuple(decode_key(text) for text in texts)
    except ValueError as error:
        raise BadSettings(f"master_key_file: {error}") from error


def decode_key(text: str) -> bytes:
    """The bytes of a master key. Raises ``ValueError``."""
    try:
        key = b64decode(text, altchars=b"-_", validate=True)
    except ValueError as error:
        raise ValueError("a master key is base64 of 32 random bytes") from error
    if len(key) != _KEY_BYTES:
        raise ValueError("a master key is base64 of 32 random bytes")
    return key


def _explain(error: ValidationError) -> str:
    lines = []
    for each in error.errors(include_input=False, include_url=False):
        name = ".".join(str(part) for part in each["loc"]) or "settings"
        unknown = each["type"] == "extra_forbidden"
        lines.append(f"{name}: {'there is no such setting' if unknown else each['msg']}")
    return "; ".join(lines)
