"""Searching in everything over HTTP, with what was there before taken in."""

from typing import Any
from uuid import UUID

import msgspec

from kezhan.conversations.search.tests.desk import take_in_all as take_in_messages
from kezhan.conversations.tests.place import Json, Member, Place
from kezhan.kit.clock import now
from kezhan.kit.ids import new_id
from kezhan.search import index

_START = UUID(int=0)
_FILE = """
with said as (
    update conversations set last_seq = last_seq + 1, rev = rev + 1 where id = :talk
    returning workspace_id, id, last_seq, rev, identity_id
)
insert into messages (workspace_id, conversation_id, seq, rev, kind, author_kind, author_id, body, payload,
    created_at)
select workspace_id, id, last_seq, rev, 'file', 'visitor', identity_id, '', jsonb_build_object(
    'is', 'file', 'file_id', cast(:file as text), 'name', cast(:name as text), 'media_type',
    cast(:type as text), 'size', 7), :at
from said
"""


async def take_in_all(place: Place) -> None:
    """All that is in the place, as the timers take it in."""
    await take_in_messages(place)
    async with place.db.tx(place.workspace_id) as tx:
        await index.on_people_timer(tx, _START)
        await index.on_talks_timer(tx, _START)


async def person(place: Place, talk: UUID, **facts: Any) -> UUID:
    """The customer of this conversation, who is now called so."""
    columns = ", ".join(
        f"{name} = cast(:{name} as jsonb)" if name == "attributes" else f"{name} = :{name}" for name in facts
    )
    if "attributes" in facts:
        facts["attributes"] = msgspec.json.encode(facts["attributes"]).decode()
    await place.run(
        f"update contacts set {columns} where id = (select contact_id from conversations where id = :talk)",  # noqa: S608
        talk=talk,
        **facts,
    )
    (row,) = await place.rows("select contact_id from conversations where id = :talk", talk=talk)
    found: UUID = row.contact_id
    return found


async def send_file(place: Place, talk: UUID, name: str, media_type: str = "application/pdf") -> None:
    await place.run(_FILE, talk=talk, file=str(new_id()), name=name, type=media_type, at=now())


async def groups(member: Member, words: str, **more: Any) -> dict[str, list[Json]]:
    """The first hits by kind."""
    answer = await member.place.http.get(
        member.place.house.url + "/api/search", params={"q": words, **more}, headers=member.headers
    )
    assert answer.status_code == 200, answer.text
    return {group["kind"]: group["items"] for group in answer.json()["groups"]}


def names(found: dict[str, list[Json]]) -> dict[str, list[str]]:
    """By what a reader tells the hits apart; kinds without hits are left out."""
    shown = {
        "person": lambda hit: hit["contact"]["name"],
        "conversation": lambda hit: hit["head"]["id"],
        "message": lambda hit: hit["snippet"],
        "file": lambda hit: hit["file"]["name"],
    }
    return {kind: [shown[kind](hit) for hit in hits] for kind, hits in found.items() if hits}
