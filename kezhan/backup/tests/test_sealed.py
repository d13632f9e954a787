"""What was sealed comes back byte for byte, or not at all."""

import io
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from kezhan.backup.archive import Reader, Writer
from kezhan.backup.schemas import About
from kezhan.backup.sealed import PIECE, Opened, Sealer
from kezhan.kit.errors import Refused

KEY = "river stone and tea"
ABOUT = About(
    made_at=datetime(2026, 11, 23, tzinfo=UTC), version="1", revision="0032", server=18, cause="command"
)
_SEALED = PIECE + 16


def sealed(data: bytes) -> bytes:
    out = io.BytesIO()
    sealer = Sealer(out, KEY, ABOUT)
    sealer.write(data[:7])
    sealer.write(data[7:])
    sealer.close()
    assert sealer.bytes == len(out.getvalue())
    return out.getvalue()


def opened(data: bytes, key: str = KEY) -> bytes:
    source = Opened(io.BytesIO(data), key)
    found = bytearray()
    while some := source.read(300_000):
        found += some
    return bytes(found)


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE])
def test_what_was_sealed_comes_back(size: int) -> None:
    data = bytes(range(256)) * (size // 256 + 1)
    assert opened(sealed(data[:size])) == data[:size]
    assert sealed(data[:size]) != sealed(data[:size]), "no two archives share a key"


def _flipped(place: int) -> Callable[[bytes], bytes]:
    return lambda data: data[:place] + bytes([data[place] ^ 1]) + data[place:][1:]


WRONG: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "no archive": (lambda data: b"PK" + data, "no_archive"),
    "nothing": (lambda data: b"", "no_archive"),
    "a head that never ends": (lambda data: data[:8] + b"\xff\xff\xff\xff" + data[12:], "no_archive"),
    "head": (_flipped(40), "damaged"),
    "first piece": (_flipped(1000), "damaged"),
    "last byte": (_flipped(-1), "damaged"),
    "cut in the middle": (lambda data: data[: len(data) // 2], "damaged"),
    "cut by a byte": (lambda data: data[:-1], "damaged"),
    "cut at a piece's end": (lambda data: data[: len(data) - (len(data) % _SEALED or _SEALED)], "damaged"),
    "more behind it": (lambda data: data + b"x", "damaged"),
    "two pieces changed places": (
        lambda data: data[:-_SEALED * 2] + data[-_SEALED:] + data[-_SEALED * 2 : -_SEALED],
        "damaged",
    ),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_what_was_touched_is_refused(wrong: str) -> None:
    spoil, code = WRONG[wrong]
    whole = sealed(bytes(3 * PIECE))
    assert opened(whole) == bytes(3 * PIECE)
    with pytest.raises(Refused) as refused:
        opened(spoil(whole))
    assert refused.value.code == f"backup.{code}"


def test_another_key_is_told_from_a_damaged_archive() -> None:
    with pytest.raises(Refused) as refused:
        opened(sealed(b"tea"), "another stone and tea")
    assert refused.value.code == "backup.wrong_key"


def test_an_archive_without_its_manifest_or_with_other_contents_is_refused() -> None:
    out = io.BytesIO()
    sealer = Sealer(out, KEY, ABOUT)
    writer = Writer(sealer, ABOUT, lambda: None)
    writer.add("kept/keys.json", 3, io.BytesIO(b"tea"))
    writer._tar.close()
    sealer.close()
    out.seek(0)
    reader = Reader(Opened(out, KEY))
    with pytest.raises(Refused) as refused:
        list(reader)
    assert refused.value.code == "backup.damaged"
    for name in ("elsewhere/x", "/etc/passwd"):
        with pytest.raises(Refused):
            Writer(Sealer(io.BytesIO(), KEY, ABOUT), ABOUT, lambda: None).add(name, 0, io.BytesIO())
