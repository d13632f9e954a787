"""A customer with a past: conversations of given lengths on her channel, written into the tables."""

from typing import Any
from uuid import UUID

from kezhan.conversations.receive import Customer
from kezhan.conversations.tests.place import Member, Place
from kezhan.kit.ids import new_id

_PAST = """
with made as (
    insert into conversations (workspace_id, id, account_id, identity_id, contact_id, channel, state,
        assignee_id, team_id, last_seq, rev, opened_at, active_at, closed_at)
    values (:ws, :id, :account, :identity, :contact, 'webchat', 'closed', :assignee, null, :n, :n,
        cast('2026-03-01 08:00+00' as timestamptz) + :day * interval '1 day',
        cast('2026-03-01 09:00+00' as timestamptz) + :day * interval '1 day',
        cast('2026-03-01 09:00+00' as timestamptz) + :day * interval '1 day')
)
insert into messages (workspace_id, conversation_id, seq, rev, kind, author_kind, body, created_at)
select :ws, :id, s, s, 'text', 'visitor', :day || '.' || s,
    cast('2026-03-01 08:00+00' as timestamptz) + :day * interval '1 day' + s * interval '1 second'
from generate_series(1, cast(:n as int)) s
"""
_FILE = """
update messages set kind = :kind, body = '', payload = cast(:payload as jsonb)
where conversation_id = :id and seq = :seq
"""


async def had(place: Place, customer: Customer, day: int, n: int, assignee: UUID | None = None) -> UUID:
    """A conversation of `n` messages on this day of March; `assignee` serves it, else it is nobody's."""
    conversation_id = new_id()
    await place.run(
        _PAST, ws=place.workspace_id, id=conversation_id, account=customer.account_id,
        identity=customer.identity_id, contact=customer.contact_id, assignee=assignee, n=n, day=day,
    )  # fmt: skip
    return conversation_id


async def sent(place: Place, conversation_id: UUID, seq: int, media_type: str) -> None:
    """This message has been a file of this type."""
    file = f'"file_id": "{new_id()}", "name": "a", "media_type": "{media_type}", "size": 1'
    kind = "image" if media_type.startswith("image/") else "file"
    payload = f'{{"is": "file", {file}}}'
    await place.run(_FILE, id=conversation_id, seq=seq, kind=kind, payload=payload)


async def walked(
    member: Member, customer: Customer, limit: int, place: tuple[UUID, int] | None = None
) -> Any:
    """Every page upwards from there (None: from the newest), joined as a screen joins them: what was said,
    and `—` where something is not to be seen."""
    lines: list[str] = []
    pages = 0
    query = "" if place is None else f"&conversation_id={place[0]}&before={place[1]}"
    while True:
        found = await member.get(f"/api/contacts/{customer.contact_id}/messages?limit={limit}{query}")
        pages += 1
        for stretch in reversed(found["items"]):
            first = stretch["messages"][0]
            said = [message["body"] for message in reversed(stretch["messages"])]
            after = ["—"] if stretch["hidden_after"] and not lines else []
            begins = first["seq"] == 1 and stretch["hidden_before"]
            lines += [*after, *said, *(["—"] if begins else [])]
        if found["hidden"]:
            lines.append("—")
        if not found["more"]:
            return lines[::-1], pages
        query = f"&conversation_id={found['items'][0]['conversation']['id']}"
        query += f"&before={found['items'][0]['messages'][0]['seq']}"
