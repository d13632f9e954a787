"""For how long lines are kept. Older ones go whole, from the old end of the chain, which an anchor holds."""

from datetime import timedelta
from uuid import UUID

from kezhan.audit import store as rows
from kezhan.audit.chain import store
from kezhan.audit.chain.seal import ANCHOR, place
from kezhan.audit.schemas import AuditKeeping, CutFacts
from kezhan.audit.service import record
from kezhan.kit.changes import between
from kezhan.kit.clock import now
from kezhan.kit.db import Database, Tx
from kezhan.workspaces.authenticate import Caller

_PIECE = 2_000


async def keeping(tx: Tx) -> AuditKeeping:
    return AuditKeeping(keep_days=await rows.keep_days(tx))


async def keep(tx: Tx, caller: Caller, form: AuditKeeping) -> AuditKeeping:
    before = await keeping(tx)
    if changes := between(before, form):
        await rows.set_keep_days(tx, form.keep_days)
        await record(tx, caller, "audit.settings", "workspace", tx.workspace, changes=changes)
    return form


async def cut_old(db: Database) -> int:
    """What is older than its workspace keeps, everywhere; how many lines have gone. Meant to run daily."""
    async with db.system_tx() as tx:
        workspaces = await store.keeping(tx)
    return sum([await _cut_old(db, workspace_id) for workspace_id in workspaces])


async def _cut_old(db: Database, workspace_id: UUID) -> int:
    gone = 0
    while True:
        async with db.tx(workspace_id) as tx:
            days = await rows.keep_days(tx)
            if days is None or not await store.lock(tx):
                return gone
            found = await store.old(tx, now() - timedelta(days=days), _PIECE)
            if found is None:
                return gone
            signature = tx.ring.sign(place(tx.workspace, found.number, found.hash), ANCHOR)
            cut = await store.cut(
                tx, number=found.number, hash_=found.hash, signature=signature, until=found.at
            )
            facts = CutFacts(rows=cut, upto=found.number)
            await record(tx, None, "audit.cut", "workspace", tx.workspace, detail=facts)
            gone += cut
