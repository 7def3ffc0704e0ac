"""Who and what is in the demo: organizations, people, applications, scopes. Data, and no secret.

All of it is made up; the addresses are those that standards reserve for examples (RFC 2606).
"""

from __future__ import annotations

from doorward.app.demo_connections import IN_NEON, IN_NEOS, IN_RIVERBEND
from doorward.app.demo_model import (
    NATIVE,
    PEOPLE,
    SAMPLE,
    DemoApplication,
    DemoOrganization,
    DemoPerson,
)
from doorward.orgs import Permission
from doorward.protocol import AuthMethod
from doorward.scopes import Api, Scope

__all__ = ["ORGANIZATIONS", "SAMPLE", "DemoApplication", "DemoOrganization", "DemoPerson"]

_ALL = tuple(sorted(str(permission) for permission in Permission))
_BASIC, _POST, _NONE = AuthMethod.BASIC, AuthMethod.POST, AuthMethod.NONE

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
_NEON = (*PEOPLE, "offline", *_PROJECTS, *_ORGS)

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
    sign_up=True,
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
            "field-kit", "Field Kit", _NONE, "Open Meadow", "https://fieldkit.example", NATIVE
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
        *IN_RIVERBEND,
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
            scopes=(*PEOPLE, "patreon"),
        ),
        DemoApplication(
            "lantern-festival",
            "Lantern Festival",
            _POST,
            "Lantern Labs",
            "https://festival.example",
            scopes=(*PEOPLE, "patreon"),
        ),
        DemoApplication(
            "headset-link",
            "Headset Link",
            _NONE,
            "Lantern Labs",
            "https://headset.example",
            NATIVE,
            (*PEOPLE, "patreon"),
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
        *IN_NEOS,
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
            "neonctl", "Shell Tool", _NONE, "Tidewater", "https://shell.example", NATIVE, _NEON
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
        *IN_NEON,
    ),
    apis=(Api(org_id="neon", identifier=_NEON_API, name="Console API"),),
    scopes=_NEON_SCOPES,
)

ORGANIZATIONS = (_OPERATORS, _RIVERBEND, _NEOS, _NEON_ORGANIZATION)
