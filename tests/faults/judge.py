"""The judge: what clients were told against what the database holds. It knows their log and SQL only."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import msgspec
import psycopg

from tests.faults.ledger import (
    Acked,
    Came,
    Ended,
    Held,
    Line,
    Refused,
    Retried,
    Said,
    Saw,
    Seen,
    Sent,
    Stores,
    Trouble,
    Waiting,
    digest,
)

_MESSAGES = """
select conversation_id::text, seq, kind, author_kind, author_id::text, client_id, body
from messages order by conversation_id, seq
"""
_GRACE_SECONDS = 3.0
"""How long a server that cannot store may still believe that it can."""
_CONVERSATIONS = "select id::text, identity_id::text, state, last_seq from conversations"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A message as it is stored."""

    conversation: str
    seq: int
    kind: str
    author: str
    party: str | None
    client_id: str | None
    digest: str

    def seen(self) -> Seen:
        return Seen(self.seq, self.kind, self.author, self.client_id, self.digest)


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation as it is stored; `customer` is its identity."""

    customer: str
    state: str
    last_seq: int


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """The whole database, rows in the order of seq within each conversation."""

    rows: list[Row]
    places: dict[str, Place]


class Fault(NamedTuple):
    rule: str
    text: str

    @property
    def may_heal(self) -> bool:
        """Whether time alone can mend it, as long as clients are still hearing."""
        return self.rule in {"diverged", "state", "unanswered"}


def read_stored(dsn: str) -> Stored:
    """`dsn` logs in as somebody whom no policy binds."""
    with psycopg.connect(dsn) as conn:
        rows = [
            Row(
                conversation=row[0], seq=row[1], kind=row[2], author=row[3], party=row[4], client_id=row[5],
                digest=digest(row[6]),
            )
            for row in conn.execute(_MESSAGES)
        ]  # fmt: skip
        places = {
            row[0]: Place(customer=row[1], state=row[2], last_seq=row[3])
            for row in conn.execute(_CONVERSATIONS)
        }
    return Stored(rows=rows, places=places)


class Case:
    """Both sides of the question, put in order once."""

    def __init__(self, log: Iterable[Line], stored: Stored) -> None:
        self.stored = stored
        self.log = list(log)
        self.came = {one.by: one for one in self.log if isinstance(one, Came)}
        self.sent: dict[str, tuple[int, Sent]] = {}
        for number, one in enumerate(self.log):
            if isinstance(one, Sent):
                self.sent.setdefault(one.client_id, (number, one))
        self._rows: dict[str, dict[int, Row]] = {}
        self.named: dict[str, list[Row]] = {}
        for row in stored.rows:
            self._rows.setdefault(row.conversation, {})[row.seq] = row
            if row.client_id is not None:
                self.named.setdefault(row.client_id, []).append(row)

    def rows(self, conversation: str) -> dict[int, Row]:
        """By seq."""
        return self._rows.get(conversation, {})

    def right_of(self, by: str, row: Row) -> bool:
        """Whether this client may see that row: customers their own conversations, and no notes."""
        party = self.came[by]
        if party.side == "agent":
            return True
        place = self.stored.places.get(row.conversation)
        return place is not None and place.customer == party.party and row.kind != "note"


def kept(case: Case) -> Iterator[Fault]:
    """Acknowledged is stored, where it was said to be."""
    for one in case.log:
        if isinstance(one, Acked):
            row = case.rows(one.conversation).get(one.seq)
            if one.client_id not in case.named:
                yield Fault("lost", f"{one.client_id}: acknowledged as {one.seq}, not stored")
            elif row is None or row.client_id != one.client_id:
                yield Fault("misplaced", f"{one.client_id}: acknowledged as {one.seq}, stored elsewhere")


def once(case: Case) -> Iterator[Fault]:
    for client_id, rows in case.named.items():
        if len(rows) > 1:
            yield Fault("doubled", f"{client_id}: stored {len(rows)} times")


def true(case: Case) -> Iterator[Fault]:
    """Nothing is stored that nobody sent, nothing that was refused, nothing changed on the way."""
    refused = {one.client_id: one.code for one in case.log if isinstance(one, Refused)}
    for client_id, rows in case.named.items():
        if client_id not in case.sent:
            yield Fault("invented", f"{client_id}: stored and never sent")
            continue
        sent, row = case.sent[client_id][1], rows[0]
        place = case.stored.places.get(row.conversation)
        party = case.came[sent.by]
        same = (row.kind, row.digest, row.party) == (sent.kind, sent.digest, party.party)
        fit = row.conversation == sent.conversation if party.side == "agent" else (
            place is not None and place.customer == party.party
        )  # fmt: skip
        if not same or not fit or row.author != party.side:
            yield Fault("changed", f"{client_id}: stored otherwise than sent")
        if client_id in refused:
            yield Fault("refused", f"{client_id}: refused ({refused[client_id]}) and stored all the same")


def ordered(case: Case) -> Iterator[Fault]:
    """What one client sent into one conversation stands there in the order of its wire."""
    last: dict[tuple[str, str], tuple[int, str]] = {}
    retried = {one.client_id for one in case.log if isinstance(one, Retried)}
    for row in case.stored.rows:
        if row.client_id is None or row.client_id not in case.sent or row.client_id in retried:
            continue
        number, sent = case.sent[row.client_id]
        before = last.get((sent.by, row.conversation), (-1, ""))
        if number < before[0]:
            yield Fault("order", f"{row.client_id}: sent before {before[1]} and stored behind it")
        last[sent.by, row.conversation] = max(before, (number, row.client_id))


def gapless(case: Case) -> Iterator[Fault]:
    for conversation, place in case.stored.places.items():
        if sorted(case.rows(conversation)) != list(range(1, place.last_seq + 1)):
            yield Fault("gap", f"{conversation}: numbers are not 1 to {place.last_seq}")


def shown(case: Case) -> Iterator[Fault]:
    """Whatever anybody saw at any moment is stored just so, was for her eyes, and came in order."""
    newest: dict[tuple[str, str], int] = {}
    for one in case.log:
        if not isinstance(one, Saw):
            continue
        key = one.by, one.conversation
        top = 0 if one.afresh else newest.get(key, 0)
        for message in one.messages:
            row = case.rows(one.conversation).get(message.seq)
            if row is None or row.seen() != message:
                yield Fault("phantom", f"{one.by}: saw {message.client_id} as {message.seq}, not stored so")
            elif not case.right_of(one.by, row):
                yield Fault("leak", f"{one.by}: saw {message.client_id}, not for her")
            if message.seq <= top:
                yield Fault("unsorted", f"{one.by}: was told {message.seq} behind {top}")
            top = max(top, message.seq)
        newest[key] = top


def converged(case: Case) -> Iterator[Fault]:
    """Who is connected at the end holds exactly what is stored, and has an answer to everything."""
    held = {(one.by, one.conversation): one for one in case.log if isinstance(one, Held) and one.linked}
    for (by, conversation), one in held.items():
        rows = [row.seen() for row in case.rows(conversation).values() if case.right_of(by, row)]
        here, there = set(one.messages), set(rows)
        missing = [message for message in rows if message not in here]
        extra = [message for message in one.messages if message not in there]
        if missing or extra:
            yield Fault("diverged", f"{by}: lacks {_names(missing)}, has too much {_names(extra)}")
        place = case.stored.places.get(conversation)
        if one.state and place is not None and one.state != place.state:
            yield Fault("state", f"{by}: holds {conversation} for {one.state}, it is {place.state}")
    for by in {one.by for one in case.log if isinstance(one, Waiting) and one.linked}:
        party = case.came[by]
        for conversation, place in case.stored.places.items():
            mine = party.side == "visitor" and place.customer == party.party
            if mine and case.rows(conversation) and (by, conversation) not in held:
                yield Fault("diverged", f"{by}: knows nothing of {conversation}")
    for line in case.log:
        if isinstance(line, Waiting) and line.linked:
            for client_id in line.client_ids:
                yield Fault("unanswered", f"{line.by}: {client_id} has no answer")


def _names(messages: list[Seen]) -> list[str]:
    return [f"{one.seq}:{one.client_id}" for one in messages[:4]]


def spared(case: Case) -> Iterator[Fault]:
    """No session was ended, no fit message refused, and the program came back after each fault."""
    for one in case.log:
        if isinstance(one, Refused) and one.code != "conversations.closed":
            yield Fault("rejected", f"{one.client_id}: refused for good ({one.code})")
        if isinstance(one, Ended):
            yield Fault("session", f"{one.by}: told that the session is over ({one.code})")
        elif isinstance(one, Trouble):
            yield Fault("stuck", one.text)


def dry(log: Iterable[Line]) -> list[tuple[float, float]]:
    """From when to when (seconds) nothing could be stored, as far as the tries show."""
    spans, begun = list[tuple[float, float]](), None
    for one in log:
        if isinstance(one, Stores):
            if not one.stored:
                begun = one.at if begun is None else begun
                last = one.at
            elif begun is not None:
                spans.append((begun, last))
                begun = None
    return spans if begun is None else [*spans, (begun, last)]


def honest(case: Case) -> Iterator[Fault]:
    """A server that runs says so, and one that cannot store does not say that it is ready."""
    spans = dry(case.log)
    for one in case.log:
        if not isinstance(one, Said) or not one.owed:
            continue
        if one.live != 200:
            yield Fault("mute", f"{one.by}: runs, and /livez said {one.live} at {one.at}")
        if one.ready == 200 and any(begun + _GRACE_SECONDS <= one.at <= last for begun, last in spans):
            yield Fault("boast", f"{one.by}: said at {one.at} that it is ready, and nothing could be stored")


def candour(log: Iterable[Line]) -> str:
    """In one line how quickly servers said what is so."""
    lines = list(log)
    said, spans = [one for one in lines if isinstance(one, Said) and one.owed], dry(lines)
    believed = [
        one.at - begun
        for one in said
        for begun, last in spans
        if begun <= one.at <= last and one.ready == 200
    ]
    ready = sum(one.ready == 200 for one in said)
    longest = max(believed, default=0.0)
    alive, dried = sum(one.live == 200 for one in said), sum(last - begun for begun, last in spans)
    return (
        f"health asked {len(said)} times: alive {alive}, ready {ready}; nothing could be stored {len(spans)} "
        f"times, {dried:.0f} s in all, and was still called ready for {longest:.1f} s at most"
    )


RULES: tuple[Callable[[Case], Iterator[Fault]], ...] = (
    kept, once, true, ordered, gapless, shown, converged, spared, honest,
)  # fmt: skip


def judge(log: Iterable[Line], stored: Stored) -> list[Fault]:
    """Every violation; none is the verdict one hopes for."""
    case = Case(log, stored)
    return [fault for rule in RULES for fault in rule(case)]


def verdict(faults: list[Fault]) -> str:
    """One line."""
    if not faults:
        return "0 lost, 0 doubled, 0 out of order, 0 invented, all converged"
    return ", ".join(f"{count} {rule}" for rule, count in Counter(fault.rule for fault in faults).items())
