"""Statements on whichever sealed column."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from kezhan.kit.db import Tx
from kezhan.kit.reading import ReadRow
from kezhan.rekey.places import Sealed, Within


async def workspaces(tx: Tx) -> list[UUID]:
    return [row["id"] for row in await tx.fetch("select id from workspaces order by id")]


async def others(
    tx: Tx, place: Sealed, current: str, after: Sequence[Any] | None, limit: int
) -> list[ReadRow]:
    """Rows whose value another key has sealed, behind `after` (their keys), in the order of their keys."""
    keys, values = ", ".join(place.keys), [f"{current}:".encode(), limit]
    behind = ""
    if after is not None:
        values += after
        behind = f" and ({keys}) > ({', '.join(f'${number + 3}' for number in range(len(after)))})"
    shown = ", ".join((*place.keys, *place.more, place.column))
    return await tx.fetch(
        f"""
        select {shown} from {place.table}
        where length({place.column}) > 0 and position($1 in {place.column}) <> 1{behind}
        order by {keys} limit $2
        """,  # noqa: S608 - words of places.py; values are parameters
        *values,
    )


async def put(tx: Tx, place: Sealed, row: ReadRow, sealed: bytes) -> bool:
    """False where somebody has changed it meanwhile: what is there now is sealed by whoever wrote it."""
    found = " and ".join(f"{name} = ${number + 3}" for number, name in enumerate(place.keys))
    rows = await tx.fetch(
        f"update {place.table} set {place.column} = $1"  # noqa: S608 - words of places.py
        f" where {place.column} = $2 and {found} returning 1",
        sealed,
        row[place.column],
        *[row[name] for name in place.keys],
    )
    return bool(rows)


async def others_within(
    tx: Tx, place: Within, current: str, after: Sequence[Any] | None, limit: int
) -> list[ReadRow]:
    """The same of a column in which something is sealed, held; `told` is its text."""
    keys, values = ", ".join(place.keys), [f"kz-sealed:(?!{current}:)", limit]
    behind = ""
    if after is not None:
        values += after
        behind = f" and ({keys}) > ({', '.join(f'${number + 3}' for number in range(len(after)))})"
    return await tx.fetch(
        f"select {keys}, {place.column}::text as told from {place.table}"  # noqa: S608 - words of places.py
        f" where {place.column}::text ~ $1{behind} order by {keys} limit $2 for update",
        *values,
    )


async def put_within(tx: Tx, place: Within, row: ReadRow, told: str) -> None:
    found = " and ".join(f"{name} = ${number + 2}" for number, name in enumerate(place.keys))
    await tx.fetch(
        f"update {place.table} set {place.column} = $1::text::jsonb where {found}",  # noqa: S608 - words of places.py
        told,
        *[row[name] for name in place.keys],
    )
