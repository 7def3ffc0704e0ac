"""What comes back with the person: verified, before a word of it is used."""

from __future__ import annotations

import hmac
import re
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256

from doorward.connectors.grants import Category, Plan, UpstreamFailure
from doorward.connectors.patterns import BadPattern, parse_pattern
from doorward.connectors.requests import CallbackSignature, Capture, ErrorMap
from doorward.connectors.upstream.failures import refuse
from doorward.connectors.upstream.known import Known, find_variable

__all__ = ["read_callback", "verify_callback"]

# Without a pattern of its own a value names no host: it has neither dot nor slash.
_PLAIN = re.compile(r"[A-Za-z0-9_~|@+=-]{1,256}\Z")
_LONGEST = 2_048


def verify_callback(plan: Plan, callback: Mapping[str, str], known: Known) -> None:
    """Raise ``UpstreamFailure`` unless this is the platform's own good news."""
    rule = plan.option.callback
    if rule.verify is not None:
        _verify_signature(plan, rule.verify, callback)
    # RFC 9207 2.4: before anything else of the answer counts.
    if (
        rule.check_issuer is not None
        and callback.get("iss", rule.check_issuer) != rule.check_issuer
    ):
        raise UpstreamFailure(Category.CONFIGURATION, "wrong_issuer", sent=False)
    error = callback.get(rule.error_param)
    if error:
        errors = plan.option.token.error if plan.option.token is not None else ErrorMap()
        raise refuse(error, callback.get("error_description", ""), errors, known)


def read_callback(plan: Plan, callback: Mapping[str, str]) -> dict[str, str]:
    """The variables that the manifest captures from the callback.

    They came through somebody's browser, so each has the form that its variable declares, or is a
    plain word. Raises ``UpstreamFailure`` where one that is required is not there.
    """
    found = {}
    for each in plan.option.callback.capture:
        value = callback.get(each.path, "")
        if value and _is_fit(plan, each, value):
            found[each.to] = value
        elif each.required:
            raise UpstreamFailure(Category.MANIFEST, f"no_{each.to}"[:64], sent=False)
    return found


def _is_fit(plan: Plan, rule: Capture, value: str) -> bool:
    variable = find_variable(plan, rule.to)
    pattern = variable.pattern if variable is not None else None
    if pattern is None:
        return _PLAIN.match(value) is not None
    try:
        return len(value) <= _LONGEST and parse_pattern(pattern).matches(value)
    except BadPattern:
        return False


def _verify_signature(plan: Plan, rule: CallbackSignature, callback: Mapping[str, str]) -> None:
    """HMAC over the sorted parameters, under any secret that the client has."""
    given = callback.get(rule.param, "").encode()
    left_out = {rule.param, *rule.exclude}
    signed = "&".join(f"{n}={v}" for n, v in sorted(callback.items()) if n not in left_out)
    secrets = plan.client.secrets if plan.client is not None else ()
    good = False
    for secret in secrets:
        mac = hmac.digest(secret.reveal().encode(), signed.encode("utf-8", "replace"), sha256)
        expected = mac.hex().encode() if rule.encoding == "hex" else b64encode(mac)
        good |= hmac.compare_digest(expected, given)
    if not good:
        raise UpstreamFailure(Category.CONFIGURATION, "callback_signature", sent=False)
