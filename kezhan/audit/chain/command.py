"""The chain checked from the command line: every workspace or one, against heads that were kept."""

from collections.abc import Callable, Sequence
from pathlib import Path
from uuid import UUID

import msgspec

from kezhan.audit.chain import store
from kezhan.audit.chain.seal import head
from kezhan.audit.chain.verify import step
from kezhan.audit.schemas import ChainFault, ChainHead
from kezhan.kit.crypto import KeyRing
from kezhan.kit.db import Database
from kezhan.kit.errors import Refused
from kezhan.kit.outbox import Wiring
from kezhan.kit.postgres import Access

Say = Callable[[str], None]
SHOWN = 50
"""Faults that are told of one workspace."""


class Unknown(Exception):
    """What was asked for is not there, or cannot be read; the message is fit for a person."""


def kept_heads(path: Path) -> dict[UUID, ChainHead]:
    """Heads as `heads` writes them, by their workspaces. Raises Unknown."""
    try:
        heads = msgspec.json.decode(path.read_bytes(), type=list[ChainHead] | ChainHead)
    except (OSError, msgspec.MsgspecError) as fault:
        raise Unknown(f"{path}: {fault}") from fault
    return {one.workspace_id: one for one in (heads if isinstance(heads, list) else [heads])}


async def check(
    access: Access, ring: KeyRing, only: UUID | None, heads: dict[UUID, ChainHead], say: Say
) -> bool:
    """A line for each workspace and each fault; whether all is as it was written. Raises Unknown."""
    db = Database(access, Wiring(), pool=1, ring=ring)
    try:
        whole = True
        for workspace_id, name in await _workspaces(db, only):
            faults, checked = await _walked(db, workspace_id, heads.get(workspace_id))
            whole &= not faults
            say(f"{workspace_id} {name}: {checked} rows, {len(faults) or 'no'} faults")
            for fault in faults[:SHOWN]:
                say(f"  {_said(fault)}")
            if len(faults) > SHOWN:
                say(f"  … {len(faults) - SHOWN} more")
        return whole
    finally:
        await db.close()


async def heads(access: Access, ring: KeyRing, only: UUID | None) -> list[ChainHead]:
    """The ends of the chains as they are now, signed. Raises Unknown."""
    db = Database(access, Wiring(), pool=1, ring=ring)
    try:
        found = []
        for workspace_id, _ in await _workspaces(db, only):
            async with db.tx(workspace_id) as tx:
                found.append(await head(tx))
        return found
    finally:
        await db.close()


async def _workspaces(db: Database, only: UUID | None) -> Sequence[tuple[UUID, str]]:
    async with db.system_tx() as tx:
        known = await store.workspaces(tx)
    wanted = [(row.id, row.name) for row in known if only in (None, row.id)]
    if only is not None and not wanted:
        raise Unknown(f"there is no workspace {only}")
    return wanted


async def _walked(db: Database, workspace_id: UUID, kept: ChainHead | None) -> tuple[list[ChainFault], int]:
    faults: list[ChainFault] = []
    after = None
    while True:
        async with db.tx(workspace_id) as tx:
            try:
                found = await step(tx, after, kept)
            except Refused as refused:
                raise Unknown("the head that was given is not this installation's") from refused
        faults += found.faults
        after = found.next
        if after is None:
            return faults, found.checked


def _said(fault: ChainFault) -> str:
    place = "" if fault.number is None else f" number {fault.number}"
    if fault.last is not None and fault.last != fault.number:
        place += f" to {fault.last}"
    row = "" if fault.entry_id is None else f" row {fault.entry_id}"
    told = "" if fault.action is None else f" ({fault.action}, {fault.at})"
    return f"{fault.kind}:{place}{row}{told}"
