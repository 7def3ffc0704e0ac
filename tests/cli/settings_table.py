"""The table of docs/settings.md, as the settings themselves say it."""

from __future__ import annotations

from doorward.config import Settings

__all__ = ["settings_table"]

_COMPUTED = {"password_workers": "the cores it may use, at most 4"}


def settings_table() -> list[str]:
    """One line for each setting: its name, its variable, its default, what it means."""
    lines = ["| setting | variable | default | meaning |", "|---|---|---|---|"]
    defaults = Settings.model_construct()
    for name, field in Settings.model_fields.items():
        default = _COMPUTED.get(name) or _shown(getattr(defaults, name))
        lines.append(f"| `{name}` | `DOORWARD_{name.upper()}` | {default} | {field.description} |")
    return lines


def _shown(default: object) -> str:
    if default in (None, ()):
        return "none"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    reveal = getattr(default, "get_secret_value", None)
    return f"`{default if reveal is None else reveal()}`"
