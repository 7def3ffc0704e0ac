"""Who and what is in the demo: organizations, people, applications, scopes. Data, and no secret.

All of it is made up; the addresses are those that standards reserve for examples (RFC 2606).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from doorward.orgs import Permission
from doorward.protocol import AuthMethod
from doorward.scopes import Api, Scope

__all__ = [
    "ORGANIZATIONS",
    "SAMPLE",
    "DemoApplication",
    "DemoOrganization",
    "DemoPerson",
    "sample_uris",
]

_SCRIPTS = ("http://127.0.0.1:8765/callback",)
_SCRIPTS_HOME = ("http://127.0.0.1:8765/",)
_NATIVE = ("http://127.0.0.1/callback",)
_PEOPLE = ("openid", "profile", "email", "offline_access")
_ALL = tuple(sorted(str(permission) for permission in Permission))
_BASIC, _POST, _NONE = AuthMethod.BASIC, AuthMethod.POST, AuthMethod.NONE


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
    redirect_uris: tuple[str, ...] = _SCRIPTS
    scopes: tuple[str, ...] = _PEOPLE
    description: str | None = None

    @property
    def left_at(self) -> tuple[str, ...]:
        """Where people may come back to after sign-out: the home of its redirect URI."""
        return _SCRIPTS_HOME if self.redirect_uris is _SCRIPTS else ()

    @property
    def kind(self) -> str:
        """Where it runs, which follows from the rest."""
        if not self.redirect_uris:
            return "service"
        return "native" if self.auth_method is _NONE else "web"


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

    @property
    def site(self) -> str:
        """Its own made-up website."""
        return f"https://{self.org_id}.example"


SAMPLE = DemoApplication(
    client_id="supporter-lounge",
    name="Supporter Lounge",
    auth_method=_BASIC,
    publisher="Riverbend Volunteers",
    homepage="https://lounge.example",
    redirect_uris=("http://127.0.0.1:8401/callback",),
    description="The sample application that the demo starts beside the server.",
)
"""The application of ``examples/sample_rp``; its addresses follow the demo's port."""


def sample_uris(port: int) -> tuple[str, str]:
    """The redirect URI and the post-logout redirect URI of the sample application on ``port``."""
    return f"http://127.0.0.1:{port}/callback", f"http://127.0.0.1:{port}/"


_RIVERBEND_API = "https://riverbend.example/api"
_NEON_API = "https://console.neon.example/api"


def _scope(
    org_id: str, name: str, english: tuple[str, str], japanese: tuple[str, str], **rest: str
) -> Scope:
    return Scope(
        org_id=org_id,
        name=name,
        api=rest.get("api"),
        title_en=english[0],
        sentence_en=english[1],
        title_ja=japanese[0],
        sentence_ja=japanese[1],
        sensitivity=rest.get("sensitivity", "personal"),  # type: ignore[arg-type]
    )


_VERBS = (
    ("create", "Create", "Create new {n} for you", "作成", "新しい{n}を作成する", "sensitive"),
    ("read", "See", "See your {n} and their settings", "表示", "{n}とその設定を見る", "personal"),
    (
        "update",
        "Change",
        "Change the settings of your {n}",
        "変更",
        "{n}の設定を変更する",
        "sensitive",
    ),
    (
        "delete",
        "Delete",
        "Delete your {n} and everything in them",
        "削除",
        "{n}とその中のすべてを削除する",
        "destructive",
    ),
    (
        "permission",
        "Share",
        "Decide who else may use your {n}",
        "共有",
        "{n}を使える人を決める",
        "sensitive",
    ),
)


def _neon_scopes(noun: str, plural: str, japanese: str) -> tuple[Scope, ...]:
    return tuple(
        _scope(
            "neon",
            f"urn:neoncloud:{noun}:{verb}",
            (f"{title} {plural}", sentence.format(n=plural)),
            (f"{japanese}の{title_ja}", sentence_ja.format(n=japanese)),
            api=_NEON_API,
            sensitivity=sensitivity,
        )
        for verb, title, sentence, title_ja, sentence_ja, sensitivity in _VERBS
    )


_NEON_SCOPES = (
    *_neon_scopes("projects", "projects", "プロジェクト"),
    *_neon_scopes("orgs", "organizations", "組織"),
    _scope(
        "neon",
        "offline",
        ("Lasting access", "Keep this access when you're not using {app}, until you remove it"),
        ("継続的なアクセス", "{app} を使っていないときも、取り消すまでアクセスを続ける"),
        sensitivity="sensitive",
    ),
)
_PROJECTS = tuple(s.name for s in _NEON_SCOPES if ":projects:" in s.name)
_ORGS = tuple(s.name for s in _NEON_SCOPES if ":orgs:" in s.name)
_NEON = (*_PEOPLE, "offline", *_PROJECTS, *_ORGS)

_OPERATORS = DemoOrganization(
    org_id="operators",
    name="Operators",
    accent="#5b4a1f",
    dialects=(),
    staff=(DemoPerson(1, "operator", ("Olive", "Okafor"), "olive@operators.example", "en", _ALL),),
)

