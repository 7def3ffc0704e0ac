"""Whether a client is the application that it says it is (RFC 6749 2.3.1)."""

from __future__ import annotations

from doorward.clients.model import MAX_LIVE_SECRETS, Application, AuthenticatedClient
from doorward.crypto import digest, same
from doorward.protocol import AuthMethod, PresentedClient, invalid_client

__all__ = ["verify_client"]

_NOBODYS = digest("nobody's secret")


def verify_client(
    application: Application | None,
    presented: PresentedClient,
    now: int,
    *,
    any_secret_method: bool = False,
) -> AuthenticatedClient:
    """The client, proved by the method that its application is registered for, at ``now``.

    ``any_secret_method`` lets a secret come in the header or in the form, however the application
    is registered: for wire contracts that know one of them only. One that is not approved yet
    proves itself too: for whom it may act is asked where it acts (``may_be_used_by``).
    Raises ``invalid_client`` with one description whatever is wrong. An unknown client, a wrong
    secret and a right one cost the same comparisons.
    """
    secret_id = _find_secret(application, presented.secret, now)
    if application is None:
        raise invalid_client("the client is unknown")
    free = any_secret_method and AuthMethod.NONE not in {presented.method, application.auth_method}
    if presented.method is not application.auth_method and not free:
        raise invalid_client(f"the client is registered for {application.auth_method}")
    if application.auth_method is AuthMethod.NONE:
        if presented.secret is not None:
            raise invalid_client("a public client sent a secret")
    elif secret_id is None:
        raise invalid_client("the secret is wrong, expired or empty")
    if not application.is_usable:
        raise invalid_client(f"the application is {application.status}")
    return AuthenticatedClient(
        application=application, method=presented.method, secret_id=secret_id
    )


def _find_secret(application: Application | None, secret: str | None, now: int) -> int | None:
    """The id of the live secret that ``secret`` is."""
    given = digest(secret or "")
    live = () if application is None else application.live_secrets(now)
    known = [each.digest for each in live]
    known += [_NOBODYS] * (MAX_LIVE_SECRETS - len(known))
    found = 0
    # Every one is compared, whether or not one has matched.
    for place, each in enumerate(known):
        found |= (same(given, each) & (place < len(live))) * (place + 1)
    return live[found - 1].secret_id if found and secret else None
