"""What comes in: calls as they came, and what they mean."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct

from kezhan.channels.base.able import Fault

PULLED = "PULL"
"""The method of a call that `pull` or `listen` has brought; `parse` reads it like the platform's own."""


class Request(Struct, frozen=True, kw_only=True):
    """A platform's call as it came. Header names in lower case; `body` raw; `url` whole, as the platform has
    called it, for those that sign it; `peer` the IP address it has called from, for those that do not. What
    `pull` and `listen` bring has the method PULLED."""

    method: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    url: str = ""
    peer: str = ""


class Account(Struct, frozen=True, kw_only=True):
    """One connected door as its adapter sees it: `settings` and `secrets` are the adapter's own Structs."""

    id: UUID
    workspace_id: UUID
    settings: Any
    secrets: Any


class Answer(Struct, frozen=True, kw_only=True):
    """What the platform wants to hear."""

    status: int = 200
    body: bytes = b""
    media_type: str = "text/plain"


class Admitted(Struct, frozen=True, kw_only=True):
    """A genuine call. `dedup_key` (1 … 200 characters) is the same for its repeats; None: nothing to keep,
    only to answer, as in a platform's handshake."""

    dedup_key: str | None
    answer: Answer = Answer()


class Forged(Exception):
    """The call is not from the platform, or too old. The reason is for the log."""


class Malformed(Exception):
    """Genuine, but not as documented; the caller is told why. Only for callers who can mend it."""


class Person(Struct, frozen=True, kw_only=True):
    """What the platform says of the customer. `union` names her across several accounts of one owner (a
    unionid with its kind, "wechat:o6_b…"): whoever shares it is one customer. `vouched`: the platform knows
    that it is her; False where anybody may have written under her name, as in a mail."""

    name: str = ""
    email: str = ""
    phone: str = ""
    language: str = ""
    union: str = ""
    vouched: bool = True


class InboundFile(Struct, frozen=True, kw_only=True):
    """A file from the platform: its bytes, where to fetch them, or the platform's own name for it (`ref`, any
    text the adapter's `media` understands)."""

    name: str = ""
    media_type: str = ""
    data: bytes | None = None
    url: str = ""
    ref: str = ""


class Opening(Struct, frozen=True, kw_only=True):
    """The customer may be written to for `seconds`, `messages` times (None: without end), from now on; no
    seconds: no longer. Given where that differs from the channel's window."""

    seconds: int
    messages: int | None = None


class Inbound(Struct, frozen=True, kw_only=True):
    """One message of a customer, or (`ours`) one of our own people written elsewhere.

    `external_id` (1 … 200 characters) names the customer, or the group she speaks in, and `speaker` then
    whoever speaks there, as she can be shown; `speaker_id` where her name has to be asked for (the channel's
    `speaker`); `dedup_key` names the message for us and `message_id` for the platform, where edits,
    recalls and quotes will refer to it. `quote_seq` is our own number of the quoted message, for platforms
    that know it, `quote_id` the platform's. A file's `text` is its caption; an unsupported one's is what can
    be shown of it. `ticket`: whatever the adapter will need to answer (≤ 4000 characters); the newest comes
    back with each `Outbound`. `original_kind` is the platform's word ("image", "location").
    `automatic`: a machine has written it, so none of ours answers. `tap`: the `ref` of the button by which it
    was said; its text may be empty then.
    """

    external_id: str
    dedup_key: str
    kind: Literal["text", "file", "unsupported"]
    text: str = ""
    file: InboundFile | None = None
    person: Person | None = None
    speaker: str = ""
    speaker_id: str = ""
    message_id: str = ""
    quote_seq: int | None = None
    quote_id: str = ""
    sent_at: datetime | None = None
    original_kind: str = ""
    ticket: str = ""
    opening: Opening | None = None
    ours: bool = False
    agent_name: str = ""
    automatic: bool = False
    tap: str = ""

    @classmethod
    def unsupported(
        cls,
        external_id: str,
        dedup_key: str,
        original_kind: str,
        *,
        summary: str = "",
        person: Person | None = None,
        sent_at: datetime | None = None,
        message_id: str = "",
        ticket: str = "",
    ) -> "Inbound":
        """A message of a kind we do not know: kept and shown as such, never dropped."""
        return cls(
            external_id=external_id,
            dedup_key=dedup_key,
            kind="unsupported",
            text=summary,
            person=person,
            sent_at=sent_at,
            original_kind=original_kind,
            message_id=message_id,
            ticket=ticket,
        )


class Edited(Struct, frozen=True, kw_only=True):
    """The customer has given a message of hers another wording; `speaker` as of a message. `at`: when she
    did, as far as the platform says: of two wordings the newer one stays, in whatever order they come."""

    external_id: str
    message_id: str
    text: str
    speaker: str = ""
    speaker_id: str = ""
    at: datetime | None = None


class Recalled(Struct, frozen=True, kw_only=True):
    """A message was taken back, by whichever side: its content is erased here too. What came with it under
    `<message_id>#1`, `#2` … `#19` goes as well."""

    external_id: str
    message_id: str


class Reacted(Struct, frozen=True, kw_only=True):
    """The customer's reaction to a message, of whichever side, is this emoji from now on; none where it is
    empty. `emoji_was`: that one alone goes, whatever she has chosen since."""

    external_id: str
    message_id: str
    emoji: str = ""
    emoji_was: str = ""


class Progress(Struct, frozen=True, kw_only=True):
    """What has become of messages of ours: the one called `message_id` there, or all until `until`.
    `event_id`: the `Outbound`'s, where the platform gives it back; that makes up for an answer that was lost.
    "sent": it has the message, no more. `fault` and `why` where it failed after all."""

    external_id: str
    state: Literal["sent", "delivered", "read", "failed"]
    message_id: str = ""
    event_id: str = ""
    until: datetime | None = None
    fault: Fault = "permanent"
    why: str = ""


class Happened(Struct, frozen=True, kw_only=True):
    """Something other than a message: followed, menu clicked, chat entered, left. `event` is the platform's
    word; `opening` and `ticket` as of a message. `by` and `word`: where she comes from, as a code's scene, an
    advertisement's title, what a link has in it, the name of a door; or a menu's key. Nobody is disturbed by
    it."""

    external_id: str
    dedup_key: str
    event: str
    person: Person | None = None
    opening: Opening | None = None
    ticket: str = ""
    by: Literal["", "code", "ad", "link", "door", "menu"] = ""
    word: str = ""


class Due(Struct, frozen=True):
    """The platform says that there is something to `pull`. `ticket`: whatever the pull will need for it, kept
    as the line's text `due` before the pull begins."""

    ticket: str = ""


Came = Inbound | Edited | Recalled | Reacted | Progress | Happened | Due


class Unreadable(Struct, frozen=True):
    """A genuine call whose content cannot be read. It is kept, and can be taken again by hand."""

    why: str
