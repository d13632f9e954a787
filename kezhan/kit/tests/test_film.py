"""A video tells its length and shows its first picture; what is none tells nothing."""

import io

import pytest
from PIL import Image

from kezhan.kit.film import film

av = pytest.importorskip("av")


def made(seconds: int) -> bytes:
    """One picture a second, 1280 × 720."""
    data = io.BytesIO()
    with av.open(data, "w", format="mp4") as said:
        stream = said.add_stream("mpeg4", rate=1)
        stream.width, stream.height = 1280, 720
        for _ in range(seconds):
            said.mux(stream.encode(av.VideoFrame.from_image(Image.new("RGB", (1280, 720), "green"))))
        said.mux(stream.encode(None))
    return data.getvalue()


def test_a_video_tells_its_length_and_shows_its_first_picture() -> None:
    found = film(made(3))
    assert found is not None
    assert found.seconds == 3
    with Image.open(io.BytesIO(found.cover)) as cover:
        assert (cover.format, cover.size) == ("JPEG", (640, 360))


@pytest.mark.parametrize("data", [b"", b"no video", bytes(1000), made(1)[:200]])
def test_what_is_none_tells_nothing(data: bytes) -> None:
    assert film(data) is None
