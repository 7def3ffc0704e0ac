"""Logos: only pictures that we drew ourselves are kept and served."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from doorward.audit import SYSTEM, Actor
from doorward.clients import MAX_LOGO_BYTES, BadLogo, Logos, TooManyLogos, UnknownLogo
from doorward.clients.drawing import draw_logo
from doorward.db import Database
from tests.support.attacks import attack
from tests.support.clock import ManualClock
from tests.support.house import house, world
from tests.support.pictures import SVG, picture, read_picture
from tests.support.world import World

__all__ = ["house", "world"]

pytestmark = pytest.mark.anyio

SECRET = "taken at 35.6586, 139.7454"


@pytest.fixture
def logos(db: Database, clock: ManualClock) -> Iterator[Logos]:
    """The service."""
    made = Logos(db=db, clock=clock)
    yield made
    made.close()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_each_format_becomes_two_square_png_files(kind: str) -> None:
    """The whole picture in the middle, the rest clear."""
    logo = draw_logo(picture(kind))
    for data, side in ((logo.large, 256), (logo.small, 96)):
        assert data.startswith(b"\x89PNG")
        shown = read_picture(data)
        assert (shown.size, shown.mode) == ((side, side), "RGBA")
        assert shown.getpixel((0, 0)) == (0, 0, 0, 0)
        red, green, blue, clear = shown.getpixel((side // 2, side // 2))  # type: ignore[misc]
        assert clear == 255
        assert abs(red - 195) + abs(green - 149) + abs(blue - 58) < 12


def test_a_small_picture_is_not_blown_up() -> None:
    """Sixteen pixels stay sixteen."""
    assert read_picture(draw_logo(picture(size=(16, 9))).large).size == (16, 16)


def test_metadata_does_not_survive() -> None:
    """Where a photograph was taken is nobody's business."""
    text = PngInfo()
    text.add_text("Comment", SECRET)
    exif = Image.Exif()
    exif[0x010E] = SECRET
    for data in (picture(pnginfo=text), picture("JPEG", exif=exif), picture("WEBP", exif=exif)):
        assert SECRET.encode() in data
        logo = draw_logo(data)
        assert SECRET.encode() not in logo.large + logo.small
        shown = read_picture(logo.large)
        assert not shown.info
        assert not shown.getexif()


def test_a_picture_stands_upright() -> None:
    """A telephone writes how it was held beside the picture."""
    exif = Image.Exif()
    exif[0x0112] = 6
    wide = Image.new("RGB", (200, 100), "#ff0000")
    out = BytesIO()
    wide.save(out, "JPEG", exif=exif)
    shown = read_picture(draw_logo(out.getvalue()).large)
    assert shown.getpixel((100, 5))[3] == 255  # type: ignore[index]
    assert shown.getpixel((5, 100))[3] == 0  # type: ignore[index]


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_of_an_animation_the_first_frame_is_taken(kind: str) -> None:
    """A consent page does not move."""
    frames = [Image.new("RGB", (64, 64), each) for each in ("#ff0000", "#00ff00")]
    out = BytesIO()
    frames[0].save(out, kind, save_all=True, append_images=frames[1:], duration=100)
    logo = draw_logo(out.getvalue())
    shown = read_picture(logo.large)
    assert getattr(shown, "n_frames", 1) == 1
    assert shown.getpixel((32, 32))[0] > 200  # type: ignore[index]


def _bomb(width: int, height: int) -> bytes:
    """A PNG file of a few bytes that says it is of this size."""

    def chunk(name: bytes, body: bytes) -> bytes:
        check = zlib.crc32(name + body).to_bytes(4, "big")
        return len(body).to_bytes(4, "big") + name + body + check

    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x00\x00\x00\x00"
    pixels = zlib.compress(b"\x00" * 100)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


