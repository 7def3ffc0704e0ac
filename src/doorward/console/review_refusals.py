"""What the room of applications refuses to owners and reviewers, marked for translation.

The sentences are the room's own, word for word. The pages of developers and of reviewers say them.
"""

from __future__ import annotations

from doorward.http import message

__all__ = ["REVIEW_REFUSALS"]

REVIEW_REFUSALS = (
    message("Your account may not review applications."),
    message("Nobody decides about an application of their own."),
    message("Nobody makes an application their own."),
    message("The application was changed since you looked at it. Look at it again."),
    message("The application is suspended, declined or withdrawn: it cannot be changed now."),
    message("This is for the organization's staff to decide."),
    message("This organization does not take new applications here."),
    message("You have 20 applications that are not approved. Delete one first."),
    message("An application has at most 20 test users, each an account of the organization."),
    message("Write a message of up to 2000 visible characters."),
    message("An application that was approved once is withdrawn instead of deleted."),
    message("Offer the application to another account of the organization."),
    message("There is no such offer, or it has expired."),
    message("The owner has not submitted this application yet."),
    message("This name looks like the organization's own."),
    message("This name looks like another application's."),
    message("A name has only characters that everybody can see."),
    message("A publisher is one line of up to 80 visible characters."),
    message("A publisher has only characters that everybody can see."),
    message("A company is one line of up to 80 visible characters."),
    message("A company has only characters that everybody can see."),
    message("A description has up to 2000 visible characters."),
    message("A reason has up to 2000 visible characters."),
    message("This is not the key of a logo."),
    message("The address must not have encoded control characters or backslashes."),
    message("A purpose belongs to a scope of the application."),
    message("A purpose is one line of up to 200 visible characters."),
    message("An optional scope is one of the application's."),
    message("openid is not optional: it says who signs in."),
    message("A scope's name is ASCII without spaces; at most 100 of them."),
)
