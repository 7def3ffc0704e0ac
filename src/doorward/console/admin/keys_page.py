"""Signing keys: which sign, which come next, which were used before."""

from __future__ import annotations

from typing import Final, cast, get_args

from doorward.console.admin.forms import Problem, problem_of
from doorward.console.admin.frame import AdminFrame
from doorward.console.admin.model import AdminPage, AdminRoute, AdminServices, Staff
from doorward.http import ASGIApp, Call, Reply, message
from doorward.keys import KeysRefusal, KeyStatus, SigningAlg, SigningKey
from doorward.orgs import Permission

__all__ = ["STATUSES", "SigningKeyPages"]

_PATH: Final = "/admin/keys"
_LONGEST_KID: Final = 100
_NO_ALGORITHM = message("Choose an algorithm.")
_NOTICES = {
    "rotated": message("The next key signs from now on. The one before stays published."),
    "withdrawn": message("The key is gone. What it signed is refused from now on."),
}

STATUSES: Final = {
    KeyStatus.CURRENT: message("Signs now"),
    KeyStatus.NEXT: message("Comes next"),
    KeyStatus.RETIRED: message("Retired"),
}
"""Where a key is in its life, as msgids."""


class SigningKeyPages:
    """``/admin/keys``."""

    def __init__(self, use: AdminServices, frame: AdminFrame) -> None:
        """Rotate the keys of ``use``, within ``frame``."""
        self._use = use
        self._frame = frame

    def routes(self) -> tuple[AdminRoute, ...]:
        """What is served."""
        read, write = Permission.KEYS_READ, Permission.KEYS_WRITE
        return (
            AdminRoute("GET", _PATH, read, "keys", self.show),
            AdminRoute("POST", "/admin/keys/rotate", write, "keys", self.rotate),
            AdminRoute("POST", "/admin/keys/withdraw", write, "keys", self.withdraw),
        )

    async def show(self, call: Call, staff: Staff) -> ASGIApp:
        """Every key, by algorithm."""
        return await self._page(call, staff)

    async def rotate(self, call: Call, staff: Staff) -> Reply | ASGIApp:
        """Sign with the next key from now on, after asking."""
        form = call.form()
        alg = form.get("alg") or ""
        if alg not in get_args(SigningAlg):
            return await self._page(call, staff, [Problem(_NO_ALGORITHM)])
        at_once = "at_once" in form
        if form.get("decision") != "confirm":
            return self._confirm(call, staff, "rotate", {"alg": alg, "kid": None})
        try:
            await self._use.keys.rotate(
                staff.org_id, cast("SigningAlg", alg), staff.actor, although_unseen=at_once
            )
        except KeysRefusal as refusal:
            return await self._page(call, staff, [problem_of(refusal)])
        return self._frame.back(staff, _PATH, done="rotated")

    async def withdraw(self, call: Call, staff: Staff) -> Reply | ASGIApp:
        """Take a retired key out of the published set, after asking."""
        form = call.form()
        kid = (form.get("kid") or "")[:_LONGEST_KID]
        known = {
            each.kid
            for each in await self._use.keys.list(staff.org_id)
            if each.status is KeyStatus.RETIRED
        }
        if kid in known and form.get("decision") != "confirm":
            return self._confirm(call, staff, "withdraw", {"alg": None, "kid": kid})
        try:
            # What is no key here never reaches the database.
            await self._use.keys.withdraw(staff.org_id, kid if kid in known else "", staff.actor)
        except KeysRefusal as refusal:
            return await self._page(call, staff, [problem_of(refusal)])
        return self._frame.back(staff, _PATH, done="withdrawn")

    def _confirm(
        self, call: Call, staff: Staff, question: str, about: dict[str, str | None]
    ) -> ASGIApp:
        values: dict[str, object] = {"question": question, **about}
        page = AdminPage("admin_key_confirm.html", "keys", _PATH)
        return self._frame.page(call, staff, page, values)

    async def _page(
        self, call: Call, staff: Staff, problems: list[Problem] | None = None
    ) -> ASGIApp:
        keys = await self._use.keys.list(staff.org_id)
        values: dict[str, object] = {
            "algorithms": [
                {"name": alg, "found": [_shown(each) for each in _in_order(keys, alg)]}
                for alg in get_args(SigningAlg)
            ],
            "jwks": f"{staff.tenant.issuer}/.well-known/jwks.json",
            "may_write": staff.may(Permission.KEYS_WRITE),
            "problems": problems or [],
        }
        page = AdminPage(
            "admin_keys.html",
            "keys",
            _PATH,
            status=422 if problems else 200,
            notices=_NOTICES,
        )
        return self._frame.page(call, staff, page, values)


def _in_order(keys: list[SigningKey], alg: str) -> list[SigningKey]:
    """The keys of ``alg``: the one that signs, the next one, and those before, youngest first."""
    order = list(STATUSES)
    return sorted((each for each in keys if each.alg == alg), key=lambda k: order.index(k.status))


def _shown(key: SigningKey) -> dict[str, object]:
    since = {
        KeyStatus.CURRENT: key.activated_at,
        KeyStatus.NEXT: key.created_at,
        KeyStatus.RETIRED: key.retired_at,
    }[key.status]
    return {
        "kid": key.kid,
        "status": str(key.status),
        "title": STATUSES[key.status],
        "since": since,
        "expires_at": key.expires_at,
    }
