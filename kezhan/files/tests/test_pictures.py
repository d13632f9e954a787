"""Pictures: upright however they were taken, small copies of nothing but pixels, hostile ones refused."""

import io
import zlib
from typing import Any

import pytest
from PIL import Image, PngImagePlugin

from kezhan.files.picture import examine
from kezhan.files.schemas import LIMITS, Limits
from kezhan.files.sniff import UNKNOWN
from kezhan.files.tests.factories import picture
from kezhan.kit.errors import Refused
from kezhan.testing import Running
from kezhan.workspaces.tests.factories import member_client

RED, BLUE = (220, 20, 20), (20, 20, 220)
_ORIENTATION, _GPS, _EXIF = 0x0112, 0x8825, 0x8769
# How a camera stores an upright picture under each orientation.
STORED = {
    1: (),
    2: (Image.Transpose.FLIP_LEFT_RIGHT,),
    3: (Image.Transpose.ROTATE_180,),
    4: (Image.Transpose.FLIP_TOP_BOTTOM,),
    5: (Image.Transpose.TRANSPOSE,),
    6: (Image.Transpose.ROTATE_90,),
    7: (Image.Transpose.TRANSVERSE,),
    8: (Image.Transpose.ROTATE_270,),
}


def small(data: bytes) -> Image.Image:
    found = examine(data, LIMITS)
    assert found is not None
    return Image.open(io.BytesIO(found.thumbnail))


def near(found: Any, wanted: tuple[int, ...]) -> bool:
    return all(abs(one - other) < 40 for one, other in zip(found, wanted, strict=True))


@pytest.mark.parametrize("orientation", list(STORED))
@pytest.mark.parametrize("size", [(90, 60), (1200, 800)])
def test_a_photo_is_shown_upright_whichever_way_the_camera_was_held(
    orientation: int, size: tuple[int, int]
) -> None:
    upright = Image.new("RGB", size, RED)
    upright.paste(BLUE, (0, 0, size[0] // 3, size[1] // 3))  # the corner top left
    held = upright
    for turn in STORED[orientation]:
        held = held.transpose(turn)
    exif = Image.Exif()
    exif[_ORIENTATION] = orientation
    out = io.BytesIO()
    held.save(out, "JPEG", exif=exif, quality=95)
    found = examine(out.getvalue(), LIMITS)
    assert found is not None
    assert (found.width, found.height) == size
    shown = Image.open(io.BytesIO(found.thumbnail)).convert("RGB")
    assert shown.size == (min(size[0], 480), min(size[1], 320))
    assert near(shown.getpixel((5, 5)), BLUE)
    for place in ((shown.width - 5, 5), (5, shown.height - 5), (shown.width - 5, shown.height - 5)):
        assert near(shown.getpixel(place), RED), (orientation, place)


def exif() -> Image.Exif:
    """Where and by whom a photo was taken."""
    said = Image.Exif()
    said[0x010E] = "secret words"
    said[0x013B] = "secret name"
    said[_ORIENTATION] = 3
    said.get_ifd(_GPS)[1] = "N"
    said.get_ifd(_GPS)[2] = (30.0, 15.0, 0.0)
    said.get_ifd(_EXIF)[0xA431] = "secret serial"
    return said


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_small_copy_carries_no_word_of_the_camera(kind: str) -> None:
    options: dict[str, Any] = {"exif": exif()}
    if kind == "PNG":
        info = PngImagePlugin.PngInfo()
        info.add_text("Author", "secret author")
        info.add_itxt("XML:com.adobe.xmp", "<x>secret xmp</x>")
        options["pnginfo"] = info
    else:
        options["xmp"] = b"<x>secret xmp</x>"
        options["icc_profile"] = b"secret profile" + b"\0" * 128
    data = picture(kind, (700, 500), **options)
    assert b"secret" in data
    found = examine(data, LIMITS)
    assert found is not None
    assert b"secret" not in found.thumbnail
    shown = small(data)
    assert not dict(shown.getexif())
    assert not {"exif", "xmp", "icc_profile", "comment"} & set(shown.info)


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        ((1, 1), (1, 1)),
        ((480, 480), (480, 480)),
        ((481, 480), (480, 479)),
        ((960, 10), (480, 5)),
        ((4000, 1), (480, 1)),
        ((1, 4000), (1, 480)),
        ((2000, 3000), (320, 480)),
        ((60, 40), (60, 40)),
    ],
)
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_small_copy_is_never_wider_or_higher_than_480(
    kind: str, size: tuple[int, int], shown: tuple[int, int]
) -> None:
    assert small(picture(kind, size)).size == shown


