"""The manifest that fits a platform's switches, and the plan of a client there."""

from __future__ import annotations

from typing import Any

from doorward.connectors import (
    AuthOption,
    ClientCredentials,
    DynamicOptions,
    Manifest,
    OptionsRequest,
    Plan,
    Variable,
)
from doorward.connectors.requests import (
    Assertion,
    Authorize,
    Callback,
    CallbackSignature,
    Capture,
    Delivery,
    ErrorMap,
    Expiry,
    Identity,
    PostConnect,
    Proxy,
    RefreshPolicy,
    ResponseMap,
    Revocation,
    ScopeRule,
    StateRule,
    Success,
    TokenRequest,
    Verify,
)
from doorward.crypto import Secret
from tests.support.upstream.api import API_KEY
from tests.support.upstream.platform import CLIENT_ID, ISSUER, SECRET
from tests.support.upstream.reading import PRIVATE_KEY
from tests.support.upstream.switches import NAMES, Switches

__all__ = ["REDIRECT_URI", "manifest_for", "plan_for"]

REDIRECT_URI = "http://127.0.0.1/callback"
_TYPES: dict[str, Any] = {
    "oauth": "oauth2_code",
    "client_credentials": "oauth2_client_credentials",
    "password": "oauth2_password",
    "two_step": "two_step",
    "jwt_bearer": "jwt_bearer",
    "key": "api_key",
}


def manifest_for(switches: Switches, url: str, slug: str = "platform") -> Manifest:
    """A manifest that says every switch of the platform at ``url``."""
    option = AuthOption(
        name="main",
        type=_TYPES[switches.kind],
        authorize=_authorize(switches, url) if switches.kind == "oauth" else None,
        callback=_callback(switches),
        token=None if switches.kind == "key" else _token(switches, url),
        refresh=None if switches.kind == "key" else _refresh(switches, url),
        response=_response(switches),
        expiry=_expiry(switches),
        refresh_policy=_policy(switches),
        post_connect=_post_connect(switches, url),
        identity=_identity(switches, url),
        verify=Verify(url=f"{url}/api/me", forbidden_is_valid=True),
        revoke=_revoke(switches, url),
        delivery=_delivery(switches),
        variables=_variables(switches, url),
    )
    proxy = Proxy(base_url=f"{url}/api/things")
    return Manifest(slug=slug, name="The Platform", auth_options=(option,), proxy=proxy)


def plan_for(switches: Switches, url: str, **more: Any) -> Plan:
    """A plan of the platform's one client."""
    manifest = manifest_for(switches, url)
    pem = PRIVATE_KEY.as_pem(private=True).decode()
    client = ClientCredentials(CLIENT_ID, (Secret(SECRET),), REDIRECT_URI, Secret(pem))
    secret = {"password": Secret("difference"), "api_key": Secret(API_KEY)}
    values = {"username": "ada"}
    given: dict[str, Any] = {"client": client, "values": values, "secret_values": secret} | more
    return Plan(manifest, manifest.auth_options[0], **given)


def _authorize(switches: Switches, url: str) -> Authorize:
    names: dict[str, str | None] = {}
    if switches.renamed:
        names |= {name: NAMES[name] for name in ("client_id", "redirect_uri", "scope")}
    if switches.response_type is None:
        names["response_type"] = None
    states = {
        "plain": StateRule(),
        "long": StateRule(min_length=64),
        "short": StateRule(max_length=40),
        "custom": StateRule(custom="fixed"),
        "none": StateRule(send=False),
    }
    scope_param = None if switches.scope_style == "none" else "scope"
    return Authorize(
        url=f"{url}/#/authorize" if switches.in_fragment else f"{url}/authorize",
        params=dict(switches.extra_params),
        param_names=names,
        response_type=switches.response_type or "code",
        in_fragment=switches.in_fragment,
        scope=ScopeRule(
            default=() if switches.scope_style == "raw" else switches.scopes,
            optional=switches.optional_scopes,
            optional_param="optional_scope" if switches.optional_scopes else None,
            user=switches.user_scopes,
            separator=switches.scope_separator,
            param=scope_param,
            raw=_raw_scopes(switches),
        ),
        pkce=switches.pkce,
        state=states[switches.state],
        nonce=switches.identity == "id_token",
        redirect_uri=switches.registered_name,
    )


def _raw_scopes(switches: Switches) -> str | None:
    if switches.scope_style != "raw":
        return None
    separator = "%20" if switches.scope_separator == " " else switches.scope_separator
    return "scopes=" + separator.join(switches.scopes)


