"""Calls with a credential: what is asked after connecting, whose it is, whether it is good."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from doorward.connectors.grants import Category, Grant, Party, Plan, UpstreamFailure
from doorward.connectors.model import Choice, OptionsRequest, Variable
from doorward.connectors.requests import (
    Capture,
    ErrorMap,
    Identity,
    PostConnect,
    Success,
    Verify,
)
from doorward.connectors.upstream.answers import (
    Answer,
    capture,
    find_at,
    is_success,
    read_answer,
    text_at,
)
from doorward.connectors.upstream.delivery import attach, is_known, signed
from doorward.connectors.upstream.failures import classify, error_code
from doorward.connectors.upstream.known import Known, know
from doorward.connectors.upstream.parties import read_party
from doorward.connectors.upstream.sending import Body, Parcel, encode_fields, send
from doorward.crypto import Random
from doorward.http import Outbound

__all__ = ["Caller", "Verified"]

_SECOND = 1_000_000
_TIMEOUT_S = 30
_MAX_BYTES = 1_048_576
_MOST_CHOICES = 500
_LONGEST_LABEL = 200


@dataclass(frozen=True)
class Verified:
    """A credential that the platform takes.

    ``checked`` is False where the manifest knows no way to ask; ``limited`` is True where the
    credential is right and may do little.
    """

    checked: bool = True
    limited: bool = False


@dataclass(frozen=True)
class Caller:
    """Calls for one plan at one moment."""

    outbound: Outbound
    plan: Plan
    now: int
    random: Random

    async def after_connecting(self, grant: Grant) -> Grant:
        """Take the manifest's steps in order; each knows what those before it brought."""
        for step in self.plan.option.post_connect:
            answer = await self._take(step, grant)
            found, missing = capture(self._chosen(step, answer.content), step.captures)
            if missing:
                raise _missing(missing, answer)
            ends = None
            if step.session_ttl_s is not None:
                ends = self.now + step.session_ttl_s * _SECOND
            grant = replace(
                grant,
                captures={**grant.captures, **found},
                session_expires_at=_earlier(ends, grant.session_expires_at, self.now),
            )
        return grant

    async def accounts(self, grant: Grant) -> tuple[Choice, ...]:
        """The accounts behind one token, where the manifest knows of several; else none."""
        for step in self.plan.option.post_connect:
            if step.accounts is None:
                found, _ = capture((await self._take(step, grant)).content, step.captures)
                grant = replace(grant, captures={**grant.captures, **found})
                continue
            answer = await self._take(step, grant)
            return tuple(
                Choice(const=text_at(each, step.captures[0].path), title=_title(each, step))
                for each in _items(answer.content, step.accounts)
                if step.captures and text_at(each, step.captures[0].path)
            )
        return ()

    async def identify(self, grant: Grant | None) -> Party:
        """Whose account it is: from the answer that is for it, or as the token answer told."""
        rule = self.plan.option.identity
        if rule is None or not rule.url:
            return (grant.party if grant is not None else None) or Party()
        known = know(self.plan, grant)
        parcel = self._parcel(rule, known)
        attach(parcel, self.plan, known)
        answer = await self._ask(parcel, rule.success, known)
        return read_party(rule, answer.content)

    async def verify(self, grant: Grant | None) -> Verified:
        """Prove the credential by the manifest's call. Raises ``UpstreamFailure``."""
        rule = self.plan.option.verify
        if rule is None:
            return Verified(checked=False)
        known = know(self.plan, grant)
        parcel = self._parcel(rule, known)
        attach(parcel, self.plan, known)
        try:
            await self._ask(parcel, rule.success, known)
        except UpstreamFailure as failure:
            if failure.status == 403 and rule.forbidden_is_valid:
                return Verified(limited=True)
            raise
        return Verified()

    async def options(
        self, variable: Variable, values: Mapping[str, str], secret: Mapping[str, str]
    ) -> tuple[Choice, ...]:
        """The choices of a field, as the platform lists them for what was typed so far."""
        if variable.dynamic is None:
            return variable.options
        rule = variable.dynamic.request
        known = know(self.plan).plus(values).plus_secret(dict(secret))
        answer = await self._ask(self._parcel(rule, known), Success(), known, is_signed=False)
        return tuple(
            Choice(const=value, title=text_at(each, rule.label)[:_LONGEST_LABEL] or value)
            for each in _items(answer.content, rule.items)
            if (value := text_at(each, rule.value))
        )

    def _chosen(self, step: PostConnect, content: object) -> object:
        """The account that was chosen before, else the first; without a list, the whole."""
        if step.accounts is None:
            return content
        items = _items(content, step.accounts)
        wanted = self.plan.values.get(step.captures[0].to) if step.captures else None
        path = step.captures[0].path if step.captures else ""
        chosen = [each for each in items if wanted and text_at(each, path) == wanted]
        if wanted and not chosen:
            raise UpstreamFailure(Category.USER_ACTION, "account_gone")
        return next(iter(chosen or items), None)

    async def _take(self, step: PostConnect, grant: Grant) -> Answer:
        known = know(self.plan, grant)
        parcel = self._parcel(step, known)
        parcel.query |= known.fill_all(step.params, "text")
        if is_known(self.plan, known):
            attach(parcel, self.plan, known)
        return await self._ask(parcel, step.success, known)

    def _parcel(self, rule: _CallRule, known: Known) -> Parcel:
        parcel = Parcel(rule.method, known.fill(rule.url, "url"))
        for name, value in known.fill_all(rule.headers, "header").items():
            parcel.set_header(name, value)
        parcel.set_header("Accept", "application/json", over=False)
        if rule.body:
            given = next((v for n, v in parcel.headers.items() if n.lower() == "content-type"), "")
            style: Body = "form" if "urlencoded" in given else "json"
            fields = known.fill_all(rule.body, "text")
            parcel.body, kind = encode_fields(fields, style, self.random)
            parcel.set_header("Content-Type", kind, over=False)
        return parcel

    async def _ask(
        self, parcel: Parcel, success: Success, known: Known, *, is_signed: bool = True
    ) -> Answer:
        request = parcel.sealed(timeout_s=_TIMEOUT_S, max_bytes=_MAX_BYTES)
        if is_signed:
            request = signed(self.plan, known, request, now=self.now, random=self.random)
        answer = read_answer(await send(self.outbound, request), now=self.now)
        if not is_success(answer, success):
            raise self._failure(answer, known)
        return answer

    def _failure(self, answer: Answer, known: Known) -> UpstreamFailure:
        """At an API a status speaks of the credential, not of the client as at a token endpoint."""
        errors = self.plan.option.token.error if self.plan.option.token else ErrorMap()
        failure = classify(answer, errors, known)
        word = error_code(answer.content, errors)
        if answer.status in _OF_CREDENTIAL and word not in errors.map:
            failure.category = _OF_CREDENTIAL[answer.status]
            failure.code = failure.code if word else f"http_{answer.status}"
        return failure


_CallRule = Identity | Verify | PostConnect | OptionsRequest
_OF_CREDENTIAL = {401: Category.DEAD_GRANT, 403: Category.USER_ACTION}


def _items(content: object, path: str) -> list[object]:
    found = find_at(content, path)
    if isinstance(found, dict):
        # XML has no lists of one.
        return [found]
    return found[:_MOST_CHOICES] if isinstance(found, list) else []


def _title(item: object, step: PostConnect) -> str:
    wanted: tuple[Capture, ...] = step.captures[1:2] or step.captures[:1]
    title = next((text_at(item, each.path) for each in wanted), "")
    return (title or text_at(item, "name"))[:_LONGEST_LABEL]


def _earlier(new: int | None, old: int | None, now: int) -> int | None:
    """Of several sessions the one that ends first; one that has ended counts no more."""
    running = [each for each in (new, old) if each is not None and each > now]
    return min(running, default=new)


def _missing(name: str, answer: Answer) -> UpstreamFailure:
    return UpstreamFailure(Category.MANIFEST, f"no_{name}"[:64], status=answer.status)
