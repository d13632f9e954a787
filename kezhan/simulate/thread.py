"""One conversation as a client holds it: a snapshot and the numbered changes on top of it."""

from typing import Any

Json = dict[str, Any]


class Thread:
    """The merge rule of the protocol. A `changed` frame covers (from_rev, rev]: older than ours it is
    ignored, overlapping it is applied, beyond ours there is a gap and `apply` says so."""

    def __init__(self, conversation_id: str) -> None:
        self.id = conversation_id
        self.rev = 0
        self.messages: dict[int, Json] = {}
        self.marks: dict[tuple[str, str], Json] = {}
        self.head: Json = {}

    def load(self, snapshot: Json) -> None:
        """Start afresh from a snapshot. What we hold below its page is dropped, because it may have changed
        meanwhile; older pages are read again when they are wanted."""
        self.rev = snapshot["rev"]
        self.head = snapshot["head"]
        self.messages = {message["seq"]: message for message in snapshot["messages"]}
        self.marks = {(mark["party"], mark["party_id"]): mark for mark in snapshot["marks"]}

    def apply(self, changed: Json) -> bool:
        """Take a `changed` frame in. False: there is a gap, ask for what is missing."""
        if changed["from_rev"] > self.rev:
            return False
        if changed["rev"] <= self.rev:
            return True
        self.rev = changed["rev"]
        for message in changed.get("messages", ()):
            known = self.messages.get(message["seq"])
            if known is None or known["rev"] <= message["rev"]:
                self.messages[message["seq"]] = message
        for mark in changed.get("marks", ()):
            key = mark["party"], mark["party_id"]
            if key not in self.marks or self.marks[key]["rev"] <= mark["rev"]:
                self.marks[key] = mark
        if changed.get("head"):
            self.head = changed["head"]
        return True
