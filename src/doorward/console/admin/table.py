"""Every page of the staff console, as one list."""

from __future__ import annotations

from doorward.console.admin.apis_page import ApiPages
from doorward.console.admin.audit_page import AuditPages
from doorward.console.admin.chain_page import ChainPages
from doorward.console.admin.connection_page import ConnectionPages
from doorward.console.admin.connections_page import ConnectionListPages
from doorward.console.admin.connector_credentials import ConnectorCredentialPages
from doorward.console.admin.connector_managed import ManagedFieldPages
from doorward.console.admin.connector_view import ConnectorView
from doorward.console.admin.connectors_page import ConnectorListPages
from doorward.console.admin.constituent_view import ConstituentView
from doorward.console.admin.constituents import ConstituentPages
from doorward.console.admin.deletions_page import DeletionListPages
from doorward.console.admin.frame import AdminFrame
from doorward.console.admin.home import HomePages
from doorward.console.admin.import_pages import ImportPages
from doorward.console.admin.inviting import InvitingPages
from doorward.console.admin.keys_page import SigningKeyPages
from doorward.console.admin.model import AdminRoute, AdminServices
from doorward.console.admin.oauth import OAuthPages
from doorward.console.admin.oauth_view import OAuthView
from doorward.console.admin.organization import OrganizationPages
from doorward.console.admin.platform_pages import PlatformPages
from doorward.console.admin.registration_page import RegistrationPages
from doorward.console.admin.review import ReviewPages
from doorward.console.admin.roles_page import RolePages
from doorward.console.admin.scopes_page import ScopePages
from doorward.console.admin.second_step_page import SecondStepResetPages
from doorward.console.admin.signin_page import SignInPolicyPages
from doorward.console.admin.user import OneUserPages
from doorward.console.admin.user_keys import KeyPages
from doorward.console.admin.user_view import UserView
from doorward.console.admin.users import UserPages

__all__ = ["admin_table"]


def admin_table(use: AdminServices, frame: AdminFrame) -> tuple[AdminRoute, ...]:
    """What is served under ``/admin``, each with the permission that it needs."""
    view = UserView(use, frame)
    constituent = ConstituentView(use, frame)
    connector = ConnectorView(use, frame)
    groups = (
        HomePages(use, frame),
        ConstituentPages(use, frame, constituent),
        InvitingPages(use, frame, constituent),
        PlatformPages(use, frame, constituent),
        DeletionListPages(use, frame),
        ImportPages(use, frame),
        UserPages(use, frame),
        OneUserPages(use, frame, view),
        KeyPages(use, frame, view),
        SecondStepResetPages(use, frame, (view, constituent)),
        OAuthPages(use, frame, OAuthView(use, frame)),
        ReviewPages(use, frame),
        RegistrationPages(use, frame),
        ScopePages(use, frame),
        ApiPages(use, frame),
        ConnectorListPages(use, frame),
        ConnectorCredentialPages(use, frame, connector),
        ManagedFieldPages(use, frame, connector),
        ConnectionListPages(use, frame),
        ConnectionPages(use, frame),
        RolePages(use, frame, view),
        SignInPolicyPages(use, frame),
        SigningKeyPages(use, frame),
        AuditPages(use, frame),
        ChainPages(use, frame),
        OrganizationPages(use, frame),
    )
    return tuple(route for group in groups for route in group.routes())
