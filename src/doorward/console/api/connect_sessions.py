"""``/connect-sessions``: links by which an application's server has its people connect."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from doorward.clients import Application
from doorward.console.api.fields import AnyCaller, Body, Document, Id, Moment, moment
from doorward.console.api.model import ApiServices, ApplicationCall, StaffCall
from doorward.console.api.refusals import ClientNeeded, OtherApplication
from doorward.console.api.route import Operation
from doorward.orgs import Permission
from doorward.vault import NewConnectSession

__all__ = ["ConnectSessionRoutes"]


class NewSession(Body):
    """Who is to connect what, and where they return to."""

    account_id: Id
    connectors: Annotated[
        list[Annotated[str, Field(max_length=200)]],
        Field(min_length=1, max_length=50, examples=[["hubspot"]]),
    ]
    return_url: Annotated[
        str,
        Field(
            max_length=2048,
            description="A redirect URI of the application, character for character.",
            examples=["https://app.example.org/connected"],
        ),
    ]
    reconnect_of: Annotated[
        Id | None, Field(description="The connection that is to be connected again.")
    ] = None
    client_id: Annotated[
        str | None,
        Field(max_length=200, description="The application; its own server may leave it out."),
    ] = None


class ConnectLink(Document):
    """A link for one person. It is shown once."""

    session_id: Id
    token: str
    url: Annotated[str, Field(description="Where to send the person.")]
    expires_at: Moment


class ConnectSessionRoutes:
    """Beginning connect sessions."""

    def __init__(self, use: ApiServices) -> None:
        """Serve ``use.connect_sessions``."""
        self._use = use

    def operations(self) -> tuple[Operation, ...]:
        """What is served, in the order of the reference."""
        return (
            Operation(
                "POST",
                "/connect-sessions",
                Permission.CONNECTIONS_WRITE,
                self.create_connect_session,
                "Begin a connect session",
                status=201,
                applications=True,
            ),
        )

    async def create_connect_session(self, call: AnyCaller, body: NewSession) -> ConnectLink:
        """A link that lasts half an hour, for somebody who lets the application act for them.

        The application's own server calls this with an access token of its own (grant
        `client_credentials`), and staff for any application.
        """
        application = await self._application(call, body.client_id)
        reconnect_of = None if body.reconnect_of is None else int(body.reconnect_of)
        new = NewConnectSession(
            account_id=int(body.account_id),
            connectors=tuple(body.connectors),
            return_url=body.return_url,
            reconnect_of=reconnect_of,
        )
        session, value = await self._use.connect_sessions.create(application, new, call.actor)
        token = value.reveal()
        return ConnectLink(
            session_id=str(session.id),
            token=token,
            url=f"{call.tenant.issuer}/connect/session?session={token}",
            expires_at=moment(session.expires_at),
        )

    async def _application(
        self, call: StaffCall | ApplicationCall, client_id: str | None
    ) -> Application:
        """The application whose session it becomes. Raises ``OtherApplication``."""
        if isinstance(call, ApplicationCall):
            if client_id not in {None, call.application.client_id}:
                raise OtherApplication
            return call.application
        if client_id is None:
            raise ClientNeeded
        return await self._use.applications.get(call.org_id, client_id)
