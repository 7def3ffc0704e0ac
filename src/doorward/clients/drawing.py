"""Pictures that strangers send, decoded and drawn anew: nothing of the file itself is kept.

The formats are those of three decoders, whatever else the library could read; the size in the
header is looked at before a pixel is decoded (decompression bombs).
"""

from __future__ import annotations

from hashlib import sha256
from io import BytesIO

from PIL import Image, ImageOps

from doorward.clients.pictures import LARGE, MAX_LOGO_BYTES, MAX_LOGO_SIDE, SMALL, BadLogo, Logo

__all__ = ["draw_logo"]

_FORMATS = ("PNG", "JPEG", "WEBP")
_TOO_LARGE = "A logo is up to 2 MB, and up to 4096 pixels wide and high."


def draw_logo(data: bytes) -> Logo:
    """The logo in ``data``: its first frame, upright, in two square sizes.

    Raises ``BadLogo`` for everything that is not a sound PNG, JPEG or WebP file of a fitting size.
    """
    if len(data) > MAX_LOGO_BYTES:
        raise BadLogo(_TOO_LARGE)
    try:
        picture = _decode(data)
        large, small = _square(picture, LARGE), _square(picture, SMALL)
    except BadLogo:
        raise
    except Exception as error:  # a decoder that is given a stranger's file may raise anything
        raise BadLogo from error
    return Logo(sha256(large).hexdigest(), large, small)


def _decode(data: bytes) -> Image.Image:
    with Image.open(BytesIO(data), formats=_FORMATS) as source:
        width, height = source.size
        if max(width, height) > MAX_LOGO_SIDE:
            raise BadLogo(_TOO_LARGE)
        # A photograph is decoded at about the size that is needed; others ignore this.
        source.draft("RGB", (2 * LARGE, 2 * LARGE))
        source.load()
        return ImageOps.exif_transpose(source).convert("RGBA")


def _square(picture: Image.Image, side: int) -> bytes:
    """``picture`` whole, in the middle of a clear square; a small one is not blown up."""
    edge = min(side, max(picture.size))
    fitted = ImageOps.contain(picture, (edge, edge), Image.Resampling.LANCZOS)
    canvas = Image.new("RGBA", (edge, edge), (0, 0, 0, 0))
    canvas.paste(fitted, ((edge - fitted.width) // 2, (edge - fitted.height) // 2))
    out = BytesIO()
    canvas.save(out, "PNG", optimize=True)
    return out.getvalue()
