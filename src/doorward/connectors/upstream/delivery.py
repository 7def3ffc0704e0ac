"""How a credential goes into a call to the platform's API."""

from __future__ import annotations

from dataclasses import dataclass, field

from doorward.connectors.grants import Grant, Plan
from doorward.connectors.upstream.known import Known, know
from doorward.connectors.upstream.sending import Parcel
from doorward.connectors.upstream.tokens import basic
from doorward.crypto import Secret

__all__ = ["Prepared", "attach", "prepare"]


@dataclass(frozen=True)
class Prepared:
    """Headers and query parameters to add to a call; their names are as the platform spells."""

    headers: tuple[tuple[str, Secret[str]], ...]
    query: tuple[tuple[str, Secret[str]], ...] = field(default=())


def prepare(plan: Plan, grant: Grant | None) -> Prepared:
    """The credential of ``grant``, or of the plan's own values, as it is delivered.

    Raises ``UpstreamFailure`` where a value is missing or cannot stand in a header.
    """
    return _prepare(plan, know(plan, grant))


def attach(parcel: Parcel, plan: Plan, known: Known) -> None:
    """Put the credential into ``parcel``, whose own headers go first."""
    prepared = _prepare(plan, known)
    for name, value in prepared.headers:
        parcel.set_header(name, value.reveal(), over=False)
    parcel.query |= {name: value.reveal() for name, value in prepared.query}


def _prepare(plan: Plan, known: Known) -> Prepared:
    rule = plan.option.delivery
    headers = known.fill_all(rule.headers, "header")
    query = {}
    if rule.place == "header":
        headers[rule.name] = known.fill(rule.value, "header")
    elif rule.place == "cookie":
        headers["Cookie"] = f"{rule.name}={known.fill(rule.value, 'query')}"
    elif rule.place == "basic":
        user, password = (
            known.fill(each, "text") for each in (rule.basic_user, rule.basic_password)
        )
        joined = basic(user, password).removeprefix("Basic ")
        headers["Authorization"] = f"{rule.basic_scheme} {joined}"
    elif rule.place == "query":
        query[rule.name] = known.fill(rule.value, "text")
    if rule.user_agent is not None:
        headers["User-Agent"] = known.fill(rule.user_agent, "header")
    return Prepared(_sealed(headers), _sealed(query))


def _sealed(values: dict[str, str]) -> tuple[tuple[str, Secret[str]], ...]:
    return tuple((name, Secret(value)) for name, value in values.items())
