"""Recordings in a codec that no browser plays, as MP3, which all of them do."""

import contextlib
import io

from kezhan.kit.log import log

MOST_BYTES = 512 * 1024
"""Of a recording: five minutes in AMR's best quality, decoded in a few seconds."""
_AMR = b"#!AMR"
_RATE = 16_000


def as_mp3(data: bytes) -> bytes | None:
    """An AMR recording (narrow or wide band) as MP3; None for anything else, for what is longer than
    `MOST_BYTES` or cannot be read. Takes some 20 ms for each second of sound: call it in a thread."""
    if not data.startswith(_AMR) or len(data) > MOST_BYTES:
        return None
    import av  # noqa: PLC0415 - a hundred libraries, loaded with the first recording

    made, heard = io.BytesIO(), 0
    try:
        # The format is named: a stranger's bytes are to reach one decoder, not whichever they ask for.
        with av.open(io.BytesIO(data), "r", format="amr") as found, av.open(made, "w", format="mp3") as said:
            stream = said.add_stream("libmp3lame", rate=_RATE, layout="mono")
            resampler = av.AudioResampler(format="s16p", layout="mono", rate=_RATE)
            # Of a recording that breaks off, what there is.
            with contextlib.suppress(av.FFmpegError):
                for frame in found.decode(audio=0):
                    heard += frame.samples
                    for piece in resampler.resample(frame):
                        said.mux(stream.encode(piece))
            said.mux(stream.encode(None))
    except (av.FFmpegError, ValueError, IndexError) as fault:
        log.info("sound.not_read", fault=type(fault).__name__)
        return None
    return made.getvalue() if heard else None
