"""Secrets of the contract: two kinds of tokens, codes, keys and client secrets."""

from __future__ import annotations

import logging
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from tests.dialects.app_connect.client import KEY, Client
from tests.support.leaks import dump, found_in, logged
from tests.support.upstream import API_KEY, SECRET

pytestmark = pytest.mark.anyio


async def test_no_secret_of_the_contract_leaves_its_place(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither into a log, nor open into the database, nor back to whoever typed it."""
    caplog.set_level(logging.DEBUG, logger="doorward")
    told: list[httpx2.Response] = []
    hers = await client.set_up()
    uri = await client.come_back("anna")
    asked = parse_qs(urlsplit(uri).query)
    secrets = {SECRET, client.tokens["anna"], client.tokens["ada"], hers}
    secrets |= {asked["code"][0], asked["state"][0]}
    answer = await client.callback(uri, who="anna")
    secrets.add(answer.json()["jwtToken"])
    told.append(await client.callback(uri, who="anna"))
    platform = client.server.platform
    secrets |= {family.refresh for family in platform.families if family.refresh}
    told += [
        await client.get("authValidation", params={"jwtToken": hers}),
        await client.get("user/info", jwt=hers),
        await client.get("oauthManagedAuthState?platform=platform", who="ada"),
        await client.get(
            "oauthManagedAuthState", params={"platform": "platform", "rcAccessToken": "dw_at_x"}
        ),
        await client.submit(accessTokenUri="http://10.0.0.1/"),
    ]
    platform = client.server.configure(kind="key", revoke="none")
    await client.connector("keyed", variables=(KEY,))
    body = {"platform": "keyed", "apiKey": API_KEY}
    logged_in = await client.post("apiKeyLogin", body, who="anna")
    secrets |= {API_KEY, logged_in.json()["jwtToken"]}
    told.append(await client.post("apiKeyLogin", {**body, "apiKey": API_KEY + "x"}, who="anna"))
    told.append(await client.post("unAuthorize", jwt=logged_in.json()["jwtToken"]))
    assert len(secrets) >= 10
    assert found_in(logged(caplog), secrets) == []
    assert found_in(await dump(client.world), secrets) == []
    assert found_in("\n".join(each.text for each in told), secrets) == []
