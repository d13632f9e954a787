"""From a stored note to those who are named in it, and what each of them has been named in."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from kezhan.conversations.events import ColleaguesNamed, MessageAppended
from kezhan.conversations.mentions import store
from kezhan.conversations.mentions.name import Person, members_who_see, person_of
from kezhan.conversations.mentions.schemas import Mention, MentionCount
from kezhan.conversations.schemas import Author, Kind, NotePayload, Payload
from kezhan.conversations.see import may_see, teams_in_sight
from kezhan.conversations.views import head_of
from kezhan.kit.clock import wire
from kezhan.kit.db import Tx
from kezhan.kit.outbox import Event, Handler, emit
from kezhan.kit.paging import Page, decode_cursor, encode_cursor, page_size
from kezhan.kit.reading import Reader, ReadRow
from kezhan.workspaces.authenticate import Caller

MOST_COUNTED = 100
_TEXT = 200


class _Placed(msgspec.Struct, frozen=True):
    assignee_id: UUID | None
    team_id: UUID | None
    guests: list[UUID]


def handlers() -> tuple[Handler, ...]:
    return (Handler("conversations.mentions", (MessageAppended,), on_notes, pause=0.3, wants=_is_note),)


def _is_note(event: MessageAppended) -> bool:
    return event.kind == Kind.NOTE


async def on_notes(tx: Tx, events: Sequence[Event]) -> None:
    """Keep who is named in new notes, as far as she sees them by now; a note handed over twice names once."""
    places = [(event.conversation_id, event.seq) for event in events if isinstance(event, MessageAppended)]
    notes = await store.notes(tx, places)
    if not notes:
        return
    people = {row["id"]: person_of(row) for row in await store.people(tx)}
    told: set[UUID] = set()
    for note in notes:
        named = _named(note, people)
        if named:
            told.update(await store.add(tx, note, named))
    if told:
        await emit(tx, ColleaguesNamed(membership_ids=sorted(told)))


def _named(note: ReadRow, people: dict[UUID, Person]) -> list[UUID]:
    payload = note["payload"]
    if not isinstance(payload, msgspec.Struct):
        payload = msgspec.convert(payload, Payload)
    if not isinstance(payload, NotePayload):
        return []
    placed = _Placed(note["assignee_id"], note["team_id"], note["guests"])
    direct = [one for one in payload.mentions if one in people and may_see(people[one], placed)]
    teams = members_who_see(people.values(), payload.teams, placed)
    return [one for one in dict.fromkeys([*direct, *teams]) if one != note["author_id"]]


async def list_mentions(reader: Reader, caller: Caller, after: str | None, limit: int) -> Page[Mention]:
    """What the caller has been named in, the newest first."""
    size = page_size(limit)
    key = decode_cursor(after, tuple[datetime, UUID, int]) if after else None
    teams = teams_in_sight(caller)
    rows = await store.page(reader, caller.membership_id, size + 1, teams=teams, after=key)
    shown = rows[:size]
    last = shown[-1] if len(rows) > size else None
    following = encode_cursor(last["at"], last["id"], last["seq"]) if last is not None else None
    return Page(items=[_mention(row) for row in shown], next=following)


def _mention(row: ReadRow) -> Mention:
    return Mention(
        head=head_of(row, row["rev"]),
        seq=row["seq"],
        at=wire(row["at"]),
        by=Author(kind="agent", id=row["by_id"], name=row["by_name"]),
        text=row["body"][:_TEXT],
        read=row["read"],
    )


async def count_mentions(reader: Reader, caller: Caller) -> MentionCount:
    teams = teams_in_sight(caller)
    return MentionCount(await store.count_unread(reader, caller.membership_id, MOST_COUNTED, teams))
