"""People around a review: an owner, staff, a reviewer and a stranger."""

from __future__ import annotations

from doorward.audit import Actor
from doorward.clients import Author, NewApplication
from doorward.orgs import Permission

__all__ = ["DRAFT", "OWNER", "REVIEWER", "SECOND", "STAFF", "STRANGER", "person", "staff"]


def person(account_id: int) -> Author:
    """A constituent."""
    return Author(Actor("account", str(account_id)), account_id, "constituent")


def staff(account_id: int, *permissions: Permission) -> Author:
    """A member of staff with ``permissions``."""
    held = frozenset(str(each) for each in permissions)
    return Author(Actor("account", str(account_id)), account_id, "system", held)


OWNER = person(101)
STRANGER = person(102)
STAFF = staff(1, Permission.APPLICATIONS_WRITE)
REVIEWER = staff(2, Permission.APPLICATIONS_REVIEW)
SECOND = staff(3, Permission.APPLICATIONS_REVIEW)
DRAFT = NewApplication(
    org_id="river",
    name="Tally",
    redirect_uris=("https://tally.example/cb",),
    scopes=("openid", "email"),
    purposes={"email": "To write to you."},
    owner_account_id=OWNER.account_id,
)
