"""Authlib's authorization server in a Flask program, as its documentation sets it up.

BENCH_PEER: {database, key, signing_key, issuer, service: {id, secret}, web: {id, secret,
redirect_uri}, people: [[name, password], …]}.
"""

from __future__ import annotations

import json
import os
import time
from typing import Any

from authlib.integrations.flask_oauth2 import (
    AuthorizationServer,
    ResourceProtector,
    current_token,
)
from authlib.integrations.sqla_oauth2 import (
    OAuth2AuthorizationCodeMixin,
    OAuth2ClientMixin,
    OAuth2TokenMixin,
    create_bearer_token_validator,
    create_query_client_func,
    create_query_token_func,
    create_save_token_func,
)
from authlib.oauth2.rfc6749 import grants
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from authlib.oidc.core import UserInfo
from authlib.oidc.core.grants import OpenIDCode
from flask import Flask, jsonify, redirect, request, session
from joserfc.jwk import RSAKey
from sqlalchemy import Column, ForeignKey, Integer, String, create_engine, event
from sqlalchemy.orm import DeclarativeBase, relationship, scoped_session, sessionmaker
from werkzeug.security import check_password_hash, generate_password_hash

__all__ = ["application"]

_GIVEN: dict[str, Any] = json.loads(os.environ["BENCH_PEER"])
_ISSUER: str = _GIVEN["issuer"]
_KEY = RSAKey.import_key(_GIVEN["signing_key"], {"kid": "bench", "use": "sig", "alg": "RS256"})
_SCOPE = "openid profile email offline_access"
_GRANTS = ("authorization_code", "client_credentials", "refresh_token")
_SIGN_IN = (
    '<!doctype html><title>Sign in</title><form method="post"><input name="username">'
    '<input name="password" type="password"><button>Sign in</button></form>'
)

_engine = create_engine(f"sqlite:///{_GIVEN['database']}", connect_args={"timeout": 20})
_db = scoped_session(sessionmaker(_engine))


class _Tables(DeclarativeBase):
    """Of the tables."""


@event.listens_for(_engine, "connect")
def _configure(connection: Any, _record: object) -> None:  # noqa: ANN401 - of the driver
    """As durable as Doorward's."""
    for setting in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-16000"):
        connection.execute(f"PRAGMA {setting}")


class _User(_Tables):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    username = Column(String(40), unique=True)
    password = Column(String(200))

    def get_user_id(self) -> Any:  # noqa: ANN401 - a column
        return self.id


class _Client(_Tables, OAuth2ClientMixin):
    __tablename__ = "clients"
    id = Column(Integer, primary_key=True)


class _Code(_Tables, OAuth2AuthorizationCodeMixin):
    __tablename__ = "codes"
    id = Column(Integer, primary_key=True)
    user_id = Column(Integer, ForeignKey("users.id"))
    user = relationship("_User")


class _Token(_Tables, OAuth2TokenMixin):
    __tablename__ = "tokens"
    id = Column(Integer, primary_key=True)
    user_id = Column(Integer, ForeignKey("users.id"))
    user = relationship("_User")


