"""What is searched in beside messages, kept after the fact: of new things by the outbox, of old by timers."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from uuid import UUID

from kezhan.contacts.events import ContactChanged
from kezhan.contacts.values import visitor_number
from kezhan.conversations.events import MessageAppended, MessageChanged
from kezhan.conversations.schemas import Kind
from kezhan.conversations.search.index import BREATH
from kezhan.kit.bigrams import words_of
from kezhan.kit.clock import now
from kezhan.kit.db import Tx
from kezhan.kit.outbox import Event, Handler
from kezhan.kit.reading import ReadRow
from kezhan.kit.timers import set_timer
from kezhan.search import store
from kezhan.search.schemas import Media

PEOPLE_TIMER = "search.people"
TALKS_TIMER = "search.talks"
AT_ONCE = 200
MARKS = {"person": "p", "conversation": "c", "file": "f"}
"""What the words of a kind begin with."""
_SAID = 500
"""Characters of what is said first that are kept."""
_SHORTEST_END = 4
"""Digits that may be asked for from the end of a number."""
_Place = tuple[UUID, int]


def handlers() -> tuple[Handler, ...]:
    """The room's `later` listeners."""
    heard = (ContactChanged, MessageAppended, MessageChanged)
    return (Handler("search.words", heard, take_in, pause=1.0, wants=_changes),)


def _changes(event: Event) -> bool:
    """Something that is found: most messages are neither of a beginning nor files."""
    return not isinstance(event, MessageAppended | MessageChanged) or _begins(event) or _may_be_file(event)


def _begins(event: MessageAppended | MessageChanged) -> bool:
    return event.seq <= store.FIRST and getattr(event, "kind", None) in {None, Kind.TEXT, Kind.EVENT}


def _may_be_file(event: MessageAppended | MessageChanged) -> bool:
    return getattr(event, "kind", None) in {None, Kind.IMAGE, Kind.FILE}


async def take_in(tx: Tx, events: Sequence[Event]) -> None:
    """Keep people, the beginnings of conversations and files as they are by now; forget what is no more."""
    people: dict[UUID, None] = {}
    talks: dict[UUID, None] = {}
    files: dict[_Place, None] = {}
    for event in events:
        if isinstance(event, ContactChanged):
            people[event.contact_id] = None
        elif isinstance(event, MessageAppended | MessageChanged):
            if _begins(event):
                talks[event.conversation_id] = None
            if _may_be_file(event):
                files[event.conversation_id, event.seq] = None
    await take_people(tx, list(people))
    await take_talks(tx, list(talks))
    await take_files(tx, list(files))


async def take_people(tx: Tx, ids: Sequence[UUID], *, afresh: bool = True) -> None:
    rows = await store.people(tx, ids) if ids else []
    await _keep(tx, "person", [(one, 0) for one in ids], await _read(tx, rows, _person), afresh)


async def take_talks(tx: Tx, ids: Sequence[UUID], *, afresh: bool = True) -> None:
    rows = await store.talks(tx, ids) if ids else []
    await _keep(tx, "conversation", [(one, 0) for one in ids], await _read(tx, rows, _talk), afresh)


async def take_files(tx: Tx, places: Sequence[_Place], *, afresh: bool = True) -> None:
    rows = await store.files(tx, places) if places else []
    await _keep(tx, "file", places, await _read(tx, rows, _file), afresh)


async def take_old_people(tx: Tx, after: UUID) -> UUID | None:
    """Some of the contacts behind `after`. Where to go on, None when all is done."""
    ids = await store.people_after(tx, after, AT_ONCE)
    # Who came first, the outbox or a change, has the newer text.
    await take_people(tx, ids, afresh=False)
    return ids[-1] if len(ids) == AT_ONCE else None


async def take_old_talks(tx: Tx, after: UUID) -> UUID | None:
    """Some of the conversations behind `after` with their files. Where to go on, None when all is done."""
    ids = await store.talks_after(tx, after, AT_ONCE)
    await take_talks(tx, ids, afresh=False)
    await take_files(tx, await store.files_of(tx, ids) if ids else [], afresh=False)
    return ids[-1] if len(ids) == AT_ONCE else None


async def on_people_timer(tx: Tx, after: UUID) -> None:
    """`take_old_people`, and the timer set for the next part."""
    await _go_on(tx, PEOPLE_TIMER, await take_old_people(tx, after))


async def on_talks_timer(tx: Tx, after: UUID) -> None:
    """`take_old_talks`, and the timer set for the next part."""
    await _go_on(tx, TALKS_TIMER, await take_old_talks(tx, after))


TIMERS: dict[str, Callable[[Tx, UUID], Awaitable[None]]] = {
    PEOPLE_TIMER: on_people_timer,
    TALKS_TIMER: on_talks_timer,
}


async def _go_on(tx: Tx, timer: str, following: UUID | None) -> None:
    if following is not None:
        await set_timer(tx, timer, following, now())


async def _read(
    tx: Tx, rows: Sequence[ReadRow], read: Callable[[Tx, ReadRow], store.Kept]
) -> list[store.Kept]:
    """What is kept of each, some in a breath."""
    kept: list[store.Kept] = []
    for row in rows:
        kept.append(read(tx, row))
        if len(kept) % BREATH == 0:
            await asyncio.sleep(0)
    return kept


async def _keep(tx: Tx, kind: str, asked: Sequence[_Place], kept: Sequence[store.Kept], afresh: bool) -> None:
    if kept:
        await store.keep(tx, kind, kept, in_talk=kind != "person", afresh=afresh)
    gone = set(asked) - {(one.thing_id, one.seq) for one in kept}
    if gone and afresh:
        await store.forget(tx, kind, sorted(gone))


def _person(tx: Tx, row: ReadRow) -> store.Kept:
    """A line for each thing she is known by, the pinyin of her name last."""
    lines = [
        row["name"],
        visitor_number(row["id"]),
        row["phone"] or "",
        row["email"] or "",
        *(row["external_ids"] or []),
        *(row["told"] or "").splitlines(),
        *row["note"].splitlines(),
        row["sort_key"] if row["name"] else "",
    ]
    body = "\n".join(lines)
    more = " ".join(_ends(row["phone_key"] or ""))
    return store.Kept(row["id"], 0, row["created_at"], "", body, _words(tx, f"{more} {body}", "person"))


def _talk(tx: Tx, row: ReadRow) -> store.Kept:
    """What its customer said first, and its id on the last line."""
    body = f"{(row['said'] or '')[:_SAID]}\n{row['id']}"
    return store.Kept(row["id"], 0, row["opened_at"], "", body, _words(tx, body, "conversation"))


def _file(tx: Tx, row: ReadRow) -> store.Kept:
    place, name = (row["conversation_id"], row["seq"]), row["name"]
    words = _words(tx, f"{trait_of(media_of(row['media_type']))} {name}", "file")
    return store.Kept(*place, row["created_at"], row["author_kind"], name, words)


def media_of(media_type: str) -> Media:
    sort = media_type.partition("/")[0]
    return Media(sort) if sort in {"image", "audio", "video"} else Media.OTHER


def trait_of(media: Media) -> str:
    """The word by which files of this sort are found."""
    return f"kezhanmedia{media}"


def _ends(digits: str) -> Iterable[str]:
    """A number and each of its ends: a search finds beginnings of words, and people say the last digits."""
    return (digits[start:] for start in range(len(digits) - _SHORTEST_END + 1))


def _words(tx: Tx, text: str, kind: str) -> str:
    return " ".join(words_of(tx.workspace, text, MARKS[kind]))
