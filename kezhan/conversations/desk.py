"""What the house's live side is made of, in one object: built once in `app`, handed to sockets and routes."""

import asyncio
from collections.abc import Callable, Mapping
from uuid import UUID

import msgspec

from kezhan.audit.lookups import Lookups
from kezhan.consent.live import Consents
from kezhan.conversations.append import Lane
from kezhan.conversations.company import Company, talk_of
from kezhan.conversations.copies import CheckCopies, none_copied
from kezhan.conversations.events import ColleaguesNamed, ConversationChanged
from kezhan.conversations.hints import Moved
from kezhan.conversations.items import Flushed
from kezhan.conversations.live import Live
from kezhan.conversations.receive import Door
from kezhan.conversations.relay import Relay
from kezhan.conversations.schemas import AgentsOnline, MentionsMoved, PresenceSeen
from kezhan.conversations.screen import Screen
from kezhan.kit.bus import Bus
from kezhan.kit.crypto import KeyRing
from kezhan.kit.db import Database
from kezhan.kit.outbox import Published
from kezhan.kit.sockets import Handshake
from kezhan.realtime.across import Across
from kezhan.realtime.attending import ATTENDING, Attending
from kezhan.realtime.hints import Ended
from kezhan.realtime.hub import Hub, Listener
from kezhan.realtime.presence import Changed, Key, Presence
from kezhan.realtime.pulse import Pulse
from kezhan.realtime.session import SocketSession
from kezhan.screening.live import Screens
from kezhan.settings import Settings
from kezhan.shield.live import Shield
from kezhan.workspaces.authenticate import Caller, authenticate
from kezhan.workspaces.known import Known

STREAM_KEPT_SECONDS = 120


class Desk:
    """One per process."""

    def __init__(self, db: Database, settings: Settings, keyring: KeyRing, bus: Bus) -> None:
        self.db = db
        self.settings = settings
        self.keyring = keyring
        self.known: Known[Caller] = Known(lambda: bus.up)
        self.hub = Hub()
        self.presence = Presence()
        self.across = Across(bus, self.hub, self.presence)
        self.pulse = Pulse(self.across, self.hub)
        self.topics: Mapping[str, str] = {}
        """Live lists that an agent may follow → the right it takes."""
        self.on_presence: list[Changed] = []
        self.on_typing: list[Callable[[UUID, UUID], None]] = []
        """Called with workspace and conversation while an agent writes."""
        self.on_seen: list[Callable[[UUID, UUID], None]] = []
        """Called with the same when an agent has read what the customer has written."""
        self.on_moved: list[Callable[[UUID], None]] = []
        """Called with a workspace in which conversations have changed, on whatever process."""
        self.lookups = Lookups(db)
        self.check_copies: CheckCopies = none_copied
        self.lane = Lane(db)
        self.screens = Screens(db, self.across)
        self.screen = Screen(self.screens)
        self.lane.screen = self.screen.look
        self.shield = Shield(db, self.across, keyring)
        self.consents = Consents(db, self.across)
        self.door = Door(db, self.lane, self.shield)
        self.company = Company(self.presence)
        self.attending = Attending(self.presence)
        self.live = Live(db, self.hub, self.across, watcher)
        self.live.on_shut = self.company.leave
        self.relay = Relay(db, self.hub, self.live)
        self.lane.on_flush = self.on_flush
        self.presence.on_change = self._show_presence
        self.across.on(Moved, self._on_hint)
        self.across.on_missed(self.relay.forget)
        self.across.on_missed(self.pulse.resync)
        self.across.on(Ended, lambda hint: close_sockets(self, hint.topic, hint.code))

    def on_flush(self, flushed: Flushed) -> None:
        self.live.on_flush(flushed)
        changed = [said.workspace_id for said in flushed.said] + [
            one.item.workspace_id for one in flushed.moved
        ]
        for workspace_id in set(changed) if self.on_moved else ():
            self._moved(workspace_id)

    def on_commit(self, workspace_id: UUID, published: list[Published]) -> None:
        self.live.on_commit(workspace_id, published)
        self.screens.on_commit(workspace_id, published)
        self.shield.on_commit(self.pulse, workspace_id, published)
        self.consents.on_commit(workspace_id, published)
        if any(isinstance(event, ConversationChanged) for event, _ in published):
            self._moved(workspace_id)
        for event, _ in published:
            if isinstance(event, ColleaguesNamed):
                named = [f"member:{member_id}" for member_id in event.membership_ids]
                self.across.say(named, MentionsMoved())

    def _on_hint(self, hint: Moved) -> None:
        self.relay.on_moved(hint)
        self._moved(hint.workspace_id)

    def _moved(self, workspace_id: UUID) -> None:
        for hear in self.on_moved:
            hear(workspace_id)

    def _show_presence(self, workspace_id: UUID, key: Key, online: bool) -> None:
        party, who = key
        if party == ATTENDING:
            return
        if (talk := talk_of(party)) is not None:
            viewers = self.company.viewers(workspace_id, talk)
            self.hub.publish(f"conversation:{talk}", lambda: msgspec.json.encode(viewers))
            return
        seen = PresenceSeen(party="visitor" if party == "visitor" else "agent", id=who, online=online)
        self.hub.publish(f"presence:{workspace_id}", lambda: msgspec.json.encode(seen))
        if party == "agent" and len(self.presence.present(workspace_id, "agent")) == int(online):
            staffed = AgentsOnline(online=online)
            self.hub.publish(f"visitors:{workspace_id}", lambda: msgspec.json.encode(staffed))
        for hear in self.on_presence:
            hear(workspace_id, key, online)

    def staffed(self, workspace_id: UUID) -> bool:
        """Whether an agent of the workspace is connected."""
        return bool(self.presence.present(workspace_id, "agent"))

    def forget_later(self, caller: Caller) -> None:
        """Keep her list stream for a break, then let it go; a later break has its own time."""
        stream = self.live.inboxes.streams.of(caller.id)
        stream.breaks += 1
        this_break = stream.breaks

        def forget() -> None:
            if not stream.listeners and stream.breaks == this_break:
                self.live.inboxes.streams.forget(caller.id)
                self.live.inboxes.leave(caller)

        asyncio.get_running_loop().call_later(STREAM_KEPT_SECONDS, forget)


async def caller_of(desk: Desk, handshake: Handshake) -> Caller:
    """Who is at the workbench by this handshake, as of now. Raises Refused."""
    return await authenticate(
        desk.db,
        desk.keyring,
        desk.settings,
        headers=handshake.headers,
        cookies=handshake.cookies,
        method="POST" if handshake.transport == "stream" else "GET",
        peer=handshake.peer,
    )


def watcher(listener: Listener) -> Caller | None:
    who = listener.who if isinstance(listener, SocketSession) else None
    return who if isinstance(who, Caller) else None


def connected(desk: Desk) -> list[UUID]:
    """Sessions and tokens with a socket of the workbench open in this process."""
    callers = (watcher(listener) for listener in desk.hub.everybody())
    return list({caller.session_id or caller.id for caller in callers if caller is not None})


def end_sockets(desk: Desk, topic: str, code: int) -> None:
    """End the sockets that listen to `topic` (`session:<id>`, `member:<id>`), on whatever process."""
    close_sockets(desk, topic, code)
    desk.across.tell(Ended(topic=topic, code=code))


def close_sockets(desk: Desk, topic: str, code: int) -> None:
    """End the sockets of this process that listen to `topic`, and what is remembered of whose they are."""
    desk.known.forget(topic)
    for listener in desk.hub.listeners(topic):
        if isinstance(listener, SocketSession):
            listener.close(code)
