"""What was sent, what was heard of it, and whether the server's own history agrees."""

import math
import time
from collections import Counter
from collections.abc import Iterable, Sequence

from msgspec import Struct, field

from kezhan.simulate.thread import Json

Place = tuple[str, str, int]
"""(party that heard, conversation, seq)"""


class Entry(Struct, kw_only=True):
    """One message as its sender knows it. Times are of the monotonic clock in seconds, 0 where it has not
    happened; `body` is what the history should say, None where that is not to be compared."""

    client_id: str
    by: str
    kind: str
    body: str | None
    sent: float
    acknowledged: float = 0
    refused: str = ""
    conversation_id: str = ""
    seq: int = 0


class Verdict(Struct, frozen=True):
    """Names of messages: `lost` were sent and are not in the history as they were sent, `doubled` stand in it
    more than once, `unseen` are in the history and not on the customer's screen, `moved` stand elsewhere than
    their sender was told, or not in the order she sent them in."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        return not (self.lost or self.doubled or self.unseen or self.moved)


class Ledger:
    """The book of one conversation."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self._heard: dict[Place, float] = {}
        self._reached: dict[tuple[str, str], int] = {}

    def sending(self, client_id: str, by: str, kind: str, body: str) -> Entry:
        entry = Entry(client_id=client_id, by=by, kind=kind, body=body, sent=time.monotonic())
        self.entries[client_id] = entry
        return entry

    def acknowledged(self, entry: Entry, ack: Json) -> None:
        entry.acknowledged = time.monotonic()
        entry.conversation_id, entry.seq = ack["conversation_id"], ack["seq"]

    def hear(self, party: str, frame: Json) -> None:
        """Take the time at which a party's connection heard of the messages in a `changed`."""
        at = time.monotonic()
        for message in frame.get("messages", ()):
            self._heard.setdefault((party, frame["conversation_id"], message["seq"]), at)

    def hear_up_to(self, party: str, conversation_id: str, last: int) -> None:
        """The same where the party's lists spoke of the conversation."""
        at = time.monotonic()
        reached = self._reached.get((party, conversation_id), 0)
        for seq in range(reached + 1, last + 1):
            self._heard.setdefault((party, conversation_id, seq), at)
        self._reached[party, conversation_id] = max(reached, last)

    def acknowledge_times(self) -> list[float]:
        """Seconds from sending to the acknowledgement."""
        return [entry.acknowledged - entry.sent for entry in self.entries.values() if entry.acknowledged]

    def delivery_times(self) -> list[float]:
        """Seconds from sending until the other side's connection had it; notes go to nobody."""
        times = []
        for entry in self.entries.values():
            other = "agent" if entry.by == "customer" else "customer"
            at = self._heard.get((other, entry.conversation_id, entry.seq))
            if at is not None and entry.kind != "note":
                times.append(max(0.0, at - entry.sent))
        return times

    def check(
        self, conversation_id: str, history: Sequence[Json], screen: Iterable[int], *, whole: bool
    ) -> Verdict:
        """Compare a conversation with its `history`, every message that the reader may see; `screen` are the
        seqs that the customer's client holds. `whole`: the reader sees notes too. What has no place yet is
        looked for in every conversation."""
        found = {message["client_id"]: message for message in history if message.get("client_id")}
        lost = [
            entry.client_id
            for entry in self.entries.values()
            if entry.conversation_id in {conversation_id, ""}
            and not entry.refused
            and (whole or entry.kind != "note")
            and _differs(entry, found)
        ]
        seqs = Counter(message["seq"] for message in history)
        names = Counter(message["client_id"] for message in history if message.get("client_id"))
        doubled = [name for name, count in names.items() if count > 1]
        doubled += [f"seq {seq}" for seq, count in seqs.items() if count > 1]
        if whole and seqs:
            lost += [f"seq {seq}" for seq in range(1, max(seqs) + 1) if seq not in seqs]
        held = set(screen)
        public = [message for message in history if message["kind"] not in {"note", "event"}]
        unseen = [f"seq {message['seq']}" for message in public if message["seq"] not in held]
        return Verdict(lost, doubled, unseen, _moved(self.entries.values(), found))


def _differs(entry: Entry, found: dict[str, Json]) -> bool:
    message = found.get(entry.client_id)
    return message is None or (entry.body is not None and message.get("body", "") != entry.body)


def _moved(entries: Iterable[Entry], found: dict[str, Json]) -> list[str]:
    moved: list[str] = []
    last: Counter[str] = Counter()
    for entry in entries:
        message = found.get(entry.client_id)
        if message is None:
            continue
        seq = message["seq"]
        if seq < last[entry.by] or (entry.acknowledged and seq != entry.seq):
            moved.append(entry.client_id)
        last[entry.by] = max(last[entry.by], seq)
    return moved


class Totals:
    """The sums of a whole run."""

    def __init__(self) -> None:
        self.conversations = self.sent = self.acknowledged = self.refused = 0
        self.addressed = self.delivered = 0
        self.acknowledge_s: list[float] = []
        self.delivery_s: list[float] = []
        self.lost: list[str] = []
        self.doubled: list[str] = []
        self.unseen: list[str] = []
        self.moved: list[str] = []
        self.faults: Counter[str] = Counter()

    @property
    def good(self) -> bool:
        return not (self.lost or self.doubled or self.unseen or self.moved or self.faults)

    def add_fault(self, what: str, fault: Exception) -> None:
        """A conversation that could not be played to its end, or not be checked."""
        self.faults[f"{what}: {str(fault).partition(chr(10))[0] or type(fault).__name__}"] += 1

    def add(self, ledger: Ledger, verdict: Verdict) -> None:
        entries = ledger.entries.values()
        self.conversations += 1
        self.sent += len(entries)
        self.acknowledged += sum(1 for entry in entries if entry.acknowledged)
        self.refused += sum(1 for entry in entries if entry.refused)
        self.addressed += sum(1 for entry in entries if entry.kind != "note" and not entry.refused)
        delivered = ledger.delivery_times()
        self.delivered += len(delivered)
        self.acknowledge_s += ledger.acknowledge_times()
        self.delivery_s += delivered
        self.lost += verdict.lost
        self.doubled += verdict.doubled
        self.unseen += verdict.unseen
        self.moved += verdict.moved

    def lines(self) -> list[str]:
        """The summary, fit to print."""
        lines = [
            f"conversations {self.conversations}",
            f"messages sent {self.sent}, acknowledged {self.acknowledged}, refused {self.refused}",
            f"acknowledged in {_figures(self.acknowledge_s)}",
            f"delivered to the other side {self.delivered} of {self.addressed} in {_figures(self.delivery_s)}"
            if self.delivered
            else "delivery is measured where automatic agents serve",
            f"lost {len(self.lost)}, doubled {len(self.doubled)}, unseen {len(self.unseen)},"
            f" moved {len(self.moved)} (checked against the server's history)",
        ]
        for word in ("lost", "doubled", "unseen", "moved"):
            names: list[str] = getattr(self, word)
            lines += [f"  {word}: {name}" for name in names[:10]]
        return lines + [f"  {count} x {fault}" for fault, count in self.faults.most_common(10)]


def _figures(times: list[float]) -> str:
    if not times:
        return "-"
    return f"median {percentile(times, 50) * 1000:.1f} ms, p99 {percentile(times, 99) * 1000:.1f} ms"


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least `percent` of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]
