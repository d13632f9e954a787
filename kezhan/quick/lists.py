"""Lists as people keep them: CSV for a spreadsheet, JSON for programs; the same four columns. Pure."""

import csv
import io
from collections.abc import Mapping
from typing import Any

import msgspec

from kezhan.kit.errors import Refused
from kezhan.kit.sheets import MARK, lines_of, unguarded
from kezhan.quick.schemas import MAX_REPLIES, Format, Words

COLUMNS = ("category", "title", "code", "body")
_HEADINGS = {"分类": "category", "标题": "title", "短码": "code", "内容": "body"}
_LONGEST = 20_000
"""Of a field: what is longer is no list of ours."""


class Kept(msgspec.Struct, frozen=True, kw_only=True, tag_field="v", tag=1):
    """The JSON of a list."""

    quick_replies: list[dict[str, Any]]


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """A row as it was found; `fields` has each column as text, or None where one is no text."""

    line: int
    fields: Mapping[str, str] | None


def written(replies: list[Words], form: Format) -> str:
    if form == "json":
        rows = [{name: getattr(reply, name) for name in COLUMNS} for reply in replies]
        return msgspec.json.format(msgspec.json.encode(Kept(quick_replies=rows)), indent=2).decode()
    cells = ([getattr(reply, name) for name in COLUMNS] for reply in replies)
    return MARK + lines_of([COLUMNS, *cells])


def read(text: str, form: Format) -> list[Read]:
    """Raises Refused where it is no such list, or has too many rows."""
    rows = _read_json(text) if form == "json" else _read_csv(text)
    if not rows:
        raise Refused("quick.list.empty", field="text")
    if len(rows) > MAX_REPLIES:
        raise Refused("quick.list.too_many", field="text", limit=MAX_REPLIES)
    return rows


def _read_json(text: str) -> list[Read]:
    try:
        kept = msgspec.json.decode(text.removeprefix(MARK), type=Kept)
    except (msgspec.MsgspecError, RecursionError) as fault:
        raise Refused("quick.list.no_json", field="text") from fault
    return [Read(line=line, fields=_texts(row)) for line, row in enumerate(kept.quick_replies, 1)]


def _texts(row: Mapping[str, Any]) -> Mapping[str, str] | None:
    found = {name: row.get(name, "") for name in COLUMNS}
    return found if all(isinstance(value, str) for value in found.values()) else None


def _read_csv(text: str) -> list[Read]:
    before = csv.field_size_limit(_LONGEST)
    try:
        lines = csv.reader(io.StringIO(text.removeprefix(MARK), newline=""), strict=True)
        columns = [_HEADINGS.get(name.strip(), name.strip().lower()) for name in next(lines, [])]
        if "title" not in columns:
            raise Refused("quick.list.no_heading", field="text")
        rows, line = list[Read](), lines.line_num + 1
        for cells in lines:
            if any(cell.strip() for cell in cells):
                named = dict(zip(columns, cells, strict=False))
                fields = {name: unguarded(named.get(name, "")) for name in COLUMNS}
                rows.append(Read(line=line, fields=fields))
            line = lines.line_num + 1
        return rows
    except csv.Error as fault:
        raise Refused("quick.list.no_csv", field="text") from fault
    finally:
        csv.field_size_limit(before)
