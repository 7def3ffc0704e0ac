"""`try`: a small real client in the terminal, to see every exchange of a flow."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from doorward.cli.at import At, mask
from doorward.cli.command import command, group
from doorward.cli.exits import Exit, Stop

if TYPE_CHECKING:
    from doorward.cli.relying_party import Exchange, RelyingParty

__all__ = ["trying"]

trying = group("A small real client that shows each exchange.")

_SECRET_VARIABLE = "CLIENT_SECRET"  # noqa: S105 - the variable's name
_BASIC = "client_secret_basic"


@dataclass(frozen=True)
class Client:
    """Which application this is. ``--demo`` takes one of a demo."""

    demo: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Be an application of the demo there.", show_default=False
        ),
    ] = None
    issuer: Annotated[
        str | None, typer.Option(help="The organization's issuer.", show_default=False)
    ] = None
    client_id: Annotated[
        str | None, typer.Option(help="The application's client id.", show_default=False)
    ] = None
    client_secret_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Its secret; - is standard input. Otherwise $CLIENT_SECRET, or none.",
            show_default=False,
        ),
    ] = None
    auth_method: Annotated[
        Literal["client_secret_basic", "client_secret_post"],
        typer.Option(help="How the secret is sent."),
    ] = "client_secret_basic"


@dataclass(frozen=True)
class Browsing:
    """How the person gets to the server and back."""

    redirect_uri: Annotated[
        str, typer.Option(help="A registered loopback address; port 0 takes a free one.")
    ] = "http://127.0.0.1:8765/callback"
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Print the address instead of opening it.")
    ] = False
    wait: Annotated[int, typer.Option(min=1, help="How many seconds to wait for the person.")] = 300


@command(trying, "code")
def code(
    at: At,
    client: Client,
    browsing: Browsing,
    scope: Annotated[str, typer.Option(help="What to ask for.")] = "openid profile email",
) -> None:
    """Sign in through the browser: code with PKCE, ID token, UserInfo."""
    from doorward.cli.callback import Callback

    party, exchanges = _party(at, client, service=False)
    party.discover()
    callback = Callback(browsing.redirect_uri)
    journey = party.begin(callback.redirect_uri, scope)
    _send_to(at, journey.address, no_browser=browsing.no_browser)
    answer = callback.wait(browsing.wait)
    tokens = party.redeem(journey, party.read_answer(journey, answer))
    result: dict[str, object] = {"tokens": _masked_tokens(tokens)}
    if "id_token" in tokens:
        result["id_token_claims"] = party.verify_id_token(tokens["id_token"], journey.nonce)
        result["userinfo"] = party.ask_userinfo(tokens["access_token"])
        at.say("The ID token's signature, issuer, audience, nonce and times are right.")
    _finish(at, result, exchanges)


@command(trying, "client-credentials")
def client_credentials(
    at: At,
    client: Client,
    scope: Annotated[
        str | None, typer.Option(help="What to ask for; otherwise all.", show_default=False)
    ] = None,
) -> None:
    """Act as a service: a token for itself, and what the server says about it."""
    party, exchanges = _party(at, client, service=True)
    party.discover()
    form = {"grant_type": "client_credentials"} | ({"scope": scope} if scope else {})
    tokens = party.ask_token("A token for itself", form)
    described = party.introspect(tokens["access_token"])
    _finish(at, {"tokens": _masked_tokens(tokens), "introspection": described}, exchanges)


def _party(at: At, client: Client, *, service: bool) -> tuple[RelyingParty, list[Exchange]]:
    from doorward.cli.relying_party import RelyingParty

    exchanges: list[Exchange] = []

    def told(exchange: Exchange) -> None:
        exchanges.append(exchange)
        if not at.as_json:
            at.say("\n".join(exchange.lines()) + "\n")

    if client.demo is not None:
        found = _demo_client(client.demo, service=service)
        return RelyingParty(**found, told=told), exchanges
    if client.issuer is None or client.client_id is None:
        raise Stop("Name --issuer and --client-id, or a demo: --demo .demo", Exit.USAGE)
    secret = os.environ.get(_SECRET_VARIABLE)
    if client.client_secret_file is not None:
        file = client.client_secret_file
        asked = at.ask_secret("client secret", file, option="--client-secret-file", twice=False)
        secret = asked.reveal()
    party = RelyingParty(
        issuer=client.issuer.rstrip("/"),
        client_id=client.client_id,
        client_secret=secret or None,
        auth_method=client.auth_method,
        told=told,
    )
    return party, exchanges


def _demo_client(folder: Path, *, service: bool) -> dict[str, Any]:
    file = folder / "facts.json"
    try:
        riverbend = json.loads(file.read_text(encoding="utf-8"))["organizations"]["riverbend"]
        application = next(
            each
            for each in riverbend["applications"]
            if each["auth_method"] == (_BASIC if service else "none")
            and bool(each["redirect_uris"]) is not service
        )
    except (OSError, ValueError, KeyError, StopIteration) as error:
        raise Stop(f"{folder} is not the folder of a demo.", Exit.UNREACHABLE) from error
    return {
        "issuer": riverbend["issuer"],
        "client_id": application["client_id"],
        "client_secret": application["client_secret"],
        "auth_method": application["auth_method"],
    }


def _send_to(at: At, address: str, *, no_browser: bool) -> None:
    import webbrowser

    if no_browser or not webbrowser.open(address):
        at.say(f"Open this in a browser:\n{address}\n")
    else:
        at.say("The browser is open: sign in there.\n")


def _masked_tokens(tokens: dict[str, Any]) -> dict[str, object]:
    return {n: mask(str(v)) if n.endswith("_token") else v for n, v in tokens.items()}


def _finish(at: At, result: dict[str, object], exchanges: list[Exchange]) -> None:
    if at.as_json:
        result["exchanges"] = [asdict(exchange) for exchange in exchanges]
    at.show(result)
