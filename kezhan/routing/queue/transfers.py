"""A conversation handed on by the one who serves it: to a colleague, who is asked first, or to a team; and
back where nobody answers. What was done together on the way is noted beside it."""

from uuid import UUID

from kezhan.conversations import transfer
from kezhan.conversations.events import CompanyChanged, TransferEnded, TransferOffered
from kezhan.conversations.number import hold
from kezhan.conversations.schemas import State
from kezhan.kit.clock import now
from kezhan.kit.db import Tx
from kezhan.kit.errors import Refused
from kezhan.kit.timers import set_timer
from kezhan.routing import store as base
from kezhan.routing.queue import store
from kezhan.routing.queue.leave import move
from kezhan.routing.queue.record import note
from kezhan.routing.queue.settle import seat_of
from kezhan.routing.rules import begin, rules_of
from kezhan.routing.schemas import TransferIn
from kezhan.workspaces.authenticate import Caller

TRANSFER_TIMER = "routing.transfer"
ASKED_SECONDS = 60
"""For how long somebody is asked, where the workspace waits for answers for ever."""


async def hand_on(tx: Tx, caller: Caller, conversation_id: UUID, form: TransferIn) -> None:
    """To a member, who is asked, or to a team, in whose queue it waits. The same again changes nothing."""
    rules = await rules_of(tx)
    seconds = rules.answer_seconds if rules is not None else 0
    words = form.note.strip()
    if (form.member_id is None) == (form.team_id is None):
        raise Refused("routing.transfer_to_whom", 422, field="member_id")
    if form.member_id is not None:
        longest = seconds or ASKED_SECONDS
        due = await transfer.ask(tx, caller, conversation_id, form.member_id, words, longest)
    elif form.team_id is not None:
        due = await transfer.send(tx, caller, conversation_id, form.team_id, words, seconds)
    if due is not None:
        await set_timer(tx, TRANSFER_TIMER, conversation_id, due)


async def on_due(tx: Tx, conversation_id: UUID) -> None:
    """The time to answer is over. Who was asked is asked no more; what a team has let wait goes back to the
    one who handed it on, where she is there and has room, and else waits on."""
    row = await hold(tx, conversation_id)
    if row.transfer_until is None or row.state == State.CLOSED:
        return
    if row.transfer_until > now():
        await set_timer(tx, TRANSFER_TIMER, conversation_id, row.transfer_until)
    elif row.transfer_to is not None:
        await transfer.miss(tx, row)
    elif row.state == State.QUEUED:
        await _back(tx, conversation_id)


async def _back(tx: Tx, conversation_id: UUID) -> None:
    row, rules = await hold(tx, conversation_id), await begin(tx)
    waiting = await store.wait(tx, conversation_id)
    giver = next(iter(await store.seats(tx, [row.transfer_by])), None)
    if rules is None or waiting is None or giver is None:
        return
    seat = seat_of(giver)
    if giver["state"] == "online" and not seat.lost and seat.room(waiting["load"]) >= waiting["units"]:
        await move(tx, rules, conversation_id, seat.id, by=seat.id, kind="accepted", reason="handed_back")
        await transfer.come_back(tx, row, seat.name)
    else:
        await transfer.wait_on(tx, row)


# What is kept of it beside the way through the queue


async def on_offered(tx: Tx, event: TransferOffered) -> None:
    await _note(tx, event.conversation_id, "transfer_offered", event.to, event.by)


async def on_ended(tx: Tx, event: TransferEnded) -> None:
    """That it was accepted is told by the hands it has come into."""
    if event.outcome != "accepted":
        await _note(tx, event.conversation_id, f"transfer_{event.outcome}", event.to, event.by)


async def on_company(tx: Tx, event: CompanyChanged) -> None:
    await _note(tx, event.conversation_id, event.what, event.membership_id, event.by)


async def _note(tx: Tx, conversation_id: UUID, kind: str, seat_id: UUID, by: UUID | None) -> None:
    row = await base.talk(tx, conversation_id)
    if row is not None:
        await note(tx, row, kind, now(), None, seat=seat_id, by=by)
