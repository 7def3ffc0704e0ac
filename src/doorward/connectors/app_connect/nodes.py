"""A document of somebody else's format, read field by field; what is wrong is collected."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from doorward.connectors.refusals import Fault

__all__ = ["Node"]

_LONGEST = 4_096


@dataclass(frozen=True)
class Node:
    """One object of the document, where it stands, and the faults found so far."""

    path: str
    fields: dict[str, Any]
    faults: list[Fault] = field(default_factory=list)

    def text(self, name: str, *, required: bool = False, longest: int = _LONGEST) -> str:
        """The text at ``name``; numbers and booleans as text; empty where there is none."""
        value = self.fields.get(name)
        if isinstance(value, bool):
            value = str(value).lower()
        if isinstance(value, int | float):
            value = str(value)
        if value is None or value == "":
            if required:
                self.fault(name, "This is missing.")
            return ""
        if not isinstance(value, str):
            self.fault(name, "This must be text.")
            return ""
        if len(value) > longest:
            self.fault(name, f"This is too long: at most {longest} characters.")
            return ""
        return value

    def flag(self, name: str) -> bool:
        """Whether ``name`` is true."""
        value = self.fields.get(name)
        if value is not None and not isinstance(value, bool):
            self.fault(name, "This must be true or false.")
        return value is True

    def child(self, name: str, *, required: bool = False) -> Node | None:
        """The object at ``name``."""
        value = self.fields.get(name)
        if value is None:
            if required:
                self.fault(name, "This is missing.")
            return None
        if not isinstance(value, dict):
            self.fault(name, "This must be an object.")
            return None
        return Node(self._at(name), value, self.faults)

    def children(self, name: str) -> list[Node]:
        """The objects of the list at ``name``; none where there is no list."""
        value = self.fields.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            self.fault(name, "This must be a list.")
            return []
        found = []
        for i, each in enumerate(value[:200]):
            if isinstance(each, dict):
                found.append(Node(f"{self._at(name)}.{i}", each, self.faults))
            else:
                self.fault(f"{name}.{i}", "This must be an object.")
        return found

    def fault(self, name: str, sentence: str) -> None:
        """Keep a fault at ``name``."""
        self.faults.append(Fault(self._at(name), sentence))

    def _at(self, name: str) -> str:
        if not name:
            return self.path
        return f"{self.path}.{name[:64]}" if self.path else name[:64]
