"""Rule: what happens to a person's account has a sentence for that person, or is said not to."""

from __future__ import annotations

import re
from typing import Final

from doorward.console.account.activity_words import SENTENCES
from tests.architecture.tree import ROOT, package_files

ACTION: Final = re.compile(
    r'"((?:account|session|second_step|recovery_codes?|passkey|consent|api_access|api_key'
    r'|personal_key|connection|invitation|email|password)\.[a-z_]+)"'
)
NO_ACTIONS: Final = {"consent.html", "invitation.html"}
NOT_FOR_PEOPLE: Final = {
    "account.belongings_erased": "nobody is left to be told",
    "account.erased": "nobody is left to be told",
    "account.tagged": "what staff note about people is theirs",
    "connection.called": "an application's work, in great number",
    "connection.identified": "the platform said whose account it is",
    "connection.needs_reconnect": "told by mail, and in the checkup",
    "connection.recovered": "nothing that a person did or need do",
    "connection.refresh_failed": "tried again; what comes of it has a sentence",
    "connection.refreshed": "renewed in the background, in great number",
    "connection.revoked": "follows from disconnecting, which has a sentence",
    "connection.scope_reduced": "told where the connection is shown",
    "connection.settings_changed": "an application's settings",
    "connection.token_read": "recorded of the connection, for those who look after staff",
    "invitation.created": "before the account was the person's",
    "invitation.renewed": "before the account was the person's",
    "invitation.withdrawn": "before the account was the person's",
}


def test_what_happens_to_an_account_is_told_or_it_is_said_why_not() -> None:
    """A new action fails here until somebody has written its sentence or a reason."""
    found = {
        action
        for file in package_files(ROOT)
        if not file.name.endswith("activity_words.py")
        for action in ACTION.findall(file.text)
    } - NO_ACTIONS
    assert found - set(SENTENCES) == set(NOT_FOR_PEOPLE)
    assert not set(SENTENCES) & set(NOT_FOR_PEOPLE)
