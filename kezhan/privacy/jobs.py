"""Off the request's path: copies are made, people are erased."""

import asyncio
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from kezhan.files.objects import Store
from kezhan.files.receive import receive
from kezhan.files.schemas import EXPORTED, Incoming, Owner
from kezhan.files.service import attach
from kezhan.kit.clock import now
from kezhan.kit.db import Database
from kezhan.kit.errors import Refused
from kezhan.kit.jobs import Job
from kezhan.privacy import requests, store
from kezhan.privacy.copy.archive import archive
from kezhan.privacy.packing import MEDIA_TYPE
from kezhan.privacy.schemas import RequestKind, RequestState
from kezhan.privacy.wipe.store import busy_since, moment
from kezhan.privacy.wipe.work import erase, sweep

WORK = "privacy.work"
_LOOKS, _PAUSE = 60, 0.5
"""A transaction of ours takes seconds at the most."""


def worker(db: Database, objects: Store) -> Job:
    """The job `privacy.work`. A fault of the machine's leaves the request at work: the job comes back."""

    async def work(workspace_id: UUID, request_id: UUID) -> None:
        async with db.tx(workspace_id) as tx:
            row = await store.hold_request(tx, request_id)
        if row is None or row.state != RequestState.WORKING:
            return
        try:
            if row.kind == RequestKind.ERASE:
                await _erase(db, workspace_id, row)
                return
            owner = Owner("system", request_id)
            incoming = Incoming(
                f"{row.number}.zip", MEDIA_TYPE, archive(db, objects, workspace_id, row.contact_id)
            )
            file = await receive(db, objects, workspace_id, owner=owner, incoming=incoming, limits=EXPORTED)
            async with db.tx(workspace_id) as tx:
                await attach(tx, file.id, owner, f"{WORK}:{request_id}")
                await requests.archived(tx, row, file.id)
        except Refused as fault:
            async with db.tx(workspace_id) as tx:
                await requests.failed(tx, request_id, fault.code)

    return work


async def _erase(db: Database, workspace_id: UUID, row: Row[Any]) -> None:
    """Done when nobody is at work any more who has read of her before. Raises Refused."""
    async with db.tx(workspace_id) as tx:
        counts = await erase(tx, row.contact_id)
        if row.counts is None:
            await store.change_request(tx, row.id, {"counts": counts})
    async with db.tx(workspace_id) as tx:
        erased = await moment(tx)
    for _ in range(_LOOKS):
        # Where all roles share one login nobody sees the others' transactions: at least one pause.
        await asyncio.sleep(_PAUSE)
        async with db.tx(workspace_id) as tx:
            if not await busy_since(tx, erased):
                break
    async with db.tx(workspace_id) as tx:
        await sweep(tx, row.contact_id)
        await store.change_request(tx, row.id, {"state": RequestState.DONE, "ended_at": now()})
