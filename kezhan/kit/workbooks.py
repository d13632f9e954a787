"""Lists as people keep them, read: CSV of any usual kind, and the first sheet of an xlsx workbook. Pure; what
is read is bounded, and nothing in it is worked out or fetched."""

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from xml.parsers import expat

from kezhan.kit.sheets import unguarded

MAX_COLUMNS = 100
MAX_CELL = 5000
_MOST_XML = 512 * 1024 * 1024
_DATES = frozenset({14, 15, 16, 17, 22, 27, 28, 29, 30, 31, 36, 50, 51, 52, 53, 54, 55, 56, 57, 58})
_EPOCH = datetime(1899, 12, 30)


class NoList(Exception):
    """The file is neither of the two, or broken."""


def rows_of(data: bytes) -> Iterator[list[str]]:
    """Row by row, cells as text, each at most MAX_CELL long and without NUL. Raises NoList."""
    rows = _workbook(data) if data[:4] == b"PK\x03\x04" else _csv(data)
    try:
        for row in rows:
            yield [_cell(cell) for cell in row[:MAX_COLUMNS]]
    except (csv.Error, expat.ExpatError, zipfile.BadZipFile, KeyError, ValueError, OSError) as fault:
        raise NoList from fault


def _cell(cell: str) -> str:
    return unguarded(cell.replace("\0", "").strip())[:MAX_CELL]


def _csv(data: bytes) -> Iterator[list[str]]:
    if b"\0" in data[:4096] and data[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        raise NoList
    text = _text(data)
    head = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)
    csv.field_size_limit(1024 * 1024)
    yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)


def _text(data: bytes) -> str:
    """UTF-8, UTF-16 by its mark, else what Chinese spreadsheets write."""
    codings = ["utf-16"] if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ["utf-8-sig", "gb18030"]
    for coding in codings:
        try:
            return data.decode(coding)
        except UnicodeDecodeError:
            continue
    raise NoList


def _workbook(data: bytes) -> Iterator[list[str]]:
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        names = {one.filename: one.file_size for one in book.infolist()}
        sheets = sorted(
            (name for name in names if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", name)),
            key=lambda name: int(re.sub(r"\D", "", name)),
        )
        if not sheets or sum(names.values()) > _MOST_XML:
            raise NoList
        words = _words(_part(book, "xl/sharedStrings.xml")) if "xl/sharedStrings.xml" in names else []
        dates = _dates(_part(book, "xl/styles.xml")) if "xl/styles.xml" in names else frozenset()
        yield from _sheet(_part(book, sheets[0]), words, dates)


def _part(book: zipfile.ZipFile, name: str) -> bytes:
    with book.open(name) as part:
        return part.read(_MOST_XML)


def _parsed(data: bytes, start: Any, end: Any = None, said: Any = None) -> None:
    """By events, so that nothing is built; a document type, by which entities grow, is refused."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True

    def refuse(*_: Any) -> None:
        raise NoList

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = lambda name, told: start(name.rpartition(" ")[2], told)
    if end:
        parser.EndElementHandler = lambda name: end(name.rpartition(" ")[2])
    if said:
        parser.CharacterDataHandler = said
    parser.Parse(data, True)


def _words(data: bytes) -> list[str]:
    found: list[str] = []
    reading = {"t": False, "rPh": False}

    def start(name: str, _: dict[str, str]) -> None:
        if name == "si":
            found.append("")
        if name in reading:
            reading[name] = True

    def end(name: str) -> None:
        if name in reading:
            reading[name] = False

    def said(text: str) -> None:
        # How a word is read aloud stands beside it, and is no part of it.
        if reading["t"] and not reading["rPh"] and found and len(found[-1]) < MAX_CELL:
            found[-1] += text

    _parsed(data, start, end, said)
    return found


def _dates(data: bytes) -> frozenset[int]:
    """The styles whose numbers are days."""
    formats: set[int] = set(_DATES)
    styles: list[int] = []
    inside = {"cellXfs": False}

    def start(name: str, told: dict[str, str]) -> None:
        if name == "numFmt" and re.search(
            r"[ymd]", re.sub(r'"[^"]*"|\[[^\]]*\]', "", told.get("formatCode", ""))
        ):
            formats.add(int(told["numFmtId"]))
        if name == "cellXfs":
            inside[name] = True
        if name == "xf" and inside["cellXfs"]:
            styles.append(int(told.get("numFmtId", "0")))

    def end(name: str) -> None:
        if name == "cellXfs":
            inside[name] = False

    _parsed(data, start, end)
    return frozenset(place for place, one in enumerate(styles) if one in formats)


def _sheet(data: bytes, words: list[str], dates: frozenset[int]) -> list[list[str]]:
    rows: list[list[str]] = []
    cell: dict[str, Any] = {"at": 0, "kind": "n", "style": 0, "text": "", "reading": False}

    def start(name: str, told: dict[str, str]) -> None:
        if name == "row":
            # Rows that are left out are empty.
            wanted = min(int(told.get("r", len(rows) + 1)), len(rows) + 1001)
            rows.extend([] for _ in range(max(wanted - len(rows), 1)))
        elif name == "c":
            at = _column(told.get("r", "")) if told.get("r") else len(rows[-1])
            cell.update(at=at, kind=told.get("t", "n"), style=int(told.get("s", "0")), text="")
        elif name in ("v", "t"):
            cell["reading"] = True

    def end(name: str) -> None:
        if name in ("v", "t"):
            cell["reading"] = False
        elif name == "c" and cell["at"] < MAX_COLUMNS and rows:
            row = rows[-1]
            row.extend("" for _ in range(cell["at"] + 1 - len(row)))
            row[cell["at"]] = _said(cell, words, dates)

    def said(text: str) -> None:
        if cell["reading"] and len(cell["text"]) < MAX_CELL:
            cell["text"] += text

    _parsed(data, start, end, said)
    return rows


def _column(place: str) -> int:
    at = 0
    for letter in place.rstrip("0123456789"):
        at = at * 26 + ord(letter.upper()) - 64
    return at - 1


def _said(cell: dict[str, Any], words: list[str], dates: frozenset[int]) -> str:
    text = str(cell["text"])
    if cell["kind"] == "s":
        return words[int(text)] if text and int(text) < len(words) else ""
    if cell["kind"] == "b":
        return "true" if text == "1" else "false"
    if cell["kind"] != "n" or not text:
        return text
    number = float(text)
    if cell["style"] in dates and 0 < number < 2958466:
        at = _EPOCH + timedelta(days=number)
        return at.strftime("%Y-%m-%d")
    # A telephone number is kept as a number by many a spreadsheet.
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)
