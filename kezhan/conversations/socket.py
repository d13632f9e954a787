"""The workbench's socket: an agent's frames and what each does."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import msgspec

from kezhan.conversations.change import edit, recall
from kezhan.conversations.copies import copies_of
from kezhan.conversations.desk import Desk, caller_of
from kezhan.conversations.items import Append, Appended, MarkItem
from kezhan.conversations.live import note_serving
from kezhan.conversations.mentions.name import check_names
from kezhan.conversations.reactions.react import Party, react
from kezhan.conversations.reactions.schemas import React
from kezhan.conversations.read import changes, seen_head
from kezhan.conversations.reply import Settle, agent_item, file_payload, may_reply, refusal_of
from kezhan.conversations.rich.card import put_image
from kezhan.conversations.schemas import (
    Ack,
    Author,
    Changed,
    Done,
    Edit,
    Head,
    Lists,
    ListsReady,
    MarkFrame,
    PresenceSeen,
    Recall,
    Resync,
    Send,
    Typing,
    TypingSeen,
    Unwatch,
    Watch,
)
from kezhan.conversations.see import require_sight
from kezhan.conversations.supervise import is_shown
from kezhan.files.service import owner_of
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.sockets import Close, Handshake, Link, Refusal
from kezhan.realtime.schemas import Attend, Follow, Ping, Pong
from kezhan.realtime.session import FrameTable, Handle, SocketSession
from kezhan.shield.live import Flooded
from kezhan.shield.schemas import Counted
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.permissions import Permission


def ack_of(item: Append, answer: Appended) -> Ack:
    return Ack(
        client_id=item.client_id,
        conversation_id=answer.conversation_id,
        seq=answer.seq,
        rev=answer.rev,
        at=answer.at,
        repeated=answer.outcome == "known",
    )


def stored(item: Append, answer: Appended) -> Ack:
    """The acknowledgement for those who send over HTTP. Raises Refused where the message is not stored."""
    if code := refusal_of(answer):
        if answer.wait:
            raise Flooded(Counted.CONVERSATIONS, answer.wait)
        raise Refused(code, 503 if code == "kit.busy" else 409, word=answer.word)
    return ack_of(item, answer)


@contextmanager
def answered(session: SocketSession) -> Iterator[None]:
    """A `watch` within this is answered or refused, or the line ends: its sender would not learn that it
    follows nothing, or lacks something, and comes back with what it has."""
    try:
        yield
    except Exception as fault:
        if not isinstance(fault, Refused) or fault.status >= 500:
            session.close(Close.RESTART, "try again")
        raise


class AgentSocket:
    """`/ws`: the session cookie and the Origin are checked at the upgrade."""

    path = "/ws"

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._table = AgentFrames(desk).table()

    @property
    def frames(self) -> frozenset[type[msgspec.Struct]]:
        """What this endpoint understands."""
        return self._table.frames

    async def authorize(self, handshake: Handshake) -> Refusal | None:
        try:
            handshake.who = await caller_of(self._desk, handshake)
        except Refused as refused:
            return Refusal(refused.status, refused.code)
        return None

    def connect(self, link: Link) -> SocketSession:
        caller: Caller = link.handshake.who
        session = SocketSession(link, self._table, caller.language, caller, caller.cover)
        desk, stream = self._desk, self._desk.live.inboxes.streams.of(caller.id)
        desk.live.inboxes.enter(caller)
        stream.listeners.add(session)
        desk.hub.join(f"member:{caller.membership_id}", session)
        desk.hub.join(f"session:{caller.session_id or caller.id}", session)
        desk.hub.join(f"presence:{caller.workspace_id}", session)
        desk.hub.join(f"workspace:{caller.workspace_id}", session)
        serves = caller.may(Permission.CONVERSATION_REPLY)  # somebody who only looks on answers no customer
        if serves:
            desk.presence.arrive(caller.workspace_id, ("agent", caller.membership_id))
        for colleague in desk.presence.present(caller.workspace_id, "agent"):
            session.tell(PresenceSeen(party="agent", id=colleague, online=True))

        def leave() -> None:
            stream.listeners.discard(session)
            desk.hub.drop(session)
            desk.company.drop(session)
            desk.attending.leave(session)
            if serves:
                desk.presence.depart(caller.workspace_id, ("agent", caller.membership_id))
            desk.forget_later(caller)

        session.on_leave.append(leave)
        return session


class AgentFrames:
    """What an agent may say, and what it does."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def table(self) -> FrameTable:
        handlers: Mapping[type[msgspec.Struct], Handle] = {
            Send: self.on_send,
            Edit: self.on_edit,
            Recall: self.on_recall,
            React: self.on_react,
            Watch: self.on_watch,
            Unwatch: self.on_unwatch,
            MarkFrame: self.on_mark,
            Typing: self.on_typing,
            Lists: self.on_lists,
            Follow: self.on_follow,
            Attend: self.on_attend,
            Ping: self.on_ping,
        }
        return FrameTable(handlers)

    async def on_send_slowly(self, session: SocketSession, frame: Send) -> None:
        caller: Caller = session.who
        conversation_id = _required(frame.conversation_id)
        item = agent_item(caller, conversation_id, frame, _settle(session))
        async with self._desk.db.tx(caller.workspace_id) as tx:
            head = await may_reply(tx, caller, conversation_id)
            if frame.mentions or frame.teams:
                await check_names(tx, head, frame)
            if frame.copies:
                await self._desk.check_copies(tx, head, copies_of(item.payload))
            if frame.file_id is not None:
                await file_payload(tx, item, frame.file_id, owner_of(caller))
            await put_image(tx, item, owner_of(caller))
        self._desk.lane.put(item)

    def on_send(self, session: SocketSession, frame: Send) -> Any:
        # Watching has passed the guard and ends with the right to see, so a text needs no query here.
        caller: Caller = session.who
        watching = self._desk.hub.joined(f"conversation:{frame.conversation_id}", session)
        named = frame.mentions or frame.teams or frame.copies
        more = named or frame.file_id is not None or frame.card is not None
        if not watching or more or not caller.may(Permission.CONVERSATION_REPLY):
            return self.on_send_slowly(session, frame)
        item = agent_item(caller, _required(frame.conversation_id), frame, _settle(session))
        self._desk.lane.put(item)
        return None

    async def on_edit(self, session: SocketSession, frame: Edit) -> None:
        caller: Caller = session.who
        async with self._desk.db.tx(caller.workspace_id) as tx:
            await may_reply(tx, caller, frame.conversation_id)
            body = self._desk.screen.reworded(caller.workspace_id, "agents", frame.body)
            mine = caller.membership_id
            await edit(tx, frame.conversation_id, frame.seq, author_id=mine, body=body, cover=caller.cover)
        session.tell(Done(ref=frame.ref))

    async def on_recall(self, session: SocketSession, frame: Recall) -> None:
        caller: Caller = session.who
        async with self._desk.db.tx(caller.workspace_id) as tx:
            await may_reply(tx, caller, frame.conversation_id)
            await recall(tx, frame.conversation_id, frame.seq, author_id=caller.membership_id)
        session.tell(Done(ref=frame.ref))

    async def on_react(self, session: SocketSession, frame: React) -> None:
        caller: Caller = session.who
        async with self._desk.db.tx(caller.workspace_id) as tx:
            await may_reply(tx, caller, frame.conversation_id)
            party = Party("agent", caller.membership_id)
            await react(tx, frame.conversation_id, frame.seq, party, frame.emoji)
        session.tell(Done(ref=frame.ref))

    async def on_watch(self, session: SocketSession, frame: Watch) -> None:
        with answered(session):
            changed, head = await self._follow(session, frame)
        if session.over:  # she went while this was read, and had left everything before she joined
            self._leave(session, frame.conversation_id)
            return
        self._desk.lookups.at_conversation(session.who, head.id)
        note_serving(session, head)
        session.tell(changed)
        online = self._desk.presence.online(("visitor", head.identity_id))
        session.tell(PresenceSeen(party="visitor", id=head.identity_id, online=online))
        session.tell(self._desk.company.viewers(session.who.workspace_id, head.id))

    async def _follow(self, session: SocketSession, frame: Watch) -> tuple[Changed | Resync, Head]:
        caller: Caller = session.who
        async with self._desk.db.tx(caller.workspace_id) as tx:
            seen = await seen_head(tx, caller, frame.conversation_id)
            # Joined before the changes are read: what commits in between comes twice rather than never.
            session.following[frame.conversation_id] = seen.identity_id
            self._desk.hub.join(f"conversation:{frame.conversation_id}", session)
            try:
                changed, head = await changes(tx, frame.conversation_id, frame.rev)
                require_sight(caller, head)
                shown = await is_shown(tx, caller, head)
            except BaseException:
                self._leave(session, frame.conversation_id)
                raise
        if shown:
            self._desk.company.enter(session, caller.workspace_id, caller.membership_id, head.id)
        return changed, head

    def on_unwatch(self, session: SocketSession, frame: Unwatch) -> None:
        self._leave(session, frame.conversation_id)

    def _leave(self, session: SocketSession, conversation_id: UUID) -> None:
        session.following.pop(conversation_id, None)
        session.serves.discard(conversation_id)
        self._desk.hub.leave(f"conversation:{conversation_id}", session)
        self._desk.company.leave(session, conversation_id)

    def on_mark(self, session: SocketSession, frame: MarkFrame) -> None:
        caller: Caller = session.who
        if not self._desk.hub.joined(f"conversation:{frame.conversation_id}", session):
            raise NotFound("conversations.not_watched")
        if not caller.may(Permission.CONVERSATION_REPLY):
            return  # somebody who only looks on leaves no mark
        self._desk.lane.mark(
            MarkItem(
                workspace_id=caller.workspace_id,
                conversation_id=frame.conversation_id,
                party_kind="agent",
                party_id=caller.membership_id,
                delivered_seq=frame.delivered_seq,
                read_seq=frame.read_seq,
            )
        )
        if frame.read_seq:
            for hear in self._desk.on_seen:
                hear(caller.workspace_id, frame.conversation_id)

    def on_typing(self, session: SocketSession, frame: Typing) -> None:
        caller: Caller = session.who
        conversation_id = _required(frame.conversation_id)
        topic = f"conversation:{conversation_id}"
        if not self._desk.hub.joined(topic, session) or not caller.may(Permission.CONVERSATION_REPLY):
            raise NotFound("conversations.not_watched")
        if frame.note and not self._desk.company.shown(session, conversation_id):
            return  # who is there unseen writes unseen
        author = Author(kind="agent", id=caller.membership_id, name=caller.name)
        seen = TypingSeen(
            conversation_id=conversation_id, author=author, active=frame.active, note=frame.note
        )
        to_customer = [] if frame.note else [f"visitor:{session.following[conversation_id]}"]
        self._desk.across.say([topic, *to_customer], seen, besides=session)
        if frame.active and not frame.note:
            for hear in self._desk.on_typing:
                hear(caller.workspace_id, conversation_id)

    def on_lists(self, session: SocketSession, frame: Lists) -> None:
        stream = self._desk.live.inboxes.streams.of(session.who.id)
        missed = stream.since(frame.epoch, frame.rev)
        for missing in missed or ():
            session.deliver(missing)
        session.tell(ListsReady(epoch=stream.epoch, rev=stream.rev, resync=missed is None))

    def on_follow(self, session: SocketSession, frame: Follow) -> None:
        caller: Caller = session.who
        for topic in frame.topics:
            if topic not in self._desk.topics:
                raise Refused("realtime.not_allowed")
            caller.require(self._desk.topics[topic])
        self._desk.pulse.follow(session, caller.workspace_id, frame.topics, self._desk.topics)

    def on_attend(self, session: SocketSession, frame: Attend) -> None:
        caller: Caller = session.who
        if frame.here:
            self._desk.attending.enter(session, caller.workspace_id, caller.membership_id)
        else:
            self._desk.attending.leave(session)

    def on_ping(self, session: SocketSession, frame: Ping) -> None:
        session.tell(Pong())


def _settle(session: SocketSession) -> Settle:
    """Answers a `send` once the lane knows what became of it."""

    def done(item: Append, answer: Appended) -> None:
        code = refusal_of(answer)
        if code is None:
            session.tell(ack_of(item, answer))
        else:
            session.refuse(code, item.client_id, word=answer.word)

    return done


def _required(conversation_id: Any) -> Any:
    if conversation_id is None:
        raise NotFound("conversations.not_found")
    return conversation_id
