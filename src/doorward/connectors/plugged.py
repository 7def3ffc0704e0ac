"""The engine with plugins in front: what a plugin overrides it answers, the engine all else."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar, cast

from doorward.connectors.grants import Category, Grant, Party, Plan, UpstreamFailure
from doorward.connectors.model import Choice
from doorward.connectors.plugged_plans import (
    find_key,
    has_own_client,
    with_basic,
    with_oauth_info,
    with_option,
)
from doorward.connectors.plugin_answers import is_sound, is_token
from doorward.connectors.plugin_loading import Plugin
from doorward.connectors.plugins import (
    Asked,
    License,
    OAuthInfo,
    OverridingOption,
    PythonConnector,
    auth_type_of,
)
from doorward.connectors.upstream import Outcome, Revoked, Upstream, Verified
from doorward.connectors.upstream.grant_reading import carry_forward
from doorward.crypto import Random, Secret
from doorward.db import Clock
from doorward.http import Outbound

__all__ = ["PluggedUpstream"]

log = logging.getLogger("doorward")
T = TypeVar("T")

_LIMIT_S = 60.0
_TYPES = frozenset({"oauth", "apiKey"})


class PluggedUpstream(Upstream):
    """The same as ``Upstream``, for every plan whose manifest no plugin brought."""

    def __init__(
        self,
        outbound: Outbound,
        clock: Clock,
        random: Random,
        *,
        plugins: Mapping[str, Plugin],
        limit_s: float = _LIMIT_S,
    ) -> None:
        """Ask ``plugins``, which are by slug, and give each answer ``limit_s`` seconds."""
        super().__init__(outbound, clock, random)
        self._engine = Upstream(outbound, clock, random)
        self._plugins = plugins
        self._limit_s = limit_s

    async def settle(self, plan: Plan) -> Plan:
        """``plan`` with the plugin's client, where the organization has none, and its key."""
        asked = self._asked(plan, None)
        informer = self._find(plan, "get_oauth_info")
        if informer is not None and not has_own_client(plan):
            info = await self._answer(OAuthInfo, lambda: informer.get_oauth_info(asked))
            plan = with_oauth_info(plan, info)
        key, keeper = find_key(plan), self._find(plan, "get_basic_auth")
        if key is None or keeper is None or await self.auth_type(plan) != "apiKey":
            return plan
        value = await self._called(lambda: keeper.get_basic_auth(asked, key))
        if not is_token(value):
            raise _nonsense(Secret)
        return with_basic(plan, value)

    async def auth_type(self, plan: Plan) -> str:
        """``oauth`` or ``apiKey``."""
        plugin = self._find(plan, "get_auth_type")
        if plugin is None:
            return auth_type_of(plan.option)
        asked = self._asked(plan, None)
        given = await self._called(lambda: plugin.get_auth_type(asked))
        if given not in _TYPES:
            raise _nonsense(str)
        return given

    def is_overridden(self, plan: Plan, method: str) -> bool:
        """Whether a plugin answers for this method, and not the manifest."""
        return self._find(plan, method) is not None

    async def exchange(
        self,
        plan: Plan,
        *,
        code: str,
        verifier: str | None,
        callback: Mapping[str, str],
        nonce: str | None = None,
    ) -> Grant:
        """As the engine does, with what the plugin adds to the request."""
        plugin = self._find(plan, "get_overriding_oauth_option")
        if plugin is not None:
            asked = self._asked(plan, None)
            given = await self._answer(
                OverridingOption, lambda: plugin.get_overriding_oauth_option(asked, code)
            )
            plan = with_option(plan, given)
        return await self._engine.exchange(
            plan, code=code, verifier=verifier, callback=callback, nonce=nonce
        )

    async def refresh(self, plan: Plan, grant: Grant) -> Grant:
        """A newer grant, by the plugin where it knows how."""
        plugin = self._find(plan, "check_and_refresh_access_token")
        if plugin is None:
            return await self._engine.refresh(plan, grant)
        asked = self._asked(plan, grant)
        new = await self._maybe(Grant, lambda: plugin.check_and_refresh_access_token(asked, grant))
        if new is None:
            raise UpstreamFailure(Category.DEAD_GRANT, "plugin_says_over")
        return carry_forward(new, grant)

    async def identify(self, plan: Plan, grant: Grant | None) -> Party:
        """Whose account it is, and what is to be kept of that."""
        asked = self._asked(plan, grant)
        plugin = self._find(plan, "get_user_info")
        if plugin is None:
            party = await self._engine.identify(plan, grant)
        else:
            asking = plugin.get_user_info
            party = await self._answer(Party, lambda: asking(asked))
        keeper = self._find(plan, "post_save_user_info")
        if keeper is None:
            return party
        return await self._answer(Party, lambda: keeper.post_save_user_info(asked, party))

    async def identify_again(self, plan: Plan, grant: Grant | None) -> Party:
        """The same at the person's wish, which a plugin may answer in another way."""
        plugin = self._find(plan, "refresh_user_info")
        if plugin is None:
            return await self.identify(plan, grant)
        asked = self._asked(plan, grant)
        return await self._answer(Party, lambda: plugin.refresh_user_info(asked))

    async def verify(self, plan: Plan, grant: Grant | None) -> Verified:
        """Whether the credential is good."""
        plugin = self._find(plan, "auth_validation")
        if plugin is None:
            return await self._engine.verify(plan, grant)
        asked = self._asked(plan, grant)
        return await self._answer(Verified, lambda: plugin.auth_validation(asked))

    async def revoke(
        self, plan: Plan, *, access: Secret[str] | None, refresh: Secret[str] | None
    ) -> Revoked:
        """Take tokens back. What fails is told, not raised."""
        plugin = self._find(plan, "un_authorize")
        if plugin is None:
            return await self._engine.revoke(plan, access=access, refresh=refresh)
        asked = self._asked(plan, None)
        try:
            return await self._answer(Revoked, lambda: plugin.un_authorize(asked, access, refresh))
        except UpstreamFailure as failure:
            return _not_revoked(failure, access=access, refresh=refresh)

    async def options(
        self, plan: Plan, variable: str, values: Mapping[str, str]
    ) -> tuple[Choice, ...]:
        """The choices of a field."""
        plugin = self._find(plan, "get_managed_auth_options")
        if plugin is None:
            return await self._engine.options(plan, variable, values)
        asked = self._asked(plan, None)
        return await self._every(
            Choice, lambda: plugin.get_managed_auth_options(asked, variable, values)
        )

    async def license(self, plan: Plan, grant: Grant | None) -> License | None:
        """Whether the person may use the connector; None where no plugin says."""
        plugin = self._find(plan, "get_license_status")
        if plugin is None:
            return None
        asked = self._asked(plan, grant)
        return await self._maybe(License, lambda: plugin.get_license_status(asked))

    async def users(self, plan: Plan, grant: Grant | None) -> tuple[Party, ...] | None:
        """The users of the platform; None where no plugin says."""
        plugin = self._find(plan, "get_user_list")
        if plugin is None:
            return None
        asked = self._asked(plan, grant)
        given = await self._called(lambda: plugin.get_user_list(asked))
        return None if given is None else _all_sound(Party, given)

    def _find(self, plan: Plan, method: str) -> PythonConnector | None:
        """The plugin that brought the plan's manifest, if it has a ``method`` of its own.

        A manifest that somebody registered under the same slug is another one.
        """
        plugin = self._plugins.get(plan.manifest.slug)
        if plugin is None or plugin.manifest is not plan.manifest:
            return None
        own = getattr(type(plugin.connector), method)
        return None if own is getattr(PythonConnector, method) else plugin.connector

    def _asked(self, plan: Plan, grant: Grant | None) -> Asked:
        return Asked(plan, grant, self._engine, self._outbound, self._clock)

    async def _answer(self, kind: type[T], call: Callable[[], Awaitable[T]]) -> T:
        given = await self._called(call)
        if not is_sound(kind, given):
            raise _nonsense(kind)
        return given

    async def _maybe(self, kind: type[T], call: Callable[[], Awaitable[T | None]]) -> T | None:
        given = await self._called(call)
        if given is not None and not is_sound(kind, given):
            raise _nonsense(kind)
        return given

    async def _every(
        self, kind: type[T], call: Callable[[], Awaitable[tuple[T, ...]]]
    ) -> tuple[T, ...]:
        return _all_sound(kind, await self._called(call))

    async def _called(self, call: Callable[[], Awaitable[T]]) -> T:
        """What the plugin answers. Its mistakes are ``UpstreamFailure``, and quote nothing."""
        try:
            async with asyncio.timeout(self._limit_s):
                return await call()
        except UpstreamFailure:
            raise
        except TimeoutError:
            raise UpstreamFailure(Category.TRANSIENT, "plugin_timeout") from None
        except Exception as error:  # noqa: BLE001 - the code of others raises whatever it likes
            # Its text may hold a credential: the kind and the line are what is told.
            log.warning(
                "connector_plugin_failed error=%s at=%s", type(error).__name__, _line(error)
            )
            raise UpstreamFailure(Category.MANIFEST, "plugin_error") from None


def _all_sound(kind: type[T], given: object) -> tuple[T, ...]:
    if not isinstance(given, tuple) or not all(is_sound(kind, each) for each in given):
        raise _nonsense(kind)
    return cast("tuple[T, ...]", given)


def _nonsense(kind: type[object]) -> UpstreamFailure:
    log.warning("connector_plugin_failed error=answer wanted=%s", kind.__name__)
    return UpstreamFailure(Category.MANIFEST, "plugin_nonsense")


def _line(error: Exception) -> str:
    """Where it was raised."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return ""
    return f"{trace.tb_frame.f_globals.get('__name__', '')}:{trace.tb_lineno}"


def _not_revoked(
    failure: UpstreamFailure, *, access: Secret[str] | None, refresh: Secret[str] | None
) -> Revoked:
    again = failure.category is Category.TRANSIENT
    outcomes: list[Outcome] = []
    if refresh is not None:
        outcomes.append(Outcome("refresh", "failed", failure.status, failure.code, again))
    if access is not None:
        outcomes.append(Outcome("access", "failed", failure.status, failure.code, again))
    return Revoked(tuple(outcomes))
