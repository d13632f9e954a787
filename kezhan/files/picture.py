"""Pictures: their size, and a small copy that carries nothing but pixels. Runs in a thread."""

import io
import struct

from msgspec import Struct
from PIL import Image, ImageOps

from kezhan.files.schemas import Limits
from kezhan.kit.errors import Refused

_KINDS = ("PNG", "JPEG", "GIF", "WEBP")
_SIDEWAYS = frozenset({5, 6, 7, 8})
_ORIENTATION = 0x0112
_FAULTS = (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError, struct.error)
"""What Pillow raises on broken files, depending on the format."""


class Picture(Struct, frozen=True):
    """Upright size in pixels and the thumbnail, WebP."""

    width: int
    height: int
    thumbnail: bytes


def examine(data: bytes, limits: Limits) -> Picture | None:
    """None where `data` cannot be decoded. Raises Refused where it would decode to more than `limits.pixels`;
    only the header has been read by then."""
    try:
        with Image.open(io.BytesIO(data), formats=_KINDS) as image:
            if image.width * image.height > limits.pixels:
                raise _too_many(limits)
            width, height = image.size
            if image.getexif().get(_ORIENTATION) in _SIDEWAYS:
                width, height = height, width
            return Picture(width, height, _thumbnail(image, limits.thumbnail))
    except Image.DecompressionBombError as fault:
        raise _too_many(limits) from fault
    except _FAULTS:
        return None


def _too_many(limits: Limits) -> Refused:
    return Refused("files.too_many_pixels", 413, megapixels=limits.pixels // 1_000_000)


def _thumbnail(image: Image.Image, side: int) -> bytes:
    image.draft("RGB", (side * 2, side * 2))
    see_through = image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info
    # 16-bit and palette pictures cannot be scaled well as they are.
    plain = image if image.mode in {"RGB", "RGBA", "L"} else image.convert("RGBA" if see_through else "RGB")
    small = plain.copy() if plain is image and max(image.size) <= side else plain
    small.thumbnail((side, side), reducing_gap=2.0)
    upright = ImageOps.exif_transpose(small)
    out = io.BytesIO()
    bare = Image.new(upright.mode, upright.size)
    bare.paste(upright)
    bare.save(out, "WEBP", quality=80)
    return out.getvalue()
