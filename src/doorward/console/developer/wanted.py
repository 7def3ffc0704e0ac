"""What the owner wants an application to be: with the change that waits, where one does."""

from __future__ import annotations

from doorward.clients import Application
from doorward.console.developer.model import DeveloperServices

__all__ = ["find_wanted"]


async def find_wanted(use: DeveloperServices, application: Application) -> Application:
    """``application`` as it is asked for; what is live may still be different."""
    waiting = await use.reviews.find_change(application.org_id, application.client_id)
    if waiting is None:
        return application
    return waiting.change.applied(application, application.updated_at)
