"""What people do about their own account, without anybody's help."""

from __future__ import annotations

from doorward.app.assembly import Services
from doorward.app.dispatch import Route
from doorward.app.doors import Door
from doorward.console import (
    AccountFrame,
    ActivityPages,
    AppsCheck,
    Check,
    ConnectionsCheck,
    DataPages,
    DeletionCheck,
    DeletionPages,
    DevicesCheck,
    EmailCheck,
    HomePage,
    PasskeysCheck,
    PasswordCheck,
    SecondStepCheck,
)
from doorward.orgs import TenantPages

__all__ = ["self_service_routes"]


def self_service_routes(
    use: Services, frame: AccountFrame, pages: TenantPages, door: Door
) -> tuple[Route, ...]:
    """How safe their account is, what happened to it, what is kept in it, and its end."""
    home = HomePage(frame, _checks(use))
    activity = ActivityPages(
        frame=frame, audit=use.audit, applications=use.applications, pages=pages
    )
    data = DataPages(frame, teller=use.teller)
    deletion = DeletionPages(frame, deletions=use.deletions, accounts=use.accounts, pages=pages)
    return (
        Route("/account", {"GET": door(home.show)}),
        Route("/account/activity", {"GET": door(activity.show)}),
        Route("/account/activity/download", {"GET": door(activity.download)}),
        Route("/account/data", {"GET": door(data.show), "POST": door(data.download)}),
        Route("/account/delete", {"GET": door(deletion.show), "POST": door(deletion.act)}),
        Route("/account/delete/scheduled", {"GET": door(deletion.scheduled)}),
    )


def _checks(use: Services) -> tuple[Check, ...]:
    """Whatever has something to say about the safety of an account, in the order of the page."""
    return (
        DeletionCheck(use.deletions),
        PasswordCheck(use.accounts),
        EmailCheck(use.accounts),
        SecondStepCheck(use.second_steps, use.factors),
        PasskeysCheck(use.passkeys),
        DevicesCheck(use.sessions),
        AppsCheck(use.consents, use.clock),
        ConnectionsCheck(use.vault.connections),
    )
