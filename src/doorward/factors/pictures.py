"""The picture that an app reads a key from."""

from __future__ import annotations

import segno

from doorward.crypto import Secret

__all__ = ["draw_qr"]


def draw_qr(uri: Secret[str]) -> str:
    """``uri`` as the address of a picture that contains itself.

    Dark on light whatever the page's colours are: not every app reads the other way round.
    """
    code = segno.make(uri.reveal(), error="m", micro=False)
    return str(code.svg_data_uri(scale=4, border=4, dark="#000", light="#fff", encode_minimal=True))
