"""From a commit to every screen that shows it: frames encoded once, to every listener of this process."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from time import perf_counter
from uuid import UUID

import msgspec

from kezhan.conversations.events import ConversationChanged
from kezhan.conversations.hints import Moved, Place
from kezhan.conversations.items import Append, Flushed, MovedMark, Said
from kezhan.conversations.read import changes_since, heads, public, to_visitor
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
from kezhan.kit.clock import Instant
from kezhan.kit.db import Database
from kezhan.kit.log import log
from kezhan.kit.outbox import Published
from kezhan.realtime.across import Across
from kezhan.realtime.hub import Covered, Hub, Listener, Streams, Told, covered
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.permissions import Permission

LISTS_SECONDS = 0.25
_LISTS_REST = 12  # times as long as it took: where a thousand conversations move, messages go first
_RETRY_SECONDS = 1.0
_RELAY_TRIES = 60
_HEADS = 200  # in one breath
PLACES = 70  # of about 100 bytes each, well within a notification

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
        eyes = (known.permissions, known.team_ids, known.cover)
        if eyes != (caller.permissions, caller.team_ids, caller.cover):
            self.streams.of(caller.id).renew()
        self._callers[caller.workspace_id][caller.id] = caller

    def leave(self, caller: Caller) -> None:
        """Called when her stream is forgotten, some time after her last socket."""
        self._callers[caller.workspace_id].pop(caller.id, None)
        if not self._callers[caller.workspace_id]:
            del self._callers[caller.workspace_id]

    def staffed(self, workspace_id: UUID) -> bool:
        return workspace_id in self._callers

    def placed(self, workspace_id: UUID, heads: Sequence[Head]) -> None:
        """Where these conversations stand has changed: their heads to those who may see them, to the others
        that they are gone; one frame for each."""
        callers = self._callers.get(workspace_id)
        if not callers or not heads:
            return
        changes = [(head, Told(_shown(head)), _encode(_gone(head))) for head in heads]
        for caller in callers.values():
            told = [
                _to(caller, head, shown) if may_see(caller, head) else gone for head, shown, gone in changes
            ]
            self.streams.of(caller.id).push(b",".join(told))

    def moved(self, workspace_id: UUID, heads: Iterable[Head]) -> None:
        """Something was said in these, and who may see them is as it was: one frame for each who may."""
        callers = list(self._callers.get(workspace_id, {}).values())
        wide = [caller for caller in callers if caller.may(Permission.CONVERSATION_READ_ALL)]
        own: defaultdict[UUID, list[Caller]] = defaultdict(list)
        for caller in callers:
            if not caller.may(Permission.CONVERSATION_READ_ALL):
                own[caller.membership_id].append(caller)
        bodies: defaultdict[UUID, list[bytes]] = defaultdict(list)
        for head in heads:
            readers = callers
            if head.assignee_id is not None and head.team_id is None:
                # Her colleagues need not be asked one by one.
                inside = (head.assignee_id, *head.guests)
                readers = [*wide, *(reader for one in inside for reader in own.get(one, ()))]
            shown = Told(_shown(head))
            for caller in readers:
                if may_see(caller, head):
                    bodies[caller.id].append(_to(caller, head, shown))
        for reader, told in bodies.items():
            self.streams.of(reader).push(b",".join(told))


def note_serving(listener: Covered, head: Head) -> bool:
    """Remember whether who listens serves the conversation; whether that is new."""
    cover, before = listener.cover, head.id in listener.serves
    serves = cover is not None and cover.serves is not None and cover.serves == head.served_by()
    (listener.serves.add if serves else listener.serves.discard)(head.id)
    return serves != before


def _shown(head: Head) -> ListChange:
    return ListChange(conversation_id=head.id, rev=head.rev, head=head)


def _to(caller: Caller, head: Head, shown: Told) -> bytes:
    """As she may read it."""
    cover = caller.cover
    serves = cover is not None and cover.serves is not None and cover.serves == head.served_by()
    return shown.plain if cover is None or serves else shown.under(cover)


def _gone(head: Head) -> ListChange:
    return ListChange(conversation_id=head.id, rev=head.rev, gone=True)


class Live:
    """Hands committed changes to the hub, and their places to the other processes. `watcher_of` tells whose
    socket a listener is, so that a thread is closed to those who may no longer see it."""

    def __init__(
        self, db: Database, hub: Hub, across: Across, watcher_of: Callable[[Listener], Caller | None]
    ) -> None:
        self._db = db
        self._hub = hub
        self._across = across
        self._watcher_of = watcher_of
        self._tasks: set[asyncio.Task[None]] = set()
        self._said: defaultdict[UUID, set[UUID]] = defaultdict(set)
        self._shown: dict[UUID, dict[UUID, int]] = {}
        self._telling: dict[UUID, asyncio.Task[None]] = {}
        self.lists_seconds = LISTS_SECONDS
        self.on_shut: Callable[[Listener, UUID], None] = lambda listener, conversation_id: None
        """Called with a listener to whom a conversation has been closed."""
        self.inboxes = Inboxes()

    def on_flush(self, flushed: Flushed) -> None:
        """What the append lane has just committed."""
        for said in flushed.said:
            self._added(said)
        self.tell_lists()
        for mark in flushed.moved:
            self._moved(mark)
        if not self._across.alone:
            self._hint(flushed)
        # A message's rev is never below its seq, so from here on nothing of it is missed.
        for found in flushed.found:
            self._follow(found.workspace_id, {found.conversation_id: found.seq - 1})

    def _hint(self, flushed: Flushed) -> None:
        """One hint a workspace, or a few: where this flush has changed something."""
        places: defaultdict[UUID, dict[UUID, Place]] = defaultdict(dict)
        for said in flushed.said:
            place = Place(said.conversation_id, said.identity_id, said.from_rev)
            places[said.workspace_id][said.conversation_id] = place
        for mark in flushed.moved:
            conversation_id = mark.item.conversation_id
            if conversation_id not in places[mark.item.workspace_id]:
                place = Place(conversation_id, mark.identity_id, mark.from_rev)
                places[mark.item.workspace_id][conversation_id] = place
        for found in flushed.found:
            place = Place(found.conversation_id, None, found.seq - 1)
            places[found.workspace_id][found.conversation_id] = place
        for workspace_id, told in places.items():
            some = list(told.values())
            for start in range(0, len(some), PLACES):
                self._across.tell(Moved(workspace_id=workspace_id, places=some[start : start + PLACES]))

    def _added(self, said: Said) -> None:
        changed = Changed(
            conversation_id=said.conversation_id,
            from_rev=said.from_rev,
            rev=said.messages[-1].rev,
            messages=[_message(one.item, one.seq, one.rev, said.at) for one in said.messages],
        )
        self._publish(changed, said.identity_id)
        self.listed(said.workspace_id, said.conversation_id)

    def listed(self, workspace_id: UUID, conversation_id: UUID) -> None:
        """The lists are to show how it stands, with `tell_lists`."""
        if self.inboxes.staffed(workspace_id):
            self._said[workspace_id].add(conversation_id)

    @property
    def telling(self) -> bool:
        """Something committed has not gone out yet."""
        return bool(self._tasks or self._said or self._shown)

    async def stop(self) -> None:
        tasks = [*self._telling.values(), *self._tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def tell_lists(self) -> None:
        """The lists hear at once, and then four times a second of what was said meanwhile: how each
        conversation stands, so that a rush of messages is no rush of lists."""
        for workspace_id in [one for one in self._said if one not in self._telling]:
            self._telling[workspace_id] = asyncio.create_task(self._tell_lists(workspace_id), name="lists")

    async def _tell_lists(self, workspace_id: UUID) -> None:
        try:
            while workspace_id in self._said:
                begun = perf_counter()
                said = self._said.pop(workspace_id)
                try:
                    await self._read_and_tell(workspace_id, said)
                    pause = max(self.lists_seconds, _LISTS_REST * (perf_counter() - begun))
                except Exception as fault:
                    log.warning("live.lists_failed", workspace=str(workspace_id), fault=repr(fault))
                    self._said[workspace_id] |= said
                    pause = _RETRY_SECONDS
                await asyncio.sleep(pause)
        finally:
            del self._telling[workspace_id]

    async def _read_and_tell(self, workspace_id: UUID, said: set[UUID]) -> None:
        """What is shown while this reads may be newer than what it finds."""
        shown: dict[UUID, int] = {}
        self._shown[workspace_id] = shown
        ids = [*said]
        try:
            for start in range(0, len(ids), _HEADS):
                found = await heads(self._db.reader(workspace_id), ids[start : start + _HEADS])
                self.inboxes.moved(workspace_id, [head for head in found if head.rev > shown.get(head.id, 0)])
        finally:
            del self._shown[workspace_id]

    def _publish(self, changed: Changed | Resync, identity_id: UUID) -> None:
        to_agents, to_customer = f"conversation:{changed.conversation_id}", f"visitor:{identity_id}"
        if public(changed):
            # The customer sees all of it: one frame serves both sides.
            frame = _encode(changed)
            self._hub.tell(to_agents, Told(changed, changed.conversation_id, plain=frame))
            self._hub.send(to_customer, frame)
        else:
            self._hub.tell(to_agents, Told(changed, changed.conversation_id))
            self._hub.publish(to_customer, lambda: _encode(to_visitor(changed)))

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
            self._across.say([f"member:{mark.party_id}"], read)

    def on_commit(self, workspace_id: UUID, published: list[Published]) -> None:
        """Changes made outside the lane: all of one transaction are read and sent as one."""
        spans: dict[UUID, ConversationChanged] = {}
        for event, _ in published:
            if isinstance(event, ConversationChanged):
                spans.setdefault(event.conversation_id, event)
        if not spans:
            return
        places = [Place(id_, event.identity_id, event.from_rev) for id_, event in spans.items()]
        for start in range(0, len(places), PLACES):
            hint = Moved(workspace_id=workspace_id, places=places[start : start + PLACES], placed=True)
            self._across.tell(hint)
        self._follow(
            workspace_id,
            {place.conversation_id: place.from_rev if self.heard(place) else None for place in places},
        )

    def heard(self, place: Place) -> bool:
        """Whether somebody of this process has the conversation before him."""
        by_agents = self._hub.heard(f"conversation:{place.conversation_id}")
        return by_agents or place.identity_id is None or self._hub.heard(f"visitor:{place.identity_id}")

    def _follow(self, workspace_id: UUID, since: Mapping[UUID, int | None]) -> None:
        task = asyncio.create_task(self._relay(workspace_id, since))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _relay(self, workspace_id: UUID, since: Mapping[UUID, int | None]) -> None:
        """Tried again for a while: nobody asks for what was said last, and it may stay the last."""
        for _ in range(_RELAY_TRIES):
            try:
                async with self._db.tx(workspace_id) as tx:
                    found = await changes_since(tx, since)
            except Exception as fault:
                some = [str(conversation_id) for conversation_id in since][:10]
                log.warning("live.relay_failed", conversations=some, fault=repr(fault))
                await asyncio.sleep(_RETRY_SECONDS)
            else:
                self.show(workspace_id, found, placed=since.keys())
                return

    def show(
        self,
        workspace_id: UUID,
        found: Iterable[tuple[Changed | Resync | None, Head]],
        *,
        placed: Container[UUID],
    ) -> None:
        """What has been read of conversations, to their listeners and the lists. `placed`: of which who may
        see it may have changed; of the others the lists hear with `tell_lists`."""
        heads: list[Head] = []
        for changed, head in found:
            if head.id in placed:
                self.close_to_strangers(head)
                heads.append(head)
            else:
                self.listed(workspace_id, head.id)
            if changed is not None:
                self._publish(changed, head.identity_id)
        self.inboxes.placed(workspace_id, heads)
        if workspace_id in self._shown:
            self._shown[workspace_id] |= {head.id: head.rev for head in heads}

    def stands(self, head: Head) -> None:
        """Tell listeners at which rev a conversation stands: whoever is behind sees the gap and asks."""
        self.close_to_strangers(head)
        self._publish(Changed(conversation_id=head.id, from_rev=head.rev, rev=head.rev), head.identity_id)

    def close_to_strangers(self, head: Head) -> None:
        """And whoever serves it from now on, or no longer, reads it afresh: as plain as she may by then."""
        topic = f"conversation:{head.id}"
        for listener in self._hub.listeners(topic):
            watcher = self._watcher_of(listener)
            if watcher is not None and not may_see(watcher, head):
                self._hub.leave(topic, listener)
                self.on_shut(listener, head.id)
            elif covered(listener) and note_serving(listener, head):
                listener.deliver(_encode(Resync(conversation_id=head.id)))


def _message(item: Append, seq: int, rev: int, at: Instant) -> Message:
    quote = item.quote_seq if item.quote_seq is not None and 0 < item.quote_seq < seq else None
    return Message(
        seq=seq,
        rev=rev,
        kind=_KINDS[item.kind],
        author=Author(kind=item.author_kind, id=item.author_id, name=item.author_name),  # type: ignore[arg-type]
        at=at,
        body=item.body,
        payload=item.payload,
        quote_seq=quote,
        client_id=item.client_id,
    )


_KINDS = {kind.value: kind for kind in Kind}
