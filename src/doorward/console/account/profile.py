"""Personal info: names, language and picture, and the Patreon account that a person names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from doorward.accounts import (
    Account,
    AccountChange,
    Accounts,
    AccountsRefusal,
    PatreonLink,
    PlatformProfile,
    PlatformProfiles,
)
from doorward.console.account.frame import AccountFrame, Person
from doorward.http import ASGIApp, Call, Reply, message, redirect_reply
from doorward.orgs import TenantPages
from doorward.protocol import Parameters, is_web_url
from doorward.sessions import Sessions, SignInPages

__all__ = ["ProfilePages", "parse_cents"]

_PATH = "/account/profile"
_TEXTS = ("name", "given_name", "family_name", "picture_url")
_LINK = ("user_id", "full_name", "tier", "pledge", "since")
_PLATFORM = "neos"
"""The contract that carries Patreon data: elsewhere nobody is asked for them."""
_AMOUNT = re.compile(r"([0-9]{1,7})(?:[.,]([0-9]{1,2}))?\Z", re.ASCII)
_NO_AMOUNT = message("Write an amount, like 5 or 5.00.")
_NO_PICTURE = message("The address of a picture starts with https://.")
_REFUSED = (
    message("A Patreon user id is a number."),
    message("A tier is one line of up to 100 characters."),
    message("A pledge is between 0 and 1,000,000.00."),
    message("Write a day that has been, like 2024-05-01."),
    message("This is not a language tag."),
    message("A company has a name."),
)
"""What the room says, word for word, to what can be typed here and nowhere else."""


@dataclass(frozen=True, slots=True)
class _Problem:
    """One thing that is wrong: the sentence (a msgid) and its field."""

    sentence: str
    field: str | None = None
    about: str | None = None


class ProfilePages:
    """``/account/profile``."""

    def __init__(
        self,
        *,
        sessions: Sessions,
        accounts: Accounts,
        platform_profiles: PlatformProfiles,
        sign_in: SignInPages,
        pages: TenantPages,
    ) -> None:
        """Change ``accounts`` and ``platform_profiles`` for whoever ``sessions`` know."""
        self._frame = AccountFrame(sessions=sessions, sign_in=sign_in, pages=pages)
        self._accounts = accounts
        self._platform_profiles = platform_profiles

    async def show(self, call: Call) -> Reply | ASGIApp:
        """``GET``: what is kept, in forms."""
        return await self._frame.signed_in(call, self._show)

    async def save(self, call: Call) -> Reply | ASGIApp:
        """``POST``: keep one of the forms, or say what is wrong with it."""
        return await self._frame.signed_in(call, self._save)

    async def _show(self, call: Call, person: Person) -> ASGIApp:
        return await self._page(call, person, {}, [])

    async def _save(self, call: Call, person: Person) -> Reply | ASGIApp:
        form = self._frame.verified_form(call, person)
        try:
            kept = await self._keep(person, form)
        except AccountsRefusal as refusal:
            field = "pledge" if refusal.field == "pledge_cents" else refusal.field
            kept = _Problem(refusal.sentence, field)
        if isinstance(kept, _Problem):
            return await self._page(call, person, _typed(form), [kept])
        return redirect_reply(f"{person.tenant.base}{_PATH}{kept}")

    async def _keep(self, person: Person, form: Parameters) -> str | _Problem:
        """What the address says afterwards, or what is wrong."""
        part = form.get("part")
        if part == "personal":
            return await self._keep_personal(person, form) or "?done=profile_saved"
        if part == "patreon" and _PLATFORM in person.tenant.org.dialects:
            return await self._keep_patreon(person, form) or "?done=patreon_saved"
        if part == "unlink":
            await self._platform_profiles.unlink_patreon(*_whose(person), person.actor)
            return "?done=patreon_removed"
        return ""

    async def _keep_personal(self, person: Person, form: Parameters) -> _Problem | None:
        picture = _text(form, "picture_url")
        account = await self._accounts.get(*_whose(person))
        # One that staff chose stays as it is until it is changed.
        if picture not in {None, account.picture_url} and not _is_https(picture or ""):
            return _Problem(_NO_PICTURE, "picture_url")
        change = AccountChange(
            name=_text(form, "name"),
            given_name=_text(form, "given_name"),
            family_name=_text(form, "family_name"),
            locale=form.get("locale"),
            picture_url=picture,
        )
        await self._accounts.update(*_whose(person), change, person.actor)
        return None

    async def _keep_patreon(self, person: Person, form: Parameters) -> _Problem | None:
        cents = parse_cents(form.get("pledge") or "0")
        if cents is None:
            return _Problem(_NO_AMOUNT, "pledge")
        link = PatreonLink(
            user_id=unicodedata.normalize("NFKC", _text(form, "user_id") or ""),
            full_name=_text(form, "full_name"),
            tier=_text(form, "tier"),
            pledge_cents=cents,
            since=_text(form, "since"),
            active=form.get("active") == "yes",
        )
        before = await self._platform_profiles.get(*_whose(person))
        if before.patreon is not None and _same_but_verified(before.patreon, link):
            # Nothing was changed: what staff confirmed stays confirmed.
            return None
        await self._platform_profiles.link_patreon(*_whose(person), link, person.actor)
        return None

    async def _page(
        self, call: Call, person: Person, typed: Mapping[str, str], problems: list[_Problem]
    ) -> ASGIApp:
        account = await self._accounts.get(*_whose(person))
        profile = await self._platform_profiles.get(*_whose(person))
        part = typed.get("part")
        personal = typed if part == "personal" else _personal(account)
        values: dict[str, object] = {
            "personal": personal,
            "languages": _languages(personal.get("locale") or ""),
            "company": account.user_type == "company",
            "patreon": typed if part == "patreon" else _patreon(profile),
            "patreon_linked": profile.patreon is not None,
            "patreon_verified": profile.patreon is not None and profile.patreon.verified,
            "tags": profile.tags,
            "has_platform": _PLATFORM in person.tenant.org.dialects,
            "problems": problems,
        }
        return self._frame.page(call, person, "account_profile.html", _PATH, values)


def parse_cents(text: str) -> int | None:
    """An amount of money as cents, in whichever width it was typed; None for what is none."""
    found = _AMOUNT.match(unicodedata.normalize("NFKC", text).strip())
    if found is None:
        return None
    whole, rest = found.groups()
    return int(whole) * 100 + int((rest or "").ljust(2, "0"))


def _whose(person: Person) -> tuple[str, int]:
    return person.tenant.org_id, person.session.account_id


def _text(form: Parameters, name: str) -> str | None:
    return (form.get(name) or "").strip() or None


def _is_https(text: str) -> bool:
    return text.startswith("https://") and is_web_url(text)


def _same_but_verified(before: PatreonLink, after: PatreonLink) -> bool:
    return msgspec.structs.replace(before, verified=False) == after


def _typed(form: Parameters) -> dict[str, str]:
    names = (*_TEXTS, *_LINK, "locale", "active", "part")
    return {name: form.get(name) or "" for name in names}


def _personal(account: Account) -> dict[str, str]:
    return {name: getattr(account, name) or "" for name in (*_TEXTS, "locale")}


def _patreon(profile: PlatformProfile) -> dict[str, str]:
    link = profile.patreon
    if link is None:
        return {**dict.fromkeys(_LINK, ""), "active": "yes"}
    return {
        "user_id": link.user_id,
        "full_name": link.full_name or "",
        "tier": link.tier or "",
        "pledge": f"{link.pledge_cents // 100}.{link.pledge_cents % 100:02}",
        "since": link.since or "",
        "active": "yes" if link.active else "",
    }


def _languages(chosen: str) -> list[tuple[str, str]]:
    """The languages of the pages, and another that staff chose, which stays choosable."""
    known = [("en", "English"), ("ja", "日本語")]
    if chosen and chosen not in dict(known):
        known.append((chosen, chosen))
    return known
