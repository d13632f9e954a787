"""Checks the chain, a step at a time: rows that were changed, are missing, or were put in."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from kezhan.audit.chain import store
from kezhan.audit.chain.seal import ANCHOR, HEAD, ORIGIN, digest, is_ours, place
from kezhan.audit.schemas import ChainCheck, ChainFault, ChainHead, FaultKind
from kezhan.kit.clock import wire
from kezhan.kit.db import Tx
from kezhan.kit.errors import Refused
from kezhan.kit.paging import decode_cursor, encode_cursor

_STEP = 2_000
_START = (datetime(1970, 1, 2, tzinfo=UTC), UUID(int=0))
_CHAIN, _LOG = 0, 1


async def step(tx: Tx, after: str | None, shown: ChainHead | None) -> ChainCheck:
    """First along the chain, then along the rows themselves. A `shown` head is looked at in the first step.
    Raises Refused where it is none of this workspace or not signed here, or where `after` is nonsense."""
    faults: list[ChainFault] = []
    if shown is not None and (shown.workspace_id != tx.workspace or not is_ours(tx.ring, shown)):
        raise Refused("audit.bad_head", field="head")
    if after is None:
        faults += await _beginning(tx, shown)
        stage, number, checked, at, entry_id = _CHAIN, 0, 0, *_START
    else:
        cursor = decode_cursor(after, tuple[int, int, int, datetime, UUID])
        stage, number, checked, at, entry_id = cursor
    if not (0 <= number < 2**62 and 0 <= checked < 2**62):
        raise Refused("kit.bad_cursor", field="after")
    last = await store.last(tx)
    anchor = await store.anchor(tx)
    total = 0 if last is None else last.number - (anchor.number if anchor else 0)
    if stage == _CHAIN:
        found, number, count = await _along_chain(tx, number)
        checked, stage = checked + count, _CHAIN if count == _STEP else _LOG
        going = True
    else:
        found, (at, entry_id), count = await _along_log(tx, (at, entry_id))
        going = count == _STEP
    more = encode_cursor(stage, number, checked, at, entry_id) if going else None
    return ChainCheck(checked=checked, total=total, faults=faults + found, next=more)


async def _beginning(tx: Tx, shown: ChainHead | None) -> list[ChainFault]:
    """The signatures of the chain's two ends, and that it reaches to the head that is shown."""
    last, anchor = await store.last(tx), await store.anchor(tx)
    faults = []
    if anchor is not None and not _signed(tx, anchor, ANCHOR):
        faults.append(ChainFault(kind=FaultKind.FORGED, number=anchor.number))
    end = 0 if last is None else last.number
    if last is not None and last.signature is None:
        faults.append(ChainFault(kind=FaultKind.CUT, number=end + 1))
    if shown is None or shown.number <= (anchor.number if anchor else 0):
        return faults
    if shown.number > end:
        faults.append(ChainFault(kind=FaultKind.CUT, number=end + 1, last=shown.number))
    elif (there := await store.seal(tx, shown.number)) is not None and there.hash.hex() != shown.hash:
        faults.append(ChainFault(kind=FaultKind.RELINKED, number=shown.number))
    return faults


async def _along_chain(tx: Tx, after: int) -> tuple[list[ChainFault], int, int]:
    """Faults, the number reached, how many seals."""
    anchor = await store.anchor(tx)
    before = anchor if anchor is not None and anchor.number >= after else await store.seal(tx, after)
    number, hash_ = (after, None if after else ORIGIN) if before is None else (before.number, before.hash)
    rows = await store.seals(tx, number, _STEP)
    faults: list[ChainFault] = []
    for row in rows:
        faults += _at_seal(tx, row, number, hash_)
        number, hash_ = row.number, row.hash
    return faults, number, len(rows)


def _at_seal(tx: Tx, row: Row[Any], number: int, hash_: bytes | None) -> Iterator[ChainFault]:
    """`number` and `hash_` are of the seal before; None: that is not known any more."""
    there = {"number": row.number, "entry_id": row.entry_id}
    whole = row.number == number + 1
    if not whole:
        yield ChainFault(kind=FaultKind.MISSING, number=number + 1, last=row.number - 1)
    elif hash_ is not None and row.previous != hash_:
        yield ChainFault(kind=FaultKind.RELINKED, **there)
    if row.id is None:
        yield ChainFault(kind=FaultKind.MISSING, **there)
    elif digest(row, tx.workspace, row.number, row.previous) != row.hash:
        yield ChainFault(kind=FaultKind.CHANGED, **there, at=wire(row.at), action=row.action)
    if row.signature is not None and not _signed(tx, row, HEAD):
        yield ChainFault(kind=FaultKind.FORGED, **there)


async def _along_log(
    tx: Tx, after: tuple[datetime, UUID]
) -> tuple[list[ChainFault], tuple[datetime, UUID], int]:
    rows = await store.log(tx, after, _STEP)
    faults = [
        ChainFault(kind=FaultKind.INSERTED, entry_id=row.id, at=wire(row.at), action=row.action)
        for row in rows
        if not row.known
    ]
    return faults, (rows[-1].at, rows[-1].id) if rows else after, len(rows)


def _signed(tx: Tx, row: Row[Any], purpose: str) -> bool:
    return tx.ring.verify(place(tx.workspace, row.number, row.hash), purpose, row.signature)
