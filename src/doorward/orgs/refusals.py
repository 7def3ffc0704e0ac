"""What this room refuses."""

from __future__ import annotations

from doorward.protocol import Refusal

__all__ = [
    "BadHost",
    "BadOrgId",
    "BadOrganization",
    "BadPolicy",
    "HostTaken",
    "OrgIdTaken",
    "OrganizationSuspended",
    "OrgsRefusal",
    "UnknownOrganization",
]


class OrgsRefusal(Refusal):
    """Base of what this room refuses."""


class UnknownOrganization(OrgsRefusal):
    """No organization has this identifier."""

    code = "unknown_organization"
    status = 404
    sentence = "There is no such organization."


class OrganizationSuspended(OrgsRefusal):
    """The organization exists and was suspended by an operator."""

    code = "organization_suspended"
    status = 403
    sentence = "This organization is suspended."


class OrgIdTaken(OrgsRefusal):
    """Another organization has this identifier."""

    code = "org_id_taken"
    status = 409
    sentence = "This organization id is already in use."
    field = "org_id"


class BadOrgId(OrgsRefusal):
    """Not a slug."""

    code = "bad_org_id"
    status = 422
    sentence = (
        "An organization id is 2 to 39 lower-case letters and digits, "
        "with single hyphens between them."
    )
    field = "org_id"


class BadHost(OrgsRefusal):
    """Not a host name, or too many of them."""

    code = "bad_host"
    status = 422
    sentence = "A host is a lower-case host name without port, and not an address."
    field = "hosts"


class HostTaken(OrgsRefusal):
    """Another organization answers under this host."""

    code = "host_taken"
    status = 409
    sentence = "This host already belongs to another organization."
    field = "hosts"


class BadOrganization(OrgsRefusal):
    """A field of the organization is not acceptable."""

    code = "bad_organization"
    status = 422
    sentence = "The organization is not valid."


class BadPolicy(OrgsRefusal):
    """A lifetime is outside what is safe."""

    code = "bad_policy"
    status = 422
    sentence = "A lifetime is outside what is allowed."
    field = "policy"