_RIVERBEND = DemoOrganization(
    org_id="riverbend",
    name="Riverbend",
    accent="#1f6f5c",
    dialects=("neon_crm",),
    staff=(
        DemoPerson(
            1,
            "mina",
            ("Mina", "Castellanos"),
            "mina@riverbend.example",
            "en",
            _ALL,
            True,  # noqa: FBT003
        ),
        DemoPerson(
            2,
            "jonas",
            ("Jonas", "Weber"),
            "jonas@riverbend.example",
            "en",
            ("accounts.read", "consents.read", "sessions.read"),
        ),
    ),
    constituents=(
        DemoPerson(1001, "amara", ("Amara", "Osei"), "amara@mail.example"),
        DemoPerson(1002, "haruto", ("陽翔", "佐藤"), "haruto@mail.example", "ja"),
    ),
    applications=(
        DemoApplication(
            "volunteer-planner",
            "Volunteer Planner",
            _BASIC,
            "Fernbank Software",
            "https://planner.example",
        ),
        DemoApplication(
            "lantern-library", "Lantern Street Library", _POST, "Alder", "https://library.example"
        ),
        DemoApplication(
            "field-kit", "Field Kit", _NONE, "Open Meadow", "https://fieldkit.example", _NATIVE
        ),
        DemoApplication(
            "nightly-ledger",
            "Nightly Ledger",
            _BASIC,
            "Riverbend",
            "https://ledger.example",
            (),
            ("reports.read",),
        ),
        DemoApplication(
            "gift-warehouse",
            "Gift Warehouse",
            _BASIC,
            "Riverbend",
            "https://warehouse.example",
            (),
            ("donations.read",),
            "Its access tokens are JWTs: the API that it calls wants them so.",
        ),
        SAMPLE,
    ),
    apis=(
        Api(
            org_id="riverbend",
            identifier=_RIVERBEND_API,
            name="Riverbend API",
            token_format="jwt",  # noqa: S106 - a format, not a token
            signing_alg="ES256",
            resource_client_ids=("gift-warehouse",),
        ),
    ),
    scopes=(
        _scope(
            "riverbend",
            "donations.read",
            ("Donations", "See the donations that you made to {org}"),
            ("寄付", "{org} への寄付を見る"),
            api=_RIVERBEND_API,
        ),
        _scope(
            "riverbend",
            "reports.read",
            ("Reports", "See figures that name nobody"),
            ("レポート", "個人を特定しない集計を見る"),
            sensitivity="basic",
        ),
    ),
)

_NEOS = DemoOrganization(
    org_id="neos",
    name="Neos",
    accent="#7a3fa0",
    dialects=("neos",),
    staff=(DemoPerson(1, "ines", ("Inés", "Moreau"), "ines@neos.example", "en", _ALL),),
    constituents=(
        DemoPerson(1001, "lumen", ("Lumi", "Virtanen"), "lumi@mail.example"),
        DemoPerson(1002, "kage", ("蓮", "田中"), "ren@mail.example", "ja"),
    ),
    applications=(
        DemoApplication(
            "world-gallery",
            "World Gallery",
            _BASIC,
            "Polyhedra",
            "https://gallery.example",
            scopes=(*_PEOPLE, "patreon"),
        ),
        DemoApplication(
            "lantern-festival",
            "Lantern Festival",
            _POST,
            "Lantern Labs",
            "https://festival.example",
            scopes=(*_PEOPLE, "patreon"),
        ),
        DemoApplication(
            "headset-link",
            "Headset Link",
            _NONE,
            "Lantern Labs",
            "https://headset.example",
            _NATIVE,
            (*_PEOPLE, "patreon"),
        ),
        DemoApplication(
            "session-counter",
            "Session Counter",
            _BASIC,
            "Neos",
            "https://counter.example",
            (),
            ("sessions.count",),
        ),
    ),
    scopes=(
        _scope(
            "neos",
            "patreon",
            ("Patreon support", "See whether and how you support {org} on Patreon"),
            ("Patreon での支援", "Patreon での {org} への支援状況を見る"),
        ),
        _scope(
            "neos",
            "sessions.count",
            ("Session counts", "Count open sessions, without names"),
            ("セッション数", "開いているセッションを名前なしで数える"),
            sensitivity="basic",
        ),
    ),
)

_NEON_ORGANIZATION = DemoOrganization(
    org_id="neon",
    name="Neon",
    accent="#00715d",
    dialects=("neon",),
    staff=(DemoPerson(1, "tomas", ("Tomás", "Silva"), "tomas@neon.example", "en", _ALL),),
    constituents=(
        DemoPerson(1001, "priya", ("Priya", "Raman"), "priya@mail.example"),
        DemoPerson(1002, "aoi", ("葵", "鈴木"), "aoi@mail.example", "ja"),
    ),
    applications=(
        DemoApplication(
            "deploy-board",
            "Deploy Board",
            _BASIC,
            "Quayside",
            "https://deploy.example",
            scopes=_NEON,
        ),
        DemoApplication(
            "project-atlas",
            "Project Atlas",
            _POST,
            "Quayside",
            "https://atlas.example",
            scopes=_NEON,
        ),
        # The id is that of the platform's own command line.
        DemoApplication(
            "neonctl", "Shell Tool", _NONE, "Tidewater", "https://shell.example", _NATIVE, _NEON
        ),
        DemoApplication(
            "backup-runner",
            "Backup Runner",
            _BASIC,
            "Neon",
            "https://backup.example",
            (),
            _PROJECTS,
        ),
    ),
    apis=(Api(org_id="neon", identifier=_NEON_API, name="Console API"),),
    scopes=_NEON_SCOPES,
)

ORGANIZATIONS = (_OPERATORS, _RIVERBEND, _NEOS, _NEON_ORGANIZATION)
