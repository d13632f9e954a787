"""A recording becomes one that browsers play; what is none stays as it is."""

import io
from pathlib import Path

import pytest

from kezhan.kit.sound import MOST_BYTES, as_mp3

av = pytest.importorskip("av")
VOICE = (Path(__file__).parent / "voice.amr").read_bytes()
"""Half a second of a tone, 440 Hz, in AMR's best narrow band."""


def test_an_amr_recording_is_mp3_of_the_same_length() -> None:
    made = as_mp3(VOICE)
    assert made is not None
    with av.open(io.BytesIO(made)) as found:
        (stream,) = found.streams.audio
        assert (found.format.name, stream.codec_context.sample_rate) == ("mp3", 16_000)
        seconds = sum(frame.samples for frame in found.decode(audio=0)) / 16_000
    assert 0.4 < seconds < 0.7


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"ID3 an mp3 already",
        b"#!AMR\n",
        b"#!AMR",
        b"#!SILK_V3",
        VOICE + bytes(MOST_BYTES),
    ],
)
def test_what_is_none_or_too_long_or_broken_is_not_made(data: bytes) -> None:
    assert as_mp3(data) is None


def test_one_that_breaks_off_is_heard_up_to_there() -> None:
    assert as_mp3(VOICE[:-20])
