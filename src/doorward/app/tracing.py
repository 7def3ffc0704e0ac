"""From the settings to traces; where they are off, nothing of OpenTelemetry is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.config import BadSettings, Settings

if TYPE_CHECKING:
    from doorward.app.spans import Spans

__all__ = ["find_spans"]


def find_spans(settings: Settings) -> Spans | None:
    """What sends spans where ``settings`` say; None when they say nothing. Raises ``BadSettings``.

    It begins a thread: call it in the process that serves.
    """
    if settings.traces_url is None:
        return None
    try:
        from doorward.app.spans import Spans  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise BadSettings("traces_url: needs the extra `traces`: doorward[traces]") from error
    return Spans(settings)
