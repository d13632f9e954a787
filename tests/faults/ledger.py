"""What the clients know, on disk as it happens: one JSON object a line."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

Side = Literal["visitor", "agent"]


class Seen(msgspec.Struct, frozen=True, array_like=True):
    """One message as a party holds it. `digest` is of the body."""

    seq: int
    kind: str
    author: str
    client_id: str | None
    digest: str


class Entry(msgspec.Struct, frozen=True, kw_only=True, tag_field="is", omit_defaults=True):
    """`by` is the name of one client: a device of a customer, or an agent."""

    by: str


class Came(Entry, frozen=True, kw_only=True, tag="came"):
    """A client takes part. `party` is the identity of the customer or the membership of the agent."""

    side: Side
    party: str


class Sent(Entry, frozen=True, kw_only=True, tag="sent"):
    """For the first time on a wire. An agent names the conversation."""

    client_id: str
    kind: str
    digest: str
    conversation: str = ""


class Acked(Entry, frozen=True, kw_only=True, tag="acked"):
    client_id: str
    conversation: str
    seq: int


class Refused(Entry, frozen=True, kw_only=True, tag="refused"):
    """For good: the client will not send it again."""

    client_id: str
    code: str


class Retried(Entry, frozen=True, kw_only=True, tag="retried"):
    """Refused for the moment, and to be sent again behind what came after it."""

    client_id: str


class Saw(Entry, frozen=True, kw_only=True, tag="saw"):
    """What one frame told, in its order. `afresh`: a snapshot took the place of what was held."""

    conversation: str
    messages: list[Seen]
    afresh: bool = False


class Ended(Entry, frozen=True, kw_only=True, tag="ended"):
    """The server said that the session is over, which it never was."""

    code: int


class Held(Entry, frozen=True, kw_only=True, tag="held"):
    """At the end: `linked` to the server or not, one conversation as the client shows it, and its state
    where that is known."""

    linked: bool
    conversation: str
    messages: list[Seen]
    state: str = ""


class Waiting(Entry, frozen=True, kw_only=True, tag="waiting"):
    """At the end: sent and never answered."""

    linked: bool
    client_ids: list[str]


class Harm(Entry, frozen=True, kw_only=True, tag="harm"):
    """The moment (seconds) at which a fault begins, for whoever reads the log."""

    fault: str
    at: float


class Trouble(Entry, frozen=True, kw_only=True, tag="trouble"):
    """The program did not come back by itself after a fault."""

    text: str


class Said(Entry, frozen=True, kw_only=True, tag="said"):
    """What a server (`by`) said at that moment (seconds): the status of `/livez` and of `/healthz`, 0 for no
    answer. `owed`: it was up, running and not just started."""

    at: float
    live: int
    ready: int
    owed: bool


class Stores(Entry, frozen=True, kw_only=True, tag="stores"):
    """Whether the database took a write that was begun at `at` and had its answer by `until`."""

    at: float
    until: float
    stored: bool


Line = Came | Sent | Acked | Refused | Retried | Saw | Ended | Held | Waiting | Harm | Trouble | Said | Stores


def digest(body: str) -> str:
    return hashlib.blake2b(body.encode(), digest_size=6).hexdigest()


class Ledger:
    """Written through at every line, so that it is whole however the run ends."""

    def __init__(self, file: Path) -> None:
        self._out = file.open("ab", buffering=0)
        self._encode = msgspec.json.Encoder().encode
        self.acked = self.sent = self.refused = 0

    def put(self, entry: Line) -> None:
        self.sent += isinstance(entry, Sent)
        self.acked += isinstance(entry, Acked)
        self.refused += isinstance(entry, Refused)
        self._out.write(self._encode(entry) + b"\n")

    def close(self) -> None:
        self._out.close()


def read(file: Path) -> Iterator[Line]:
    """Every line of a log; raises msgspec.MsgspecError for what is none."""
    decode = msgspec.json.Decoder(Line).decode
    with file.open("rb") as lines:
        for line in lines:
            yield decode(line)
