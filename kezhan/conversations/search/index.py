"""Words of messages, kept after the fact: of new ones as the outbox tells of them, of old ones by a timer."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import TypeVar
from uuid import UUID

from kezhan.conversations.events import MessageAppended, MessageChanged
from kezhan.conversations.schemas import Kind
from kezhan.conversations.search import store
from kezhan.kit.bigrams import words_of
from kezhan.kit.clock import now
from kezhan.kit.db import Tx
from kezhan.kit.outbox import Event, Handler
from kezhan.kit.reading import ReadRow
from kezhan.kit.timers import set_timer

T = TypeVar("T")
TIMER = "conversations.words"
PIECE = 200
"""Messages taken in by one statement."""
BREATH = 25
"""Messages cut into words at once: the process has no time for others meanwhile."""
AT_ONCE = 1000
"""Messages taken in by one transaction: while it writes nobody hears of what came after it."""
OLD_AT_ONCE = 1000


def handlers() -> tuple[Handler, ...]:
    """The room's `later` listeners."""
    heard = (MessageAppended, MessageChanged)
    return (Handler("conversations.words", heard, take_in, pause=1.0, most=AT_ONCE),)


async def take_in(tx: Tx, events: Sequence[Event]) -> None:
    """Keep the words of new and edited messages as they are by now; forget those of recalled ones."""
    places: dict[store.Place, None] = {}
    recalled: list[store.Place] = []
    for event in events:
        if isinstance(event, MessageAppended) and event.kind != Kind.EVENT:
            places[event.conversation_id, event.seq] = None
        elif isinstance(event, MessageChanged) and event.recalled:
            recalled.append((event.conversation_id, event.seq))
        elif isinstance(event, MessageChanged):
            places[event.conversation_id, event.seq] = None
    for piece in _pieces(list(places)):
        await _keep(tx, await store.bodies(tx, piece), afresh=True)
    if recalled:
        await store.forget(tx, recalled)


async def take_in_old(tx: Tx, after: UUID) -> UUID | None:
    """Some of the messages whose words are not kept, in conversations behind `after`. Where to go on, None
    when all is done."""
    rows = await store.unread(tx, after, OLD_AT_ONCE)
    for piece in _pieces(rows):
        # Who came first, the outbox or an edit, has the newer text.
        await _keep(tx, piece, afresh=False)
    if len(rows) < OLD_AT_ONCE:
        return None
    # The last conversation may go on; those before it are whole.
    last = rows[-1]["conversation_id"]
    whole = [row["conversation_id"] for row in rows if row["conversation_id"] != last]
    return whole[-1] if whole else after


async def on_timer(tx: Tx, after: UUID) -> None:
    """`take_in_old`, and the timer set for the next part."""
    following = await take_in_old(tx, after)
    if following is not None:
        await set_timer(tx, TIMER, following, now())


async def _keep(tx: Tx, rows: Sequence[ReadRow], *, afresh: bool) -> None:
    words: list[str] = []
    for row in rows:
        words.append(" ".join(words_of(tx.workspace, row["body"])))
        if len(words) % BREATH == 0:
            await asyncio.sleep(0)
    if words:
        await store.keep(tx, rows, words, afresh=afresh)


def _pieces(whole: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(whole), PIECE):
        yield whole[start : start + PIECE]
