"""What platforms want to know of a video before they show it: how long it is, and a picture of it."""

import io
from typing import NamedTuple

from kezhan.kit.log import log

MOST_BYTES = 20 * 1024 * 1024
_SIDE = 640


class Film(NamedTuple):
    """`cover`: its first picture as JPEG, of at most 640 on each side."""

    seconds: int
    cover: bytes


def film(data: bytes) -> Film | None:
    """Of an MP4; None for anything else, for what is longer than `MOST_BYTES` or cannot be read. Takes some
    tenths of a second: call it in a thread."""
    if len(data) > MOST_BYTES:
        return None
    import av  # noqa: PLC0415 - a hundred libraries, loaded with the first video

    try:
        # The format is named: a stranger's bytes are to reach one decoder, not whichever they ask for.
        with av.open(io.BytesIO(data), "r", format="mp4") as found:
            first = next(found.decode(video=0))
            picture = first.to_image()  # type: ignore[no-untyped-call]
            seconds = (found.duration or 0) / av.time_base
    except (av.FFmpegError, ValueError, IndexError, StopIteration, MemoryError) as fault:
        log.info("film.not_read", fault=type(fault).__name__)
        return None
    picture.thumbnail((_SIDE, _SIDE))
    cover = io.BytesIO()
    picture.save(cover, "JPEG", quality=80)
    return Film(max(1, round(seconds)), cover.getvalue())
