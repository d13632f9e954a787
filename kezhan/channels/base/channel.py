"""The adapter itself: its functions, and what it has at hand while it speaks to its platform."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx2
from msgspec import Struct

from kezhan.channels.base.able import Capabilities
from kezhan.channels.base.form import Field, MadeSecrets, Words
from kezhan.channels.base.incoming import Account, Admitted, Came, Person, Request, Unreadable
from kezhan.channels.base.outgoing import Outbound, OutboundFile, Receipt, Seen, Template, Typing

VERSION = 2


class Token(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What opens the platform's interface, and for how many seconds from now. `fixed`: as it stands in the
    account's secrets, so that asking again brings no other."""

    value: str
    seconds: float
    fixed: bool = False


class Media(Struct, frozen=True, kw_only=True):
    """A file the platform has handed over, or where it says that it lies (`url`)."""

    name: str = ""
    media_type: str = ""
    data: bytes = b""
    url: str = ""


class Call(Struct, frozen=True, kw_only=True):
    """One thing that was pulled or heard, as raw as it came; `dedup_key` is the same for its repeats."""

    dedup_key: str
    body: bytes


class Pulled(Struct, frozen=True, kw_only=True):
    """What a pull has brought, in order; it is kept together with `cursor`, which the next pull begins at.
    `more`: the next may begin at once."""

    calls: Sequence[Call]
    cursor: str
    more: bool = False


class Probed(Struct, frozen=True, kw_only=True):
    """The connection stands. `name`: what the account is called there; `expires_at`: when its credentials
    end, where the platform says so."""

    name: str = ""
    expires_at: datetime | None = None


Keep = Callable[[Sequence[Call], str | None], Awaitable[None]]
"""Returns once these calls are kept durably, together with the new cursor (None: as it was); only then may
the platform be told that we have them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What an adapter has at hand while it speaks to its platform. `token` gives the current one of the
    adapter's `issue`, renewed in good time, one at a time; `content` the bytes of a file that goes out;
    `load` and `save` keep small texts of the account from one time to the next, sealed (empty: nothing
    kept). `http` refuses addresses inside our own network."""

    http: httpx2.AsyncClient
    account: Account
    token: Callable[[], Awaitable[str]]
    content: Callable[[OutboundFile], Awaitable[bytes]]
    load: Callable[[str], Awaitable[str]]
    save: Callable[[str, str], Awaitable[None]]


Verify = Callable[[Request, Account, datetime], Admitted]
"""Checks the raw bytes. Raises Forged or Malformed."""
Parse = Callable[[Request, Account], Sequence[Came] | Unreadable]
"""Total: whatever the bytes are, it answers."""
Send = Callable[[Line, Outbound], Awaitable[Receipt]]
Issue = Callable[[Line], Awaitable[Token]]
"""A new token; the line's own `token` cannot be used in it. Expired: what it is asked with is not taken."""
GetMedia = Callable[[Line, str], Awaitable[Media]]
"""The file behind a `ref`, of at most `file_bytes`."""
GetPerson = Callable[[Line, str], Awaitable[Person]]
"""Who the customer is; asked at her first message, and once a day for what it has not told yet."""
GetSpeaker = Callable[[Line, str, str], Awaitable[str]]
"""Who speaks in a group, by the group's id and hers; asked once for each, and now and then again."""
Pull = Callable[[Line, str], Awaitable[Pulled]]
"""What has come since the cursor (empty at first). Asked for by `Due`, and now and then without."""
Listen = Callable[[Line, str, Keep], Awaitable[None]]
"""Holds a connection open and keeps what comes over it, from the cursor on, until cancelled; where it ends or
raises it is begun again after a while. One process of the installation does it for each account."""
Probe = Callable[[Line], Awaitable[Probed]]
Connect = Callable[[Line, str], Awaitable[None]]
"""Tells the platform our hook's address, where it has a call for that."""
GetTemplates = Callable[[Line], Awaitable[Sequence[Template]]]
ShowTyping = Callable[[Line, Typing], Awaitable[None]]
"""Asked every few seconds while somebody writes; what the platform shows goes out by itself or with the next
message."""
ShowSeen = Callable[[Line, Seen], Awaitable[None]]
"""Asked once for each newest message of hers that somebody here has read."""
# Each of these from Send on raises Retry, Turned or Expired.


@dataclass(frozen=True, slots=True, kw_only=True)
class Copying:
    """Replies go to others too, as addresses: `others` who got what a ticket is of, as far as a reply may go
    to them unasked; `own` the address of an account with these settings, to which none goes."""

    others: Callable[[Account, str], Sequence[str]]
    own: Callable[[Any], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One adapter. `settings` and `secrets` draw its form: every field has an entry in `fields`.

    Without `verify` nothing comes in by a hook, without `send` nothing goes out by a call. `body_bytes`
    bounds what the hook reads, `send_seconds` (≤ 110) how long one part may take. `unites`: `person` tells
    her `union` too, perhaps only once somebody has brought the accounts together. `tuned`: the capabilities
    of one account, where its settings change them. `pull_seconds`: how often is pulled without being asked.
    `experimental`: not tried against the platform itself.
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
    issue: Issue | None = None
    media: GetMedia | None = None
    person: GetPerson | None = None
    unites: bool = False
    speaker: GetSpeaker | None = None
    pull: Pull | None = None
    pull_seconds: float = 300
    listen: Listen | None = None
    probe: Probe | None = None
    connect: Connect | None = None
    templates: GetTemplates | None = None
    typing: ShowTyping | None = None
    seen: ShowSeen | None = None
    tuned: Callable[[Account], Capabilities] | None = None
    copying: Copying | None = None
    experimental: bool = False
    body_bytes: int = 1024 * 1024
    send_seconds: float = 30
    version: int = VERSION

    @property
    def makes_secret(self) -> bool:
        return self.secrets is not None and issubclass(self.secrets, MadeSecrets)

    def able(self, account: Account) -> Capabilities:
        """What this account can carry."""
        return self.tuned(account) if self.tuned is not None else self.capabilities
