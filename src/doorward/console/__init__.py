"""What people and programs manage: account pages, consoles, the management API.

It owns pages, routes and their permissions; every rule about what is managed is a lower room's.
``app`` mounts it, and sweeps its expired rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.console.account import (
    SENTENCES,
    AccountFrame,
    AccountPages,
    ActivityPages,
    AppsCheck,
    Check,
    ConnectionsCheck,
    DataPages,
    DeletionCheck,
    DeletionPages,
    DevicesCheck,
    EmailCheck,
    EmailLinkPage,
    EmailPage,
    ForgottenPages,
    GroupListPages,
    HomePage,
    InvitationPages,
    OneGroupPages,
    PasskeyPages,
    PasskeysCheck,
    PasswordCheck,
    PasswordPage,
    PersonalKeyPages,
    ProfilePages,
    ProjectPages,
    PublicFrame,
    SecondStepCheck,
    SignUpPages,
    TwoStepPages,
    lead_to_password_page,
)
from doorward.console.admin import AdminFrame, AdminServices, admin_table
from doorward.console.api import MANAGEMENT, ApiServices
from doorward.console.browser_letters import BrowserPost
from doorward.console.connect import (
    CALLBACK_PREFIX,
    ArrivalPages,
    ConnectFrame,
    ConnectorRequests,
    ConnectServices,
    KeptPages,
    PickerPages,
    SessionState,
    StartPages,
)
from doorward.console.connection_letters import ConnectionPost
from doorward.console.consent_letters import ConsentPost
from doorward.console.developer import DeveloperFrame, DeveloperServices, developer_table
from doorward.console.event_files import EVENT_FORMATS, EventFile
from doorward.console.jobs import remove_expired
from doorward.console.letter_desk import LetterDesk
from doorward.console.letters import ApplicationPost
from doorward.console.logo_pictures import LogoPictures
from doorward.console.sign_in_letters import SignInPost

if TYPE_CHECKING:
    from doorward.http import ASGIApp
    from doorward.orgs import TenantPages

__all__ = [
    "CALLBACK_PREFIX",
    "EVENT_FORMATS",
    "MANAGEMENT",
    "SENTENCES",
    "AccountFrame",
    "AccountPages",
    "ActivityPages",
    "AdminFrame",
    "AdminServices",
    "ApiServices",
    "ApplicationPost",
    "AppsCheck",
    "ArrivalPages",
    "BrowserPost",
    "Check",
    "ConnectFrame",
    "ConnectServices",
    "ConnectionPost",
    "ConnectionsCheck",
    "ConnectorRequests",
    "ConsentPost",
    "DataPages",
    "DeletionCheck",
    "DeletionPages",
    "DeveloperFrame",
    "DeveloperServices",
    "DevicesCheck",
    "EmailCheck",
    "EmailLinkPage",
    "EmailPage",
    "EventFile",
    "ForgottenPages",
    "GroupListPages",
    "HomePage",
    "InvitationPages",
    "KeptPages",
    "LetterDesk",
    "LogoPictures",
    "OneGroupPages",
    "PasskeyPages",
    "PasskeysCheck",
    "PasswordCheck",
    "PasswordPage",
    "PersonalKeyPages",
    "PickerPages",
    "ProfilePages",
    "ProjectPages",
    "PublicFrame",
    "SecondStepCheck",
    "SessionState",
    "SignInPost",
    "SignUpPages",
    "StartPages",
    "TwoStepPages",
    "admin_table",
    "build_api",
    "developer_table",
    "lead_to_password_page",
    "remove_expired",
]


def build_api(services: ApiServices, pages: TenantPages) -> ASGIApp:
    """The management API, to be mounted at ``/api`` under every issuer.

    ``pages`` renders its reference. The tenant is in the scope of every request (``tenant_of``).
    """
    # FastAPI is imported only where the API is served: the command line starts without it.
    from doorward.console.api.application import build  # noqa: PLC0415

    return build(services, pages)
