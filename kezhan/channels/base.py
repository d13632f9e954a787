"""The contract of a channel adapter, version 1. Adapters see this file and `kezhan.kit`, nothing else.

An adapter is a folder with a `manifest.py` that names one `CHANNEL`; see `adapters/open` for a whole one.
`verify` and `parse` are pure: no clock, no network, no database.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import httpx2
from msgspec import Struct, structs

from kezhan.kit.crypto import new_token

VERSION = 1
ROTATION = timedelta(hours=24)
Words = Mapping[str, str]
"""The same words by language: `zh-CN` and `en`, both there."""

Kind = Literal["text", "file"]
What = Literal["message", "edited", "recalled", "closed"]


class Field(Struct, frozen=True, kw_only=True):
    """How the form shows one field of Settings or Secrets. `options` names the values of a choice."""

    label: Words
    help: Words
    options: Mapping[str, Words] = {}


class MadeSecrets(Struct, frozen=True, kw_only=True):
    """A secret made by us and copied to the other side. After a rotation the previous one is good for a day
    more; rotating twice ends it at once."""

    current: str
    previous: str = ""
    previous_until: datetime | None = None

    @classmethod
    def make(cls) -> "MadeSecrets":
        return cls(current=new_token("kzk_"))

    def rotate(self, at: datetime) -> "MadeSecrets":
        return structs.replace(
            self, current=new_token("kzk_"), previous=self.current, previous_until=at + ROTATION
        )

    def accepted(self, at: datetime) -> list[str]:
        """The secrets that are good at `at`, the newest first."""
        if self.previous and self.previous_until is not None and at < self.previous_until:
            return [self.current, self.previous]
        return [self.current]


class Capabilities(Struct, frozen=True, kw_only=True):
    """What a channel can carry. `receives` and `sends` are kinds of message, `text_length` the longest text
    out in characters, `file_bytes` the largest file; the rest says what may happen to a message after it."""

    receives: frozenset[Kind] = frozenset({"text"})
    sends: frozenset[Kind] = frozenset({"text"})
    text_length: int = 10_000
    file_bytes: int = 20 * 1024 * 1024
    quote: bool = False
    edit: bool = False
    recall: bool = False
    closing: bool = False
    receipts: bool = False
    typing: bool = False


class Request(Struct, frozen=True, kw_only=True):
    """A platform's call as it came. Header names in lower case; `body` raw."""

    method: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes


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
    """What the platform says of the customer."""

    name: str = ""
    email: str = ""
    phone: str = ""
    language: str = ""


class InboundFile(Struct, frozen=True, kw_only=True):
    """A file from the platform: its bytes, or where to fetch them."""

    name: str = ""
    media_type: str = ""
    data: bytes | None = None
    url: str = ""


class Inbound(Struct, frozen=True, kw_only=True):
    """One message of a customer. `external_id` (1 … 200 characters) names her, `dedup_key` the message.

    `quote_seq` is our own number of the quoted message, for platforms that know it. A file's `text` is its
    caption; an unsupported one's is what can be shown of it.
    """

    external_id: str
    dedup_key: str
    kind: Literal["text", "file", "unsupported"]
    text: str = ""
    file: InboundFile | None = None
    person: Person | None = None
    quote_seq: int | None = None
    sent_at: datetime | None = None
    original_kind: str = ""

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
        )


class Unreadable(Struct, frozen=True):
    """A genuine call whose content cannot be read. It is kept, and can be taken again by hand."""

    why: str


class OutboundFile(Struct, frozen=True, kw_only=True):
    """A file of ours: `url` works for an hour and needs no credential."""

    url: str
    name: str
    media_type: str
    size: int


class Outbound(Struct, frozen=True, kw_only=True):
    """Something the platform is to hear of. `event_id` stays the same over all attempts; `external_id` is the
    customer's. A close has no message: its `seq` is the last one's."""

    event_id: str
    what: What
    at: datetime
    conversation_id: UUID
    external_id: str
    seq: int
    client_id: str = ""
    kind: Kind = "text"
    text: str = ""
    file: OutboundFile | None = None
    quote_seq: int | None = None
    agent_name: str = ""


class Receipt(Struct, frozen=True, kw_only=True):
    """The platform has it. `external_id` is the message's name there, where it says one."""

    external_id: str = ""
    status: int | None = None


class Retry(Exception):
    """Not now: try again, at the earliest after `after` seconds where the platform says so."""

    def __init__(self, why: str, *, after: float = 0, status: int | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.after = after
        self.status = status


class Turned(Exception):
    """Refused for good: the same again would be refused again."""

    def __init__(self, why: str, *, status: int | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.status = status


Verify = Callable[[Request, Account, datetime], Admitted]
"""Checks the raw bytes. Raises Forged or Malformed."""
Parse = Callable[[Request, Account], list[Inbound] | Unreadable]
"""Total: whatever the bytes are, it answers."""
Send = Callable[[httpx2.AsyncClient, Account, Outbound], Awaitable[Receipt]]
"""Raises Retry or Turned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One adapter. `settings` and `secrets` draw its form: every field has an entry in `fields`.

    Without `verify` and `parse` nothing comes in by a hook, without `send` nothing goes out by a call.
    `body_bytes` bounds what the hook reads.
    """

    name: str
    label: Words
    help: Words
    capabilities: Capabilities
    settings: type[Struct]
    secrets: type[Struct] | None = None
    fields: Mapping[str, Field] = field(default_factory=dict)
    verify: Verify | None = None
    parse: Parse | None = None
    send: Send | None = None
    body_bytes: int = 1024 * 1024
    version: int = VERSION

    @property
    def makes_secret(self) -> bool:
        return self.secrets is not None and issubclass(self.secrets, MadeSecrets)
