"""Taking tokens back at the platform: best effort, with what became of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from doorward.connectors.grants import Category, Plan, UpstreamFailure
from doorward.connectors.requests import ErrorMap, Revocation
from doorward.connectors.upstream.answers import read_answer
from doorward.connectors.upstream.failures import category_of_status, classify, is_of_client
from doorward.connectors.upstream.known import Known, know
from doorward.connectors.upstream.sending import Parcel, encode_fields, identity_of, send
from doorward.connectors.upstream.tokens import basic
from doorward.crypto import Random, Secret
from doorward.http import Outbound, OutboundReply, OutboundRequest

__all__ = ["Outcome", "Revoked", "Revoker"]

_TIMEOUT_S = 10
_MAX_BYTES = 65_536
_SECRETS_TRIED = 3

Kind = Literal["access", "refresh"]


@dataclass(frozen=True)
class Outcome:
    """What became of one token. ``retry`` says that another try may help."""

    token: Kind
    result: Literal["revoked", "already_gone", "unsupported", "failed"]
    status: int | None = None
    code: str = ""
    retry: bool = False


@dataclass(frozen=True)
class Revoked:
    """What became of each token that was there, the refresh token first."""

    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True)
class Revoker:
    """Revocations for one plan."""

    outbound: Outbound
    plan: Plan
    now: int
    random: Random

    async def revoke(self, *, access: Secret[str] | None, refresh: Secret[str] | None) -> Revoked:
        """Take back what is there. Failures are outcomes; none is raised."""
        tokens: tuple[tuple[Kind, Secret[str] | None], ...] = (
            ("refresh", refresh),
            ("access", access),
        )
        both = {kind: token.reveal() for kind, token in tokens if token}
        known = know(self.plan).plus_secret(
            {"access_token": both.get("access"), "refresh_token": both.get("refresh")}
        )
        return Revoked(tuple([await self._take_back(kind, known, both[kind]) for kind in both]))

    async def _take_back(self, kind: Kind, known: Known, token: str) -> Outcome:
        rules = [rule for rule in self.plan.option.revoke if rule.token in {kind, "both"}]
        if not rules:
            return Outcome(kind, "unsupported")
        outcomes = [
            await self._by_rule(rule, kind, known.plus_secret({"token": token})) for rule in rules
        ]
        # Where there are several ways, the least successful one is what is told.
        return next((each for each in outcomes if each.result == "failed"), outcomes[0])

    async def _by_rule(self, rule: Revocation, kind: Kind, known: Known) -> Outcome:
        secrets = self.plan.client.secrets[:_SECRETS_TRIED] if self.plan.client else ()
        outcome = Outcome(kind, "failed")
        for secret in secrets or (None,):
            try:
                tried = known.plus_secret({"client_secret": secret.reveal() if secret else ""})
                reply = await send(self.outbound, self._request(rule, tried))
            except UpstreamFailure as failure:
                return Outcome(
                    kind, "failed", code=failure.code, retry=failure.category is Category.TRANSIENT
                )
            outcome, of_client = self._outcome(rule, kind, reply, tried)
            if not of_client:
                break
        return outcome

    def _outcome(
        self, rule: Revocation, kind: Kind, reply: OutboundReply, known: Known
    ) -> tuple[Outcome, bool]:
        """What an answer means, and whether it refused the client rather than the token."""
        errors = self.plan.option.token.error if self.plan.option.token else ErrorMap()
        failure = classify(read_answer(reply, now=self.now), errors, known)
        if failure.code != "http_401" and is_of_client(failure, errors):
            return Outcome(kind, "failed", reply.status, failure.code), True
        if reply.status in rule.gone or 200 <= reply.status < 300:
            done = 200 <= reply.status < 300
            return Outcome(kind, "revoked" if done else "already_gone", reply.status), False
        retry = category_of_status(reply.status) is Category.TRANSIENT
        return Outcome(kind, "failed", reply.status, failure.code, retry), False

    def _request(self, rule: Revocation, known: Known) -> OutboundRequest:
        parcel = Parcel(rule.method, known.fill(rule.url, "url"))
        token = self.plan.option.token
        if token is not None and token.client_auth == "tls_client_auth":
            parcel.identity = identity_of(self.plan)
        fields = {rule.token_param: known.values["token"]} if rule.token_param else {}
        if rule.client_auth == "basic":
            values = (known.values["client_id"], known.values["client_secret"])
            parcel.set_header("Authorization", basic(*values))
        elif rule.client_auth == "post":
            fields |= {n: known.values[n] for n in ("client_id", "client_secret")}
        elif rule.client_auth == "bearer":
            parcel.set_header("Authorization", known.fill("Bearer {token}", "header"))
        elif rule.client_auth == "custom":
            for name, value in known.fill_all(rule.auth_headers, "header").items():
                parcel.set_header(name, value)
        for name, value in known.fill_all(rule.headers, "header").items():
            parcel.set_header(name, value)
        parcel.set_header("Accept", "application/json", over=False)
        fields |= known.fill_all(rule.params, "text")
        fields = {name: value for name, value in fields.items() if value}
        if rule.body == "query" or (rule.method == "GET" and rule.body != "none"):
            parcel.query |= fields
        elif rule.body != "none":
            parcel.body, kind = encode_fields(fields, rule.body, self.random)
            parcel.set_header("Content-Type", kind, over=False)
        return parcel.sealed(timeout_s=_TIMEOUT_S, max_bytes=_MAX_BYTES)
