"""The organization's own credentials for a platform: given, tried, changed, rotated, deleted."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from doorward.connectors import ClientProbe, ConnectorsRefusal
from doorward.console.admin.connector_desk import (
    LIST,
    ONE,
    describe,
    find_connector,
    find_place,
    needs,
    takes_client,
    with_issuer_of,
)
from doorward.console.admin.connector_view import ConnectorView, Shown, account_variables
from doorward.console.admin.forms import Problem, problem_of
from doorward.console.admin.frame import AdminFrame
from doorward.console.admin.model import AdminPage, AdminRoute, AdminServices, Staff
from doorward.crypto import Secret
from doorward.http import ASGIApp, Call, Reply, message
from doorward.orgs import Permission
from doorward.protocol import Parameters
from doorward.vault import (
    CredentialsChange,
    NotForCredentials,
    Place,
    Submission,
    UnknownCredentials,
    VaultRefusal,
    find_client_option,
)

__all__ = ["ConnectorCredentialPages"]

_PATH: Final = f"{LIST}/credentials"
_TEXTS: Final = ("client_id", "label", "scopes", "authorization_url", "token_url")
_FIELDS: Final = (*_TEXTS, "client_secret", "private_key")
_CONFIRM: Final = message(
    "This has {people} people connect again. Tick the box if that is what you want."
)
_NO_SECRET: Final = message("Enter the new secret.")


class ConnectorCredentialPages:
    """``/admin/connectors/connector`` and the forms about credentials on it."""

    def __init__(self, use: AdminServices, frame: AdminFrame, view: ConnectorView) -> None:
        """Keep credentials through ``use``; ``view`` shows them."""
        self._use = use
        self._frame = frame
        self._view = view

    def routes(self) -> tuple[AdminRoute, ...]:
        """What is served."""
        read, write = Permission.CONNECTORS_READ, Permission.CONNECTORS_WRITE
        return (
            AdminRoute("GET", ONE, read, "connectors", self.show),
            AdminRoute("POST", _PATH, write, "connectors", self.submit),
            AdminRoute("POST", f"{_PATH}/change", write, "connectors", self.change),
            AdminRoute("POST", f"{_PATH}/rotate", write, "connectors", self.rotate),
            AdminRoute("POST", f"{_PATH}/withdraw", write, "connectors", self.withdraw),
            AdminRoute("POST", f"{_PATH}/revoke", write, "connectors", self.revoke),
        )

    async def show(self, call: Call, staff: Staff) -> ASGIApp:
        """The connector. Raises ``UnknownConnector``."""
        connector = await find_connector(self._use, call, staff)
        return await self._view.page(call, staff, connector)

    async def submit(self, call: Call, staff: Staff) -> Reply | ASGIApp:
        """Ask the platform whether it knows the client, or keep it to be proved by connecting."""
        place, form = await self._find(call, staff), call.form()
        by = staff.connector_author
        try:
            given = self._submission(place, form)
            if form.get("action") == "test":
                probe = await self._use.connecting.trials.probe(place, given, by)
                return await self._again(call, staff, place, form, probe=probe)
            await self._use.connecting.credentials.submit(place, given, by)
        except (VaultRefusal, ConnectorsRefusal) as refusal:
            return await self._again(call, staff, place, form, _problem(refusal))
        return self._back(staff, place, "submitted")

    async def change(self, call: Call, staff: Staff) -> Reply | ASGIApp:
        """Change what is in use; whoever must connect again is counted, and that confirmed."""
        place, form = await self._find_kept(call, staff), call.form()
        by, change = staff.connector_author, self._change(place, form)
        trials = self._use.connecting.trials
        try:
            if form.get("action") == "test":
                probe = await trials.probe_change(place, change, by)
                return await self._again(call, staff, place, form, probe=probe)
            affected = await trials.weigh(place, change, by)
            if affected.connections and "confirm" not in form:
                problem = Problem(_CONFIRM, "confirm", given={"people": affected.people})
                return await self._again(call, staff, place, form, problem)
            changed = await self._use.connecting.credentials.change(place, change, by)
        except UnknownCredentials:
            raise
        except (VaultRefusal, ConnectorsRefusal) as refusal:
            return await self._again(call, staff, place, form, _problem(refusal))
        return self._back(staff, place, "replaced" if changed.ended else "changed")

    async def rotate(self, call: Call, staff: Staff) -> Reply | ASGIApp:
        """A new secret of the same client; nobody has to connect again."""
        place, form = await self._find_kept(call, staff), call.form()
        given = form.get("new_secret") or ""
        if not given.strip():
            problem = Problem(_NO_SECRET, "new_secret")
            return await self._again(call, staff, place, form, problem)
        try:
            await self._use.connecting.credentials.rotate(
                place, Secret(given), staff.connector_author
            )
        except UnknownCredentials:
            raise
        except VaultRefusal as refusal:
            problem = Problem(refusal.sentence, "new_secret")
            return await self._again(call, staff, place, form, problem)
        return self._back(staff, place, "rotated")

    async def withdraw(self, call: Call, staff: Staff) -> Reply:
        """Forget what the member of staff submitted and did not prove."""
        place = await self._find(call, staff)
        await self._use.connecting.credentials.withdraw(place, staff.connector_author)
        return self._back(staff, place, "withdrawn")

    async def revoke(self, call: Call, staff: Staff) -> Reply | ASGIApp:
        """Delete what is in use, after saying how many people that concerns."""
        place = await self._find_kept(call, staff)
        service = self._use.connecting.credentials
        if call.form().get("decision") != "confirm":
            values: dict[str, object] = {
                "connector": describe(place.connector, self._frame.locale_of(call)),
                "environment": place.environment,
                "affected": await service.affected(place),
            }
            page = AdminPage("admin_connector_revoke.html", "connectors", ONE, needs(place))
            return self._frame.page(call, staff, page, values)
        await service.revoke(place, staff.connector_author)
        return self._back(staff, place, "revoked")

    async def _find(self, call: Call, staff: Staff) -> Place:
        connector = await find_connector(self._use, call, staff)
        if not takes_client(connector):
            raise UnknownCredentials
        return find_place(call, staff, connector)

    async def _find_kept(self, call: Call, staff: Staff) -> Place:
        """The place of credentials that are in use. Raises ``UnknownCredentials``."""
        place = await self._find(call, staff)
        active = await self._use.connecting.credentials.find_active(place)
        if active is None:
            raise UnknownCredentials
        return with_issuer_of(place, active)

    def _submission(self, place: Place, form: Parameters) -> Submission:
        secret, key = form.get("client_secret"), form.get("private_key")
        return Submission(
            client_id=form.get("client_id") or "",
            client_secret=None if secret is None else Secret(secret),
            private_key=None if key is None else Secret(key.replace("\r\n", "\n")),
            scopes=_scopes(form),
            authorization_url=form.get("authorization_url") or "",
            token_url=form.get("token_url") or "",
            values=_values(place, form),
            label=form.get("label") or "",
        )

    def _change(self, place: Place, form: Parameters) -> CredentialsChange:
        given = self._submission(place, form)
        texts = CredentialsChange(
            client_id=given.client_id,
            scopes=given.scopes,
            authorization_url=given.authorization_url,
            token_url=given.token_url,
            values=given.values,
            label=given.label,
        )
        return _with_secrets(texts, given)

    async def _again(
        self,
        call: Call,
        staff: Staff,
        place: Place,
        form: Parameters,
        problem: Problem | None = None,
        *,
        probe: ClientProbe | None = None,
    ) -> ASGIApp:
        """The page with what was typed, except what is secret."""
        option = find_client_option(place.manifest)
        names = [f"value.{each.name}" for each in account_variables(place, option)]
        typed = {name: form.get(name) or "" for name in (*_TEXTS, *names)}
        shown = Shown(typed, [problem] if problem is not None else [], probe)
        return await self._view.page(call, staff, place.connector, shown)

    def _back(self, staff: Staff, place: Place, done: str) -> Reply:
        return self._frame.back(staff, ONE, done=done, **dict(needs(place)))


def _with_secrets(change: CredentialsChange, given: Submission) -> CredentialsChange:
    """``change`` with those secrets that were typed; the others stay."""
    secrets = {
        name: value
        for name in ("client_secret", "private_key")
        if (value := getattr(given, name)) is not None
    }
    return replace(change, **secrets)


def _scopes(form: Parameters) -> tuple[str, ...] | None:
    given = (form.get("scopes") or "").split()
    return tuple(given) or None


def _values(place: Place, form: Parameters) -> dict[str, str]:
    try:
        option = find_client_option(place.manifest)
    except NotForCredentials:
        return {}
    return {
        each.name: form[f"value.{each.name}"]
        for each in account_variables(place, option)
        if f"value.{each.name}" in form
    }


def _problem(refusal: VaultRefusal | ConnectorsRefusal) -> Problem:
    """``refusal`` beside its field: one of the form, or a variable."""
    known = problem_of(refusal, _FIELDS)
    if known.field is None and refusal.field and isinstance(refusal, ConnectorsRefusal):
        return Problem(known.sentence, f"value.{refusal.field}")
    return known
