"""An act on many, carried out one conversation at a time by the same functions as on one alone."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import UNSET

from kezhan.conversations import assign, park
from kezhan.conversations.desk import Desk
from kezhan.conversations.items import MarkItem
from kezhan.conversations.read import seen_head, standing
from kezhan.conversations.schemas import Head, State
from kezhan.conversations.spam.mark import mark_spam, unmark_spam
from kezhan.conversations.tagging.put import set_tag
from kezhan.kit.db import Tx
from kezhan.kit.errors import Forbidden, Refused
from kezhan.kit.jobs import Job
from kezhan.kit.log import log
from kezhan.views.bulk import store
from kezhan.views.bulk.ask import wanted_of
from kezhan.views.bulk.schemas import BulkAct, BulkState, Fault, Kept, Standing, Wanted
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.permissions import Permission
from kezhan.workspaces.service import acting_now

BULK = "views.bulk"
TOPIC = "bulk"
_encode = msgspec.json.Encoder().encode
_caller_of = msgspec.json.Decoder(Caller).decode
_kept_of = msgspec.json.Decoder(Kept).decode
_Step = Callable[[Tx, Caller, UUID, str | None], Awaitable[Kept | None]]


def runner(desk: Desk) -> Job:
    """The job `views.bulk`: carries an act out, or back, from where it stands."""

    async def work(workspace_id: UUID, bulk_id: UUID) -> None:
        async with desk.db.tx(workspace_id) as tx:
            row = await store.bulk(tx, bulk_id)
        if row is None or row["state"] not in {BulkState.RUNNING, BulkState.UNDOING}:
            return
        back = row["state"] == BulkState.UNDOING
        wanted, asker = wanted_of(row["wanted"]), _caller_of(row["caller"])
        step = _back if back else _carrying(desk, wanted)
        async with desk.db.tx(workspace_id) as tx:
            waiting = await store.pending(tx, bulk_id, "done" if back else "waiting")
        for conversation_id in waiting:
            if not await _one(desk, bulk_id, conversation_id, asker, step, back=back):
                break
            desk.pulse.touch(TOPIC, workspace_id)
        before, after = (BulkState.UNDOING, BulkState.UNDONE) if back else (BulkState.RUNNING, BulkState.DONE)
        async with desk.db.tx(workspace_id) as tx:
            await store.move(tx, bulk_id, [before], after, ended=True)
        desk.pulse.touch(TOPIC, workspace_id)

    return work


async def _one(
    desk: Desk, bulk_id: UUID, conversation_id: UUID, asker: Caller, step: _Step, *, back: bool
) -> bool:
    """Whether to go on: not where the whole has been called off. What is refused is kept with its reason."""
    waits, running = ("done", "undoing") if back else ("waiting", "running")
    settled = "undone" if back else "done"
    try:
        async with desk.db.tx(asker.workspace_id) as tx:
            mine, kept = await store.claim(tx, bulk_id, conversation_id, waits, running)
            if not mine:
                row = await store.bulk(tx, bulk_id)
                return row is not None and row["state"] == running
            caller = await acting_now(tx, asker)
            if caller is None:
                raise Forbidden()
            done = await step(tx, caller, conversation_id, kept)
            text = None if done is None else _encode(done).decode()
            await store.settle(tx, bulk_id, conversation_id, settled, text, None)
        return True
    except Refused as refused:
        if refused.status >= 500:
            raise
        fault = Fault(code=refused.code, params={name: str(one) for name, one in refused.params.items()})
    except Exception as broken:
        # One that cannot be carried out is not to stand in the way of the others.
        log.warning("views.bulk_failed", conversation=str(conversation_id), fault=repr(broken))
        fault = Fault(code="views.bulk.broken")
    async with desk.db.tx(asker.workspace_id) as tx:
        settled = "stuck" if back else "refused"
        await store.settle(tx, bulk_id, conversation_id, settled, None, _encode(fault).decode())
    return True


def _carrying(desk: Desk, wanted: Wanted) -> _Step:
    async def step(tx: Tx, caller: Caller, conversation_id: UUID, _: str | None) -> Kept:
        head = await seen_head(tx, caller, conversation_id)
        if wanted.act is BulkAct.READ:
            _mark_read(desk, caller, head)
            return Kept(before=_standing(head), after=_standing(head))
        if wanted.tag_id is not None:
            put = wanted.act is BulkAct.TAG
            moved = await set_tag(tx, caller, conversation_id, wanted.tag_id, wanted=put)
            tagged = (wanted.tag_id, put) if moved else None
            return Kept(before=_standing(head), after=_standing(head), tagged=tagged)
        await _act(tx, caller, conversation_id, wanted)
        return Kept(before=_standing(head), after=await _now(tx, conversation_id))

    return step


async def _now(tx: Tx, conversation_id: UUID) -> Standing:
    """How it stands, though whoever has acted may see it no more."""
    (head,) = await standing(tx, [conversation_id], [])
    return _standing(head)


def _mark_read(desk: Desk, caller: Caller, head: Head) -> None:
    caller.require(Permission.CONVERSATION_REPLY)
    item = MarkItem(
        workspace_id=caller.workspace_id, conversation_id=head.id, party_kind="agent",
        party_id=caller.membership_id, delivered_seq=head.last_seq, read_seq=head.last_seq,
    )  # fmt: skip
    desk.lane.mark(item)


async def _act(tx: Tx, caller: Caller, conversation_id: UUID, wanted: Wanted) -> None:
    if wanted.act is BulkAct.ASSIGN and wanted.team_id is not None:
        await assign.send_to_team(tx, caller, conversation_id, wanted.team_id)
    elif wanted.act is BulkAct.ASSIGN:
        await _give(tx, caller, conversation_id, wanted.member_id or caller.membership_id)
    elif wanted.act is BulkAct.PARK:
        await park.park(tx, caller, conversation_id, wanted.until)
    else:
        await _PLAIN[wanted.act](tx, caller, conversation_id)


_PLAIN: dict[BulkAct, Callable[[Tx, Caller, UUID], Awaitable[None]]] = {
    BulkAct.CLOSE: assign.close,
    BulkAct.WAKE: park.wake,
    BulkAct.SPAM: mark_spam,
    BulkAct.UNSPAM: unmark_spam,
}


async def _give(
    tx: Tx, caller: Caller, conversation_id: UUID, member_id: UUID, seen: assign.Seen = UNSET
) -> None:
    if member_id == caller.membership_id:
        await assign.take(tx, caller, conversation_id, seen)
    else:
        await assign.assign(tx, caller, conversation_id, member_id, seen)


async def _back(tx: Tx, caller: Caller, conversation_id: UUID, text: str | None) -> None:
    """As it stood before. Raises Refused 409 where something has happened to it since."""
    if text is None:
        return
    kept = _kept_of(text)
    if kept.tagged is not None:
        tag_id, put = kept.tagged
        await set_tag(tx, caller, conversation_id, tag_id, wanted=not put)
    if kept.before == kept.after:
        return
    if await _now(tx, conversation_id) != kept.after:
        raise Refused("views.bulk.moved_on", 409)
    seen = kept.after.assignee_id
    if kept.after.spam and not kept.before.spam:
        await unmark_spam(tx, caller, conversation_id)
    if kept.after.state == State.CLOSED and kept.before.state != State.CLOSED:
        await assign.reopen(tx, caller, conversation_id)
        seen = caller.membership_id
    await _place(tx, caller, conversation_id, kept.before, seen)


async def _place(tx: Tx, caller: Caller, conversation_id: UUID, before: Standing, seen: UUID | None) -> None:
    if before.state == State.QUEUED and before.team_id is not None:
        await assign.send_to_team(tx, caller, conversation_id, before.team_id, seen=seen)
    elif before.state == State.QUEUED:
        await assign.release(tx, caller, conversation_id, seen)
    elif before.state == State.ASSIGNED and before.assignee_id is not None:
        await _give(tx, caller, conversation_id, before.assignee_id, seen)
        if before.parked:
            until = datetime.fromisoformat(before.wake_at) if before.wake_at else None
            await park.park(tx, caller, conversation_id, until)
        else:
            await park.wake(tx, caller, conversation_id)


def _standing(head: Head) -> Standing:
    return Standing(
        state=head.state,
        assignee_id=head.assignee_id,
        team_id=head.team_id,
        parked=head.parked_at is not None,
        wake_at=head.wake_at,
        spam=head.spam,
    )
