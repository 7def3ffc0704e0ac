"""The engine with plugins in front: what a plugin overrides it answers, the engine all else."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import TypeVar, cast
from urllib.parse import quote

import msgspec

from doorward.connectors.grants import Category, Grant, Party, Plan, UpstreamFailure
from doorward.connectors.model import Choice
from doorward.connectors.plugin_answers import is_sound
from doorward.connectors.plugin_loading import Plugin
from doorward.connectors.plugins import Asked, License, OverridingOption, PythonConnector
from doorward.connectors.upstream import Outcome, Revoked, Upstream, Verified
from doorward.connectors.upstream.grant_reading import carry_forward
from doorward.crypto import Random, Secret
from doorward.db import Clock
from doorward.http import Outbound

__all__ = ["PluggedUpstream"]

log = logging.getLogger("doorward")
T = TypeVar("T")

_LIMIT_S = 60.0


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
            plan = _with_option(plan, given)
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


def _with_option(plan: Plan, given: OverridingOption) -> Plan:
    """``plan`` whose token request has this too, each value as a secret that nothing computes."""
    rule = plan.option.token
    if rule is None or not (given.query or given.headers):
        return plan
    secrets: dict[str, Secret[str]] = {}

    def hold(value: str) -> str:
        name = f"of_the_plugin_{len(secrets)}"
        secrets[name] = Secret(value)
        return f"{{{name}}}"

    url, headers = rule.url, {}
    for name, value in given.query.items():
        url += f"{'&' if '?' in url else '?'}{quote(name, safe='')}={hold(value)}"
    signs_in = None
    for name, value in given.headers.items():
        if name.lower() == "authorization":
            signs_in = {name: hold(value)} if value else {}
        else:
            headers[name] = hold(value)
    rule = msgspec.structs.replace(rule, url=url, headers={**rule.headers, **headers})
    if signs_in is not None:
        rule = msgspec.structs.replace(rule, client_auth="custom", auth_headers=signs_in)
    option = msgspec.structs.replace(plan.option, token=rule)
    return replace(plan, option=option, secret_values={**plan.secret_values, **secrets})


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
