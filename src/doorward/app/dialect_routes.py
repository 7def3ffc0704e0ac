"""What programs call at the addresses of named platforms.

Under an organization they are there when it speaks the platform's contract; at the root, where a
credential names the organization, the endpoint looks whether it does.
"""

from __future__ import annotations

from doorward.app.assembly import Services
from doorward.app.client_failures import proving_door
from doorward.app.dispatch import Route
from doorward.app.doors import token_door
from doorward.dialects import RootClients, neon_crm, neos
from doorward.http import Endpoint
from doorward.orgs import Site
from doorward.token import TokenPipeline
from doorward.tokens import TokenOrigins

__all__ = ["dialect_routes", "root_dialect_routes"]


def dialect_routes(use: Services, pipeline: TokenPipeline) -> tuple[Route, ...]:
    """Under an organization."""
    crm, token = _neon_crm_token(use, pipeline), _neos_token(use, pipeline)
    proving = proving_door(use)
    return (
        _crm_route(crm, proving(crm.answer)),
        _neos_route(proving(token.answer)),
        *_profile_routes(use),
    )


def root_dialect_routes(use: Services, pipeline: TokenPipeline) -> tuple[Route, ...]:
    """At the installation's root."""
    crm, token = _neon_crm_token(use, pipeline), _neos_token(use, pipeline)
    proving = proving_door(use)
    return (
        _crm_route(crm, proving(crm.answer_at_root)),
        _neos_route(proving(token.answer_at_root)),
        *_profile_routes(use),
    )


def _root_clients(use: Services, dialect: str) -> RootClients:
    return RootClients(
        organizations=use.organizations,
        applications=use.applications,
        tokens=use.tokens,
        site=Site.of(use.settings.base_url),
        dialect=dialect,
    )


def _neon_crm_token(use: Services, pipeline: TokenPipeline) -> neon_crm.ConstituentTokenEndpoint:
    services = neon_crm.ConstituentTokenServices(
        db=use.db,
        clock=use.clock,
        applications=use.applications,
        tokens=use.tokens,
    )
    root = _root_clients(use, neon_crm.DIALECT)
    return neon_crm.ConstituentTokenEndpoint(services, pipeline, root)


def _crm_route(crm: neon_crm.ConstituentTokenEndpoint, answer: Endpoint) -> Route:
    methods = {"POST": answer, "GET": token_door(crm.explain)}
    return Route(neon_crm.TOKEN_PATH, methods, cors=True, dialect=neon_crm.DIALECT)


def _neos_token(use: Services, pipeline: TokenPipeline) -> neos.NeosTokenEndpoint:
    return neos.NeosTokenEndpoint(
        applications=use.applications,
        pipeline=pipeline,
        root=_root_clients(use, neos.DIALECT),
    )


def _neos_route(answer: Endpoint) -> Route:
    return Route(neos.TOKEN_PATH, {"POST": answer}, cors=True, dialect=neos.DIALECT)


def _profile_routes(use: Services) -> tuple[Route, ...]:
    profiles = neos.NeosProfiles(
        organizations=use.organizations,
        accounts=use.accounts,
        platform_profiles=use.platform_profiles,
        guard=use.guard,
        origins=TokenOrigins(db=use.db),
    )
    answer = {"GET": token_door(neos.NeosProfileEndpoint(profiles).answer)}
    return tuple(
        Route(path, answer, cors=True, dialect=neos.DIALECT) for path in neos.PROFILE_PATHS
    )
