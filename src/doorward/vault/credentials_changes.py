"""What a change of tenant credentials makes of them, and whom it has connect again. Pure."""

from __future__ import annotations

from dataclasses import fields, replace

import msgspec

from doorward.connectors import AuthOption, Manifest
from doorward.crypto import Secret
from doorward.vault.credentials_model import (
    CredentialsChange,
    Extra,
    Submission,
    TenantCredentials,
)
from doorward.vault.credentials_refusals import SecretNeeded
from doorward.vault.credentials_rules import Checked, find_client_option
from doorward.vault.pasting import declared_in

__all__ = ["ends_sessions", "merge_change"]


def merge_change(
    manifest: Manifest, old: TenantCredentials, change: CredentialsChange
) -> tuple[Submission, bool]:
    """What ``old`` would be submitted as with ``change``, and whether it goes elsewhere.

    A secret is in it only if the change has one. Raises ``SecretNeeded`` where a kept secret would
    go to another client or host.
    """
    before = Submission(
        client_id=old.client_id,
        redirect_uri=old.redirect_uri,
        scopes=old.extra.scopes,
        authorization_url=old.extra.authorization_url,
        token_url=old.extra.token_url,
        values=old.extra.values,
        label=old.label,
    )
    given = {
        each.name: getattr(change, each.name)
        for each in fields(change)
        if getattr(change, each.name) is not msgspec.UNSET
    }
    wanted = replace(before, **given)
    declared = declared_in(manifest, find_client_option(manifest).variables)
    hidden = {name for name, each in declared.items() if each.secret}
    moves = _goes_to(before, hidden) != _goes_to(wanted, hidden)
    has_secret = isinstance(change.client_secret, Secret) or isinstance(change.private_key, Secret)
    if moves and not has_secret:
        raise SecretNeeded
    return wanted, moves


def _goes_to(given: Submission, hidden: set[str]) -> tuple[str, str, dict[str, str]]:
    """The client, and whatever says where its secrets are sent."""
    values = {
        name: text.strip()
        for name, text in given.values.items()
        if name not in hidden and text.strip()
    }
    return given.client_id.strip(), given.token_url.strip(), values


def ends_sessions(option: AuthOption, old: TenantCredentials, new: Checked) -> bool:
    """Whether connections made with ``old`` must be made again once ``new`` is in its place.

    Another client, another host, another redirect URI or fewer scopes: the platform's grants are
    no longer what the organization wants, or no longer answered. More scopes, another label or
    another secret of the same client end nothing.
    """
    was, is_ = old.extra, new.extra
    if (old.client_id, old.redirect_uri) != (new.client_id, new.redirect_uri):
        return True
    if (was.authorization_url, was.token_url) != (is_.authorization_url, is_.token_url):
        return True
    if was.values != is_.values:
        return True
    return not _scopes_of(option, was) <= _scopes_of(option, is_)


def _scopes_of(option: AuthOption, extra: Extra) -> frozenset[str]:
    if extra.scopes is not None:
        return frozenset(extra.scopes)
    return frozenset(option.authorize.scope.default if option.authorize is not None else ())
