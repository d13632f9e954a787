"""Which kinds of files are let in: by what a file is called, and by what its first bytes say it is."""

from collections.abc import Callable, Collection

from kezhan.files.sniff import UNKNOWN, media_type, picture_kind
from kezhan.kit.errors import Refused

REFUSED = (
    "apk", "app", "application", "bash", "bat", "chm", "cmd", "cpl", "deb", "dll", "dmg", "elf", "exe",
    "gadget", "hta", "inf", "ipa", "jar", "js", "jse", "lnk", "macho", "msc", "msi", "msix", "msp", "pif",
    "pkg", "ps1", "psm1", "reg", "rpm", "scf", "scr", "sh", "sys", "vb", "vbe", "vbs", "wasm", "wsf",
    "wsh", "zsh",
)  # fmt: skip
"""Endings of programs and scripts, which nobody sends a shop; a workspace has a list of its own."""

_MACHO = tuple(bytes.fromhex(start) for start in ("feedface", "feedfacf", "cefaedfe", "cffaedfe", "cafebabe"))
_PROGRAMS: tuple[tuple[tuple[bytes, ...], str], ...] = (
    ((b"\x7fELF",), "elf"),
    (_MACHO, "macho"),
    ((b"\0asm",), "wasm"),
    ((b"L\0\0\0\x01\x14\x02\0",), "lnk"),
    ((b"!<arch>\ndebian",), "deb"),
    ((b"\xed\xab\xee\xdb",), "rpm"),
    ((b"ITSF\x03\0",), "chm"),
)
_SCRIPTS = ((b"<?php", "php"), (b"@echo off", "bat"), (b"<hta:", "hta"), (b"regedit4", "reg"))
_STARTED = b"#!"
_SOUND = b"#!AMR"

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_PHOTO_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"avif", b"avis"})
_MORE_PICTURES = (b"BM", b"II*\0", b"MM\0*", b"\0\0\1\0", b"8BPS")


def _is_picture(head: bytes) -> bool:
    """One we show, or one that phones and cameras make and we hand on."""
    boxed = head[4:8] == b"ftyp" and head[8:12] in _PHOTO_BRANDS
    return picture_kind(head) is not None or boxed or head.startswith(_MORE_PICTURES)


def _is_pdf(head: bytes) -> bool:
    return b"%PDF-" in head[:1024]


def _is_packed(head: bytes) -> bool:
    return head.startswith(_ZIP)


def _is_office(head: bytes) -> bool:
    """With a password it is packed in the older way."""
    return _is_packed(head) or head.startswith(_OLE)


_PICTURE_NAMES = (
    "png", "jpg", "jpeg", "jfif", "gif", "webp", "bmp", "heic", "heif", "avif", "tif", "tiff",
)  # fmt: skip
_PROMISED: dict[str, Callable[[bytes], bool]] = {
    **dict.fromkeys(_PICTURE_NAMES, _is_picture),
    "pdf": _is_pdf,
    "zip": _is_packed,
    **dict.fromkeys(("docx", "xlsx", "pptx"), _is_office),
}
_PROMISED_TYPES = {"image": _is_picture, "application/pdf": _is_pdf, "application/zip": _is_packed}
_DRAWN = frozenset({"image/svg+xml", "image/vnd.dwg", "image/vnd.dxf", "image/x-icon"})
"""Pictures by name that begin like no picture; they are handed out as attachments."""


def ending_of(name: str) -> str:
    """In small letters without the dot; empty where there is none."""
    return name.rpartition(".")[2].lower() if "." in name else ""


def program_kind(head: bytes) -> str:
    """The ending of the program or script that `head` begins like; empty where it is none."""
    if head.startswith(b"MZ") and b"\0" in head[:64]:  # plain text may begin with these letters too
        return "exe"
    for starts, kind in _PROGRAMS:
        if head.startswith(starts):
            return kind
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(_STARTED) and not head.startswith(_SOUND):
        return "sh"
    small = text[:32].lower()
    return next((kind for start, kind in _SCRIPTS if small.startswith(start)), "")


def check_name(name: str, refused: Collection[str]) -> None:
    """Raises Refused, before anything of the file is taken in."""
    if (ending := ending_of(name)) in refused:
        raise Refused("files.kind_refused", kind=ending)


def check_head(name: str, declared: str, head: bytes, refused: Collection[str]) -> None:
    """Raises Refused where the file is a program under whatever name, or not what its name says; of its
    type, which platforms tell loosely, where it is nothing that is shown."""
    found = program_kind(head)
    if found in refused:
        raise Refused("files.kind_refused", kind=found)
    promised = _PROMISED.get(ending_of(name))
    if promised is not None and not promised(head):
        raise Refused("files.disguised", name=name)
    said = _declared(declared) if promised is None else None
    if said is not None and not said(head) and media_type(head, declared) == UNKNOWN:
        raise Refused("files.disguised", name=name)


def _declared(declared: str) -> Callable[[bytes], bool] | None:
    said = declared.partition(";")[0].strip().lower()
    if said in _DRAWN:
        return None
    return _PROMISED_TYPES.get(said) or _PROMISED_TYPES.get(said.partition("/")[0])