def test_what_is_seen_through_stays_so() -> None:
    for mode, colour in (("RGBA", (200, 30, 30, 0)), ("LA", (200, 0))):
        out = io.BytesIO()
        Image.new(mode, (600, 600), colour).save(out, "PNG")
        corner = small(out.getvalue()).convert("RGBA").getpixel((0, 0))
        assert isinstance(corner, tuple) and corner[3] == 0, mode
    out = io.BytesIO()
    Image.new("P", (30, 30)).save(out, "GIF", transparency=0)
    corner = small(out.getvalue()).convert("RGBA").getpixel((0, 0))
    assert isinstance(corner, tuple) and corner[3] == 0


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_a_film_of_pictures_has_its_first_as_the_small_copy(kind: str) -> None:
    frames = [Image.new("RGB", (60, 40), colour) for colour in (RED, BLUE, BLUE)]
    out = io.BytesIO()
    frames[0].save(out, kind, save_all=True, append_images=frames[1:], duration=50, loop=0)
    shown = small(out.getvalue())
    assert getattr(shown, "n_frames", 1) == 1
    assert near(shown.convert("RGB").getpixel((30, 20)), RED)


def test_the_limit_of_pixels_is_exact_and_known_before_decoding() -> None:
    limits = Limits(pixels=60 * 40)
    assert examine(picture(size=(60, 40)), limits) is not None
    for size in ((61, 40), (60, 41), (2401, 1)):
        with pytest.raises(Refused) as refused:
            examine(picture(size=size), limits)
        assert (refused.value.code, refused.value.status) == ("files.too_many_pixels", 413)
    # Only the head of the file is there: what follows cannot have been decoded.
    with pytest.raises(Refused):
        examine(picture(size=(61, 40))[:45], limits)


def test_a_head_without_its_picture_is_no_picture() -> None:
    for kind in ("PNG", "JPEG", "GIF", "WEBP"):
        data = picture(kind, (300, 200), **({"quality": 95} if kind == "JPEG" else {}))
        assert examine(data[:30], LIMITS) is None
        assert examine(b"\0" + data, LIMITS) is None
    for other in ("BMP", "TIFF", "PPM", "ICO", "TGA"):
        assert examine(picture(other), LIMITS) is None, other
    assert examine(b"", LIMITS) is None


def test_words_that_unpack_to_megabytes_do_not() -> None:
    info = PngImagePlugin.PngInfo()
    bomb = zlib.compress(b"\0" * 8_000_000)
    info.add(b"zTXt", b"k\0\0" + bomb)
    data = picture("PNG", (20, 20), pnginfo=info)
    assert len(data) < 20_000
    examine(data, LIMITS)  # refused or read, and in any case over


async def test_the_door_tells_the_upright_size_and_keeps_the_original_as_it_came(house: Running) -> None:
    _, client = await member_client(house, "agent")
    said = exif()
    said[_ORIENTATION] = 6
    data = picture("JPEG", (100, 50), exif=said)
    answer = await client.post("/api/files", files={"file": ("照片.jpg", data, "image/jpeg")})
    file = answer.json()
    assert (file["width"], file["height"], file["thumbnail"]) == (50, 100, True)
    assert (await client.get(file["url"])).content == data
    shown = await client.get(file["thumbnail_url"])
    assert shown.headers["content-type"] == "image/webp"
    assert shown.headers["content-disposition"].endswith(".jpg.webp")
    assert b"secret" not in shown.content
    half = await client.post("/api/files", files={"file": ("半.jpg", data[:200], "image/jpeg")})
    assert (half.json()["media_type"], half.json()["thumbnail_url"]) == (UNKNOWN, None)
