"""From what has happened to what is to be pushed, and to whom: ids, one job for each browser and matter."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from kezhan.conversations.events import (
    ColleaguesNamed,
    CompanyChanged,
    ConversationAssigned,
    MessageAppended,
    TransferOffered,
)
from kezhan.conversations.schemas import Kind
from kezhan.devices import store
from kezhan.devices.events import PushesWritten
from kezhan.devices.schemas import PushKind
from kezhan.kit.clock import now
from kezhan.kit.db import Tx
from kezhan.kit.jobs import Jobs
from kezhan.kit.outbox import Event, Handler, emit
from kezhan.reports.events import AlertBegan
from kezhan.routing.events import ConversationOffered

PUSH = "devices.push"
_FORGOTTEN = timedelta(hours=6)
Direct = tuple[UUID, PushKind, UUID]


def handlers(jobs: Jobs) -> tuple[Handler, ...]:
    """First what is to be pushed is written down; once that is committed, the jobs that read it are begun."""

    async def write(tx: Tx, events: Sequence[Event]) -> None:
        if push_ids := await gather(tx, events):
            await emit(tx, PushesWritten(push_ids=push_ids))

    async def begin(tx: Tx, events: Sequence[Event]) -> None:
        for event in events:
            if isinstance(event, PushesWritten):
                for push_id in event.push_ids:
                    await jobs.defer(PUSH, tx.workspace, push_id, once=f"{PUSH}:{push_id}")

    heard = (
        MessageAppended,
        ColleaguesNamed,
        ConversationAssigned,
        ConversationOffered,
        TransferOffered,
        CompanyChanged,
        AlertBegan,
    )
    return (
        Handler("devices.gather", heard, write, pause=0.3, wants=_may_be_pushed),
        Handler("devices.push", (PushesWritten,), begin),
    )


def _may_be_pushed(event: Event) -> bool:
    """Of messages only what a customer has said."""
    if isinstance(event, MessageAppended):
        return event.author_kind == "visitor" and event.kind != Kind.EVENT
    return True


async def gather(tx: Tx, events: Sequence[Event]) -> list[UUID]:
    """Writes down what is to be pushed; the rows to be sent. One query where nobody is subscribed."""
    if not await store.anybody(tx):
        return []
    at, found = now(), []
    if last := _said(events):
        found += await store.put_messages(tx, at, last)
    if told := [one for event in events if (one := direct(event)) is not None]:
        found += await store.put_direct(tx, at, told)
    if named := {
        who for event in events if isinstance(event, ColleaguesNamed) for who in event.membership_ids
    }:
        found += await store.put_mentions(tx, at, sorted(named))
    if episodes := [event.episode_id for event in events if isinstance(event, AlertBegan)]:
        found += await store.put_alerts(tx, at, episodes)
    await store.drop_old(tx, at - _FORGOTTEN)
    return list(dict.fromkeys(found))


def _said(events: Sequence[Event]) -> dict[UUID, int]:
    """By conversation the last thing that its customer has said."""
    last: dict[UUID, int] = {}
    for event in events:
        if isinstance(event, MessageAppended):
            last[event.conversation_id] = max(event.seq, last.get(event.conversation_id, 0))
    return last


def direct(event: Event) -> Direct | None:
    """Who is told of it by name, if anybody is: a conversation asked about or given, handed on, shared."""
    if isinstance(event, ConversationOffered):
        return event.membership_id, PushKind.OFFER, event.conversation_id
    if isinstance(event, TransferOffered):
        return event.to, PushKind.TRANSFER, event.conversation_id
    if isinstance(event, CompanyChanged) and event.what == "invited":
        return event.membership_id, PushKind.INVITE, event.conversation_id
    if isinstance(event, ConversationAssigned) and event.assignee_id is not None:
        by_herself = event.accepted or event.assignee_id == event.by
        return None if by_herself else (event.assignee_id, PushKind.OFFER, event.conversation_id)
    return None