def _callback(switches: Switches) -> Callback:
    capture = (Capture(path="realmId", to="realm", required=True),)
    signature = CallbackSignature(encoding=switches.signed_callback or "hex")
    return Callback(
        code_param=switches.code_param,
        capture=capture if switches.tenant_in_callback else (),
        verify=signature if switches.signed_callback else None,
        check_issuer=ISSUER if switches.issuer else None,
    )


def _token(switches: Switches, url: str) -> TokenRequest:
    params = {}
    if switches.kind == "oauth" and switches.grant_type != "authorization_code":
        params["grant_type"] = switches.grant_type
    if switches.kind == "two_step":
        params = {"username": "{username}", "password": "{password}"}
    return _request(
        switches,
        url=f"{url}/token",
        auth=switches.client_auth,
        params=params,
        include_redirect_uri=switches.redirect_uri_in_exchange,
        echo_state=switches.echo_state,
        xml=("grant_type", "code", "redirect_uri", "code_verifier"),
    )


def _refresh(switches: Switches, url: str) -> TokenRequest:
    redirect_uri = NAMES["redirect_uri"] if switches.renamed else "redirect_uri"
    params = {redirect_uri: "{redirect_uri}"} if switches.refresh_wants_redirect else {}
    if switches.refresh == "access_token":
        params["grant_type"] = "access_token_exchange"
    return _request(
        switches,
        url=f"{url}/refresh" if switches.refresh_elsewhere else "",
        auth=switches.refresh_auth or switches.client_auth,
        params=params,
        include_scope=switches.refresh_wants_scope,
        xml=("grant_type", "refresh_token"),
    )


def _request(switches: Switches, *, auth: str, xml: tuple[str, ...], **more: Any) -> TokenRequest:
    """What requests for tokens have in common on one platform."""
    as_user = auth == "key_as_user"
    own_words: dict[str, Any] = {
        "BAD_TOKEN_4711": "dead_grant",
        "WHO_ARE_YOU_4712": "configuration",
    }
    own_headers = {"X-Client-Key": "{client_id}", "X-Client-Secret": "{client_secret}"}
    flag: str | bool = "true" if switches.answer in {"form", "xml"} else True
    success = Success(status=(switches.success_status,))
    if switches.refresh == "code_only":
        path = _inside(switches, "status")
        success = Success(status=(switches.success_status,), path=path, equals="0000")
    elif switches.errors_in_200:
        path = _inside(switches, "ok", top=True)
        success = Success(status=(200, switches.success_status), path=path, equals=flag)
    return TokenRequest(
        body=switches.body,
        xml_template=_xml_template(xml, auth) if switches.body == "xml" else "",
        client_auth="basic" if as_user else auth,  # type: ignore[arg-type]
        basic_user="{client_secret}" if as_user else "{client_id}",
        basic_password="" if as_user else "{client_secret}",
        auth_headers=own_headers if auth == "custom" else {},
        param_names=dict(NAMES) if switches.renamed else {},
        assertion=Assertion(),
        success=success,
        error=ErrorMap(
            code_path=_inside(switches, "error", top=True),
            message_path=_inside(switches, "error_description", top=True),
            map=own_words if switches.own_error_words else {},
        ),
        timeout_s=switches.timeout_s,
        **more,
    )


def _xml_template(names: tuple[str, ...], auth: str) -> str:
    more = ("client_id", "client_secret") if auth == "post" else ()
    fields = "".join(f"<{name}>{{{name}}}</{name}>" for name in (*names, *more))
    return f"<ask>{fields}</ask>"


def _inside(switches: Switches, path: str, *, top: bool = False) -> str:
    """Where something stands: XML has a root element around all of it."""
    parts = ["answer"] if switches.answer == "xml" else []
    parts += ["data"] if switches.enveloped and not top else []
    return ".".join([*parts, path] if path else parts)


def _response(switches: Switches) -> ResponseMap:
    captures = (Capture(path="instance_url", to="instance_url", required=True),)
    absolute = switches.expiry in {"iso", "epoch", "epoch_ms"}
    units: dict[str, Any] = {"ms": "ms", "iso": "iso", "epoch": "epoch", "epoch_ms": "epoch_ms"}
    return ResponseMap(
        root=_inside(switches, ""),
        format="auto" if switches.says_its_type or switches.answer == "json" else switches.answer,
        scope_separator="," if switches.scope_separator == "," else " ",
        expires_at="expires_at" if absolute else None,
        expires_unit=units.get(switches.expiry, "s"),
        captures=captures if switches.base_in_answer else (),
        named={"user_token": "authed_user.access_token"} if switches.user_scopes else {},
    )


