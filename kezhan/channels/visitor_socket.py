"""The customers' socket: who she is comes in the first frame, what she sends goes straight to the lane."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from kezhan.channels.accounts import account_by_id
from kezhan.channels.arrivals import Arrivals, Past, Return
from kezhan.channels.visitor_schemas import Auth, PageFrame, Ready
from kezhan.channels.visitor_session import check_site_origin, customer_of, source_of
from kezhan.contacts.schemas import Visitor
from kezhan.conversations import read
from kezhan.conversations.change import edit, recall
from kezhan.conversations.desk import Desk
from kezhan.conversations.items import Append, Appended, MarkItem, unheard
from kezhan.conversations.reactions.react import Party, react
from kezhan.conversations.reactions.schemas import React
from kezhan.conversations.receive import Customer
from kezhan.conversations.reply import Settle, check_body, file_payload, refusal_of
from kezhan.conversations.rich.card import card_payload, put_tap, words_of
from kezhan.conversations.schemas import (
    Author,
    Done,
    Edit,
    MarkFrame,
    Recall,
    Send,
    State,
    Typing,
    TypingSeen,
    Watch,
)
from kezhan.conversations.socket import ack_of, answered
from kezhan.conversations.views import visitor_head
from kezhan.files.schemas import Owner
from kezhan.kit.clock import now
from kezhan.kit.db import Tx
from kezhan.kit.errors import Forbidden, Refused
from kezhan.kit.http import language_of
from kezhan.kit.sockets import Close, Handshake, Link, Refusal, lighten
from kezhan.realtime.hub import Hub
from kezhan.realtime.schemas import Ping, Pong
from kezhan.realtime.session import UNAUTHORIZED, FrameTable, Handle, SocketSession
from kezhan.shield.live import Flooded, Source
from kezhan.shield.schemas import Counted
from kezhan.visits import service as visits

AUTH_SECONDS = 5
BLOCKED = 4403
_NOWHERE = UUID(int=0)


class VisitorSocket:
    """`/w/v1/ws`: anybody may connect; without a good `auth` within five seconds the line is closed."""

    path = "/w/v1/ws"

    def __init__(self, desk: Desk) -> None:
        self._table = VisitorFrames(desk).table()

    @property
    def frames(self) -> frozenset[type[msgspec.Struct]]:
        """What this endpoint understands."""
        return self._table.frames

    async def authorize(self, handshake: Handshake) -> Refusal | None:
        return None

    def connect(self, link: Link) -> SocketSession:
        language = language_of(link.handshake.headers, link.handshake.cookies)
        lighten(link.handshake, "origin", "host", "user-agent", "accept-language")
        session = SocketSession(link, self._table, language)
        asyncio.get_running_loop().call_later(AUTH_SECONDS, _hang_up_stranger, session)
        return session


def _hang_up_stranger(session: SocketSession) -> None:
    if session.who is None and not session.busy:
        session.close(UNAUTHORIZED, "auth expected")


def visitor_of_session(session: SocketSession) -> Visitor:
    if session.who is None:
        session.close(UNAUTHORIZED, "auth expected")
        raise Refused("contacts.session_over", 401)
    visitor: Visitor = session.who
    return visitor


class VisitorFrames:
    """What a customer may say, and what it does."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._arrivals = Arrivals(desk.db)

    def table(self) -> FrameTable:
        handlers: Mapping[type[msgspec.Struct], Handle] = {
            Auth: self.on_auth,
            Send: self.on_send,
            Edit: self.on_edit,
            Recall: self.on_recall,
            React: self.on_react,
            Watch: self.on_watch,
            MarkFrame: self.on_mark,
            Typing: self.on_typing,
            PageFrame: self.on_page,
            Ping: self.on_ping,
        }
        return FrameTable(handlers)

    async def on_auth(self, session: SocketSession, frame: Auth) -> None:
        if session.who is not None:
            raise Refused("realtime.not_allowed")
        try:
            visitor = await self._arrivals.visitor(frame.token)
            account = await account_by_id(self._desk.db, visitor.workspace_id, visitor.account_id)
            check_site_origin(self._desk.settings, account, session.link.handshake.headers)
        except Refused as refused:
            if refused.status < 500:
                session.close(UNAUTHORIZED, "session unknown")
            else:
                session.close(Close.RESTART, "try again")  # whether it lives is not known: she keeps it
            raise
        if self._desk.shield.blocks(source_of(visitor, session.link.handshake.peer)):
            session.close(BLOCKED, "not welcome")
            return
        if session.over:
            return  # she has gone while she waited
        session.who = visitor
        _join(self._desk, session, visitor)
        with _listening(self._desk.hub, session, visitor) as meanwhile:
            past = await self._arrivals.past(Return(visitor, frame.conversation_id, frame.rev))
            _catch_up(self._desk, session, visitor, past)
            for changed in meanwhile:
                session.deliver(changed)

    async def on_send_slowly(self, session: SocketSession, frame: Send) -> None:
        voice = self._heard(session)
        item = visitor_item(voice.visitor, frame, voice.settle)
        await self._desk.consents.check(voice.visitor)
        if refers(frame):
            async with self._desk.db.tx(voice.visitor.workspace_id) as tx:
                await complete(tx, item, voice.visitor, frame)
        self._desk.door.receive(voice.customer, item)

    def on_send(self, session: SocketSession, frame: Send) -> Any:
        if refers(frame) or not self._desk.consents.knows(visitor_of_session(session)):
            return self.on_send_slowly(session, frame)
        voice = self._heard(session)
        self._desk.door.receive(voice.customer, visitor_item(voice.visitor, frame, voice.settle))
        return None

    def _heard(self, session: SocketSession) -> "_Voice":
        """Who would send a message. Raises Refused where she is blocked by now, Flooded."""
        voice: _Voice = session.voice or _voice(session)
        if self._desk.shield.blocks(voice.source):
            session.close(BLOCKED, "not welcome")
            raise Forbidden("shield.blocked")
        self._desk.shield.take(voice.source, Counted.MESSAGES)
        return voice

    async def on_edit(self, session: SocketSession, frame: Edit) -> None:
        visitor = visitor_of_session(session)
        await self._desk.consents.check(visitor)
        async with self._desk.db.tx(visitor.workspace_id) as tx:
            await read.visitor_seen(tx, visitor.identity_id, frame.conversation_id)
            body = self._desk.screen.reworded(visitor.workspace_id, "customers", frame.body)
            await edit(tx, frame.conversation_id, frame.seq, author_id=visitor.identity_id, body=body)
        session.tell(Done(ref=frame.ref))

    async def on_recall(self, session: SocketSession, frame: Recall) -> None:
        visitor = visitor_of_session(session)
        async with self._desk.db.tx(visitor.workspace_id) as tx:
            await read.visitor_seen(tx, visitor.identity_id, frame.conversation_id)
            await recall(tx, frame.conversation_id, frame.seq, author_id=visitor.identity_id)
        session.tell(Done(ref=frame.ref))

    async def on_react(self, session: SocketSession, frame: React) -> None:
        visitor = visitor_of_session(session)
        async with self._desk.db.tx(visitor.workspace_id) as tx:
            await read.visitor_seen(tx, visitor.identity_id, frame.conversation_id)
            party = Party("visitor", visitor.identity_id)
            await react(tx, frame.conversation_id, frame.seq, party, frame.emoji)
        session.tell(Done(ref=frame.ref))

    async def on_watch(self, session: SocketSession, frame: Watch) -> None:
        visitor = visitor_of_session(session)
        with answered(session):
            async with self._desk.db.tx(visitor.workspace_id) as tx:
                await read.visitor_seen(tx, visitor.identity_id, frame.conversation_id)
                changed, _ = await read.changes(tx, frame.conversation_id, frame.rev)
        session.following[frame.conversation_id] = visitor.identity_id
        session.tell(read.to_visitor(changed))

    async def on_mark(self, session: SocketSession, frame: MarkFrame) -> None:
        visitor = visitor_of_session(session)
        if frame.conversation_id not in session.following:
            async with self._desk.db.tx(visitor.workspace_id) as tx:
                await read.visitor_seen(tx, visitor.identity_id, frame.conversation_id)
            session.following[frame.conversation_id] = visitor.identity_id
        self._desk.lane.mark(
            MarkItem(
                workspace_id=visitor.workspace_id,
                conversation_id=frame.conversation_id,
                party_kind="visitor",
                party_id=visitor.identity_id,
                delivered_seq=frame.delivered_seq,
                read_seq=frame.read_seq,
            )
        )

    def on_typing(self, session: SocketSession, frame: Typing) -> None:
        visitor = visitor_of_session(session)
        if frame.conversation_id is None or frame.conversation_id not in session.following:
            return
        if not self._desk.consents.knows(visitor):
            return  # what she writes is read by nobody before she has consented
        author = Author(kind="visitor", id=visitor.identity_id)
        body = frame.body if frame.active else ""
        seen = TypingSeen(
            conversation_id=frame.conversation_id, author=author, body=body, active=frame.active
        )
        self._desk.across.say([f"conversation:{frame.conversation_id}"], seen)

    async def on_page(self, session: SocketSession, frame: PageFrame) -> None:
        visitor = visitor_of_session(session)
        async with self._desk.db.tx(visitor.workspace_id) as tx:
            visit_id = await _visit(tx, session, visitor, frame)
            if frame.url:
                await visits.view(tx, visit_id, url=frame.url, title=frame.title, at=now())
            else:
                await visits.leave(tx, visit_id, now())

    def on_ping(self, session: SocketSession, frame: Ping) -> None:
        session.tell(Pong())


