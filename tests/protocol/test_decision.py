"""Every combination of prompt, sessions, grant and age, and what must hold for all of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from msgspec import structs

from doorward.protocol import (
    AskConsent,
    AuthorizationRequest,
    Decision,
    ErrorCode,
    Issue,
    OAuthError,
    PickAccount,
    Prompt,
    SignedIn,
    SignIn,
    Situation,
    decide,
    parse_authorization_request,
)
from tests.protocol.test_authorization import RULES, address, params
from tests.support.spec import spec

SECOND = 1_000_000
STARTED = 1_790_000_000 * SECOND
NOW = STARTED + 20 * SECOND
BASE = parse_authorization_request(params(), RULES, address())

SOFIA = SignedIn(session_id=1, account_id=1001, auth_at=STARTED - 600 * SECOND)
MASAO = SignedIn(session_id=2, account_id=1002, auth_at=STARTED - 10 * SECOND)
SOFIA_AGAIN = structs.replace(SOFIA, auth_at=STARTED + 5 * SECOND)

PROMPTS = [
    frozenset(words)
    for size in range(4)
    for words in itertools.combinations([Prompt.LOGIN, Prompt.CONSENT, Prompt.SELECT_ACCOUNT], size)
] + [frozenset({Prompt.NONE})]
SESSIONS = [(), (SOFIA,), (SOFIA_AGAIN,), (SOFIA, MASAO), (SOFIA_AGAIN, MASAO)]
CHOSEN = [None, 1, 2, 99]
HINTED = [None, 1001, 1002, 4711]
NOTHING: frozenset[str] = frozenset()
GRANTED = [
    (NOTHING, False),
    (NOTHING, True),
    (frozenset({"openid"}), True),
    (frozenset({"openid", "profile", "email"}), True),
]
AGES = [None, 0, 60, 3600]
SCOPES = [(), ("openid", "profile")]
FLAGS = list(itertools.product([False, True], repeat=3))

Case = tuple[AuthorizationRequest, Situation]


def cases() -> Iterator[Case]:
    """The whole table: some hundred thousand rows."""
    for prompts, age, scopes, hint in itertools.product(PROMPTS, AGES, SCOPES, [None, "ey"]):
        request = structs.replace(
            BASE, prompts=prompts, max_age_s=age, scopes=scopes, id_token_hint=hint
        )
        for sessions, chosen, hinted, grant, flags in itertools.product(
            SESSIONS, CHOSEN, HINTED, GRANTED, FLAGS
        ):
            if hint is not None and hinted is None:
                continue
            consented, trusted, remember = flags
            yield (
                request,
                Situation(
                    now=NOW,
                    started_at=STARTED,
                    sessions=sessions,
                    chosen=chosen,
                    hinted_account=hinted,
                    granted=grant[0],
                    known=grant[1],
                    consented=consented,
                    trusted=trusted,
                    remember=remember,
                ),
            )


def answer(case: Case) -> Decision | ErrorCode:
    try:
        return decide(*case)
    except OAuthError as error:
        return error.code


@pytest.fixture(scope="module")
def table() -> list[tuple[AuthorizationRequest, Situation, Decision | ErrorCode]]:
    """Every case with its decision, or with the code of its refusal."""
    return [(*case, answer(case)) for case in cases()]


Table = list[tuple[AuthorizationRequest, Situation, Decision | ErrorCode]]


def is_old(request: AuthorizationRequest, session: SignedIn) -> bool:
    """Whether this sign-in is too old for the request, written down a second time."""
    if session.auth_at >= STARTED:
        return False
    too_old = request.max_age_s is not None and NOW - session.auth_at > request.max_age_s * SECOND
    return Prompt.LOGIN in request.prompts or too_old


def test_the_table_is_whole_and_reaches_every_answer(table: Table) -> None:
    assert len(table) > 100_000
    assert {type(found) for _, _, found in table} == {
        SignIn,
        PickAccount,
        AskConsent,
        Issue,
        ErrorCode,
    }


@spec("OpenID Connect Core 1.0", "3.1.2.1", "prompt=none never shows a page")
def test_prompt_none_issues_or_refuses(table: Table) -> None:
    silent = {
        ErrorCode.LOGIN_REQUIRED,
        ErrorCode.CONSENT_REQUIRED,
        ErrorCode.ACCOUNT_SELECTION_REQUIRED,
    }
    reached = set()
    for request, _, found in table:
        if Prompt.NONE in request.prompts:
            assert isinstance(found, Issue) or found in silent
            reached.add(found if isinstance(found, ErrorCode) else None)
    assert reached == {None, *silent}


def test_nobody_is_refused_whom_one_may_ask(table: Table) -> None:
    """Without prompt=none only another person than id_token_hint's is refused."""
    for request, situation, found in table:
        if Prompt.NONE not in request.prompts and isinstance(found, ErrorCode):
            assert found is ErrorCode.LOGIN_REQUIRED
            assert request.id_token_hint is not None
            assert situation.chosen is not None


@spec("OpenID Connect Core 1.0", "3.1.2.4", "nothing is issued without consent")
def test_issue_needs_consent_trust_or_memory(table: Table) -> None:
    for request, situation, found in table:
        if isinstance(found, Issue) and not situation.consented and not situation.trusted:
            assert situation.remember
            assert situation.known
            assert set(request.scopes) <= situation.granted
            assert Prompt.CONSENT not in request.prompts


