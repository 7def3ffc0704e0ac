"""Registrations that the tests of applications share."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from doorward.audit import SYSTEM
from doorward.clients import (
    TRANSITIONS,
    Application,
    Applications,
    ApplicationStatus,
    NewApplication,
)
from doorward.protocol import AuthMethod, OAuthError, PresentedClient

__all__ = ["BASIC", "NONE", "POST", "SERVICE", "SITE", "SPA", "confidential", "path_to", "refusal"]

BASIC, POST, NONE = AuthMethod.BASIC, AuthMethod.POST, AuthMethod.NONE
SITE = NewApplication(
    org_id="river",
    name="Tally",
    redirect_uris=["https://tally.example/cb", "https://tally.example/cb"],
    post_logout_redirect_uris=["https://tally.example/"],
    scopes=["openid", "email", "openid"],
    status=ApplicationStatus.APPROVED,
    homepage_url="https://tally.example",
    contact_email="dev@tally.example",
)
SPA = replace(SITE, kind="spa", auth_method=NONE)
SERVICE = replace(SITE, kind="service", redirect_uris=(), post_logout_redirect_uris=())


async def refusal(
    applications: Applications,
    client_id: str,
    secret: str | None,
    method: AuthMethod = BASIC,
    org_id: str = "river",
) -> OAuthError:
    with pytest.raises(OAuthError) as refused:
        await applications.authenticate(org_id, PresentedClient(client_id, secret, method))
    return refused.value


async def confidential(applications: Applications, **changes: Any) -> tuple[Application, str]:
    application, secret = await applications.create(replace(SITE, **changes), SYSTEM)
    assert secret is not None
    return application, secret.reveal()


def path_to(status: ApplicationStatus) -> list[ApplicationStatus]:
    """The shortest way from approved to ``status``."""
    paths = {ApplicationStatus.APPROVED: list[ApplicationStatus]()}
    queue = [ApplicationStatus.APPROVED]
    for at in queue:
        for after in TRANSITIONS[at]:
            if after not in paths:
                paths[after] = [*paths[at], after]
                queue.append(after)
    return paths[status]