def _join(desk: Desk, session: SocketSession, visitor: Visitor) -> None:
    desk.hub.join(f"visitors:{visitor.workspace_id}", session)
    desk.hub.join(f"session:{visitor.session_id}", session)
    desk.hub.join(f"account:{visitor.account_id}", session)
    desk.presence.arrive(visitor.workspace_id, ("visitor", visitor.identity_id))

    def leave() -> None:
        desk.hub.drop(session)
        desk.presence.depart(visitor.workspace_id, ("visitor", visitor.identity_id))

    session.on_leave.append(leave)


class _Early:
    """Listens for somebody to whom it is still being read what she has missed."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []

    def deliver(self, frame: bytes) -> None:
        self.frames.append(frame)


@contextmanager
def _listening(hub: Hub, session: SocketSession, visitor: Visitor) -> Iterator[list[bytes]]:
    """What is said to her within this, to be told behind what she has missed: told before, it would be a gap
    for which she cannot ask yet, and which the past does not fill. From its end on she hears it herself."""
    topic, early = f"visitor:{visitor.identity_id}", _Early()
    hub.join(topic, early)
    try:
        yield early.frames
    finally:
        hub.drop(early)
        if not session.over:
            hub.join(topic, session)


def _catch_up(desk: Desk, session: SocketSession, visitor: Visitor, past: Past) -> None:
    """`ready`, then what was missed."""
    latest, missed = past
    if missed is not None:
        session.following[missed.conversation_id] = visitor.identity_id
    if latest is not None:
        session.following[latest.id] = visitor.identity_id
        if latest.state in {State.QUEUED, State.ASSIGNED}:
            desk.door.know(visitor.identity_id, latest.id)
    session.tell(
        Ready(
            visitor_id=visitor.identity_id,
            conversation=visitor_head(latest) if latest else None,
            agents_online=desk.staffed(visitor.workspace_id),
        )
    )
    if missed is not None:
        session.tell(read.to_visitor(missed))


async def _visit(tx: Tx, session: SocketSession, visitor: Visitor, frame: PageFrame) -> UUID:
    """The visit going on, or a new one where the last was long ago."""
    headers = session.link.handshake.headers
    arrival = visits.Arrival(
        address=session.link.handshake.peer,
        user_agent=headers.get("user-agent", ""),
        language=headers.get("accept-language", ""),
        landing_url=frame.url,
        device_key=visitor.device,
    )
    return await visits.start(
        tx,
        identity_id=visitor.identity_id,
        contact_id=visitor.contact_id,
        account_id=visitor.account_id,
        arrival=arrival,
    )


class _Voice(NamedTuple):
    """What all of a session's messages share; `settle` tells her what became of one."""

    visitor: Visitor
    customer: Customer
    source: Source
    settle: Settle


