"""One question, asked at every step of an authorization: what has to happen next."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from doorward.protocol.assurance import TWO_FACTORS, acr_of, asks_for_two
from doorward.protocol.authorization import AuthorizationRequest, Prompt
from doorward.protocol.errors import ErrorCode, OAuthError

__all__ = [
    "AskConsent",
    "Decision",
    "Issue",
    "PickAccount",
    "SignIn",
    "SignUp",
    "SignedIn",
    "Situation",
    "choose_session",
    "decide",
]

_SECOND = 1_000_000


class SignedIn(msgspec.Struct, frozen=True):
    """A live sign-in of this browser.

    ``auth_at`` is when the person proved who they are (µs), ``methods`` is how (RFC 8176).
    """

    session_id: int
    account_id: int
    auth_at: int
    methods: tuple[str, ...] = ()


class Situation(msgspec.Struct, frozen=True):
    """What is known besides the request; times in microseconds.

    ``granted`` holds the scopes that the chosen account allowed this application before.
    ``known`` says that there is such a consent, even one without scopes.
    ``consented`` says that the person has answered the consent page of this very flow, on which
    they ``ticked`` some of the scopes that the application marked as ``optional``. ``declined``
    holds those that they left out before: they are not asked for again.
    ``remember`` is False where the application's identity is not assured (a public client on a
    loopback address or a private scheme): then the person is asked each time (RFC 8252 8.6).
    ``second_steps`` says that people here can prove themselves by two factors.
    """

    now: int
    started_at: int
    sessions: tuple[SignedIn, ...]
    chosen: int | None
    hinted_account: int | None
    granted: frozenset[str]
    known: bool
    consented: bool
    trusted: bool
    remember: bool
    optional: frozenset[str] = frozenset()
    declined: frozenset[str] = frozenset()
    ticked: frozenset[str] = frozenset()
    second_steps: bool = True


@dataclass(frozen=True, slots=True)
class SignIn:
    """A person has to sign in; ``again`` names the session that must prove itself once more.

    ``by_two`` says that one factor is not enough this time.
    """

    again: SignedIn | None
    by_two: bool = False


@dataclass(frozen=True, slots=True)
class SignUp:
    """A person wants an account of their own first, or signs in with one instead."""


@dataclass(frozen=True, slots=True)
class PickAccount:
    """Several people are signed in here: one has to be chosen."""


@dataclass(frozen=True, slots=True)
class AskConsent:
    """The chosen person is asked: ``fresh`` scopes are new, ``known`` ones were allowed before."""

    session: SignedIn
    fresh: tuple[str, ...]
    known: tuple[str, ...]


class Issue(msgspec.Struct, frozen=True):
    """Nothing is left to ask: ``scopes`` are allowed, ``left_out`` was not ticked just now.

    ``asked`` says that the person has just allowed it themselves.
    """

    session: SignedIn
    scopes: tuple[str, ...]
    left_out: tuple[str, ...] = ()
    asked: bool = False


Decision = SignIn | SignUp | PickAccount | AskConsent | Issue


def choose_session(
    request: AuthorizationRequest,
    sessions: tuple[SignedIn, ...],
    *,
    chosen: int | None,
    hinted_account: int | None,
) -> SignedIn | None:
    """The session that the person picked, that a hint names, or that is the only one."""
    if chosen is not None:
        return next((each for each in sessions if each.session_id == chosen), None)
    if Prompt.SELECT_ACCOUNT in request.prompts:
        return None
    if hinted_account is not None:
        return next((each for each in sessions if each.account_id == hinted_account), None)
    return sessions[0] if len(sessions) == 1 else None


def decide(request: AuthorizationRequest, situation: Situation) -> Decision:
    """The next step (OpenID Connect Core 3.1.2.3 and 3.1.2.4).

    Raises ``login_required``, ``account_selection_required`` or ``consent_required`` where the
    request forbids asking (``prompt=none``), ``login_required`` when the person who was picked
    or signed in is not the one of ``id_token_hint``, and ``unmet_authentication_requirements`` when
    it wants two factors where nobody can have them (RFC 9470 4).
    """
    by_two = asks_for_two(request.acr_values)
    silent = Prompt.NONE in request.prompts
    session = choose_session(
        request,
        situation.sessions,
        chosen=situation.chosen,
        hinted_account=situation.hinted_account,
    )
    if _asks_to_create(request, situation, session):
        return SignUp()
    if session is None:
        several = len(situation.sessions) > 1 and situation.hinted_account is None
        if silent:
            raise _silent_refusal(several=several)
        asked_to_pick = Prompt.SELECT_ACCOUNT in request.prompts and bool(situation.sessions)
        picked_nobody = situation.chosen is not None
        if (several or asked_to_pick) and not picked_nobody:
            return PickAccount()
        return SignIn(again=None, by_two=by_two)
    if not _is_hinted(request, situation, session):
        raise _another_person()
    if not _is_recent(request, situation, session):
        if silent:
            raise _silent_refusal(several=False)
        return SignIn(again=session, by_two=by_two)
    if by_two and acr_of(session.methods) != TWO_FACTORS:
        return _step_up(situation, session, silent=silent)
    return _decide_consent(request, situation, session)


def _asks_to_create(
    request: AuthorizationRequest, situation: Situation, session: SignedIn | None
) -> bool:
    """Whether the sign-up has to be shown: whoever came in since has been asked already."""
    if Prompt.CREATE not in request.prompts:
        return False
    return session is None or session.auth_at < situation.started_at


def _is_hinted(request: AuthorizationRequest, situation: Situation, session: SignedIn) -> bool:
    # Only id_token_hint binds the answer to a person; login_hint is no more than a suggestion.
    if request.id_token_hint is None or situation.hinted_account is None:
        return True
    return session.account_id == situation.hinted_account


def _is_recent(request: AuthorizationRequest, situation: Situation, session: SignedIn) -> bool:
    if session.auth_at >= situation.started_at:
        return True
    if Prompt.LOGIN in request.prompts:
        return False
    if request.max_age_s is None:
        return True
    return situation.now - session.auth_at <= request.max_age_s * _SECOND


def _step_up(situation: Situation, session: SignedIn, *, silent: bool) -> SignIn:
    if not situation.second_steps:
        raise OAuthError(
            ErrorCode.UNMET_AUTHENTICATION_REQUIREMENTS, "Nobody signs in by two factors here."
        )
    if silent:
        raise _silent_refusal(several=False)
    return SignIn(again=session, by_two=True)


def _decide_consent(
    request: AuthorizationRequest, situation: Situation, session: SignedIn
) -> Decision:
    fresh = tuple(name for name in request.scopes if name not in situation.granted)
    if situation.consented:
        offered = situation.optional.intersection(fresh) - situation.ticked
        kept = tuple(name for name in request.scopes if name not in offered)
        left_out = tuple(name for name in fresh if name in offered)
        return Issue(session, kept, left_out, asked=True)
    passed_over = situation.optional & situation.declined
    known = tuple(name for name in request.scopes if name in situation.granted)
    forced = Prompt.CONSENT in request.prompts
    # A first visit is asked even without scopes: who someone is, is told in any case.
    first = not situation.known
    needed = bool(set(fresh) - passed_over) or first or not situation.remember
    if not forced and situation.trusted:
        return Issue(session, request.scopes)
    if not forced and not needed:
        return Issue(session, known)
    if Prompt.NONE in request.prompts:
        raise OAuthError(ErrorCode.CONSENT_REQUIRED, "The person has to be asked for consent.")
    return AskConsent(session=session, fresh=fresh, known=known)


def _another_person() -> OAuthError:
    return OAuthError(
        ErrorCode.LOGIN_REQUIRED, "Another person than the one of id_token_hint is signed in."
    )


def _silent_refusal(*, several: bool) -> OAuthError:
    if several:
        return OAuthError(
            ErrorCode.ACCOUNT_SELECTION_REQUIRED, "More than one account is signed in here."
        )
    return OAuthError(ErrorCode.LOGIN_REQUIRED, "The person has to sign in.")