def _expiry(switches: Switches) -> Expiry:
    return Expiry(
        source="jwt" if switches.expiry == "jwt" else "response",
        zero_is_never=switches.expiry == "zero",
    )


def _policy(switches: Switches) -> RefreshPolicy:
    kinds: dict[str, Any] = {
        "rotating": "rotating",
        "reusable": "reusable",
        "code_only": "reusable",
        "access_token": "access_token_exchange",
    }
    relogin = switches.kind in {"client_credentials", "two_step", "jwt_bearer"}
    kind: Any = "relogin" if relogin else kinds[switches.refresh]
    return RefreshPolicy(
        kind=kind, grace_s=switches.grace_s, resend_on_network_error=switches.grace_s > 0
    )


def _post_connect(switches: Switches, url: str) -> tuple[PostConnect, ...]:
    if switches.after == "session":
        captures = (
            Capture(path="session", to="session", required=True),
            Capture(path="base.url", to="rest_url"),
        )
        login = {"version": "2"}
        step = PostConnect(
            url=f"{url}/api/session", method="POST", body=login, captures=captures,
            session_ttl_s=600,
        )  # fmt: skip
        return (step,)
    if switches.after == "accounts":
        captures = (
            Capture(path="id", to="site", required=True),
            Capture(path="name", to="site_name"),
        )
        return (PostConnect(url=f"{url}/api/accounts", accounts="sites", captures=captures),)
    return ()


def _identity(switches: Switches, url: str) -> Identity | None:
    me = f"{url}/api/me"
    rules = {
        "userinfo": Identity(url=me, root="user", organization="organization"),
        "token": Identity(account_id="account", account_name="account_name"),
        "id_token": Identity(root="id_token", account_id="sub"),
        "none": None,
    }
    return rules[switches.identity]


def _revoke(switches: Switches, url: str) -> tuple[Revocation, ...]:
    revoke = f"{url}/revoke"
    rules = {
        "form": Revocation(url=revoke),
        "basic_json": Revocation(url=revoke, client_auth="basic", body="json"),
        "bearer": Revocation(
            url=revoke, client_auth="bearer", token="access", token_param=None, body="none"
        ),
        "delete": Revocation(
            url=f"{url}/grants/{{token}}", method="DELETE", client_auth="custom", body="none",
            auth_headers={"X-Client-Secret": "{client_secret}"}, token="access",
        ),
        "query": Revocation(url=revoke, client_auth="none", body="query", token="both"),
    }  # fmt: skip
    return (rules[switches.revoke],) if switches.revoke != "none" else ()


def _delivery(switches: Switches) -> Delivery:
    token = "{api_key}" if switches.kind == "key" else "{access_token}"
    headers = {"X-Api-Version": "2026-01-01"} if switches.version_header else {}
    agent = "Doorward (tests)" if switches.agent_header else None
    styles: dict[str, dict[str, Any]] = {
        "bearer": {"value": f"Bearer {token}"},
        "scheme": {"value": f"Zeta-token {token}"},
        "header": {"name": "X-Auth-Key", "value": token},
        "query": {"place": "query", "name": "api_token", "value": token},
        "basic": {"place": "basic", "basic_user": token, "basic_password": "X"},
        "cookie": {"place": "cookie", "name": "SID", "value": token},
        "several": {"name": "ACCESS_TOKEN", "value": token},
    }
    style = styles[switches.delivery]
    if switches.delivery == "several":
        headers["X-Account"] = "acme"
    return Delivery(headers=headers, user_agent=agent, **style)


def _variables(switches: Switches, url: str) -> tuple[Variable, ...]:
    regions = DynamicOptions(
        request=OptionsRequest(
            url=f"{url}/api/regions", headers={"X-Typed-Key": "{api_key}"},
            items="data.regions", value="code", label="label",
        ),
        needs=("api_key",),
    )  # fmt: skip
    return (
        Variable(name="username", required=False),
        Variable(name="password", required=False, secret=True),
        Variable(name="api_key", required=switches.kind == "key", secret=True),
        Variable(name="region", type="select", required=False, dynamic=regions),
        Variable(name="realm", source="callback", required=False, pattern="^realm-[0-9]{1,9}$"),
        Variable(name="instance_url", source="token", required=False),
        Variable(name="session", source="post_connect", required=False, secret=True),
    )
