"""What a file is, whatever it is called: a table of beginnings, and what a browser is told of each."""

import io
import struct
import wave
import zipfile
from typing import Any

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kezhan.files.kinds import REFUSED, check_head, check_name
from kezhan.files.names import clean_name, disposition
from kezhan.files.sniff import INLINE, UNKNOWN, media_type, picture_kind
from kezhan.files.tests.factories import picture
from kezhan.kit.errors import Refused
from kezhan.testing import Running
from kezhan.workspaces.tests.factories import member_client


def box(brand: bytes) -> bytes:
    return struct.pack(">I", len(brand) + 8) + b"ftyp" + brand + b"\0" * 40


def sound() -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(b"\0\0" * 50)
    return out.getvalue()


def packed(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name in names:
            file.writestr(name, "<x/>")
    return out.getvalue()


WEBM = bytes.fromhex("1a45dfa3") + b"\x01\0\0\0\0\0\0\x23\x42\x86\x81\x01\x42\x82\x84webm" + b"\0" * 40
MP4 = box(b"isom\0\0\2\0isomiso2avc1mp41")
SHOWN = [
    (sound(), "", "audio/wav"),
    (b"ID3\x04\0\0\0\0\0\x21TSSE" + b"\0" * 60, "", "audio/mpeg"),
    (b"\xff\xfb\x90\x64" + b"\0" * 400, "text/html", "audio/mpeg"),
    (b"fLaC\0\0\0\x22" + b"\0" * 40, "", "audio/flac"),
    (b"#!AMR\n\x3c" + b"\0" * 31, "", "audio/amr"),
    (b"OggS\0\2" + b"\0" * 20 + b"\x01\x13OpusHead" + b"\0" * 40, "audio/ogg; codecs=opus", "audio/ogg"),
    (MP4, "", "video/mp4"),
    (MP4, "AUDIO/MP4", "audio/mp4"),
    (MP4, "audio/webm", "video/mp4"),
    (MP4, "image/png", "video/mp4"),
    (box(b"M4A \0\0\0\0M4A mp42isom"), "audio/x-m4a", "audio/mp4"),
    (box(b"qt  \0\0\2\0qt  "), "", "video/quicktime"),
    (WEBM, "", "video/webm"),
    (WEBM, "audio/webm;codecs=opus", "audio/webm"),
    (WEBM, "audio/mp4", "video/webm"),
]
KEPT_SHUT = [
    b"<html><script>alert(1)</script>",
    b"\xef\xbb\xbf<!doctype html>",
    b"\xff\xfe<\0h\0t\0m\0l\0>\0",
    b"  \n<svg xmlns='http://www.w3.org/2000/svg'/>",
    b"<?xml version='1.0'?><svg/>",
    b"<html>%PDF-1.7",
    b"OggS<script>alert(1)</script>",
    b"\0\0\0\x18ftyp<html><script>",
    b"alert(1)",
    b"#!/bin/sh\nrm -rf /\n",
    b"@echo off\r\ndel *.*",
    b"MZ\x90\0" + b"\0" * 60,
    b"\x7fELF\2\1\1" + b"\0" * 60,
    b"\xca\xfe\xba\xbe\0\0\0\x34",
    b"FWS\x09" + b"\0" * 40,
    b"L\0\0\0\x01\x14\x02\0" + b"\0" * 40,
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500,
    b"MIME-Version: 1.0\r\nContent-Type: multipart/related\r\n",
    b"{\\rtf1 x}",
    packed("a.txt"),
    packed("[Content_Types].xml", "word/document.xml"),
    packed("META-INF/MANIFEST.MF", "A.class"),
    box(b"heic\0\0\0\0mif1heic"),
    box(b"avif\0\0\0\0avifmif1"),
    b"BM" + b"\0" * 60,
    b"II*\0" + b"\0" * 40,
    b"\0\0\1\0\1\0" + b"\0" * 40,
    b"8BPS\0\1" + b"\0" * 40,
    "你好，掌柜".encode(),
    b"\0",
    b"\xff",
]


@pytest.mark.parametrize(("head", "declared", "kind"), SHOWN, ids=range(len(SHOWN)))
def test_sound_and_film_are_known_by_their_first_bytes(head: bytes, declared: str, kind: str) -> None:
    assert (picture_kind(head), media_type(head, declared)) == (None, kind)
    assert kind in INLINE


@pytest.mark.parametrize("head", KEPT_SHUT, ids=range(len(KEPT_SHUT)))
def test_what_is_not_surely_harmless_is_unknown_whatever_its_sender_says(head: bytes) -> None:
    assert picture_kind(head) is None
    for declared in ("image/png", "audio/webm", "video/mp4", "text/html", "application/pdf", "", "\x00;;"):
        assert media_type(head, declared) == UNKNOWN


PROGRAMS = [
    ("setup.exe", b"MZ\x90\0" + b"\0" * 60, "exe"),
    ("photo.jpg", b"MZ\x90\0" + b"\0" * 60, "exe"),
    ("notes", b"\x7fELF\2\1\1" + b"\0" * 60, "elf"),
    ("a.txt", b"#!/bin/sh\nrm -rf /\n", "sh"),
    ("a.txt", b"\xef\xbb\xbf@ECHO OFF\r\ndel *.*", "bat"),
    ("A.Lnk", b"L\0\0\0\x01\x14\x02\0", "lnk"),
    ("茶.PS1", b"Write-Host 1", "ps1"),
    ("x", b"\xca\xfe\xba\xbe\0\0\0\x34", "macho"),
]
DISGUISED = [
    ("photo.jpg", "image/jpeg", b"<html><script>alert(1)</script>"),
    ("photo.png", "", b"%PDF-1.7"),
    ("invoice.pdf", "", b"<html>"),
    ("a.zip", "", b"hello"),
    ("a.docx", "", b"<?xml version='1.0'?>"),
    ("photo", "image/png", b"<script>"),
    ("paper", "application/pdf; x=1", b"PK\x03\x04"),
]
AS_TOLD = [
    ("photo.jpg", "image/jpeg", picture()),
    ("photo.jpg", "", box(b"heic\0\0\0\0mif1heic")),
    ("a.gif.mp4", "image/gif", MP4),
    ("animation", "image/gif", MP4),
    ("plan.svg", "image/svg+xml", b"<svg/>"),
    ("a.docx", "", packed("[Content_Types].xml")),
    ("secret.xlsx", "", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500),
    ("a.txt", "text/plain", b"MZ is how some words begin"),
    ("voice.amr", "", b"#!AMR\n\x3c" + b"\0" * 31),
    ("table.xls", "", b"<html><table>"),
    ("no ending", "", b"\0"),
]


def test_programs_are_known_by_name_or_first_bytes_and_a_list_may_let_them_in() -> None:
    for name, head, kind in PROGRAMS:
        with pytest.raises(Refused) as refused:
            check_name(name, REFUSED)
            check_head(name, "text/plain", head, REFUSED)
        assert (refused.value.code, refused.value.params["kind"]) == ("files.kind_refused", kind), name
    check_name("setup.exe", ("bat",))
    check_head("setup.exe", "", b"MZ\x90\0" + b"\0" * 60, ("bat",))


def test_what_is_not_what_it_says_is_refused_and_what_is_comes_in() -> None:
    for name, declared, head in DISGUISED:
        with pytest.raises(Refused, match=r"files\.disguised"):
            check_head(name, declared, head, REFUSED)
    for name, declared, head in AS_TOLD:
        check_name(name, REFUSED)
        check_head(name, declared, head, REFUSED)


def test_a_document_is_known_but_not_shown_in_place() -> None:
    assert media_type(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "") == "application/pdf"
    assert "application/pdf" not in INLINE
    assert not any(kind.startswith(("text/", "image/svg", "application/")) for kind in INLINE)


@settings(deadline=None)
@given(st.binary(max_size=64), st.text(max_size=40))
def test_no_bytes_and_no_claim_are_a_fault(head: bytes, declared: str) -> None:
    assert media_type(head, declared) in INLINE | {UNKNOWN, "application/pdf"}


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("报价单 (终稿).pdf", "报价单 (终稿).pdf"),
        ("a/b\\c:d.txt", "c:d.txt"),
        ("C:\\Users\\lin\\茶.png", "茶.png"),
        ("..", "file"),
        (".", "file"),
        (" .hidden ", "hidden"),
        ("name.", "name"),
        ("../", "file"),
        ("", "file"),
        ("\x00\x1f\x7f", "file"),
        ("a\nb\r\tc\x85.txt", "abc.txt"),
        ("\u2066evil\u2069\u061c\u200f.exe", "evil.exe"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("a\u2028b\u2029\ufeffc", "abc"),
        ("cafe\u0301.png", "café.png"),
        ("\ud800x.png", "x.png"),
        ("\ue000\U0010ffffx", "x"),
        ("👨‍👩‍👧 family.jpg", "👨‍👩‍👧 family.jpg"),
        ("مستند.pdf", "مستند.pdf"),
        ("x" * 300 + ".tar.gz", "x" * 252 + ".gz"),
        ("x" * 300 + "." + "y" * 16, "x" * 238 + "." + "y" * 16),
        ("x" * 300 + "." + "y" * 17, "x" * 255),
        ("x" * 254 + " . " + "z" * 20, "x" * 254),
        ("." + "y" * 300, "y" * 255),
        ("🌸" * 10_000, "🌸" * 255),
    ],
)
def test_a_name_is_one_short_line_with_its_ending(sent: str, kept: str) -> None:
    assert clean_name(sent, 255) == kept


