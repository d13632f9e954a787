"""CSV as spreadsheets open it: UTF-8 with its mark, and nothing in it that is worked out. Pure."""

import csv
import io
from collections.abc import Iterable, Sequence

MARK = "\ufeff"
"""By it a spreadsheet knows that a file is UTF-8."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def lines_of(rows: Iterable[Sequence[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows([guarded(cell) for cell in row] for row in rows)
    return out.getvalue()


def guarded(cell: str) -> str:
    """A spreadsheet would work out what begins like a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def unguarded(cell: str) -> str:
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith(_FORMULA) else cell
