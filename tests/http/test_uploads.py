"""Uploads: read in pieces of any size, never kept when they are refused."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.http import (
    Call,
    ForgedRequest,
    Upload,
    UploadFault,
    UploadOrder,
    UploadRefused,
    receive_upload,
)

pytestmark = pytest.mark.anyio

TYPE = "multipart/form-data; boundary=----line"


def part(name: str, content: bytes, file_name: str | None = None) -> bytes:
    """One part of a form."""
    shown = f'; filename="{file_name}"' if file_name is not None else ""
    head = f'------line\r\nContent-Disposition: form-data; name="{name}"{shown}\r\n\r\n'
    return head.encode() + content + b"\r\n"


END = b"------line--\r\n"
WHOLE = part("csrf", b"token") + part("file", b"a,b\r\n1,2\r\n", "people.csv") + END


class Body:
    """A body that arrives in pieces, and what was read of it."""

    def __init__(self, *pieces: bytes, kind: str = TYPE, cut: bool = False) -> None:
        self.left = list(pieces)
        self.kind = kind
        self.cut = cut

    async def receive(self) -> MutableMapping[str, Any]:
        if not self.left and self.cut:
            return {"type": "http.disconnect"}
        piece = self.left.pop(0) if self.left else b""
        return {"type": "http.request", "body": piece, "more_body": bool(self.left) or self.cut}

    def call(self) -> Call:
        """The request."""
        headers = [(b"content-type", self.kind.encode())]
        return Call({"method": "POST", "headers": headers}, b"", self.receive)


async def send(
    body: Body, *, most: int = 1000, verify: Any = lambda fields: True, **order: Any
) -> Upload:
    """Receive ``body`` as an upload."""
    return await receive_upload(body.call(), UploadOrder("file", most, verify, **order))


async def fault_of(body: Body, **options: Any) -> UploadFault:
    """Why ``body`` is refused."""
    with pytest.raises(UploadRefused) as refused:
        await send(body, **options)
    return refused.value.fault


@given(st.integers(1, len(WHOLE)))
async def test_a_file_arrives_whole_however_it_is_cut_into_pieces(size: int) -> None:
    """With its name and the fields before it."""
    upload = await send(Body(*(WHOLE[n : n + size] for n in range(0, len(WHOLE), size))))
    assert upload.file.read() == b"a,b\r\n1,2\r\n"
    assert (upload.file_name, upload.fields) == ("people.csv", {"csrf": "token"})
    upload.close()


async def test_a_file_name_is_read_in_utf_8() -> None:
    """As browsers send it."""
    upload = await send(Body(part("file", b"x", "寄付者.csv"), END))
    assert upload.file_name == "寄付者.csv"
    upload.close()


async def test_the_form_is_verified_before_a_byte_of_the_file_is_kept() -> None:
    """A form of another site fills no disk; its rest is read and forgotten."""

    def verify(fields: Mapping[str, str]) -> object:
        assert fields == {"csrf": "stolen"}
        raise ForgedRequest

    rest = [b"x" * 100] * 3
    body = Body(part("csrf", b"stolen"), part("file", b"first", "a.csv"), *rest, END)
    with pytest.raises(ForgedRequest):
        await send(body, verify=verify)
    assert body.left == []


async def test_a_token_after_the_file_counts_for_nothing() -> None:
    """What stands behind cannot have been verified before."""
    seen: list[Mapping[str, str]] = []
    body = Body(part("file", b"x", "a.csv") + part("csrf", b"token") + END)
    upload = await send(body, verify=lambda fields: seen.append(dict(fields)))
    assert seen == [{}]
    upload.close()


async def test_a_file_that_is_too_large_is_refused_and_read_to_its_end() -> None:
    """So that the browser gets to see the answer; but not without end."""
    large = Body(part("file", b"x" * 1001, "a.csv"), *[b"y" * 100] * 5, END)
    assert await fault_of(large) is UploadFault.TOO_LARGE
    assert large.left == []
    endless = Body(part("file", b"x" * 1001, "a.csv"), *[b"y" * 1000] * 50, END)
    assert await fault_of(endless) is UploadFault.TOO_LARGE
    assert len(endless.left) > 40


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (Body(b"file=x", kind="application/x-www-form-urlencoded"), UploadFault.NOT_A_FORM),
        (Body(b"x", kind="multipart/form-data"), UploadFault.NOT_A_FORM),
        (Body(WHOLE, kind=f"multipart/form-data; boundary={'x' * 300}"), UploadFault.NOT_A_FORM),
        (Body(b"no form at all"), UploadFault.NOT_A_FORM),
        (Body(b""), UploadFault.NOT_A_FORM),
        (Body(WHOLE[:-12]), UploadFault.NOT_A_FORM),
        (Body(END), UploadFault.NO_FILE),
        (Body(part("csrf", b"token") + END), UploadFault.NO_FILE),
        (Body(part("file", b"", "") + END), UploadFault.NO_FILE),
        (Body(part("other", b"x", "a.csv") + END), UploadFault.NO_FILE),
        (Body(part("csrf", b"x" * 9000) + END), UploadFault.NOT_A_FORM),
        (Body(part("a", b"") * 20 + END), UploadFault.NOT_A_FORM),
        (Body(part("file", b"x", "a") + part("file", b"y", "b") + END), UploadFault.NOT_A_FORM),
        (Body(WHOLE[:200], cut=True), UploadFault.CUT_SHORT),
    ],
)
async def test_what_is_no_form_with_one_file_is_refused(body: Body, fault: UploadFault) -> None:
    """Whatever is wrong with it."""
    assert await fault_of(body) is fault


async def test_a_file_may_be_left_out_where_it_is_optional() -> None:
    """Not chosen, or no part of the form at all; the form is verified all the same."""
    for rest in (part("file", b"", ""), b""):
        seen: list[Mapping[str, str]] = []
        body = Body(part("name", b"Tally") + rest + END)
        upload = await send(body, verify=lambda f, s=seen: s.append(dict(f)), optional=True)
        assert (upload.file_name, upload.fields, seen) == ("", {"name": "Tally"}, [upload.fields])
        upload.close()

    def refuse(_: Mapping[str, str]) -> object:
        raise ForgedRequest

    with pytest.raises(ForgedRequest):
        await send(Body(part("name", b"x") + END), verify=refuse, optional=True)


async def test_a_wide_form_has_more_fields_but_not_more_text() -> None:
    """As much together as a form without a file."""
    many = b"".join(part(f"scope.{n}", b"on") for n in range(400))
    upload = await send(Body(many, END), most=100_000, wide=True, optional=True)
    assert len(upload.fields) == 400
    upload.close()
    assert await fault_of(Body(many, END), most=100_000, optional=True) is UploadFault.NOT_A_FORM
    long = b"".join(part(f"purpose.{n}", b"x" * 8000) for n in range(9))
    for body in (Body(long, END), Body(many, many, END)):
        fault = await fault_of(body, most=100_000, wide=True, optional=True)
        assert fault is UploadFault.NOT_A_FORM


async def test_what_was_typed_before_a_refused_file_is_known() -> None:
    """But not what a form of another site says."""
    typed = part("name", b"Tally")
    with pytest.raises(UploadRefused) as refused:
        await send(Body(typed, part("file", b"x" * 1001, "a.png"), END))
    assert refused.value.fields == {"name": "Tally"}
    with pytest.raises(UploadRefused) as refused:
        await send(Body(typed, b"no form"))
    assert refused.value.fields == {}


@given(st.binary(max_size=300))
async def test_whatever_arrives_is_an_upload_or_a_refusal(noise: bytes) -> None:
    """Also in the middle of a sound form."""
    for body in (noise, WHOLE[:100] + noise + WHOLE[100:], part("file", noise, "a") + END):
        try:
            upload = await send(Body(body))
        except UploadRefused:
            continue
        assert upload.file.read() is not None
        upload.close()


@pytest.mark.parametrize("size", [1, 7, 100_000])
async def test_a_long_field_is_taken_where_it_is_awaited(size: int) -> None:
    """However it is cut; one byte more is too large, and other fields stay as short as ever."""
    text = b"x" * 20_000
    body = part("csrf", b"token") + part("manifest", text) + END
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    order: dict[str, Any] = {"optional": True, "longest": {"manifest": 20_000}}
    upload = await send(Body(*pieces), most=1_000_000, **order)
    assert upload.fields["manifest"] == text.decode()
    upload.close()
    more = part("manifest", text + b"x") + END
    assert await fault_of(Body(more), most=1_000_000, **order) is UploadFault.TOO_LARGE
    other = part("csrf", text) + END
    assert await fault_of(Body(other), most=1_000_000, **order) is UploadFault.NOT_A_FORM
