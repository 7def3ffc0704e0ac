"""Organizations: the tenants, their hosts, branding and lifetimes, and the staff's permissions.

It owns who exists and under which name; it knows no account, application, scope or key of theirs.
Every request asks it for its organization; operators create and suspend organizations here.
"""

from __future__ import annotations

from doorward.orgs.model import (
    DIALECTS,
    OPERATORS,
    BadHost,
    BadOrganization,
    BadOrgId,
    BadPolicy,
    DeletionPolicy,
    HostTaken,
    NewOrganization,
    Organization,
    OrganizationChange,
    OrganizationSuspended,
    OrgId,
    OrgIdTaken,
    OrgsRefusal,
    OrgStatus,
    Permission,
    Policy,
    SecondStepPolicy,
    UnknownOrganization,
    parse_host,
    parse_org_id,
)
from doorward.orgs.pages import (
    PageOrder,
    TenantPages,
    brand_of,
    render_session_cookie,
    sender_of,
    session_cookie,
)
from doorward.orgs.registration import (
    BadRegistration,
    Registrant,
    Registration,
    RegistrationMode,
)
from doorward.orgs.roles import ROLES, Role, find_role
from doorward.orgs.service import Founder, Organizations
from doorward.orgs.web import OrganizationResolver, Site, Tenant, find_tenant, tenant_of

__all__ = [
    "DIALECTS",
    "OPERATORS",
    "ROLES",
    "BadHost",
    "BadOrgId",
    "BadOrganization",
    "BadPolicy",
    "BadRegistration",
    "DeletionPolicy",
    "Founder",
    "HostTaken",
    "NewOrganization",
    "OrgId",
    "OrgIdTaken",
    "OrgStatus",
    "Organization",
    "OrganizationChange",
    "OrganizationResolver",
    "OrganizationSuspended",
    "Organizations",
    "OrgsRefusal",
    "PageOrder",
    "Permission",
    "Policy",
    "Registrant",
    "Registration",
    "RegistrationMode",
    "Role",
    "SecondStepPolicy",
    "Site",
    "Tenant",
    "TenantPages",
    "UnknownOrganization",
    "brand_of",
    "find_role",
    "find_tenant",
    "parse_host",
    "parse_org_id",
    "render_session_cookie",
    "sender_of",
    "session_cookie",
    "tenant_of",
]
