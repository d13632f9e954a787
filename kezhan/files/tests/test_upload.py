"""Files on their way in, through the agents' upload."""

import io
import struct
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import text

from kezhan.files.names import clean_name
from kezhan.files.picture import examine
from kezhan.files.receive import receive
from kezhan.files.schemas import LIMITS, Incoming, Limits, Owner
from kezhan.files.service import put_refused_kinds
from kezhan.files.tests.factories import Person, make_workspace, picture, sign_in
from kezhan.kit.errors import Refused
from kezhan.kit.ids import new_id
from kezhan.testing import Running


@pytest.fixture
async def agent(house: Running) -> Person:
    return await sign_in(house, await make_workspace(house.db))


async def _send(person: Person, name: str, data: bytes, kind: str = "application/octet-stream") -> Any:
    return await person.client.post("/api/files", files={"file": (name, data, kind)})


def _objects(house: Running, agent: Person) -> list[Path]:
    folder = house.house.settings.data / "files" / str(agent.workspace_id)
    return [path for path in folder.rglob("*") if path.is_file()]


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _huge_png(width: int, height: int) -> bytes:
    """A few bytes that claim a very large picture."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(b"\0" * 100)) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


async def test_a_picture_is_stored_with_its_size_and_a_thumbnail(house: Running, agent: Person) -> None:
    answer = await _send(agent, "茶.png", picture(size=(1200, 600)), "image/png")
    assert answer.status_code == 201, answer.text
    file = answer.json()
    assert (file["name"], file["media_type"], file["width"], file["height"]) == (
        "茶.png",
        "image/png",
        1200,
        600,
    )
    small = await agent.client.get(file["thumbnail_url"])
    assert small.headers["content-type"] == "image/webp"
    assert Image.open(io.BytesIO(small.content)).size == (480, 240)
    assert len(_objects(house, agent)) == 2


async def test_a_thumbnail_is_upright_and_carries_no_exif(agent: Person) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "a secret place"
    exif.get_ifd(0x8825)[1] = "N"
    answer = await _send(agent, "photo.jpg", picture("JPEG", (100, 50), exif=exif), "image/jpeg")
    file = answer.json()
    assert (file["width"], file["height"]) == (50, 100)
    small = Image.open(io.BytesIO((await agent.client.get(file["thumbnail_url"])).content))
    assert small.size == (50, 100)
    assert not dict(small.getexif())
    assert not {"exif", "icc_profile", "xmp"} & set(small.info)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "CMYK", "I;16", "LA"])
def test_every_kind_of_pixel_gets_a_thumbnail(mode: str) -> None:
    made = 0
    for kind in ("PNG", "JPEG", "GIF", "WEBP"):
        out = io.BytesIO()
        try:
            Image.new(mode, (600, 30)).save(out, kind)
        except (OSError, KeyError, ValueError):
            continue
        found = examine(out.getvalue(), LIMITS)
        assert found is not None
        assert (found.width, Image.open(io.BytesIO(found.thumbnail)).size) == (600, (480, 24))
        made += 1
    assert made


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_a_picture_broken_anywhere_is_no_fault_of_ours(kind: str) -> None:
    data = picture(kind, (30, 20))
    for at in range(len(data)):
        examine(data[:at], LIMITS)
        examine(data[:at] + b"\xff" + data[at + 1 :], LIMITS)


@pytest.mark.parametrize(("width", "height"), [(50_000, 50_000), (7000, 6000)])
async def test_a_small_file_with_too_many_pixels_is_refused_and_leaves_nothing(
    house: Running, agent: Person, width: int, height: int
) -> None:
    answer = await _send(agent, "bomb.png", _huge_png(width, height), "image/png")
    assert answer.status_code == 413
    assert answer.json()["code"] == "files.too_many_pixels"
    assert _objects(house, agent) == []


HARMFUL = [
    b"<!DOCTYPE html><script>alert(1)</script>",
    b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    b"<?xml version='1.0'?><x/>",
    b"MZ\x90\x00" + b"\0" * 300,
    b"\x7fELF\x02\x01\x01" + b"\0" * 300,
    b"#!/bin/sh\nrm -rf /\n",
    b"\x89PNG\r\n\x1a\n<html><script>alert(1)</script></html>",
    b"GIF89a/*<script>*/=1;alert(1)",
    b"%PDF-1.7\n%fake",
]


async def test_what_could_run_is_kept_where_it_is_wanted_and_only_handed_out_as_an_attachment(
    house: Running, agent: Person
) -> None:
    refused = await _send(agent, "cat", HARMFUL[3])
    assert (refused.status_code, refused.json()["code"]) == (400, "files.kind_refused")
    async with house.db.tx(agent.workspace_id) as tx:
        assert await put_refused_kinds(tx, [], 0)
        assert not await put_refused_kinds(tx, ["exe"], 0), "somebody else was first"
    for data in HARMFUL:
        answer = await _send(agent, "cat", data)
        assert answer.status_code == 201
        file = answer.json()
        assert file["thumbnail_url"] is None
        served = await agent.client.get(file["url"])
        assert served.content == data
        assert served.headers["content-type"] == "application/octet-stream"
        assert served.headers["content-disposition"].startswith("attachment;")
        assert served.headers["x-content-type-options"] == "nosniff"
        assert served.headers["content-security-policy"] == "sandbox; default-src 'none'"


async def test_a_recorded_voice_is_sound_though_its_container_is_films(agent: Person) -> None:
    webm = bytes.fromhex("1a45dfa3") + b"\x01\0\0\0\0\0\0\x23\x42\x86\x81\x01\x42\x82\x84webm" + b"\0" * 40
    assert (await _send(agent, "v.webm", webm, "audio/webm;codecs=opus")).json()["media_type"] == "audio/webm"
    assert (await _send(agent, "v.webm", webm, "text/html")).json()["media_type"] == "video/webm"


async def test_an_empty_file_is_refused(house: Running, agent: Person) -> None:
    answer = await _send(agent, "none.txt", b"")
    assert (answer.status_code, answer.json()["code"]) == (400, "files.empty")
    assert _objects(house, agent) == []


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("a\x00b\r\nSet-Cookie: x.txt", "abSet-Cookie: x.txt"),
        ("\u202egnp.exe", "gnp.exe"),
        ("/", "file"),
        ("...", "file"),
        ("山" * 10_000 + ".pdf", "山" * 251 + ".pdf"),
        ("👨‍👩‍👧.png", "👨‍👩‍👧.png"),
    ],
)
def test_a_name_is_made_harmless(sent: str, kept: str) -> None:
    assert clean_name(sent, 255) == kept


async def test_a_name_of_ten_thousand_characters_is_cut_at_the_door(agent: Person) -> None:
    answer = await _send(agent, "山" * 10_000 + ".txt", b"hello")
    assert answer.status_code == 201
    assert len(answer.json()["name"]) == 255


async def test_a_stream_over_the_limit_is_stopped_early(house: Running, agent: Person) -> None:
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield b"\0" * 65_536

    limits = Limits(file_bytes=1024 * 1024)
    with pytest.raises(Refused) as refused:
        await receive(
            house.db,
            house.house.store,
            agent.workspace_id,
            owner=Owner("member", agent.membership_id),
            incoming=Incoming("x", "", endless()),
            limits=limits,
        )
    assert refused.value.code == "files.too_large"
    assert taken == 17
    assert _objects(house, agent) == []


async def test_too_much_is_refused_announced_or_not(house: Running, agent: Person) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b'--b\r\ncontent-disposition: form-data; name="file"; filename="x"\r\n\r\n'
        for _ in range(LIMITS.file_bytes // 262_144 + 2):
            yield b"\1" * 262_144
        yield b"\r\n--b--\r\n"

    headers = {"content-type": "multipart/form-data; boundary=b"}
    unannounced = await agent.client.post("/api/files", content=body(), headers=headers)
    assert (unannounced.status_code, unannounced.json()["code"]) == (413, "files.too_large")
    announced = await _send(agent, "x", b"\1" * (LIMITS.file_bytes + 200_000))
    assert (announced.status_code, announced.json()["code"]) == (413, "files.too_large")
    picture_too_big = await _send(agent, "x.jpg", b"\xff\xd8\xff" + b"\0" * LIMITS.image_bytes)
    assert picture_too_big.json()["title"] == "文件超过了 10 MB。"
    assert _objects(house, agent) == []


_FORM = "multipart/form-data; boundary=b"
_PART = b'--b\r\ncontent-disposition: form-data; name="file"'
BROKEN = [
    ("application/json", b"{}", "files.bad_upload"),
    ("multipart/form-data", b"x", "files.bad_upload"),
    (_FORM, b"", "files.bad_upload"),
    (_FORM, b"nonsense", "files.bad_upload"),
    (_FORM, _PART + b'; filename="x"\r\n\r\nhalf of it', "files.bad_upload"),
    (_FORM, _PART + b'; filename="\xff"\r\n\r\nx\r\n--b--\r\n', "files.bad_upload"),
    (_FORM, b"--b--\r\n", "files.no_file"),
    (_FORM, _PART + b"\r\n\r\nx\r\n--b--\r\n", "files.no_file"),
]


async def test_a_broken_upload_is_a_clear_refusal(house: Running, agent: Person) -> None:
    for kind, body, code in BROKEN:
        answer = await agent.client.post("/api/files", content=body, headers={"content-type": kind})
        assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert _objects(house, agent) == []


async def test_who_may_not_upload_is_refused(house: Running, agent: Person) -> None:
    inspector = await sign_in(house, agent.workspace_id, "inspector")
    assert (await _send(inspector, "x", b"x")).status_code == 403
    stranger = await house.client()
    assert (await stranger.post("/api/files", files={"file": b"x"})).status_code == 401


async def test_the_same_upload_twice_makes_two_files(agent: Person) -> None:
    one, two = [(await _send(agent, "x", b"same")).json() for _ in range(2)]
    assert one["id"] != two["id"]


async def test_nothing_is_left_where_the_row_cannot_be_written(house: Running, agent: Person) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield picture()

    incoming = Incoming("x", "", chunks())
    owner = Owner("member", agent.membership_id)
    with pytest.raises(Exception, match="foreign key"):
        await receive(house.db, house.house.store, new_id(), owner=owner, incoming=incoming)
    assert _objects(house, agent) == []
    async with house.db.tx(agent.workspace_id) as tx:
        assert await tx.value(text("select count(*) from files")) == 0
