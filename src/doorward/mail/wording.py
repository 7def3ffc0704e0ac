"""What each letter says: one line of the table for each template, in whole sentences.

``{org}``, ``{app}`` and the like are names, ``{matter}`` is a sentence; ``{moment}`` is when the
link ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from doorward.http import message
from doorward.mail.model import Template
from doorward.mail.wording_account import ACCOUNT_WORDING
from doorward.mail.wording_brakes import BRAKES_WORDING
from doorward.mail.wording_passkeys import PASSKEY_WORDING
from doorward.mail.wording_second_step import SECOND_STEP_WORDING
from doorward.mail.wording_self_service import SELF_SERVICE_WORDING
from doorward.mail.words import Wording

__all__ = [
    "CODE",
    "COPY_LINK",
    "GREETING",
    "GREETING_NOBODY",
    "HELP",
    "QUOTE",
    "WORDING",
    "Wording",
]

GREETING = message("Hello {name},")
GREETING_NOBODY = message("Hello,")
QUOTE = message("{org} wrote:")
COPY_LINK = message("If the button does nothing, copy this address into your browser:")
CODE = message("Or type this code on the page where you asked for it:")
HELP = message("Help from {org}:")

_OWNER = message(
    "You receive this because {app} is registered under your account at {org}. "
    "If you did not register it, tell {org}."
)
_PERSON = message(
    "If this was not you, remove the access there, and change the password of your account."
)
_SEE = message("See the application")
_CONNECTED = message("See your connected apps")
_NO_ACCESS = message("{app} no longer has access to your account")

_T = Template
WORDING: Mapping[Template, Wording] = MappingProxyType(
    {
        **ACCOUNT_WORDING,
        _T.INVITATION: Wording(
            subject=message("Your invitation to {org}"),
            says=message("{org} has made an account for you. Choose a password to open it."),
            action=message("Choose a password"),
            until=message("The link works once, until {moment}."),
            why=message(
                "If you did not expect this, you need not do anything: "
                "the account stays closed until somebody uses the link."
            ),
        ),
        _T.APPLICATION_SUBMITTED: Wording(
            subject=message("{app} was submitted for review"),
            says=message(
                "{org} has received {app} and will review it. "
                "We write to you when there is a decision or a question."
            ),
            action=_SEE,
            why=_OWNER,
        ),
        _T.APPLICATION_WAITING: Wording(
            subject=message("{app} is waiting for review"),
            says=message("{app} was submitted to {org} and is waiting for somebody to review it."),
            action=message("Open the review"),
            why=message(
                "You receive this because you may review applications for {org}. "
                "If you do not, tell whoever looks after the staff of {org}."
            ),
        ),
        _T.APPLICATION_IN_REVIEW: Wording(
            subject=message("{app} is being reviewed"),
            says=message("{org} has begun to review {app}. There is nothing for you to do now."),
            action=_SEE,
            why=_OWNER,
        ),
        _T.APPLICATION_CHANGES_REQUESTED: Wording(
            subject=message("Changes to {app} are needed"),
            says=message("{org} asks you to change something before {app} can be approved."),
            action=message("Make the changes"),
            why=_OWNER,
        ),
        _T.APPLICATION_APPROVED: Wording(
            subject=message("{app} was approved"),
            says=message("{org} has approved {app}. People can use it from now on."),
            action=_SEE,
            why=_OWNER,
        ),
        _T.APPLICATION_CHANGE_APPROVED: Wording(
            subject=message("The changes to {app} were approved"),
            says=message("{org} has approved your changes to {app}. They apply from now on."),
            action=_SEE,
            why=_OWNER,
        ),
        _T.APPLICATION_DECLINED: Wording(
            subject=message("{app} was not approved"),
            says=message("{org} has decided not to approve {app}."),
            action=_SEE,
            why=_OWNER,
        ),
        _T.APPLICATION_CHANGE_RETURNED: Wording(
            subject=message("Your changes to {app} were sent back"),
            says=message(
                "{org} asks you to look at your changes to {app} again. It goes on as it was."
            ),
            action=message("Make the changes"),
            why=_OWNER,
        ),
        _T.APPLICATION_CHANGE_DECLINED: Wording(
            subject=message("The changes to {app} were not approved"),
            says=message(
                "{org} has decided not to approve your changes to {app}. It goes on as it was."
            ),
            action=_SEE,
            why=_OWNER,
        ),
        _T.APPLICATION_REINSTATED: Wording(
            subject=message("{app} is no longer suspended"),
            says=message("{org} has lifted the suspension of {app}. People can use it again."),
            action=_SEE,
            why=_OWNER,
        ),
        _T.APPLICATION_SUSPENDED: Wording(
            subject=message("{app} was suspended"),
            says=message(
                "{org} has suspended {app}. Until {org} lifts that, nobody can sign in with it, "
                "and the access that it had is refused."
            ),
            action=_SEE,
            why=_OWNER,
        ),
        _T.APPLICATION_WITHDRAWN: Wording(
            subject=message("{app} was withdrawn"),
            says=message("{app} was withdrawn from {org}. Nobody can use it any more."),
            action=_SEE,
            why=_OWNER,
        ),
        _T.OWNERSHIP_OFFERED: Wording(
            subject=message("You are asked to take over {app}"),
            says=message(
                "{person} asks you to take over {app} at {org}. Nothing changes until you accept."
            ),
            unnamed=message(
                "You are asked to take over {app} at {org}. Nothing changes until you accept."
            ),
            action=message("Answer the offer"),
            until=message("The offer stands until {moment}."),
            why=message("If you do not know {app}, decline the offer or leave it unanswered."),
        ),
        _T.SECRET_CREATED: Wording(
            subject=message("A new secret for {app}"),
            says=message("{person} created a secret for {app} at {org}. It ends in {last4}."),
            unnamed=message("A secret for {app} was created at {org}. It ends in {last4}."),
            action=message("See the secrets"),
            why=message(
                "If nobody on your side asked for it, revoke it at once: "
                "whoever holds it can act as {app}."
            ),
        ),
        _T.APPLICATION_CONNECTED: Wording(
            subject=message("{app} has access to your account"),
            says=message("You allowed {app} to use your account at {org}."),
            action=_CONNECTED,
            why=_PERSON,
        ),
        _T.ACCESS_CHANGED: Wording(
            subject=message("The access of {app} has changed"),
            says=message("What {app} may do with your account at {org} has changed."),
            action=_CONNECTED,
            why=_PERSON,
        ),
        _T.ACCESS_REMOVED: Wording(
            subject=_NO_ACCESS,
            says=message(
                "{app} can no longer use your account at {org}. "
                "What it received before stays with it."
            ),
            action=_CONNECTED,
            why=message("If this was not you, change the password of your account."),
        ),
        _T.ACCESS_ENDED: Wording(
            subject=_NO_ACCESS,
            says=message(
                "{org} has ended the access of {app} to your account. "
                "What it received before stays with it."
            ),
            action=_CONNECTED,
            why=message("You receive this because you had allowed {app} to use your account."),
        ),
        _T.CONNECTOR_ASKED_FOR: Wording(
            subject=message("Somebody asks for {app}"),
            says=message(
                "{person} wants to connect an account at {app}. "
                "{org} has to enter its own credentials for {app} first."
            ),
            unnamed=message(
                "Somebody wants to connect an account at {app}. "
                "{org} has to enter its own credentials for {app} first."
            ),
            action=message("Open the connector"),
            why=message(
                "You receive this because you may change connectors for {org}. "
                "If you do not, tell whoever looks after the staff of {org}."
            ),
        ),
        _T.CONNECTION_ENDED: Wording(
            subject=message("Your connection to {platform} has stopped working"),
            says=message(
                "Your connection to {platform} at {org} has stopped working. {matter} "
                "Connect again to go on using it."
            ),
            action=message("See your connections"),
            why=message(
                "You receive this because you connected {platform} to your account at {org}. "
                "If you no longer need it, you can leave it as it is."
            ),
        ),
        _T.SHARED_CONNECTION_ENDED: Wording(
            subject=message("The connection of {org} to {platform} has stopped working"),
            says=message(
                "The connection to {platform} that {org} itself has, and no single person, has "
                "stopped working. {matter} Have it connected again, or end it."
            ),
            action=message("See the connection"),
            why=message(
                "You receive this because you may change connections for {org}. "
                "If you do not, tell whoever looks after the staff of {org}."
            ),
        ),
        _T.CREDENTIALS_REFUSED: Wording(
            subject=message("{platform} refuses the credentials of {org}"),
            says=message(
                "{platform} no longer accepts the credentials that {org} uses for it. "
                "Connections to {platform} cannot be renewed until the credentials are corrected."
            ),
            action=message("Check the credentials"),
            why=message(
                "You receive this because you may change connectors for {org}. "
                "If you do not, tell whoever looks after the staff of {org}."
            ),
        ),
        **SECOND_STEP_WORDING,
        **SELF_SERVICE_WORDING,
        **PASSKEY_WORDING,
        **BRAKES_WORDING,
        _T.TEST: Wording(
            subject=message("A test letter from {org}"),
            says=message("This letter shows that mail from {org} arrives."),
            why=message("Somebody who runs {org} asked for it. You need not do anything."),
        ),
    }
)
