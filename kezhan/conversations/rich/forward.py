"""Messages of one conversation said in another: their words as they stand, their files used once more."""

from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct, structs
from sqlalchemy import Row

from kezhan.audit.service import record
from kezhan.conversations import store
from kezhan.conversations.desk import Desk
from kezhan.conversations.items import Append
from kezhan.conversations.read import seen_head
from kezhan.conversations.reply import may_reply
from kezhan.conversations.rich.card import file_in, use_of, words_of
from kezhan.conversations.rich.schemas import CardPayload
from kezhan.conversations.schemas import MAX_TEXT, Ack, FilePayload, Head, Kind, Payload, State, SurveyPayload
from kezhan.conversations.socket import stored
from kezhan.files.service import release, share
from kezhan.kit.db import Tx
from kezhan.kit.errors import Refused
from kezhan.kit.words import say
from kezhan.workspaces.authenticate import Caller

MOST = 20
_WORDS = frozenset({Kind.TEXT, Kind.IMAGE, Kind.FILE})


class Forward(Struct, frozen=True, kw_only=True):
    """`seqs` of the conversation `source_id`, said in their order. `origin`: with a line that says whose they
    are, or plainly."""

    client_id: Annotated[str, Meta(min_length=1, max_length=80)]
    source_id: UUID
    seqs: Annotated[list[int], Meta(min_length=1)]
    origin: Literal["quote", "plain"] = "plain"


class Forwarded(Struct, frozen=True):
    """Of each message, in order."""

    items: list[Ack]


class Detail(Struct, frozen=True, kw_only=True, tag_field="v", tag=1):
    """For the audit log."""

    source_id: UUID
    seqs: list[int]


async def forward(desk: Desk, caller: Caller, conversation_id: UUID, form: Forward) -> Forwarded:
    """Raises NotFound for what the caller does not see on either side, Forbidden where she may not write,
    Refused for what is no customer's business or is gone."""
    async with desk.db.tx(caller.workspace_id) as tx:
        items = await _items(tx, caller, conversation_id, form)
    acks = list[Ack]()
    for item in items:
        answer = await desk.lane.append(item)
        file_id = file_in(item.payload)
        if answer.outcome not in {"new", "known"} and file_id is not None:
            async with desk.db.tx(caller.workspace_id) as tx:
                await release(tx, file_id, use_of(item.sender_id, item.client_id))
        acks.append(stored(item, answer))
    return Forwarded(acks)


async def _items(tx: Tx, caller: Caller, conversation_id: UUID, form: Forward) -> list[Append]:
    seqs = sorted(set(form.seqs))
    if len(seqs) > MOST:
        raise Refused("conversations.forward_many", field="seqs", most=MOST)
    if form.source_id == conversation_id:
        raise Refused("conversations.forward_same", field="source_id")
    head = await may_reply(tx, caller, conversation_id)
    source = await seen_head(tx, caller, form.source_id)
    names = [f"{form.client_id}.{number}" for number in range(len(seqs))]
    repeated = len(await store.known_keys(tx, caller.membership_id, names)) == len(names)
    if head.state == State.CLOSED and not repeated:
        raise Refused("conversations.closed", 409)
    found = {row.seq: row for row in await store.messages_of(tx, form.source_id, seqs)}
    rows = [found.get(seq) for seq in seqs]
    if any(row is not None and row.kind in {Kind.NOTE, Kind.EVENT} for row in rows):
        raise Refused("conversations.forward_inner", 409)
    items, before = list[Append](), None
    for row, name in zip(rows, names, strict=True):
        if row is None or not _can_go(row):
            raise Refused("conversations.forward_gone", 409)
        speaker = (row.author_kind, row.author_id)
        heading = _heading(caller, source, row) if form.origin == "quote" and speaker != before else ""
        before = speaker
        items.append(_item(caller, conversation_id, row, name, heading))
        if (file_id := file_in(row.payload)) is not None:
            await share(tx, file_id, use_of(caller.membership_id, name))
    if not repeated:
        detail = Detail(source_id=form.source_id, seqs=seqs)
        await record(tx, caller, "conversation.forward", "conversation", conversation_id, detail=detail)
    return items


def _can_go(row: Row[Any]) -> bool:
    """A survey is its customer's alone; what we could not read says nothing to others."""
    kept = row.recalled_at is None and row.kind in _WORDS and not isinstance(row.payload, SurveyPayload)
    return kept and bool(row.body or file_in(row.payload))


def _heading(caller: Caller, source: Head, row: Row[Any]) -> str:
    hers = source.contact_name or say(caller.language, "conversations.forwarded_customer")
    name = hers if row.author_kind == "visitor" else row.author_name or ""
    return say(caller.language, "conversations.forwarded_from", name=name) if name else ""


def _item(caller: Caller, conversation_id: UUID, row: Row[Any], name: str, heading: str) -> Append:
    payload, body = _content(row, heading)
    return Append(
        workspace_id=caller.workspace_id,
        conversation_id=conversation_id,
        sender_id=caller.membership_id,
        client_id=name,
        author_kind="agent",
        author_id=caller.membership_id,
        author_name=caller.name,
        kind=row.kind,
        body=body,
        payload=payload,
    )


def _content(row: Row[Any], heading: str) -> tuple[Payload | None, str]:
    """What a button or a template made of a text stays behind; the text goes."""
    payload = row.payload
    if isinstance(payload, CardPayload):
        card = structs.replace(payload, text=_headed(payload.text, heading), copies=[])
        return card, words_of(card)
    if isinstance(payload, FilePayload):
        # Where it goes nothing is said by the platform's template, and nobody else is written to.
        payload = structs.replace(payload, template=None, copies=[])
    return (payload if isinstance(payload, FilePayload) else None), _headed(row.body, heading)


def _headed(text: str, heading: str) -> str:
    whole = "\n".join(part for part in (heading, text) if part)
    return whole if len(whole) <= MAX_TEXT else text
