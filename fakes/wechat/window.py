"""How many messages an account may send after what the customer did, and for how long."""

from fakes.world import Clock


class Window:
    """Grants (messages, seconds) by what she did. They do not add up: a message is taken from each."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._grants: dict[str, tuple[float, int]] = {}

    def open(self, deed: str, messages: int, seconds: float) -> None:
        """The deed done again starts its grant anew."""
        self._grants[deed] = (self._clock.now() + seconds, messages)

    def close(self) -> None:
        self._grants.clear()

    def left(self) -> int:
        """Messages that may be sent now."""
        return max((left for until, left in self._grants.values() if until > self._clock.now()), default=0)

    def spend(self) -> int:
        """0, or why not: 45015 nothing is open, 45047 all is used."""
        live = {deed: grant for deed, grant in self._grants.items() if grant[0] > self._clock.now()}
        if not live:
            return 45015
        if not self.left():
            return 45047
        self._grants = {deed: (until, max(0, left - 1)) for deed, (until, left) in live.items()}
        return 0
