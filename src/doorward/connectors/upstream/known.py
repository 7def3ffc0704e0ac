"""What is known while speaking with a platform: the values of templates, and which are secret."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from doorward.connectors.grants import Category, Grant, Plan, UpstreamFailure
from doorward.connectors.model import Variable
from doorward.connectors.templates import (
    BadTemplate,
    BadValue,
    Encode,
    MissingValue,
    render,
)

__all__ = ["Known", "client_id_of", "find_variable", "know", "redirect_uri_of"]

_TOKEN_LIKE = re.compile(r"[A-Za-z0-9_\-+/=.~]{20,}")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
_SHORTEST_SECRET = 4
_LONGEST_DETAIL = 200
_MASK = "•••"


@dataclass(frozen=True)
class Known:
    """Values by name. ``secrets`` are those that no message may repeat."""

    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: frozenset[str] = field(default_factory=frozenset, repr=False)

    def plus(self, values: Mapping[str, str]) -> Known:
        """More values, none of them secret."""
        return replace(self, values={**self.values, **values})

    def plus_secret(self, values: Mapping[str, str | None]) -> Known:
        """More values that are secret; those that are None are not there."""
        given = {name: value for name, value in values.items() if value is not None}
        return Known({**self.values, **given}, self.secrets | set(given.values()))

    def fill(self, template: str, encode: Encode) -> str:
        """``template`` with its values. Raises ``UpstreamFailure``: the manifest is wrong."""
        try:
            return render(template, self.values, encode=encode)
        except MissingValue as error:
            raise _misfit("missing_value", str(error)) from None
        except BadValue as error:
            raise _misfit("bad_value", str(error)) from None
        except BadTemplate as error:
            raise _misfit("bad_template", str(error)) from None

    def fill_all(self, templates: Mapping[str, str], encode: Encode) -> dict[str, str]:
        """Each of ``templates`` with its values, by its name."""
        return {name: self.fill(template, encode) for name, template in templates.items()}

    def redact(self, text: str) -> str:
        """``text`` for staff: without our secrets or anything long that could be one, and short."""
        # Hidden once more afterwards: what cannot be seen may stand where a secret has a space.
        text = self._hidden(_UNSEEN.sub(" ", self._hidden(text)))
        return _TOKEN_LIKE.sub(_MASK, text).strip()[:_LONGEST_DETAIL]

    def _hidden(self, text: str) -> str:
        for secret in sorted(self.secrets, key=len, reverse=True):
            if len(secret) >= _SHORTEST_SECRET:
                text = text.replace(secret, _MASK)
        return text


def know(plan: Plan, grant: Grant | None = None) -> Known:
    """What ``plan`` and ``grant`` say. The client's secret is added for each try."""
    values = {
        variable.name: variable.default or ""
        for variable in _variables(plan)
        if variable.default is not None or not variable.required
    }
    values.update(plan.values)
    secret: dict[str, str | None] = {n: s.reveal() for n, s in plan.secret_values.items()}
    if grant is not None:
        private = {each.name for each in _variables(plan) if each.secret}
        values.update(grant.captures)
        secret |= {n: v for n, v in grant.captures.items() if n in private}
        secret |= {n: s.reveal() for n, s in grant.named.items()}
        secret["access_token"] = grant.access_token.reveal()
        secret["refresh_token"] = grant.refresh_token.reveal() if grant.refresh_token else None
    # The registration comes last: no variable takes its place.
    public = {"client_id": client_id_of(plan), "redirect_uri": redirect_uri_of(plan)}
    return Known(values).plus_secret(secret).plus(public)


def client_id_of(plan: Plan) -> str:
    """The client id: the registration's, or that of the manifest."""
    return plan.client.client_id if plan.client is not None else plan.option.client_id


def redirect_uri_of(plan: Plan) -> str:
    """What the platform knows our callback by."""
    own = plan.option.authorize.redirect_uri if plan.option.authorize is not None else None
    return own or (plan.client.redirect_uri if plan.client is not None else "")


def find_variable(plan: Plan, name: str) -> Variable | None:
    """The declaration of a variable; the option's own before the manifest's."""
    return next((each for each in reversed(_variables(plan)) if each.name == name), None)


def _variables(plan: Plan) -> tuple[Variable, ...]:
    return (*plan.manifest.variables, *plan.option.variables)


def _misfit(code: str, sentence: str) -> UpstreamFailure:
    return UpstreamFailure(Category.MANIFEST, code, detail=sentence[:_LONGEST_DETAIL], sent=False)
