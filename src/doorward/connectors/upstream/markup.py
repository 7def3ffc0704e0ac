"""XML of answers as plain values, read without what makes XML dangerous."""

from __future__ import annotations

from xml.parsers import expat

__all__ = ["BadMarkup", "read_xml"]

_DEEPEST = 32


class BadMarkup(ValueError):
    """Not XML, or XML that declares a document type, which no answer needs."""


def read_xml(body: bytes) -> dict[str, object]:
    """Elements by their names without prefixes; text where there are no elements within.

    An element that occurs several times is a list. Raises ``BadMarkup``.
    """
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = reader.refuse
    parser.EntityDeclHandler = reader.refuse
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    try:
        parser.Parse(body, True)  # noqa: FBT003 - the interface of expat
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise BadMarkup(str(error)) from None
    return reader.content


class _Reader:
    """Puts the values together while the parser walks."""

    def __init__(self) -> None:
        self.content: dict[str, object] = {}
        self._open: list[tuple[dict[str, object], list[str]]] = [(self.content, [])]

    def refuse(self, *_: object) -> None:
        raise BadMarkup("It declares a document type.")

    def start(self, _name: str, attributes: dict[str, str]) -> None:
        if len(self._open) > _DEEPEST:
            raise BadMarkup("Its elements are too deep.")
        within: dict[str, object] = {f"@{_plain(name)}": v for name, v in attributes.items()}
        self._open.append((within, []))

    def text(self, text: str) -> None:
        self._open[-1][1].append(text)

    def end(self, name: str) -> None:
        within, texts = self._open.pop()
        value: object = within or "".join(texts).strip()
        around = self._open[-1][0]
        key = _plain(name)
        if key not in around:
            around[key] = value
            return
        already = around[key]
        if isinstance(already, list):
            already.append(value)
        else:
            around[key] = [already, value]


def _plain(name: str) -> str:
    return name.rpartition(":")[2]
