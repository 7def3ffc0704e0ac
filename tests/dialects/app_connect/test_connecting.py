"""OAuth as clients of App Connect do it: away by us, back to their page, and a JWT."""

from __future__ import annotations

import pytest

from tests.dialects.app_connect.client import Client

pytestmark = pytest.mark.anyio


async def test_a_submitted_registration_is_proved_by_the_first_connection(client: Client) -> None:
    """It waits for its submitter, is used for the visit, and is everybody's afterwards."""
    jwt = await client.set_up()
    answer = await client.get("authValidation", jwt=jwt)
    assert answer.status_code == 200
    assert answer.json()["successful"] is True
    state = (await client.get("oauthManagedAuthState?platform=platform", who="anna")).json()
    assert state["hasAccountOAuth"] is True
