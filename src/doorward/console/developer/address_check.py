"""What is wrong with addresses while a form is filled in: the same that the form says when sent."""

from __future__ import annotations

from doorward.clients import list_faults
from doorward.console.admin import problem_of
from doorward.console.developer.fields import ADDRESSES, advise, parse_new
from doorward.console.developer.frame import DeveloperFrame
from doorward.console.developer.model import Developer, DeveloperRoute
from doorward.http import Call, Reply, json_reply, translator

__all__ = ["AddressCheck"]


class AddressCheck:
    """``/developer/addresses``: asked by a script when somebody leaves a field of addresses."""

    def __init__(self, frame: DeveloperFrame) -> None:
        """Answer in the language of ``frame``."""
        self._frame = frame

    def routes(self) -> tuple[DeveloperRoute, ...]:
        """What is served."""
        return (DeveloperRoute("POST", "/developer/addresses", self.check),)

    async def check(self, call: Call, developer: Developer) -> Reply:
        """What is wrong with each list of addresses that is sent; nothing is kept."""
        form = call.form(wide=True)
        new = parse_new(form, developer)
        problems = [
            *advise({name: getattr(new, name) for name in ADDRESSES}),
            *(problem_of(each, ADDRESSES) for each in list_faults(new)),
        ]
        say = translator(self._frame.locale_of(call))
        found = [
            {"field": each.field, "sentence": say(each.sentence), "about": each.about}
            for each in problems
            if each.field in ADDRESSES and each.field in form
        ]
        return json_reply({"problems": found})