class _AuthorizationCodeGrant(grants.AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic",)

    def save_authorization_code(self, code: str, asked: Any) -> _Code:  # noqa: ANN401
        kept = _Code(
            code=code,
            client_id=asked.client.client_id,
            redirect_uri=asked.payload.redirect_uri,
            scope=asked.payload.scope,
            nonce=asked.payload.data.get("nonce"),
            user_id=asked.user.id,
            code_challenge=asked.payload.data.get("code_challenge"),
            code_challenge_method=asked.payload.data.get("code_challenge_method"),
        )
        _db.add(kept)
        _db.commit()
        return kept

    def query_authorization_code(self, code: str, client: _Client) -> _Code | None:
        kept = _db.query(_Code).filter_by(code=code, client_id=client.client_id).first()
        return kept if kept is not None and not kept.is_expired() else None

    def delete_authorization_code(self, authorization_code: _Code) -> None:
        _db.delete(authorization_code)
        _db.commit()

    def authenticate_user(self, authorization_code: _Code) -> Any:  # noqa: ANN401
        return _db.get(_User, authorization_code.user_id)


class _RefreshTokenGrant(grants.RefreshTokenGrant):
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> _Token | None:
        kept = _db.query(_Token).filter_by(refresh_token=refresh_token).first()
        return kept if kept is not None and not kept.is_revoked() else None

    def authenticate_user(self, refresh_token: _Token) -> Any:  # noqa: ANN401
        return _db.get(_User, refresh_token.user_id)

    def revoke_old_credential(self, refresh_token: _Token) -> None:
        now = int(time.time())
        refresh_token.access_token_revoked_at = now
        refresh_token.refresh_token_revoked_at = now
        _db.add(refresh_token)
        _db.commit()


def _claims_of(user: Any, scope: str) -> UserInfo:  # noqa: ANN401 - a row
    claims = UserInfo(sub=str(user.id))
    if "profile" in scope:
        name = user.username.title()
        claims |= {"name": name, "given_name": name, "preferred_username": user.username}
    if "email" in scope:
        claims["email"] = f"{user.username}@example.com"
    return claims


class _OpenIDCode(OpenIDCode):
    def exists_nonce(self, nonce: str, asked: Any) -> bool:  # noqa: ANN401
        mine = _db.query(_Code).filter_by(client_id=asked.payload.client_id, nonce=nonce)
        return mine.first() is not None

    def resolve_client_private_key(self, _client: _Client) -> RSAKey:
        return _KEY

    def get_client_algorithm(self, _client: _Client) -> str:
        return "RS256"

    def get_client_claims(self, _client: _Client) -> dict[str, str]:
        return {"iss": _ISSUER}

    def generate_user_info(self, user: Any, scope: str) -> UserInfo:  # noqa: ANN401
        return _claims_of(user, scope)


class _Introspection(IntrospectionEndpoint):
    query_token = staticmethod(create_query_token_func(_db, _Token))

    def check_permission(self, token: _Token, client: _Client, _asked: object) -> bool:
        return bool(token.check_client(client))

    def introspect_token(self, token: _Token) -> dict[str, Any]:
        return {
            "active": True,
            "client_id": token.client_id,
            "token_type": token.token_type,
            "scope": token.get_scope(),
            "iss": _ISSUER,
            "exp": token.issued_at + token.expires_in,
            "iat": token.issued_at,
        }


application = Flask(__name__)
application.config.update(
    SECRET_KEY=_GIVEN["key"],
    OAUTH2_REFRESH_TOKEN_GENERATOR=True,
    OAUTH2_SCOPES_SUPPORTED=_SCOPE.split(),
    OAUTH2_TOKEN_EXPIRES_IN=dict.fromkeys(_GRANTS, 3600),
)
_server = AuthorizationServer(
    application, create_query_client_func(_db, _Client), create_save_token_func(_db, _Token)
)
_server.register_grant(
    _AuthorizationCodeGrant, [CodeChallenge(required=True), _OpenIDCode(require_nonce=False)]
)
_server.register_grant(_RefreshTokenGrant)
_server.register_grant(grants.ClientCredentialsGrant)
_server.register_endpoint(_Introspection)
_require = ResourceProtector()
_require.register_token_validator(create_bearer_token_validator(_db, _Token)())


@application.teardown_appcontext
def _let_go(_error: BaseException | None) -> None:
    _db.remove()


@application.get("/authorize")
def _authorize() -> Any:  # noqa: ANN401 - what Flask sends
    user = _db.get(_User, session["user"]) if "user" in session else None
    if user is None:
        session["next"] = request.full_path
        return redirect("/sign-in")
    grant = _server.get_consent_grant(end_user=user)
    return _server.create_authorization_response(grant_user=user, grant=grant)


@application.route("/sign-in", methods=["GET", "POST"])
def _sign_in() -> Any:  # noqa: ANN401 - likewise
    if request.method == "GET":
        return _SIGN_IN
    user: Any = _db.query(_User).filter_by(username=request.form["username"]).first()
    if user is None or not check_password_hash(user.password, request.form["password"]):
        return _SIGN_IN, 403
    session["user"] = user.id
    return redirect(session.pop("next", "/"))


@application.post("/token")
def _issue() -> Any:  # noqa: ANN401 - likewise
    return _server.create_token_response()


@application.post("/introspect")
def _introspect() -> Any:  # noqa: ANN401 - likewise
    return _server.create_endpoint_response(_Introspection.ENDPOINT_NAME)


@application.get("/userinfo")
@_require("openid")
def _userinfo() -> Any:  # noqa: ANN401 - likewise
    return jsonify(_claims_of(current_token.user, current_token.get_scope()))


@application.get("/jwks")
def _jwks() -> Any:  # noqa: ANN401 - likewise
    return jsonify(keys=[_KEY.as_dict(private=False)])


@application.get("/.well-known/openid-configuration")
def _discovery() -> Any:  # noqa: ANN401 - likewise
    return jsonify(
        issuer=_ISSUER,
        authorization_endpoint=f"{_ISSUER}/authorize",
        token_endpoint=f"{_ISSUER}/token",
        introspection_endpoint=f"{_ISSUER}/introspect",
        userinfo_endpoint=f"{_ISSUER}/userinfo",
        jwks_uri=f"{_ISSUER}/jwks",
        scopes_supported=_SCOPE.split(),
        response_types_supported=["code"],
        grant_types_supported=_GRANTS,
        subject_types_supported=["public"],
        id_token_signing_alg_values_supported=["RS256"],
        token_endpoint_auth_methods_supported=["client_secret_basic"],
        code_challenge_methods_supported=["S256"],
    )


def _prepare() -> None:
    """The schema, the people, and both applications."""
    _Tables.metadata.create_all(_engine)
    for name, password in _GIVEN["people"]:
        _db.add(_User(username=name, password=generate_password_hash(password)))
    for each, types, scope in (
        (_GIVEN["service"], ["client_credentials"], ""),
        (_GIVEN["web"], ["authorization_code", "refresh_token"], _SCOPE),
    ):
        client = _Client(client_id=each["id"], client_secret=each["secret"])
        client.set_client_metadata(
            {
                "client_name": each["id"],
                "grant_types": types,
                "redirect_uris": [each["redirect_uri"]] if "redirect_uri" in each else [],
                "response_types": ["code"] if scope else [],
                "scope": scope,
                "token_endpoint_auth_method": "client_secret_basic",
            }
        )
        _db.add(client)
    _db.commit()


if __name__ == "__main__":
    _prepare()
