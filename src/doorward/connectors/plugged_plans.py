"""Plans with what a plugin adds to them. No value that it gives is taken for a template."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote

import msgspec

from doorward.connectors.grants import ClientCredentials, Plan
from doorward.connectors.plugins import OAuthInfo, OverridingOption
from doorward.crypto import Secret

__all__ = ["find_key", "has_own_client", "with_basic", "with_oauth_info", "with_option"]

_KEY_NAMES = ("api_key", "apiKey")
_BASIC = "basic_of_the_plugin"


def has_own_client(plan: Plan) -> bool:
    """Whether the organization or the person brought the client, and not the manifest."""
    client = plan.client
    if client is None:
        return False
    has_secret = bool(client.secrets) or client.private_key is not None
    return has_secret or client.client_id != plan.option.client_id


def find_key(plan: Plan) -> Secret[str] | None:
    """The key that somebody gave: by its usual name, or the only secret there is."""
    found = next((plan.secret_values[n] for n in _KEY_NAMES if n in plan.secret_values), None)
    if found is None and len(plan.secret_values) == 1:
        (found,) = plan.secret_values.values()
    return found


def with_oauth_info(plan: Plan, info: OAuthInfo) -> Plan:
    """``plan`` with this client and these addresses, which may be templates of the manifest's."""
    option, client = plan.option, plan.client or ClientCredentials(plan.option.client_id)
    client = replace(
        client,
        client_id=info.client_id or client.client_id,
        secrets=() if info.client_secret is None else (info.client_secret,),
        redirect_uri=info.redirect_uri or client.redirect_uri,
    )
    authorize, token = option.authorize, option.token
    if authorize is not None:
        scope = authorize.scope
        if info.scopes:
            scope = msgspec.structs.replace(scope, default=info.scopes, optional=(), raw=None)
        authorize = msgspec.structs.replace(
            authorize,
            url=info.authorization_uri or authorize.url,
            scope=scope,
            redirect_uri=None if info.redirect_uri else authorize.redirect_uri,
        )
    if token is not None:
        token = msgspec.structs.replace(token, url=info.access_token_uri or token.url)
    option = msgspec.structs.replace(option, authorize=authorize, token=token)
    return replace(plan, option=option, client=client)


def with_basic(plan: Plan, value: Secret[str]) -> Plan:
    """``plan`` whose calls carry ``value`` behind ``Basic``, in the place of the manifest's way."""
    delivery = msgspec.structs.replace(
        plan.option.delivery, place="header", name="Authorization", value=f"Basic {{{_BASIC}}}"
    )
    option = msgspec.structs.replace(plan.option, delivery=delivery)
    return replace(plan, option=option, secret_values={**plan.secret_values, _BASIC: value})


def with_option(plan: Plan, given: OverridingOption) -> Plan:
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
