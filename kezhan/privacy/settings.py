"""How long things are kept, within how many days requests are answered, where the data lie."""

from datetime import datetime, timedelta
from uuid import UUID

from kezhan.audit.service import record
from kezhan.kit.changes import between
from kezhan.kit.clock import now
from kezhan.kit.db import Database, Tx
from kezhan.kit.errors import Refused
from kezhan.privacy import store
from kezhan.privacy.schemas import DueNow, Keeping, PrivacySettings, WipeFacts
from kezhan.privacy.wipe import store as places
from kezhan.privacy.wipe.work import empty, erase
from kezhan.workspaces.authenticate import Caller

_PIECE = 50
_COUNTED = 10_000


async def settings(tx: Tx) -> PrivacySettings:
    row = await store.settings(tx)
    if row is None:
        return PrivacySettings()
    keep = Keeping(conversations=row.keep_conversations, visits=row.keep_visits, people=row.keep_people)
    return PrivacySettings(due_days=row.due_days, residency=row.residency, keep=keep)


async def save(tx: Tx, caller: Caller, form: PrivacySettings) -> PrivacySettings:
    """Raises Refused where what is kept of people would go before what was said with them."""
    keep, before = form.keep, await settings(tx)
    if "\0" in form.residency:
        raise Refused("kit.bad_text", 400, field="residency")
    if keep.people is not None and (keep.conversations is None or keep.conversations > keep.people):
        raise Refused("privacy.people_first", 400, field="people")
    if changes := between(before, form):
        values = {"due_days": form.due_days, "residency": form.residency.strip()}
        values |= {"keep_conversations": keep.conversations, "keep_visits": keep.visits}
        await store.put_settings(tx, {**values, "keep_people": keep.people})
        await record(tx, caller, "privacy.settings", "workspace", tx.workspace, changes=changes)
    return await settings(tx)


async def due_now(tx: Tx, keep: Keeping) -> DueNow:
    """What would go tonight, each counted up to 10,000."""
    row = await places.due(tx, _before(keep), _COUNTED)
    return DueNow(conversations=row.conversations, visits=row.visits, people=row.people)


async def drop_old(db: Database) -> WipeFacts:
    """What is older than its workspace keeps, everywhere, piece by piece. Meant to run daily."""
    async with db.system_tx() as tx:
        found = await store.keeping(tx)
    gone = WipeFacts()
    for row in found:
        keep = Keeping(conversations=row.keep_conversations, visits=row.keep_visits, people=row.keep_people)
        gone = _sum(gone, await _drop(db, row.workspace_id, keep))
    return gone


async def _drop(db: Database, workspace_id: UUID, keep: Keeping) -> WipeFacts:
    before, gone = _before(keep), WipeFacts()
    while True:
        async with db.tx(workspace_id) as tx:
            piece = await _piece(tx, before)
            if piece == WipeFacts():
                break
            gone = _sum(gone, piece)
    if gone != WipeFacts():
        async with db.tx(workspace_id) as tx:
            await record(tx, None, "privacy.cut", "workspace", workspace_id, detail=gone)
    return gone


async def _piece(tx: Tx, before: dict[str, datetime | None]) -> WipeFacts:
    talks, visits, people = 0, 0, 0
    if (at := before["conversations"]) is not None and (found := await places.old_talks(tx, at, _PIECE)):
        await empty(tx, found)
        talks = len(found)
    if (at := before["visits"]) is not None:
        visits = await places.drop_old_visits(tx, at, _PIECE * 20)
    if (at := before["people"]) is not None:
        for contact_id in await places.old_people(tx, at, _PIECE):
            await erase(tx, contact_id)
            people += 1
    return WipeFacts(conversations=talks, visits=visits, people=people)


def _before(keep: Keeping) -> dict[str, datetime | None]:
    at = now()
    days = {"conversations": keep.conversations, "visits": keep.visits, "people": keep.people}
    return {name: None if count is None else at - timedelta(days=count) for name, count in days.items()}


def _sum(one: WipeFacts, other: WipeFacts) -> WipeFacts:
    return WipeFacts(
        conversations=one.conversations + other.conversations,
        visits=one.visits + other.visits,
        people=one.people + other.people,
    )
