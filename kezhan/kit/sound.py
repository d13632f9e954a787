"""Recordings from one codec into another: what no browser plays as MP3, and what we say as the voice
message a platform takes."""

import contextlib
import io
from collections.abc import Sequence
from typing import Any, NamedTuple

from kezhan.kit.log import log

MOST_BYTES = 512 * 1024
"""Of a recording: five minutes in AMR's best quality, decoded in a few seconds."""
_AMR = b"#!AMR"
_MP3 = "audio/mpeg"
_READ = {
    "audio/amr": "amr",
    "audio/mpeg": "mp3",
    "audio/mp4": "mp4",
    "audio/ogg": "ogg",
    "audio/wav": "wav",
    "audio/webm": "webm",
}
"""Media types that are read and the format of each. It is named: a stranger's bytes are to reach one decoder,
not whichever they ask for."""
_MADE = {
    "audio/amr": ("amr", "libopencore_amrnb", "amrnb", 8000, 12_200),
    _MP3: ("mp3", "libmp3lame", "mp3float", 16_000, 32_000),
    "audio/ogg": ("ogg", "libopus", "opus", 48_000, 32_000),
}
"""Media types that are made: format, encoder, how a decoder of the same calls itself, samples and bits a
second."""
ENDINGS = {"audio/amr": ".amr", _MP3: ".mp3", "audio/ogg": ".ogg"}
"""How a file of one of these is called."""
_THE_SAME = {"fflags": "bitexact"}
"""Of one recording the same bytes each time: else some formats begin with a number of their own choice."""


class Sound(NamedTuple):
    data: bytes
    media_type: str
    milliseconds: int


def as_mp3(data: bytes) -> bytes | None:
    """An AMR recording (narrow or wide band) as MP3; None for anything else, for what is longer than
    `MOST_BYTES` or cannot be read. Takes some 20 ms for each second of sound: call it in a thread."""
    if not data.startswith(_AMR) or len(data) > MOST_BYTES:
        return None
    made = _made(data, "amr", _MP3, None)
    return made.data if made is not None else None


def as_voice(data: bytes, media_type: str, wanted: Sequence[str], seconds: int) -> Sound | None:
    """A sound of at most so many `seconds` in one of the `wanted` types, as it is where it is one of them and
    else as the first; None for what is longer, or cannot be read. As slow as `as_mp3`."""
    if media_type not in _READ:
        return None
    as_it_is = media_type if media_type in wanted else ""
    return _made(data, _READ[media_type], as_it_is or wanted[0], seconds, as_it_is=bool(as_it_is))


def _made(
    data: bytes, read: str, media_type: str, seconds: int | None, *, as_it_is: bool = False
) -> Sound | None:
    import av  # noqa: PLC0415 - a hundred libraries, loaded with the first recording

    written, encoder, decoder, rate, bits = _MADE[media_type]
    made, heard = io.BytesIO(), 0
    try:
        with (
            av.open(io.BytesIO(data), "r", format=read) as found,
            av.open(made, "w", format=written, options=_THE_SAME) as said,
        ):
            # What only calls itself so, a Vorbis in an Ogg say, is made anew.
            as_it_is = as_it_is and _codec(found) == decoder
            stream: Any = said.add_stream(encoder, rate=rate, layout="mono", bit_rate=bits)
            resampler = av.AudioResampler(format=stream.codec_context.format.name, layout="mono", rate=rate)
            # Of a recording that has come broken off, what there is; ours goes whole or not at all.
            with contextlib.suppress(*([av.FFmpegError] if seconds is None else [])):
                for frame in found.decode(audio=0):
                    for piece in resampler.resample(frame):
                        heard += piece.samples
                        if seconds is not None and heard > seconds * rate:
                            return None
                        said.mux([] if as_it_is else stream.encode(piece))
            said.mux(stream.encode(None))
    except (av.FFmpegError, ValueError, IndexError) as fault:
        log.info("sound.not_read", fault=type(fault).__name__)
        return None
    if not heard:
        return None
    return Sound(data if as_it_is else made.getvalue(), media_type, heard * 1000 // rate)


def _codec(found: Any) -> str:
    streams = found.streams.audio
    return str(streams[0].codec_context.codec.name) if streams else ""
