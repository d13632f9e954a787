"""Topics of this process: a frame is encoded once and handed to every listener."""

from collections import deque
from collections.abc import Callable, Iterable
from typing import Protocol, TypeGuard
from uuid import UUID

import msgspec

from kezhan.kit.ids import new_id
from kezhan.kit.masking import Cover, masked

_encode = msgspec.json.Encoder().encode
Encode = Callable[[], bytes]
RING = 500


class Listener(Protocol):
    """Something with a socket. `deliver` never blocks and never raises."""

    def deliver(self, frame: bytes) -> None: ...


class Covered(Listener, Protocol):
    """One from whom something may be masked (`cover`), though not in the conversations she `serves`."""

    cover: Cover | None
    serves: set[UUID]


def covered(listener: Listener) -> TypeGuard[Covered]:
    return getattr(listener, "cover", None) is not None


class Told:
    """A frame, or a piece of one, encoded once for those who may read it plain, and once for the others, when
    there is one: a workspace masks the same from all of them. `conversation_id`: in which it was said."""

    __slots__ = ("_conversation_id", "_frame", "_masked", "_plain")

    def __init__(
        self, frame: msgspec.Struct, conversation_id: UUID | None = None, *, plain: bytes = b""
    ) -> None:
        self._frame = frame
        self._conversation_id = conversation_id
        self._plain = plain
        self._masked: dict[frozenset[str], bytes] | None = None

    @property
    def plain(self) -> bytes:
        self._plain = self._plain or _encode(self._frame)
        return self._plain

    def to(self, listener: Listener) -> bytes:
        if not covered(listener) or listener.cover is None or self._conversation_id in listener.serves:
            return self.plain
        return self.under(listener.cover)

    def under(self, cover: Cover) -> bytes:
        """Masked, whoever serves what."""
        if self._masked is None:
            self._masked = {}
        told = self._masked.get(cover.sorts)
        if told is None:
            frame = masked(self._frame, Cover(sorts=cover.sorts))
            told = self._masked[cover.sorts] = self.plain if frame is self._frame else _encode(frame)
        return told


class Hub:
    """Topic → listeners. Topic names are made by the rooms (`conversation:<id>`, `visitor:<id>`, …);
    joining one is a matter of its guard, which has run before `join`."""

    def __init__(self) -> None:
        self._topics: dict[str, set[Listener]] = {}
        self._joined: dict[Listener, set[str]] = {}

    @property
    def topics(self) -> int:
        """How many topics somebody listens to."""
        return len(self._topics)

    def join(self, topic: str, listener: Listener) -> None:
        self._topics.setdefault(topic, set()).add(listener)
        self._joined.setdefault(listener, set()).add(topic)

    def leave(self, topic: str, listener: Listener) -> None:
        listeners = self._topics.get(topic)
        if listeners is not None:
            listeners.discard(listener)
            if not listeners:
                del self._topics[topic]
        topics = self._joined.get(listener)
        if topics is not None:
            topics.discard(topic)
            if not topics:
                del self._joined[listener]

    def drop(self, listener: Listener) -> None:
        """The listener is gone; it leaves everything."""
        for topic in tuple(self._joined.get(listener, ())):
            self.leave(topic, listener)

    def joined(self, topic: str, listener: Listener) -> bool:
        return listener in self._topics.get(topic, ())

    def listeners(self, topic: str) -> tuple[Listener, ...]:
        return tuple(self._topics.get(topic, ()))

    def everybody(self) -> tuple[Listener, ...]:
        """Whoever listens to anything."""
        return tuple(self._joined)

    def heard(self, topic: str) -> bool:
        """Whether anybody listens, so that nobody encodes for an empty room."""
        return topic in self._topics

    def publish(self, topic: str, encode: Encode, *, besides: Listener | None = None) -> None:
        """One frame to every listener of `topic`, in the order of calls; `encode` runs once, if at all."""
        if topic in self._topics:
            self.send(topic, encode(), besides=besides)

    def send(self, topic: str, frame: bytes, *, besides: Listener | None = None) -> None:
        """The same with a frame at hand."""
        for listener in tuple(self._topics.get(topic, ())):
            if listener is not besides:
                listener.deliver(frame)

    def tell(self, topic: str, frame: Told, *, besides: Listener | None = None) -> None:
        """The same with one that not everybody may read plain."""
        for listener in tuple(self._topics.get(topic, ())):
            if listener is not besides:
                listener.deliver(frame.to(listener))


class Stream:
    """One reader's numbered frames with a memory: after a break the reader names the last number it has
    and gets the rest, or is told to read afresh. `epoch` changes with the process, so a number of an
    earlier life is never mistaken for one of this. `breaks` counts the listeners that have gone."""

    def __init__(self) -> None:
        self.epoch = str(new_id())
        self.rev = 0
        self.breaks = 0
        self.listeners: set[Listener] = set()
        self._ring: deque[tuple[int, bytes]] = deque(maxlen=RING)

    def push(self, body: bytes) -> None:
        """Number and send `{"type":"listed","rev":N,"changes":[body]}`; body is one or more JSON objects."""
        self.rev += 1
        frame = b'{"type":"listed","rev":%d,"changes":[%b]}' % (self.rev, body)
        self._ring.append((self.rev, frame))
        for listener in tuple(self.listeners):
            listener.deliver(frame)

    def renew(self) -> None:
        """Frames may be missing: whoever names a number of before is told to read afresh."""
        self.epoch = str(new_id())

    def since(self, epoch: str, rev: int) -> list[bytes] | None:
        """The frames after `rev`, or None where the memory does not reach back that far."""
        if epoch != self.epoch or rev > self.rev or rev < self.rev - len(self._ring):
            return None
        return [frame for number, frame in self._ring if number > rev]


class Streams:
    """The streams of one process by reader; a stream outlives its last listener for a while."""

    def __init__(self) -> None:
        self._of: dict[UUID, Stream] = {}

    def of(self, reader: UUID) -> Stream:
        stream = self._of.get(reader)
        if stream is None:
            stream = self._of[reader] = Stream()
        return stream

    def known(self, readers: Iterable[UUID]) -> list[tuple[UUID, Stream]]:
        return [(reader, self._of[reader]) for reader in readers if reader in self._of]

    def everyone(self) -> list[Stream]:
        return list(self._of.values())

    def forget(self, reader: UUID) -> None:
        """Called some time after the last listener has gone; a listener that came back keeps it."""
        stream = self._of.get(reader)
        if stream is not None and not stream.listeners:
            del self._of[reader]
