"""What the rooms of connectors and the vault refuse, marked for translation, word for word."""

from __future__ import annotations

from doorward.http import message

__all__ = ["CONNECTOR_REFUSALS"]

CONNECTOR_REFUSALS = (
    message("There is a connector of this name already."),
    message("No more connectors can be registered. Remove one first."),
    message("Only staff who may change connectors can do this."),
    message("This organization does not take connectors from you."),
    message("The connector was changed in the meantime. Look at it again."),
    message("Only administrators may set up this connector."),
    message("This connector has no such environment."),
    message("Enter the client secret again when you change the client or where it is sent."),
    message("Enter the client secret."),
    message("Enter the private key."),
    message("This client has no secret."),
    message("A client secret is one line of up to 4096 characters."),
    message("A client id is one line of up to 512 visible characters."),
    message("A label is one line of up to 100 visible characters."),
    message("The redirect URI must be the one that this page shows."),
    message("Scopes are words of visible ASCII characters, 200 at most."),
    message("This is not an https address on the public internet."),
    message("There is no such field."),
    message("This is empty."),
    message("This is too long."),
    message("This has characters that cannot be used."),
    message("This is none of the choices."),
    message("This does not have the right form."),
    message("This is not a host name, such as app.example.com."),
    message("This is not the address of a site, such as https://example.com."),
    message("Administrators do not fill in this field."),
    message("The values are too many or too large."),
    message("The platform cannot be reached now. Try again in a moment."),
    message("This address cannot be used. Nothing was sent there."),
    message("This connection was disconnected."),
    message("This connection must be connected again."),
    message("The platform refuses this application. An administrator must act."),
    message("This credential cannot be renewed."),
    message("The credential is being renewed. Try again in a moment."),
    message("The platform does not answer at the moment. Try again later."),
)
