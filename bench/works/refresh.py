"""refresh: each connection rotates its own refresh token again and again (RFC 6749 section 6)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from bench.load import Operation, Wrong, run_script
from bench.samples import Samples
from bench.target import Target
from bench.wire import post
from bench.works.code_flow import Flow, signed_in_lanes
from bench.works.prepared import ACCESS_TOKEN, Prepared, endpoint, signed_with, string_in

__all__ = ["prepare_refresh"]

_PLACE = "PLACE"


async def prepare_refresh(target: Target, connections: int) -> Prepared:
    """One operation trades a refresh token for new tokens; the old one must have been replaced."""
    flow = Flow(target)
    samples = Samples()
    people = await signed_in_lanes(flow, connections)
    if not all("refresh_token" in tokens for _, tokens in people):
        raise Wrong(f"{target.subject} issued no refresh token")
    form = {"grant_type": "refresh_token", "refresh_token": _PLACE}
    url = endpoint(target, "token_endpoint")
    whole = post(url, form, flow.client.authorization)
    lanes = [_lane(whole, str(tokens["refresh_token"]), samples) for _, tokens in people]
    seen: set[str] = set()

    def judge(document: dict[str, Any], _about: object) -> str | None:
        token = str(document.get("refresh_token"))
        if token in seen or not document.get("access_token"):
            return f"not a new pair: {document}"
        seen.add(token)
        return None

    async def check() -> list[str]:
        return samples.judge(judge)

    # One rotation, unmeasured, to note what a refresh answers with.
    body = await run_script(target.address, lanes[0]())
    notes = {"id_token": signed_with(json.loads(body).get("id_token"))}
    return Prepared(lanes, check, notes)


def _lane(whole: bytes, first: str, samples: Samples) -> Callable[[], Operation[bytes]]:
    head, _, body = whole.partition(b"\r\n\r\n")
    before, _, after = body.partition(_PLACE.encode())
    start = head[: head.rindex(b":") + 1]
    current = quote(first, safe="").encode()

    def operation() -> Operation[bytes]:
        nonlocal current
        sent = before + current + after
        answer = yield start + b" %d\r\n\r\n" % len(sent) + sent
        string_in(answer, ACCESS_TOKEN, "refresh")
        token = string_in(answer, b'"refresh_token"', "refresh")
        if token == current:
            raise Wrong("refresh: the refresh token was not rotated")
        current = token
        samples.offer(answer.body)
        return answer.body

    return operation
