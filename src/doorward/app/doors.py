"""The last door of every endpoint: what may leave it when something was refused or went wrong.

Token-like endpoints answer JSON, pages answer a page. Anything that is not a known refusal is a
bug: the caller learns a request number, the log learns the rest.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from doorward.brakes import Braked
from doorward.db import Overloaded, Unavailable, Unrepresentable
from doorward.http import (
    ASGIApp,
    Call,
    Endpoint,
    ForgedRequest,
    Mishap,
    Reply,
    oauth_error_reply,
    too_many_reply,
)
from doorward.orgs import TenantPages
from doorward.protocol import ErrorCode, OAuthError, Refusal

__all__ = ["Door", "page_door", "token_door"]

log = logging.getLogger("doorward")

Door = Callable[[Endpoint], Endpoint]
"""Wraps an endpoint so that it always answers."""

_TEMPORARY = (Overloaded, Unavailable)


def token_door(endpoint: Endpoint) -> Endpoint:
    """For endpoints that programs call: errors in the words of RFC 6749 5.2."""

    async def guarded(call: Call) -> Reply | ASGIApp:
        try:
            return await endpoint(call)
        except OAuthError as error:
            if error.detail is not None:
                log.info("%s %s: %s", call.scope["path"], error.code, error.detail)
            return oauth_error_reply(error, basic=call.header(b"authorization") is not None)
        except Unrepresentable:
            return _oauth(ErrorCode.INVALID_REQUEST, "A parameter cannot be read.")
        except _TEMPORARY as error:
            log.warning("%s: %s", call.scope["path"], error)
            return _oauth(ErrorCode.TEMPORARILY_UNAVAILABLE, "Please try again in a moment.")
        except Refusal as refusal:
            return _refused(refusal)
        except Exception as error:  # noqa: BLE001 - the last door: a bug is answered and logged
            _report(call, error)
            return _oauth(ErrorCode.SERVER_ERROR, "Something went wrong on our side.")

    return guarded


def page_door(pages: TenantPages) -> Door:
    """For pages: errors as sentences that say what to do."""

    def door(endpoint: Endpoint) -> Endpoint:
        async def guarded(call: Call) -> Reply | ASGIApp:
            try:
                return await endpoint(call)
            except ForgedRequest:
                return pages.mishap(call, Mishap.FORM_NOT_OURS)
            except OAuthError as error:
                detail = (("error_description", error.description),)
                return pages.mishap(call, Mishap.BAD_REQUEST, detail=detail)
            except (Refusal, Unrepresentable) as error:
                wait_s = error.retry_after_s if isinstance(error, Braked) else None
                what = Mishap.BAD_REQUEST if wait_s is None else Mishap.TOO_MANY
                return pages.mishap(call, what, wait_s=wait_s)
            except _TEMPORARY as error:
                log.warning("%s: %s", call.scope["path"], error)
                return pages.mishap(call, Mishap.BUSY)
            except Exception as error:  # noqa: BLE001 - the last door: a bug is answered, logged
                _report(call, error)
                return pages.mishap(call, Mishap.SERVER_ERROR)

        return guarded

    return door


def _refused(refusal: Refusal) -> Reply:
    if isinstance(refusal, Braked):
        return too_many_reply(refusal.retry_after_s)
    return _oauth(ErrorCode.INVALID_REQUEST, refusal.sentence)


def _oauth(code: ErrorCode, description: str) -> Reply:
    return oauth_error_reply(OAuthError(code, description))


def _report(call: Call, error: Exception) -> None:
    number = call.scope.get("doorward.request_id")
    path = call.scope["path"]
    log.error("request %s: %s %s failed", number, call.method, path, exc_info=error)
