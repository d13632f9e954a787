"""Whom a rule would have touched that is not kept yet."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from kezhan.kit.db import Database
from kezhan.kit.ids import new_id
from kezhan.kit.reading import Reader, ReadRow
from kezhan.tagging import store
from kezhan.tagging.schemas import RulePreview, RuleTrial, Wrote
from kezhan.tagging.service import check_trial
from kezhan.tagging.words import finder
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.permissions import Permission


async def preview(db: Database, reader: Reader, caller: Caller, wanted: RuleTrial) -> RulePreview:
    """For the eyes of the caller. Raises Refused as keeping it would, 503 where looking takes too long,
    Forbidden for words in messages that she may not read."""
    async with db.tx(caller.workspace_id) as tx:  # looking takes as long as it takes
        await check_trial(tx, caller, wanted)
    complete, wrote = True, list[UUID]()
    if isinstance(wanted.when, Wrote):
        caller.require(Permission.CONVERSATION_READ)
        rows = await store.lately_said(reader)
        complete = len(rows) < store.MOST_READ
        wrote = await asyncio.to_thread(_who_wrote, wanted.when, rows)
    count = await store.touched(reader, caller, wanted.when, wanted.filter, wrote)
    return RulePreview(count=count, complete=complete)


def _who_wrote(when: Wrote, rows: Sequence[ReadRow]) -> list[UUID]:
    found = finder({new_id(): when})
    return list({row["contact_id"] for row in rows if found(row["body"])})
