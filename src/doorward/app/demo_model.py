"""What the demo is made of: people, applications and organizations, as data is written down."""

from __future__ import annotations

from dataclasses import dataclass, field

from doorward.protocol import AuthMethod
from doorward.scopes import Api, Scope

__all__ = [
    "NATIVE",
    "PEOPLE",
    "SAMPLE",
    "DemoApplication",
    "DemoOrganization",
    "DemoPerson",
    "sample_uris",
]

SCRIPTS = ("http://127.0.0.1:8765/callback",)
_SCRIPTS_HOME = ("http://127.0.0.1:8765/",)
NATIVE = ("http://127.0.0.1/callback",)
PEOPLE = ("openid", "profile", "email", "offline_access")


@dataclass(frozen=True)
class DemoPerson:
    """Somebody who can sign in. Staff hold ``permissions``."""

    account_id: int
    username: str
    name: tuple[str, str]
    email: str
    locale: str = "en"
    permissions: tuple[str, ...] = ()
    has_api_key: bool = False

    @property
    def full_name(self) -> str:
        """Both names in the order of the person's language."""
        given, family = self.name
        return f"{family} {given}" if self.locale == "ja" else f"{given} {family}"


@dataclass(frozen=True)
class DemoApplication:
    """An approved application of somebody else's."""

    client_id: str
    name: str
    auth_method: AuthMethod
    publisher: str
    homepage: str
    redirect_uris: tuple[str, ...] = SCRIPTS
    scopes: tuple[str, ...] = PEOPLE
    description: str | None = None
    returns: tuple[str, ...] = ()
    """Paths of the demo itself that people come back to: a connector's callback."""

    def addresses(self, base_url: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Its redirect URIs and post-logout redirect URIs in the demo at ``base_url``."""
        if self is SAMPLE:
            back, left = sample_uris(int(base_url.rpartition(":")[2]) + 1)
            return (back,), (left,)
        if self.returns:
            return tuple(f"{base_url}{path}" for path in self.returns), ()
        return self.redirect_uris, _SCRIPTS_HOME if self.redirect_uris is SCRIPTS else ()

    @property
    def kind(self) -> str:
        """Where it runs, which follows from the rest."""
        if not self.redirect_uris and not self.returns:
            return "service"
        return "native" if self.auth_method is AuthMethod.NONE else "web"


@dataclass(frozen=True)
class DemoOrganization:
    """An organization with everything in it."""

    org_id: str
    name: str
    accent: str
    dialects: tuple[str, ...]
    staff: tuple[DemoPerson, ...]
    constituents: tuple[DemoPerson, ...] = ()
    applications: tuple[DemoApplication, ...] = ()
    apis: tuple[Api, ...] = ()
    scopes: tuple[Scope, ...] = field(default=())
    sign_up: bool = False

    @property
    def site(self) -> str:
        """Its own made-up website."""
        return f"https://{self.org_id}.example"

    @property
    def host(self) -> str:
        """Its own host on this machine."""
        return f"{self.org_id}.localhost"


SAMPLE = DemoApplication(
    client_id="supporter-lounge",
    name="Supporter Lounge",
    auth_method=AuthMethod.BASIC,
    publisher="Riverbend Volunteers",
    homepage="https://lounge.example",
    redirect_uris=("http://127.0.0.1:8401/callback",),
    description="The sample application that the demo starts beside the server.",
)
"""The application of ``examples/sample_rp``; its addresses follow the demo's port."""


def sample_uris(port: int) -> tuple[str, str]:
    """The redirect URI and the post-logout redirect URI of the sample application on ``port``."""
    return f"http://127.0.0.1:{port}/callback", f"http://127.0.0.1:{port}/"
