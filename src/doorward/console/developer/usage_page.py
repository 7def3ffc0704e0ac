"""What an application did in the last thirty days: a chart and its table."""

from __future__ import annotations

from dataclasses import dataclass

from doorward.clients import UsageOfDay
from doorward.console.developer.frame import DeveloperFrame
from doorward.console.developer.model import (
    Developer,
    DeveloperPage,
    DeveloperRoute,
    DeveloperServices,
)
from doorward.http import ASGIApp, Call

__all__ = ["Bar", "UsagePages", "bars_of"]

_PATH = "/developer/app/usage"
_DAYS = 30
_DAY_US = 86_400_000_000
_HEIGHT = 120
_STEP = 20


@dataclass(frozen=True, slots=True)
class Bar:
    """A day in the chart: where its columns stand and how high they are, in the SVG's units."""

    x: int
    grants: int
    tokens: int
    errors: int


def bars_of(days: list[UsageOfDay]) -> tuple[int, list[Bar]]:
    """The number at the top of the chart, and a bar for each day."""
    counted = [(day.grants, day.tokens, sum(day.errors.values())) for day in days]
    top = max((number for numbers in counted for number in numbers), default=0)

    def height(number: int) -> int:
        # What is there at all can be seen.
        return max(2, round(_HEIGHT * number / top)) if number else 0

    bars = [
        Bar(_STEP * place, *(height(number) for number in numbers))
        for place, numbers in enumerate(counted)
    ]
    return top, bars


class UsagePages:
    """``/developer/app/usage``."""

    def __init__(self, use: DeveloperServices, frame: DeveloperFrame) -> None:
        """Show the counts of ``use``, within ``frame``."""
        self._use = use
        self._frame = frame

    def routes(self) -> tuple[DeveloperRoute, ...]:
        """What is served."""
        return (DeveloperRoute("GET", _PATH, self.show),)

    async def show(self, call: Call, developer: Developer) -> ASGIApp:
        """Grants, tokens and errors of each day."""
        application = await self._frame.find_application(call, developer)
        days = await self._use.usage.of(developer.org_id, application.client_id, _DAYS)
        top, bars = bars_of(days)
        values: dict[str, object] = {
            "top": top,
            "bars": bars,
            "height": _HEIGHT,
            "width": _STEP * len(bars),
            "first_at": days[0].day * _DAY_US,
            "last_at": days[-1].day * _DAY_US,
            "totals": {
                "grants": sum(day.grants for day in days),
                "tokens": sum(day.tokens for day in days),
                "errors": sum(sum(day.errors.values()) for day in days),
            },
            "days": [
                {
                    "at": day.day * _DAY_US,
                    "grants": day.grants,
                    "tokens": day.tokens,
                    "errors": sorted(day.errors.items()),
                }
                for day in reversed(days)
                if day.grants or day.tokens or day.errors
            ],
        }
        page = DeveloperPage("developer_usage.html", "usage", _PATH)
        return self._frame.page(call, developer, page, values, application)
