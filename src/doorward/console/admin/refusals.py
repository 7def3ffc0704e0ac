"""What the rooms refuse in answer to the console's forms, marked for translation.

The sentences are the rooms' own, word for word: a test sends each form what brings it about.
"""

from __future__ import annotations

from doorward.console.admin.connector_refusals import CONNECTOR_REFUSALS
from doorward.http import message

__all__ = ["REFUSALS"]

REFUSALS = (
    message("A name is one line of up to 100 visible characters."),
    message("A name is one line of up to 200 characters."),
    message("A name is one line of up to 80 visible characters."),
    message("A colour is written like #1a2b3c."),
    message("A link starts with https:// or http://."),
    message("The language is en or ja."),
    message("A user name is up to 128 visible characters without spaces."),
    message("A user name that is an e-mail address must be the account's own."),
    message("This is not an e-mail address."),
    message("This user name is already in use."),
    message("This e-mail address is already in use."),
    message("There are up to 50 tags of up to 50 characters."),
    message("The Patreon account has been changed. Look at it again."),
    message("The server is busy. Try again in a moment."),
    message("You cannot give or take over permissions that you do not have yourself."),
    message("An organization keeps at least one active owner, who may do everything."),
    message("This organization has no signing key."),
    message(
        "The next key was published less than five minutes ago, so some verifiers may not know it. "
        "Try again later."
    ),
    message("These keys were just rotated by somebody else."),
    message("Only a retired key can be taken out of the published set."),
    message("A label is one line of up to 80 visible characters."),
    message("Only active staff accounts have API keys."),
    message("API access is off for this account. Switch it on first."),
    message("An account has at most 25 API keys. Revoke one first."),
    message("This API key has been replaced already. Rotate the key that replaced it."),
    message("Give up to 32 networks, each like 192.0.2.0/24 or 2001:db8::/32."),
    message("Name at least one redirect URI."),
    message("Nobody signs in to a service: it has no redirect URI."),
    message("Only a native application has a scheme of its own."),
    message("Use https://. Only this machine's own addresses may use http://."),
    message("The address must not have the parameters of an answer in its query."),
    message("An application has at most 50 of these."),
    message("An application without a secret has no quota."),
    message("A quota is a whole number from 1 to 1,000,000."),
    message("The redirect URI is empty, too long, or has characters that are not allowed."),
    message("The redirect URI is not a valid URI."),
    message("The redirect URI must not have a fragment."),
    message("The redirect URI must start with https:// or http://, or be a private scheme."),
    message("The redirect URI must not have dot segments."),
    message("The redirect URI must not have a user name."),
    message("The port of the redirect URI is not valid."),
    message("The host of the redirect URI is not valid."),
    message("An application has at most five secrets. Revoke one first."),
    message("This is the last secret. Add another one, switch to it, then revoke this one."),
    message("This application is public and has no secrets."),
    message("The application cannot change to this status now."),
    message("A logo is a PNG, JPEG or WebP picture that is not damaged. SVG is not accepted."),
    message("A logo is up to 2 MB, and up to 4096 pixels wide and high."),
    message("You have sent many pictures today. Try again tomorrow."),
    message("A scope's name is up to 128 ASCII characters, no space."),
    message("This is one line of up to 80 characters."),
    message("This is one line of up to 300 characters."),
    message("The sensitivity is not one of the four."),
    message("A claim's name is up to 64 letters, digits and . _ : / -"),
    message("A scope of this name exists already."),
    message("There is no such API."),
    message("An identifier is an absolute URI without a fragment."),
    message("A name is one line of up to 80 characters."),
    message("An API of this identifier exists already."),
    message("Up to 50 client ids."),
    message("Scopes still belong to this API. Remove them first."),
    message("A message has up to 500 visible characters."),
    message("Say who may register."),
    message("This scope belongs to OpenID Connect: only its wording can be changed."),
    *CONNECTOR_REFUSALS,
)