@spec("OpenID Connect Core 1.0", "3.1.2.1", "prompt=consent asks, whatever was allowed before")
def test_prompt_consent_asks_in_any_case(table: Table) -> None:
    for request, situation, found in table:
        if Prompt.CONSENT in request.prompts and isinstance(found, Issue):
            assert situation.consented


@spec("OpenID Connect Core 1.0", "3.1.2.1", "prompt=login and max_age ask for a new sign-in")
def test_issue_and_consent_need_a_sign_in_that_is_recent_enough(table: Table) -> None:
    for request, _, found in table:
        if isinstance(found, Issue | AskConsent):
            assert not is_old(request, found.session)


def test_nobody_is_asked_to_prove_again_what_is_proved(table: Table) -> None:
    for request, _, found in table:
        if isinstance(found, SignIn) and found.again is not None:
            assert is_old(request, found.again)


def test_nobody_is_asked_for_consent_twice(table: Table) -> None:
    for _, situation, found in table:
        assert not (situation.consented and isinstance(found, AskConsent))


@spec("OpenID Connect Core 1.0", "3.1.2.2", "another person than id_token_hint's is never answered")
def test_only_the_hinted_person_is_answered_for(table: Table) -> None:
    for request, situation, found in table:
        if request.id_token_hint is not None and isinstance(found, Issue | AskConsent):
            assert found.session.account_id == situation.hinted_account


def test_a_session_that_is_used_is_one_of_this_browser(table: Table) -> None:
    for _, situation, found in table:
        session = getattr(found, "session", None) or getattr(found, "again", None)
        if session is not None:
            assert session in situation.sessions
            assert situation.chosen in {None, session.session_id}


def test_several_accounts_are_picked_from_or_named(table: Table) -> None:
    for _, situation, found in table:
        if isinstance(found, Issue | AskConsent) and len(situation.sessions) > 1:
            named = {situation.chosen, situation.hinted_account} - {None}
            assert named & {found.session.session_id, found.session.account_id}


@spec("OpenID Connect Core 1.0", "3.1.2.1", "prompt=select_account lets the person pick")
def test_select_account_is_asked_once(table: Table) -> None:
    for request, situation, found in table:
        if Prompt.SELECT_ACCOUNT in request.prompts and situation.sessions:
            assert isinstance(found, PickAccount) == (situation.chosen is None)


def test_nobody_picks_from_nothing(table: Table) -> None:
    for _, situation, found in table:
        assert not (isinstance(found, PickAccount) and not situation.sessions)


def test_consent_splits_the_scopes_into_new_and_known(table: Table) -> None:
    for request, situation, found in table:
        if isinstance(found, AskConsent):
            assert sorted(found.fresh + found.known) == sorted(request.scopes)
            assert set(found.known) <= situation.granted
            assert not set(found.fresh) & situation.granted


@spec("RFC 8252", "8.6", "an application whose identity is not assured is never remembered")
def test_a_public_application_is_asked_for_each_time(table: Table) -> None:
    for _, situation, found in table:
        if isinstance(found, Issue) and not situation.remember and not situation.trusted:
            assert situation.consented


def step(case: Case, found: Decision) -> Case:
    """What the person does next: signs in, picks, or allows."""
    request, situation = case
    if isinstance(found, SignIn):
        again = found.again or SignedIn(3, situation.hinted_account or 1001, 0)
        fresh = structs.replace(again, auth_at=NOW)
        others = tuple(each for each in situation.sessions if each.session_id != fresh.session_id)
        return request, structs.replace(
            situation, sessions=(*others, fresh), chosen=fresh.session_id
        )
    if isinstance(found, PickAccount):
        wanted = [
            each for each in situation.sessions if each.account_id == situation.hinted_account
        ]
        picked = (wanted or situation.sessions)[0]
        return request, structs.replace(situation, chosen=picked.session_id)
    return request, structs.replace(situation, consented=True)


def test_every_flow_ends_and_asks_nothing_twice() -> None:
    """From each row on, a willing person arrives: each kind of page is shown at most once."""
    for case in cases():
        if Prompt.NONE in case[0].prompts:
            continue
        asked: list[str] = []
        found = answer(case)
        while not isinstance(found, Issue | ErrorCode):
            asked.append(type(found).__name__)
            assert len(asked) == len(set(asked)), (case, asked)
            case = step(case, found)  # noqa: PLW2901 - the flow goes on from here
            found = answer(case)


@pytest.mark.parametrize(
    ("auth_at", "max_age_s", "asked"),
    [
        (STARTED - 1, 0, True),
        (STARTED, 0, False),
        (NOW - 60 * SECOND, 60, False),
        (NOW - 60 * SECOND - 1, 60, True),
        (NOW - 60 * SECOND - 1, None, False),
    ],
)
@spec("OpenID Connect Core 1.0", "3.1.2.1", "max_age counts from the last sign-in")
def test_max_age_to_the_microsecond(auth_at: int, max_age_s: int | None, asked: bool) -> None:
    session = structs.replace(SOFIA, auth_at=auth_at)
    situation = Situation(
        now=NOW,
        started_at=STARTED,
        sessions=(session,),
        chosen=None,
        hinted_account=None,
        granted=frozenset(BASE.scopes),
        known=True,
        consented=False,
        trusted=False,
        remember=True,
    )
    request = structs.replace(BASE, max_age_s=max_age_s)
    expected: Decision = SignIn(again=session) if asked else Issue(session, request.scopes)
    assert decide(request, situation) == expected
