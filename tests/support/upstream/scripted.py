"""Answers of a platform word by word, where a real server would say no more."""

from __future__ import annotations

import json
from typing import Any

from doorward.connectors import AuthOption, ClientCredentials, Manifest, Plan, Upstream
from doorward.connectors.requests import TokenRequest
from doorward.crypto import Secret
from doorward.http import NoAnswer, NotSent, Outbound, OutboundReply, OutboundRequest
from tests.support.clock import ManualClock
from tests.support.randomness import SeededRandom

__all__ = ["Scripted", "answer", "plan_of"]


def answer(content: Any, status: int = 200, **headers: str) -> OutboundReply:
    """An answer of JSON, or of these bytes."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    given = {"content-type": "application/json"}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    return OutboundReply(status, tuple(given.items()), body)


class Scripted(Outbound):
    """A client that sends nothing and answers in turn."""

    def __init__(self, *answers: OutboundReply | NotSent | NoAnswer) -> None:
        super().__init__()
        self.answers = list(answers)
        self.sent: list[OutboundRequest] = []

    async def send(self, request: OutboundRequest) -> OutboundReply:
        self.verify_url(request.url)
        self.sent.append(request)
        given = self.answers.pop(0)
        if isinstance(given, Exception):
            raise given
        return given

    def engine(self, clock: ManualClock | None = None) -> Upstream:
        """The engine on top."""
        return Upstream(self, clock or ManualClock(), SeededRandom(3))


def plan_of(*, secrets: tuple[str, ...] = ("the-secret-of-ours",), **option: Any) -> Plan:
    """A plan with one option of these sections."""
    token = option.pop("token", TokenRequest(url="https://crm.example/token"))
    whole = AuthOption(name="main", type=option.pop("type", "oauth2_code"), token=token, **option)
    client = ClientCredentials("client-1", tuple(map(Secret, secrets)), "https://door.example/cb")
    return Plan(Manifest(slug="crm", name="CRM", auth_options=(whole,)), whole, client)
