"""Every page of the developer portal, as one list."""

from __future__ import annotations

from doorward.console.developer.address_check import AddressCheck
from doorward.console.developer.connector_auth_page import ConnectorAuthPages
from doorward.console.developer.connector_page import ConnectorPages
from doorward.console.developer.connector_test_page import ConnectorTestPages
from doorward.console.developer.connectors_page import ConnectorListPages
from doorward.console.developer.details import DetailPages
from doorward.console.developer.frame import DeveloperFrame
from doorward.console.developer.home import HomePages
from doorward.console.developer.model import DeveloperRoute, DeveloperServices
from doorward.console.developer.new_page import NewPages
from doorward.console.developer.overview import OverviewPages
from doorward.console.developer.people_page import PeoplePages
from doorward.console.developer.review_page import ReviewPages
from doorward.console.developer.scopes_page import ScopePages
from doorward.console.developer.secrets_page import SecretPages
from doorward.console.developer.usage_page import UsagePages

__all__ = ["developer_table"]


def developer_table(use: DeveloperServices, frame: DeveloperFrame) -> tuple[DeveloperRoute, ...]:
    """What is served under ``/developer``, to whoever is signed in."""
    groups = (
        HomePages(use, frame),
        NewPages(use, frame),
        AddressCheck(frame),
        OverviewPages(use, frame),
        DetailPages(use, frame),
        ScopePages(use, frame),
        SecretPages(use, frame),
        ReviewPages(use, frame),
        PeoplePages(use, frame),
        UsagePages(use, frame),
        ConnectorListPages(use, frame),
        ConnectorPages(use, frame),
        ConnectorAuthPages(use, frame),
        ConnectorTestPages(use, frame),
    )
    return tuple(route for group in groups for route in group.routes())