@settings(deadline=None)
@given(st.text(max_size=400), st.sampled_from(["inline", "attachment"]))
def test_a_name_never_breaks_out_of_its_header(name: str, kind: str) -> None:
    kept = clean_name(name, 255)
    assert 1 <= len(kept) <= 255
    assert clean_name(kept, 255) == kept
    header = disposition(kind, kept)
    assert header.isascii() and header.isprintable()
    assert header.count('"') == 2
    plain, _, rest = header.removeprefix(f'{kind}; filename="').partition('"')
    assert not set(plain) & set('\\%;"/')
    assert rest.startswith("; filename*=UTF-8''")


class Sender:
    """An agent who brings files and looks at what comes back."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self.client = client

    async def send(self, name: str, data: bytes, kind: str = "") -> Any:
        answer = await self.client.post("/api/files", files={"file": (name, data, kind)})
        assert answer.status_code == 201, answer.text
        return answer.json()


@pytest.fixture
async def sender(house: Running) -> Sender:
    return Sender((await member_client(house, "agent"))[1])


@pytest.mark.parametrize(
    ("name", "data", "claimed", "kind", "served", "shown"),
    [
        ("茶.png", picture("PNG"), "image/png", "image/png", "image/png", "inline"),
        ("script.txt", picture("JPEG"), "text/javascript", "image/jpeg", "image/jpeg", "inline"),
        ("a.html", picture("WEBP"), "text/html", "image/webp", "image/webp", "inline"),
        ("声音.webm", WEBM, "audio/webm", "audio/webm", "audio/webm", "inline"),
        ("cat", b"<script>alert(1)</script>", "text/html", UNKNOWN, UNKNOWN, "attachment"),
        ("a.svg", b"<svg onload='alert(1)'/>", "image/svg+xml", UNKNOWN, UNKNOWN, "attachment"),
        ("报价.pdf", b"%PDF-1.7\n%\xe2\xe3", "application/pdf", "application/pdf", UNKNOWN, "attachment"),
        ("half.png", picture("PNG")[:60], "image/png", UNKNOWN, UNKNOWN, "attachment"),
    ],
    ids=range(8),
)
async def test_a_browser_is_told_what_a_file_is_and_never_to_run_it(
    sender: Sender, name: str, data: bytes, claimed: str, kind: str, served: str, shown: str
) -> None:
    file = await sender.send(name, data, claimed)
    assert (file["name"], file["media_type"], file["size"]) == (name, kind, len(data))
    answer = await sender.client.get(file["url"])
    assert answer.content == data
    assert answer.headers["content-type"] == served
    assert answer.headers["content-disposition"].startswith(shown + ";")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    ("header", "kept"),
    [
        (b'filename="..\\\\..\\\\etc\\\\passwd"', "passwd"),
        (b'filename="C:\\fakepath\\a.txt"', "a.txt"),
        ('filename="\u202e茶.txt"'.encode(), "茶.txt"),
        (b'filename="a%22b%0D%0ASet-Cookie: x.txt"', None),
        (b"filename*=UTF-8''%E8%8C%B6.txt; filename=\"x.txt\"", None),
        (b'filename=""', "file"),
        (b"filename=plain.txt", "plain.txt"),
        (('filename="' + "🌸" * 10_000 + '.txt"').encode(), "🌸" * 251 + ".txt"),
    ],
)
async def test_a_name_in_a_form_is_cleaned_at_the_door(
    sender: Sender, header: bytes, kept: str | None
) -> None:
    body = b'--b\r\ncontent-disposition: form-data; name="file"; ' + header + b"\r\n\r\nx\r\n--b--\r\n"
    form = {"content-type": "multipart/form-data; boundary=b"}
    answer = await sender.client.post("/api/files", content=body, headers=form)
    assert answer.status_code == 201, answer.text
    name = answer.json()["name"]
    assert kept is None or name == kept
    assert not set(name) & set("/\\\r\n\x00\u202e")
    shown = (await sender.client.get(answer.json()["url"])).headers["content-disposition"]
    assert shown.isascii() and shown.startswith("attachment; ")


async def test_a_visitor_brings_files_by_the_same_rules(sender: Sender, shop: Any) -> None:
    visitor = await shop.visitor()
    for data, kind, thumbnail in ((picture(), "image/png", True), (b"<html>", UNKNOWN, False)):
        file = await visitor.upload("../茶", "application/octet-stream", data)
        assert (file["name"], file["media_type"]) == ("茶", kind)
        assert (file["thumbnail_url"] is not None) == thumbnail
        served = await sender.client.get(file["url"])
        assert (served.status_code, served.content) == (200, data)
        assert ("inline" in served.headers["content-disposition"]) == thumbnail


async def test_the_bytes_are_hashed_as_they_came_and_tell_the_same_file_by_its_tag(sender: Sender) -> None:
    one, two, other = [await sender.send("x", data) for data in (b"same", b"same", b"other")]
    tags = [(await sender.client.get(file["url"])).headers["etag"] for file in (one, two, other)]
    assert tags[0] == tags[1] != tags[2]
