"""``/connect/session/state``: what became of a connect session, for the page that opened it."""

from __future__ import annotations

from doorward.http import Call, Reply, json_reply
from doorward.orgs import tenant_of
from doorward.vault import ConnectSessions

__all__ = ["SessionState"]

_ALWAYS = (
    (b"cache-control", b"no-store"),
    (b"vary", b"Origin"),
    (b"x-content-type-options", b"nosniff"),
)


class SessionState:
    """The answer to a script on the application's own pages. No cookie is read."""

    def __init__(self, sessions: ConnectSessions) -> None:
        """Ask ``sessions``."""
        self._sessions = sessions

    async def answer(self, call: Call) -> Reply:
        """``GET`` with ``session``, the value that the link has.

        Only the origin that the session returns to may read it; all that is wrong has one answer.
        """
        origin = call.header(b"origin") or ""
        session = await self._sessions.find(
            tenant_of(call.scope).org_id, call.query().get("session") or ""
        )
        if session is None or not origin or session.page_origin != origin:
            return json_reply({"state": "over"}, status=404, headers=_ALWAYS)
        told: dict[str, object] = {"state": self._sessions.state_of(session)}
        if session.connection_id is not None:
            told["connection"] = str(session.connection_id)
        shared = (b"access-control-allow-origin", origin.encode("ascii"))
        return json_reply(told, headers=(*_ALWAYS, shared))
