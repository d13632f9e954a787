"""One customer's talk with a service account: state of the session, window, codes that answer events once."""

from typing import Any

from msgspec import Struct

from fakes.wechat.envelope import refuse
from fakes.wechat.window import Window
from fakes.world import Clock

NEW, BOT, POOL, HUMAN, ENDED = range(5)
CHANGES = {
    NEW: {BOT, POOL, HUMAN, ENDED},
    BOT: {POOL, HUMAN, ENDED},
    POOL: {HUMAN, ENDED},
    HUMAN: {HUMAN, ENDED},
}
WINDOW = (5, 48 * 3600)
WELCOME_S, WELCOME_AGAIN_S = 20, 48 * 3600


class Code(Struct, kw_only=True):
    """Answers one event of one customer, once, with one of these types."""

    customer: str
    until: float
    kinds: tuple[str, ...]


class Codes:
    """Single-use codes of events."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._codes: dict[str, Code] = {}

    def add(self, id: str, customer: str, seconds: float, kinds: tuple[str, ...]) -> str:
        self._codes[id] = Code(customer=customer, until=self._clock.now() + seconds, kinds=kinds)
        return id

    def look(self, id: Any) -> Code:
        code = self._codes.get(id) if isinstance(id, str) else None
        if code is None or code.until < self._clock.now():
            refuse(40058, "code")
        return code

    def spend(self, id: str) -> None:
        del self._codes[id]


class Talk:
    """State and window; `servicer` is who has it in state HUMAN."""

    def __init__(self, clock: Clock) -> None:
        self.state, self.servicer = NEW, ""
        self.window = Window(clock)
        self.welcomed = -float("inf")
        self.written = False

    def heard(self) -> None:
        """She has written: five messages anew, and an ended session begins again."""
        self.window.open("message", *WINDOW)
        self.written = True
        if self.state == ENDED:
            self.state, self.servicer = NEW, ""

    def change(self, state: Any, servicer: str) -> None:
        if state not in CHANGES.get(self.state, set()):
            refuse(95016, f"{self.state} to {state}")
        self.state, self.servicer = state, servicer if state == HUMAN else ""
