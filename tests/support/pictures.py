"""Pictures for tests, sound and otherwise."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from PIL import Image

__all__ = ["SVG", "picture", "read_picture"]

SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(2)</script>'
    b'<rect width="8" height="8"/></svg>'
)


def picture(
    kind: str = "PNG", size: tuple[int, int] = (300, 200), colour: str = "#c3953a", **options: Any
) -> bytes:
    """A file of one colour."""
    out = BytesIO()
    Image.new("RGB", size, colour).save(out, kind, **options)
    return out.getvalue()


def read_picture(data: bytes) -> Image.Image:
    """The picture in ``data``, decoded."""
    opened = Image.open(BytesIO(data))
    opened.load()
    return opened
