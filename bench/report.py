"""Rounds become lines, lines become a table: medians of each side and their ratio, product ÷ limit."""

from collections.abc import Callable, Sequence
from statistics import median
from typing import Any, Literal, NamedTuple

import msgspec

Kind = Literal["product", "limit"]
KINDS: tuple[Kind, ...] = ("limit", "product")


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """One server's turn in a scenario; each kind of scenario adds its figures (names say the unit)."""

    kind: Kind


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A scenario's rounds of both servers."""

    name: str
    rounds: Sequence[Round]

    def values(self, kind: Kind, field: str) -> list[float]:
        return [float(getattr(one, field)) for one in self.rounds if one.kind == kind]

    def median(self, kind: Kind, field: str) -> float:
        return float(median(self.values(kind, field)))

    def ratio(self, field: str) -> float:
        """Of the medians; 0 where the limit has none."""
        below = self.median("limit", field)
        return self.median("product", field) / below if below else 0.0


class Column(NamedTuple):
    head: str
    cell: Callable[[Line], str]


def medians(head: str, *fields: str, digits: Sequence[int] = (0,)) -> list[Column]:
    """`limit <head>` and `product <head>`; several fields stand in one cell, parted by slashes."""

    def column(kind: Kind) -> Column:
        def cell(line: Line) -> str:
            shown = zip(fields, digits, strict=True)
            return "/".join(f"{line.median(kind, field):,.{places}f}" for field, places in shown)

        return Column(f"{kind} {head}", cell)

    return [column(kind) for kind in KINDS]


def ratio(head: str, field: str) -> Column:
    return Column(head, lambda line: f"{line.ratio(field):.2f}")


def worst(head: str, field: str, kind: Kind = "product") -> Column:
    """The highest of all rounds of one side, the product's unless said otherwise."""
    return Column(head, lambda line: f"{max(line.values(kind, field)):,.0f}")


def total(head: str, field: str, kind: Kind = "product") -> Column:
    return Column(head, lambda line: f"{sum(line.values(kind, field)):,.0f}")


def table(title: str, columns: Sequence[Column], lines: Sequence[Line]) -> str:
    """Plain text, columns flush right, a headed block that ends with an empty line."""
    rows = [["scenario", *(column.head for column in columns)]]
    rows += [[line.name, *(column.cell(line) for column in columns)] for line in lines]
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    body = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    return "\n".join([f"== {title}", *body, ""])


def told(title: str, lines: Sequence[Line]) -> dict[str, Any]:
    """Everything a table rests on: every round, the medians of each side and, of two, their ratios."""
    return {"kind": title, "scenarios": [_told(line) for line in lines]}


def _told(line: Line) -> dict[str, Any]:
    first = line.rounds[0]
    fields = [name for name in first.__struct_fields__ if isinstance(getattr(first, name), int | float)]
    kinds = [kind for kind in KINDS if any(one.kind == kind for one in line.rounds)]
    return {
        "name": line.name,
        "rounds": list(line.rounds),
        "medians": {kind: {field: line.median(kind, field) for field in fields} for kind in kinds},
        "ratios": {field: line.ratio(field) for field in fields} if len(kinds) == len(KINDS) else {},
    }
