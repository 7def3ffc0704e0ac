"""Django OAuth Toolkit: a Django project in one file, as its documentation sets it up.

BENCH_PEER: {database, key, signing_key, issuer, is_hashed, service: {id, secret}, web: {id, secret,
redirect_uri}, people: [[name, password], …]}.
"""

from __future__ import annotations

import json
import os
from typing import Any

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application

__all__ = ["application"]

_GIVEN: dict[str, Any] = json.loads(os.environ["BENCH_PEER"])
_SIGN_IN = """<!doctype html><title>Sign in</title><form method="post">{% csrf_token %}
{{ form.as_p }}<input type="hidden" name="next" value="{{ next }}"><button>Sign in</button>
</form>"""

settings.configure(
    DEBUG=False,
    SECRET_KEY=_GIVEN["key"],
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF="bench.peers.toolkit_urls",
    USE_TZ=True,
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "oauth2_provider",
    ],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {
                "loaders": [
                    ("django.template.loaders.locmem.Loader", {"sign_in.html": _SIGN_IN}),
                    "django.template.loaders.app_directories.Loader",
                ],
                "context_processors": ["django.template.context_processors.request"],
            },
        },
    ],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": _GIVEN["database"],
            # One connection for each thread, kept; as durable as Doorward's.
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                "timeout": 20,
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                " PRAGMA cache_size=-16000; PRAGMA temp_store=MEMORY;",
            },
        },
    },
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    LOGIN_URL="/sign-in",
    LOGGING_CONFIG=None,
    OAUTH2_PROVIDER={
        "OIDC_ENABLED": True,
        "OIDC_ISS_ENDPOINT": _GIVEN["issuer"],
        "OIDC_RSA_PRIVATE_KEY": _GIVEN["signing_key"],
        "OAUTH2_VALIDATOR_CLASS": "bench.peers.toolkit_claims.Validator",
        "SCOPES": {
            "openid": "Sign in",
            "profile": "Your name",
            "email": "Your e-mail address",
            "offline_access": "While you are away",
            "introspection": "Ask about tokens",
        },
        "DEFAULT_SCOPES": ["introspection"],
        "ACCESS_TOKEN_EXPIRE_SECONDS": 3600,
        "REFRESH_TOKEN_EXPIRE_SECONDS": 86_400,
        "ROTATE_REFRESH_TOKEN": True,
        "REFRESH_TOKEN_REUSE_PROTECTION": True,
        "PKCE_REQUIRED": True,
    },
)
application = get_wsgi_application()


def _prepare() -> None:
    """The schema, the people, and both applications."""
    # Models can be imported once the settings are there.
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from oauth2_provider.models import Application

    django.setup()
    call_command("migrate", verbosity=0)
    for name, password in _GIVEN["people"]:
        User.objects.create_user(name, f"{name}@example.com", password, first_name=name.title())
    both = {
        "client_type": Application.CLIENT_CONFIDENTIAL,
        "hash_client_secret": _GIVEN["is_hashed"],
        "skip_authorization": True,
    }
    service, web = _GIVEN["service"], _GIVEN["web"]
    Application.objects.create(
        name="service",
        client_id=service["id"],
        client_secret=service["secret"],
        authorization_grant_type=Application.GRANT_CLIENT_CREDENTIALS,
        **both,
    )
    Application.objects.create(
        name="web",
        client_id=web["id"],
        client_secret=web["secret"],
        redirect_uris=web["redirect_uri"],
        authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
        algorithm=Application.RS256_ALGORITHM,
        **both,
    )


if __name__ == "__main__":
    _prepare()
