"""The processes of one installation as one: who is where, what is said across, what was perhaps missed."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

import msgspec

from kezhan.kit.bus import Bus
from kezhan.kit.log import log
from kezhan.kit.masking import EVERYTHING
from kezhan.realtime.hints import Bye, Hello, Here, Hint, Parties, RosterBegins, RosterEnds, Said, Silent
from kezhan.realtime.hub import Hub, Listener, Told, covered
from kezhan.realtime.presence import Key, Presence

BEAT_SECONDS = 3.0
SILENCE_SECONDS = 10.0
"""Without a sign of life for so long a process is taken for dead."""
_ANSWER_SECONDS = 2.0
"""Who has answered no Hello for so long is taken to be nobody."""
_ROSTER_SECONDS = 0.5
_RETRY_SECONDS = 1.0
_PARTIES = 150  # ids of 36 letters, well within a notification

_encode = msgspec.json.Encoder().encode


class Across:
    """One per process. A process that knows it is alone tells nothing, so that one process pays nothing."""

    def __init__(self, bus: Bus, hub: Hub, presence: Presence) -> None:
        self._bus = bus
        self._hub = hub
        self._presence = presence
        self._heard: dict[str, float] = {}
        self._stale: dict[str, set[Key]] = {}
        self._up_at = time.monotonic()
        self._beat_at = time.monotonic()
        self._read_at = 0.0
        self._met = False
        self._handlers: dict[type[Hint], Callable[[Any], None]] = {}
        self._resyncs: list[Callable[[], Awaitable[None]]] = []
        self._afresh = asyncio.Event()
        self._late: asyncio.TimerHandle | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._moves: dict[tuple[UUID, Key], bool] = {}
        self.alone = False
        self.on(Said, self._on_said)
        presence.on_own = self._tell_party
        bus.subscribe(self._on_hints, self._on_up, self._on_missed)

    def on(self, kind: type[Hint], handler: Callable[[Any], None]) -> None:
        """Call `handler` with every such hint of another process; before `start`."""
        self._handlers[kind] = handler

    def on_missed(self, resync: Callable[[], Awaitable[None]]) -> None:
        """Call `resync` when hints may have been lost. It may raise: then all are called again."""
        self._resyncs.append(resync)

    def tell(self, hint: Hint) -> None:
        """Tell every other process, if there is one."""
        if not self.alone:
            self._bus.publish(_encode(hint))

    def say(self, topics: Sequence[str], frame: msgspec.Struct, *, besides: Listener | None = None) -> None:
        """A frame that is stored nowhere, to whoever listens to one of `topics`, on whatever process."""
        heard = [topic for topic in topics if self._hub.heard(topic)]
        if self.alone and not heard:
            return
        conversation_id = getattr(frame, "conversation_id", None)
        told = Told(frame, conversation_id)
        for topic in heard:
            self._hub.tell(topic, told, besides=besides)
        if not self.alone:
            # Nobody here knows what is masked there; what may be is, for whom anything is.
            plain, hidden = msgspec.Raw(told.plain), msgspec.Raw(told.under(EVERYTHING))
            self.tell(Said(topics=list(topics), frame=plain, hidden=hidden, conversation_id=conversation_id))

    async def start(self) -> None:
        kinds = (Hello, Here, Bye, Silent, Parties, RosterBegins, RosterEnds, *self._handlers)
        self._decoder = msgspec.json.Decoder(reduce(or_, kinds))
        await self._bus.start()
        self._tasks = [asyncio.create_task(self._beat()), asyncio.create_task(self._read_afresh())]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._late is not None:
            self._late.cancel()
        self._tell_moves()
        self._bus.publish(_encode(Bye()))
        await self._bus.stop()

    # What others tell

    def _on_hints(self, sender: str, hints: list[msgspec.Raw]) -> None:
        known = sender in self._heard
        if self.alone:
            # Whoever was held up when it should have answered has heard nothing since.
            self.alone = False
            self._bus.publish(_encode(Silent()))
        self._heard[sender] = time.monotonic()
        for raw in hints:
            try:
                hint = self._decoder.decode(raw)
                if not known and not isinstance(hint, Hello | RosterBegins):
                    # Taken for dead, and yet alive: who is with it has been forgotten.
                    self._bus.publish(_encode(Hello()))
                known = True
                self._take(sender, hint)
            except msgspec.MsgspecError:
                # Of a newer version, perhaps: nobody here could do anything with it.
                log.debug("across.unknown_hint", sender=sender)
            except Exception as fault:
                log.error("across.hint_fault", exc_info=fault)

    def _take(self, sender: str, hint: Hint) -> None:
        if isinstance(hint, Parties):
            self._on_parties(sender, hint)
        elif isinstance(hint, Hello):
            self._tell_roster()
        elif isinstance(hint, Silent):
            self._afresh.set()
        elif isinstance(hint, RosterBegins):
            self._stale[sender] = set(self._presence.at(sender))
        elif isinstance(hint, RosterEnds):
            self._on_roster(sender)
        elif isinstance(hint, Bye):
            self._forget(sender)
        elif (handler := self._handlers.get(type(hint))) is not None:
            handler(hint)

    def _on_parties(self, sender: str, hint: Parties) -> None:
        stale = self._stale.get(sender, set())
        for who in hint.came:
            stale.discard((hint.kind, who))
            self._presence.elsewhere(sender, hint.workspace_id, (hint.kind, who), True)
        for who in hint.went:
            stale.discard((hint.kind, who))
            self._presence.elsewhere(sender, hint.workspace_id, (hint.kind, who), False)

    def _on_roster(self, sender: str) -> None:
        self._presence.lose(sender, self._stale.pop(sender, set()))
        if not self._met:
            # Until it knew of us it may have thought itself alone, and told nothing.
            self._met = True
            self._afresh.set()

    def _on_missed(self) -> None:
        self._bus.publish(_encode(Hello()))
        self._afresh.set()

    def _on_said(self, hint: Said) -> None:
        plain, hidden = bytes(hint.frame), bytes(hint.hidden)
        for topic in hint.topics:
            for listener in self._hub.listeners(topic):
                if not covered(listener) or hint.conversation_id in listener.serves:
                    listener.deliver(plain)
                elif hidden:  # the version before tells no such
                    listener.deliver(hidden)

    def _forget(self, sender: str) -> None:
        self._heard.pop(sender, None)
        self._stale.pop(sender, None)
        self._presence.lose(sender)

    # What this process tells of itself

    def _on_up(self) -> None:
        again, self._met = bool(self._tasks) and not self.alone, False
        self._up_at = self._beat_at = time.monotonic()
        self._heard = dict.fromkeys(self._heard, self._up_at)
        self._bus.publish(_encode(Hello()))
        self._tell_roster()
        if again:
            # The answers to Hello come sooner, unless those who would answer are gone.
            self._late = asyncio.get_running_loop().call_later(_ROSTER_SECONDS, self._afresh.set)

    def _tell_party(self, workspace_id: UUID, key: Key, online: bool) -> None:
        if self.alone:
            return
        if not self._moves:
            asyncio.get_running_loop().call_soon(self._tell_moves)
        self._moves[workspace_id, key] = online

    def _tell_moves(self) -> None:
        """Everybody who came or went in one tick, thousands after a cut, in a few hints."""
        moves, self._moves = self._moves, {}
        groups: defaultdict[tuple[UUID, str], list[tuple[UUID, bool]]] = defaultdict(list)
        for (workspace_id, (kind, who)), online in moves.items():
            groups[workspace_id, kind].append((who, online))
        for (workspace_id, kind), everybody in groups.items():
            for start in range(0, len(everybody), _PARTIES):
                some = everybody[start : start + _PARTIES]
                came, went = (
                    [who for who, online in some if online],
                    [who for who, online in some if not online],
                )
                self.tell(Parties(workspace_id=workspace_id, kind=kind, came=came, went=went))

    def _tell_roster(self) -> None:
        self._bus.publish(_encode(RosterBegins()))
        groups: defaultdict[tuple[UUID, str], list[UUID]] = defaultdict(list)
        for (kind, who), workspace_id in self._presence.own().items():
            groups[workspace_id, kind].append(who)
        for (workspace_id, kind), everybody in groups.items():
            for start in range(0, len(everybody), _PARTIES):
                some = everybody[start : start + _PARTIES]
                self._bus.publish(_encode(Parties(workspace_id=workspace_id, kind=kind, came=some)))
        self._bus.publish(_encode(RosterEnds()))

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            self._look_round()
            self._bus.publish(_encode(Here()))

    def _look_round(self) -> None:
        """Let go of those who have been silent too long. Whoever slept himself has not listened."""
        now = time.monotonic()
        slept, self._beat_at = now - self._beat_at > 2 * BEAT_SECONDS, now
        if self._bus.apart and not self._bus.up:
            # Others may be there, and go on storing what nobody can tell of.
            self.alone = False
            if now - self._read_at > SILENCE_SECONDS:
                self._read_at = now
                self._afresh.set()
        if slept or not self._bus.up:
            return
        for process in [one for one, at in self._heard.items() if now - at > SILENCE_SECONDS]:
            log.warning("across.process_lost", process=process)
            self._forget(process)
            # It may have died between a commit and the hint of it.
            self._afresh.set()
        self.alone = not self._heard and now - self._up_at > _ANSWER_SECONDS

    async def _read_afresh(self) -> None:
        while True:
            await self._afresh.wait()
            self._afresh.clear()
            if self._late is not None:
                self._late.cancel()
            try:
                for resync in self._resyncs:
                    await resync()
            except Exception as fault:
                log.warning("across.resync_failed", fault=repr(fault))
                self._afresh.set()
                await asyncio.sleep(_RETRY_SECONDS)
