"""One connected client: frames decoded, carried out in order, refusals answered in the reader's language."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

import msgspec

from kezhan.kit.errors import Refused
from kezhan.kit.log import log
from kezhan.kit.masking import Cover, masked
from kezhan.kit.sockets import Link
from kezhan.kit.words import say
from kezhan.realtime.schemas import Refusal

Handle = Callable[["SocketSession", Any], Awaitable[None] | None]

UNAUTHORIZED = 4401
VIOLATION = 1008
_BAD_FRAMES = 20
_HELD_FRAMES = 500
_NUL = b"\\u0000"  # the only way to write one in JSON

_encode = msgspec.json.Encoder().encode


class FrameTable:
    """Frame type → handler: THE table of what a kind of client may say. A handler that needs to wait is a
    coroutine function; the client's next frames wait for it, so order holds."""

    def __init__(self, handlers: Mapping[type[msgspec.Struct], Handle]) -> None:
        self._handlers = dict(handlers)
        self._decoder = msgspec.json.Decoder(reduce(or_, handlers))

    @property
    def frames(self) -> frozenset[type[msgspec.Struct]]:
        return frozenset(self._handlers)

    def decode(self, data: bytes) -> msgspec.Struct:
        frame: msgspec.Struct = self._decoder.decode(data)
        return frame

    def handler(self, frame: msgspec.Struct) -> Handle:
        return self._handlers[type(frame)]


class SocketSession:
    """A listener with a name. `who` is the room's own idea of the client (a Caller, a Visitor), None until
    it has shown who it is; `following` are the conversations it watches, each with its customer's identity;
    `cover` is what is masked from it, though not in those it `serves`;
    `on_leave` is called once at the end; `voice` is what the room keeps for its messages."""

    def __init__(
        self, link: Link, table: FrameTable, language: str, who: Any = None, cover: Cover | None = None
    ) -> None:
        self.link = link
        self.cover = cover
        self.serves: set[UUID] = set()
        self.deliver = link.send  # a frame for two hundred goes this way two hundred times
        self.who = who
        self.language = language
        self.following: dict[UUID, UUID] = {}
        self.on_leave: list[Callable[[], None]] = []
        self.voice: Any = None
        self._table = table
        self._held: deque[bytes] | None = None  # made when needed: most never send ahead
        self._task: asyncio.Task[None] | None = None
        self._bad = 0
        self._over = False

    @property
    def busy(self) -> bool:
        """A frame is being carried out."""
        return self._task is not None

    @property
    def over(self) -> bool:
        """The line has ended; what is under way for it answers nobody."""
        return self._over

    def tell(self, frame: msgspec.Struct) -> None:
        if self.cover is not None and getattr(frame, "conversation_id", None) not in self.serves:
            frame = masked(frame, Cover(sorts=self.cover.sorts))
        self.link.send(_encode(frame))

    def refuse(self, code: str, ref: str | None = None, **params: Any) -> None:
        retry_after = params.get("retry_after")
        title = say(self.language, code, **params)
        self.tell(Refusal(code=code, title=title, ref=ref, retry_after=retry_after))

    def close(self, code: int, reason: str = "") -> None:
        self.link.close(code, reason)

    def on_frame(self, data: bytes) -> None:
        if self._task is None:
            self._take(data)
        elif self._held is None:
            self._held = deque((data,))
        elif len(self._held) < _HELD_FRAMES:
            self._held.append(data)
        else:
            self.close(VIOLATION, "too many frames under way")

    def on_close(self) -> None:
        self._over = True
        self._held = None
        for leave in self.on_leave:
            leave()

    def _take(self, data: bytes) -> None:
        frame: msgspec.Struct | None = None
        try:
            frame = self._table.decode(data)
            if _NUL in data:
                _check_text(frame)
            result = self._table.handler(frame)(self, frame)
        except msgspec.MsgspecError as fault:
            self._count_bad(data, str(fault))
        except RecursionError:
            self._count_bad(b"", "nested too deeply")
        except Refused as refused:
            self.refuse(refused.code, _name_of(frame), **refused.params)
        except Exception as fault:
            self._tell_fault(fault, _name_of(frame))
        else:
            if result is not None:
                self._task = asyncio.ensure_future(self._wait(result, _name_of(frame)))

    async def _wait(self, result: Awaitable[None], ref: str | None) -> None:
        try:
            await result
        except Refused as refused:
            self.refuse(refused.code, ref, **refused.params)
        except Exception as fault:
            self._tell_fault(fault, ref)
        self._task = None
        while self._held and self._task is None and not self._over:
            self._take(self._held.popleft())

    def _tell_fault(self, fault: Exception, ref: str | None) -> None:
        log.error("realtime.frame_fault", exc_info=fault)
        self.refuse("kit.fault", ref)

    def _count_bad(self, data: bytes, why: str) -> None:
        self._bad += 1
        ref = _ref_in(data)
        if self._bad > _BAD_FRAMES:
            self.close(VIOLATION, "too many bad frames")
        else:
            self.refuse("realtime.bad_frame", ref, why=why[:200])


class _Loose(msgspec.Struct):
    client_id: str | None = None
    ref: str | None = None


def _ref_in(data: bytes) -> str | None:
    """The name of a frame that could not be read otherwise, so that its sender learns which one it was."""
    try:
        loose = msgspec.json.decode(data, type=_Loose)
    except msgspec.MsgspecError:
        return None
    return (loose.client_id or loose.ref or "")[:100] or None


def _name_of(frame: msgspec.Struct | None) -> str | None:
    """What its sender calls a frame."""
    return getattr(frame, "client_id", None) or getattr(frame, "ref", None)


def _check_text(frame: msgspec.Struct) -> None:
    """Text the database cannot hold (NUL) is refused here, once for every frame."""
    for name in frame.__struct_fields__:
        value = getattr(frame, name)
        if isinstance(value, str) and "\0" in value:
            raise Refused("kit.bad_text", field=name)