@attack("CVE-2024-29891")
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a\x01\x00\x01\x00\x00\x00\x00;",
        SVG,
        b"\xef\xbb\xbf  \n" + SVG,
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        b"<html><script>alert(1)</script>",
        picture("GIF"),
        picture("BMP"),
        picture("TIFF"),
        picture()[:-40],
        picture("JPEG")[:200],
        picture("WEBP")[:30],
        picture(size=(4097, 1)),
        _bomb(60_000, 60_000),
        _bomb(2_000_000_000, 2_000_000_000),
        _bomb(0, 0),
        picture() + b"\x00" * MAX_LOGO_BYTES,
    ],
)
def test_everything_else_is_refused_with_a_sentence(data: bytes) -> None:
    """By its content; what a file is called says nothing."""
    with pytest.raises(BadLogo) as refused:
        draw_logo(data)
    assert refused.value.sentence.startswith("A logo is ")
    assert refused.value.field == "logo"


@given(st.binary(max_size=60), st.integers(0, 200))
def test_whatever_arrives_is_drawn_or_refused(noise: bytes, place: int) -> None:
    """Also in the middle of a sound file."""
    whole = picture(size=(20, 20))
    for data in (noise, whole[:place] + noise + whole[place:]):
        try:
            logo = draw_logo(data)
        except BadLogo:
            continue
        assert logo.large.startswith(b"\x89PNG")


async def test_the_same_picture_is_kept_once(logos: Logos) -> None:
    """Whoever sends it, in whichever format of the same pixels."""
    first = await logos.keep("river", picture(), SYSTEM)
    again = await logos.keep("river", picture(compress_level=0), Actor("account", "7"))
    assert first == again == await logos.get("river", first.key)


async def test_a_logo_belongs_to_its_organization(logos: Logos) -> None:
    """Another one does not have it, nor what is no key."""
    kept = await logos.keep("river", picture(), SYSTEM)
    for org_id, key in (
        ("lake", kept.key),
        ("river", kept.key.upper()),
        ("river", "\x00"),
        ("river", "../../x"),
        ("river", "0" * 64),
    ):
        with pytest.raises(UnknownLogo):
            await logos.get(org_id, key)


async def test_one_account_sends_so_many_in_a_day(logos: Logos, clock: ManualClock) -> None:
    """Nobody fills the disk; the others, and the next day, are not concerned."""
    anna = Actor("account", "7")
    for number in range(20):
        await logos.keep("river", picture(size=(20, 1 + number)), anna)
    with pytest.raises(TooManyLogos):
        await logos.keep("river", picture(size=(30, 3)), anna)
    await logos.keep("river", picture(size=(20, 1)), anna)
    await logos.keep("river", picture(size=(30, 4)), Actor("account", "8"))
    clock.advance(seconds=24 * 3600 + 1)
    await logos.keep("river", picture(size=(30, 3)), anna)


@attack("CVE-2024-29891")
async def test_a_logo_is_served_as_a_picture_and_nothing_else(world: World) -> None:
    """For good, since its address is its content, and inert when it is opened by itself."""
    kept = await world.services.logos.keep(world.org.org_id, picture("JPEG"), SYSTEM)
    async with world.http() as http:
        for name, data in ((kept.key, kept.large), (f"{kept.key}-small", kept.small)):
            answer = await http.get(f"logos/{name}.png")
            assert answer.status_code == 200
            assert answer.content == data
            assert answer.headers["content-type"] == "image/png"
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
            assert answer.headers["cross-origin-resource-policy"] == "same-origin"
            assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
            assert "set-cookie" not in answer.headers
        assert (await http.head(f"logos/{kept.key}.png")).status_code == 200
        assert (await http.post(f"logos/{kept.key}.png")).status_code == 405


async def test_another_organization_serves_nothing_of_it(world: World) -> None:
    """Nor is anything found at an address that is no logo's."""
    kept = await world.services.logos.keep("elsewhere", picture(size=(40, 30)), SYSTEM)
    names = (f"{kept.key}.png", "0.png", f"{kept.key}.svg", "", "%00.png", "../admin")
    async with world.http() as http:
        for name in names:
            answer = await http.get(f"logos/{name}")
            assert answer.status_code in {303, 404}, name
            if answer.status_code == 404:
                assert "image" not in answer.headers["content-type"]
