"""What crosses the wire of channel administration. Settings and secrets have the adapter's own shape, which
`GET /api/channel-kinds` describes as JSON Schema."""

from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from kezhan.kit.clock import Instant

Name = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"\S")]
Values = dict[str, Any]


class ChannelMake(Struct, frozen=True, kw_only=True):
    """`secrets` only where the adapter wants some from the other side."""

    adapter: Annotated[str, Meta(max_length=64)]
    name: Name
    settings: Values = {}
    secrets: Values | None = None


class ChannelEdit(Struct, frozen=True, kw_only=True):
    """Left-out parts stay. Of `settings` the given fields change; `secrets` are replaced whole."""

    name: Name | UnsetType = UNSET
    settings: Values | UnsetType = UNSET
    secrets: Values | UnsetType = UNSET


class ChannelView(Struct, frozen=True, kw_only=True):
    """`hook` is where the platform calls, null where nothing comes in by a call. `working` is false while the
    adapter is not there."""

    id: UUID
    adapter: str
    name: str
    public_key: str
    settings: Values
    hook: str | None
    has_secret: bool
    working: bool
    created_at: Instant
    archived_at: Instant | None


class ChannelMade(Struct, frozen=True, kw_only=True):
    """`secret` is shown this once, where it is made here."""

    channel: ChannelView
    secret: str | None


class ChannelList(Struct, frozen=True):
    items: list[ChannelView]


class CapabilitiesView(Struct, frozen=True, kw_only=True):
    receives: list[str]
    sends: list[str]
    text_length: int
    file_bytes: int
    quote: bool
    edit: bool
    recall: bool
    closing: bool
    receipts: bool
    typing: bool


class ChannelKind(Struct, frozen=True, kw_only=True):
    """A kind of channel that can be connected, in the reader's language. The schemas carry a title and a
    description per field, and `x-options` with the names of a choice's values."""

    name: str
    label: str
    help: str
    capabilities: CapabilitiesView
    settings: Values
    secrets: Values | None
    makes_secret: bool


class ChannelKinds(Struct, frozen=True):
    items: list[ChannelKind]


class InboxView(Struct, frozen=True, kw_only=True):
    """A call of the platform. `parked`: it waits for somebody to have it taken again; `fault` says why."""

    id: UUID
    dedup_key: str
    state: Literal["waiting", "taken", "parked"]
    attempts: int
    fault: str | None
    delay_ms: int | None
    received_at: Instant
    taken_at: Instant | None


class DeliveryView(Struct, frozen=True, kw_only=True):
    """Something the platform is to hear of. `id` is the event's id there; `status` its last HTTP answer."""

    id: UUID
    conversation_id: UUID
    what: str
    seq: int
    state: str
    attempts: int
    status: int | None
    fault: str | None
    external_id: str | None
    created_at: Instant
    due_at: Instant | None
    sent_at: Instant | None
