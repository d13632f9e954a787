"""What falls due in this room, and what follows later."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from uuid import UUID

from kezhan.conversations.number import hold
from kezhan.kit.db import Tx
from kezhan.kit.outbox import Event, Handler
from kezhan.routing.events import QueueUnsettled
from kezhan.routing.queue import adopt, back, enter, left, offers, transfers
from kezhan.routing.queue.leave import ANSWER_TIMER, LEFT_TIMER
from kezhan.routing.queue.settle import OFFER_TIMER, lock, settle
from kezhan.routing.replies import answer, idle
from kezhan.routing.rules import Rules, begin
from kezhan.routing.seats.state import LOST_TIMER, on_lost

_Act = Callable[[Tx, UUID], Awaitable[None]]


def _of_talk(act: Callable[[Tx, Rules, UUID], Awaitable[None]]) -> _Act:
    async def run(tx: Tx, ref: UUID) -> None:
        await hold(tx, ref)
        rules = await begin(tx)
        if rules is not None:
            await act(tx, rules, ref)

    return run


TIMERS: Mapping[str, _Act] = {
    OFFER_TIMER: offers.on_offer_due,
    enter.STEP_TIMER: _of_talk(enter.on_step),
    enter.OPEN_TIMER: _of_talk(enter.on_opens),
    adopt.ADOPT_TIMER: _of_talk(adopt.adopt),
    back.RETURN_TIMER: back.on_return,
    ANSWER_TIMER: back.on_unanswered,
    transfers.TRANSFER_TIMER: transfers.on_due,
    LEFT_TIMER: left.on_left,
    LOST_TIMER: on_lost,
    **answer.TIMERS,
    **idle.TIMERS,
}


def handlers() -> tuple[Handler, ...]:
    return (Handler("routing.settle", (QueueUnsettled,), _go_on), *answer.handlers(), *idle.handlers())


async def _go_on(tx: Tx, events: Sequence[Event]) -> None:
    """Give what the transaction before this one could not."""
    rules = await begin(tx)
    queues = {one for event in events if isinstance(event, QueueUnsettled) for one in event.queue_ids}
    if rules is not None:
        await settle(tx, rules, await lock(tx, [*queues]))
