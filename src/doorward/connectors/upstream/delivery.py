"""How a credential goes into a call to the platform's API."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field, replace
from urllib.parse import unquote_plus

from doorward.connectors.grants import Grant, Plan
from doorward.connectors.templates import names_in
from doorward.connectors.upstream.known import Known, know
from doorward.connectors.upstream.sending import Parcel, add_query, identity_of
from doorward.connectors.upstream.signing import sign
from doorward.connectors.upstream.tokens import basic
from doorward.crypto import Random, Secret
from doorward.http import OutboundRequest

__all__ = ["attach", "deliver", "is_known", "signed"]


@dataclass(frozen=True)
class _Prepared:
    """Headers and query parameters to add to a call; their names are as the platform spells."""

    headers: tuple[tuple[str, Secret[str]], ...]
    query: tuple[tuple[str, Secret[str]], ...] = field(default=())


def deliver(
    plan: Plan, grant: Grant | None, request: OutboundRequest, *, now: int, random: Random
) -> OutboundRequest:
    """``request`` with the credential in it, in the place of what it said itself, and signed."""
    known = know(plan, grant)
    parcel = Parcel(request.method, request.url, dict(request.headers))
    prepared = _prepare(plan, known)
    for name, value in prepared.headers:
        parcel.set_header(name, value.reveal())
    query = {name: value.reveal() for name, value in prepared.query}
    url = add_query(_without(parcel.url, query), query)
    carrying = replace(request, url=url, headers=parcel.headers)
    return signed(plan, known, carrying, now=now, random=random)


def _without(url: str, names: Container[str]) -> str:
    """``url`` without parameters of these names, and everything else as it stands."""
    address, mark, query = url.partition("?")
    pairs = query.split("&") if mark else []
    kept = [pair for pair in pairs if unquote_plus(pair.partition("=")[0]) not in names]
    return address + ("?" + "&".join(kept) if kept else "")


def signed(
    plan: Plan, known: Known, request: OutboundRequest, *, now: int, random: Random
) -> OutboundRequest:
    """``request``, signed and with our certificate where the platform wants that."""
    rule = plan.option.delivery.signature
    if rule is not None and plan.client is not None and plan.client.secrets:
        known = known.plus_secret({"client_secret": plan.client.secrets[0].reveal()})
    if plan.option.delivery.client_certificate:
        request = replace(request, identity=identity_of(plan))
    return request if rule is None else sign(rule, known, request, now=now, random=random)


def attach(parcel: Parcel, plan: Plan, known: Known) -> None:
    """Put the credential into ``parcel``, whose own headers go first."""
    prepared = _prepare(plan, known)
    for name, value in prepared.headers:
        parcel.set_header(name, value.reveal(), over=False)
    parcel.query |= {name: value.reveal() for name, value in prepared.query}


def is_known(plan: Plan, known: Known) -> bool:
    """Whether the credential is there already: a session is delivered only once it was begun."""
    rule = plan.option.delivery
    is_basic = rule.place == "basic"
    templates = (rule.basic_user, rule.basic_password) if is_basic else (rule.value,)
    return all(known.values.get(name) for each in templates for name in names_in(each))


def _prepare(plan: Plan, known: Known) -> _Prepared:
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
        headers["Authorization"] = basic(user, password, rule.basic_scheme)
    elif rule.place == "query":
        query[rule.name] = known.fill(rule.value, "text")
    if rule.user_agent is not None:
        headers["User-Agent"] = known.fill(rule.user_agent, "header")
    return _Prepared(_sealed(headers), _sealed(query))


def _sealed(values: dict[str, str]) -> tuple[tuple[str, Secret[str]], ...]:
    return tuple((name, Secret(value)) for name, value in values.items())
