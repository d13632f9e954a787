"""From a commit to every screen that shows it: frames encoded once, to every listener of this process."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable
from uuid import UUID

import msgspec

from kezhan.conversations.append import AppendedRow, Flushed, MovedMark
from kezhan.conversations.events import ConversationChanged
from kezhan.conversations.read import changes, to_visitor
from kezhan.conversations.schemas import (
    Author,
    Changed,
    Head,
    Kind,
    ListChange,
    Mark,
    Message,
    ReadElsewhere,
    Resync,
)
from kezhan.conversations.see import may_see
from kezhan.conversations.views import head_of
from kezhan.kit.clock import wire
from kezhan.kit.db import Database
from kezhan.kit.ids import new_id
from kezhan.kit.log import log
from kezhan.kit.outbox import Published
from kezhan.realtime.hub import Hub, Listener, Streams
from kezhan.workspaces.authenticate import Caller

_encode = msgspec.json.Encoder().encode


class Inboxes:
    """The agents connected to this process and their numbered list streams. A program with a token has one of
    its own, because it may see less than the person behind it."""

    def __init__(self) -> None:
        self.streams = Streams()
        self._callers: defaultdict[UUID, dict[UUID, Caller]] = defaultdict(dict)

    def enter(self, caller: Caller) -> None:
        """With other rights than before she reads the lists afresh: the old stream was for other eyes."""
        known = self._callers[caller.workspace_id].get(caller.id, caller)
        if (known.permissions, known.team_ids) != (caller.permissions, caller.team_ids):
            self.streams.of(caller.id).epoch = str(new_id())
        self._callers[caller.workspace_id][caller.id] = caller

    def leave(self, caller: Caller) -> None:
        """Called when her stream is forgotten, some time after her last socket."""
        self._callers[caller.workspace_id].pop(caller.id, None)
        if not self._callers[caller.workspace_id]:
            del self._callers[caller.workspace_id]

    def push(self, workspace_id: UUID, heads: Iterable[Head]) -> None:
        """One frame per agent for all of `heads`: the head to those who may see it, else that it is gone."""
        callers = self._callers.get(workspace_id)
        if not callers:
            return
        shown = [(head, _encode(_shown(head)), _encode(_gone(head))) for head in heads]
        for caller in callers.values():
            body = b",".join(seen if may_see(caller, head) else gone for head, seen, gone in shown)
            self.streams.of(caller.id).push(body)


def _shown(head: Head) -> ListChange:
    return ListChange(conversation_id=head.id, rev=head.rev, head=head)


def _gone(head: Head) -> ListChange:
    return ListChange(conversation_id=head.id, rev=head.rev, gone=True)


class Live:
    """Hands committed changes to the hub. `watcher_of` tells whose socket a listener is, so that a thread
    is closed to those who may no longer see it."""

    def __init__(self, db: Database, hub: Hub, watcher_of: Callable[[Listener], Caller | None]) -> None:
        self._db = db
        self._hub = hub
        self._watcher_of = watcher_of
        self._tasks: set[asyncio.Task[None]] = set()
        self.inboxes = Inboxes()

    def on_flush(self, flushed: Flushed) -> None:
        """What the append lane has just committed."""
        threads: dict[UUID, list[AppendedRow]] = {}
        for row in flushed.appended:
            threads.setdefault(row.item.conversation_id, []).append(row)
        heads: defaultdict[UUID, list[Head]] = defaultdict(list)
        for conversation_id, rows in threads.items():
            head = self._appended(conversation_id, rows)
            heads[rows[0].item.workspace_id].append(head)
        for workspace_id, changed in heads.items():
            self.inboxes.push(workspace_id, changed)
        for mark in flushed.moved:
            self._moved(mark)
        # A message's rev is never below its seq, so from here on nothing of it is missed.
        for found in flushed.found:
            self._follow(found.workspace_id, found.conversation_id, found.seq - 1)

    def _appended(self, conversation_id: UUID, rows: list[AppendedRow]) -> Head:
        last = rows[-1].head
        if last is None:
            raise RuntimeError("the last row of a conversation in a flush carries its head")
        head = head_of(last, rows[-1].rev)
        changed = Changed(
            conversation_id=conversation_id,
            from_rev=rows[0].from_rev,
            rev=rows[-1].rev,
            messages=[_message(row) for row in rows],
        )
        self._publish(changed, head.identity_id)
        return head

    def _publish(self, changed: Changed | Resync, identity_id: UUID) -> None:
        self._hub.publish(f"conversation:{changed.conversation_id}", lambda: _encode(changed))
        self._hub.publish(f"visitor:{identity_id}", lambda: _encode(to_visitor(changed)))

    def _moved(self, moved: MovedMark) -> None:
        mark = moved.item
        changed = Changed(
            conversation_id=mark.conversation_id,
            from_rev=moved.rev - 1,
            rev=moved.rev,
            marks=[
                Mark(
                    party=mark.party_kind,  # type: ignore[arg-type]
                    party_id=mark.party_id,
                    delivered_seq=moved.delivered_seq,
                    read_seq=moved.read_seq,
                    rev=moved.rev,
                )
            ],
        )
        self._publish(changed, moved.identity_id)
        if mark.party_kind == "agent":
            read = ReadElsewhere(conversation_id=mark.conversation_id, read_inbound=moved.read_inbound)
            self._hub.publish(f"member:{mark.party_id}", lambda: _encode(read))

    def on_commit(self, workspace_id: UUID, published: list[Published]) -> None:
        """Changes made outside the lane: several of one conversation are read and sent as one."""
        spans: dict[UUID, ConversationChanged] = {}
        for event, _ in published:
            if isinstance(event, ConversationChanged):
                spans.setdefault(event.conversation_id, event)
        for event in spans.values():
            self._follow(workspace_id, event.conversation_id, event.from_rev)

    def _follow(self, workspace_id: UUID, conversation_id: UUID, from_rev: int) -> None:
        task = asyncio.create_task(self._relay(workspace_id, conversation_id, from_rev))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _relay(self, workspace_id: UUID, conversation_id: UUID, from_rev: int) -> None:
        try:
            async with self._db.tx(workspace_id) as tx:
                changed, head = await changes(tx, conversation_id, from_rev)
        except Exception as fault:
            # The listeners find the gap at the next frame and ask for what is missing.
            log.warning("live.relay_failed", conversation=str(conversation_id), fault=repr(fault))
            return
        self._close_to_strangers(head)
        self._publish(changed, head.identity_id)
        self.inboxes.push(workspace_id, [head])

    def _close_to_strangers(self, head: Head) -> None:
        topic = f"conversation:{head.id}"
        for listener in self._hub.listeners(topic):
            watcher = self._watcher_of(listener)
            if watcher is not None and not may_see(watcher, head):
                self._hub.leave(topic, listener)


def _message(row: AppendedRow) -> Message:
    item = row.item
    quote = item.quote_seq if item.quote_seq is not None and 0 < item.quote_seq < row.seq else None
    return Message(
        seq=row.seq,
        rev=row.rev,
        kind=Kind(item.kind),
        author=Author(kind=item.author_kind, id=item.author_id, name=item.author_name),  # type: ignore[arg-type]
        at=wire(row.at),
        body=item.body,
        payload=item.payload,
        quote_seq=quote,
        client_id=item.client_id,
    )
