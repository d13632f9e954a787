"""A recording becomes one that browsers play; what is none stays as it is."""

import io
from pathlib import Path

import pytest

from kezhan.kit.sound import MOST_BYTES, as_mp3, as_voice

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


def test_what_is_said_goes_as_it_is_where_it_may_and_else_in_the_type_that_is_wanted() -> None:
    mp3 = as_mp3(VOICE)
    assert mp3 is not None
    for data, kind, wanted, made in (
        (VOICE, "audio/amr", ["audio/amr"], "audio/amr"),
        (mp3, "audio/mpeg", ["audio/amr", "audio/mpeg"], "audio/mpeg"),
        (mp3, "audio/mpeg", ["audio/amr"], "audio/amr"),
        (VOICE, "audio/amr", ["audio/ogg"], "audio/ogg"),
    ):
        found, again = as_voice(data, kind, wanted, 1), as_voice(data, kind, wanted, 1)
        assert found is not None
        assert (found.media_type, found.data == data) == (made, kind == made)
        assert 400 < found.milliseconds < 700
        assert found == again, "of one recording the same bytes each time"


@pytest.mark.parametrize(
    ("data", "kind", "seconds"),
    [(VOICE, "audio/amr", 0), (VOICE, "audio/mpeg", 60), (VOICE, "text/plain", 60), (b"", "audio/amr", 60)],
)
def test_what_is_too_long_or_cannot_be_read_is_no_voice(data: bytes, kind: str, seconds: int) -> None:
    assert as_voice(data, kind, ["audio/amr", "audio/ogg"], seconds) is None