def _voice(session: SocketSession) -> _Voice:
    visitor, peer = visitor_of_session(session), session.link.handshake.peer

    def done(item: Append, answer: Appended) -> None:
        code = refusal_of(answer)
        if code is None:
            session.following.setdefault(answer.conversation_id, item.author_id)
            session.tell(ack_of(item, answer))
        else:
            waiting = Flooded(Counted.CONVERSATIONS, answer.wait).params if answer.wait else {}
            session.refuse(code, item.client_id, **waiting)

    session.voice = _Voice(visitor, customer_of(visitor, peer), source_of(visitor, peer), done)
    return session.voice  # type: ignore[no-any-return]  # the session knows nothing of rooms


def refers(send: Send) -> bool:
    """Whether to something that only the database knows."""
    return send.file_id is not None or send.tap is not None


def visitor_item(visitor: Visitor, send: Send, done: Settle = unheard) -> Append:
    """A visitor's frame as the lane takes it. Raises Refused: empty, or a kind that is not hers to send."""
    if send.kind == "note":
        raise Refused("realtime.not_allowed")
    check_body(send)
    rich = card_payload(send, ours=False)
    return Append(
        workspace_id=visitor.workspace_id,
        conversation_id=_NOWHERE,
        sender_id=visitor.identity_id,
        client_id=send.client_id,
        author_kind="visitor",
        author_id=visitor.identity_id,
        kind=send.kind,
        body=send.body if rich is None else words_of(rich),
        payload=rich,
        quote_seq=send.quote_seq,
        done=done,
    )


async def complete(tx: Tx, item: Append, visitor: Visitor, send: Send) -> None:
    """Put into her item what only the database knows: her file, or the button she presses. Raises Refused,
    NotFound."""
    if send.file_id is not None:
        await file_payload(tx, item, send.file_id, Owner("visitor", visitor.identity_id))
    elif send.tap is not None:
        await put_tap(tx, item, visitor.identity_id, send.tap)
