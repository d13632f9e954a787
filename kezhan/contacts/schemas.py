"""What crosses the wire and the room."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from kezhan.fields.schemas import FieldOn, ShownField
from kezhan.forms.schemas import Key
from kezhan.kit.clock import Instant
from kezhan.kit.masking import ADDRESS, Address, Email, Phone, Said

MAX_NAME = 128
MAX_EMAIL = 254
MAX_PHONE = 32
MAX_LANGUAGE = 35
MAX_NOTE = 4000
MAX_TIER = 32
MAX_ATTRIBUTES = 50

AttributeName = Annotated[str, Meta(min_length=1, max_length=64)]
AttributeText = Annotated[str, Meta(max_length=500)]
AttributeValue = AttributeText | int | float | bool | None
AttributeMap = Annotated[dict[AttributeName, AttributeValue], Meta(max_length=MAX_ATTRIBUTES)]


class Attributes(Struct, frozen=True):
    """What the host site tells of a customer beyond the usual: up to 50 plain values."""

    v: int = 1
    values: AttributeMap = {}


class Profile(Struct, frozen=True, kw_only=True):
    """What a channel or the host site says of a customer, as it comes; cut and cleaned where it is stored."""

    name: str = ""
    email: str = ""
    phone: str = ""
    language: str = ""
    attributes: AttributeMap | None = None
    union: str = ""
    """Names her across several accounts of one owner; whoever shares it is one customer."""
    email_proven: bool = False
    phone_proven: bool = False
    """Whether it has been seen that the address or number is hers: whoever shares it is one customer."""


class SignedIdentity(Struct, frozen=True, kw_only=True):
    """What a host site's signature vouches for. `external_id` is the customer's id there."""

    external_id: str
    profile: Profile


class Known(NamedTuple):
    """A customer as her platform names her, what it says of her, and whether it knows that it is her."""

    account_id: UUID
    external_id: str
    profile: Profile | None
    vouched: bool = True


class Identity(Struct, frozen=True, kw_only=True):
    """A customer as one channel account knows her. `verified`: the site or platform vouches for her."""

    id: UUID
    contact_id: UUID
    account_id: UUID
    external_id: str
    verified: bool


class Visitor(Struct, frozen=True, kw_only=True):
    """The bearer of a visitor token. `device` names her browser, whoever she is in it; empty of an
    older session."""

    workspace_id: UUID
    session_id: UUID
    identity_id: UUID
    contact_id: UUID
    account_id: UUID
    verified: bool
    device: str = ""


class OpenedSession(Struct, frozen=True, kw_only=True):
    """`token` is shown this once; the database keeps its digest."""

    token: str
    session_id: UUID
    expires_at: datetime


class ContactOut(Struct, frozen=True, kw_only=True):
    """A row of the contact list. An empty `name` is an anonymous visitor: screens call her by `number`,
    six digits that stay the same. `tier` is the shop's own word ("VIP"), empty where none was given;
    `owner_id` her dedicated agent; `shown` what fields of the workspace's own say in lists."""

    id: UUID
    number: str
    name: Said
    email: Email | None
    phone: Phone | None
    language: str | None
    tier: Said
    owner_id: UUID | None
    created_at: Instant
    shown: list[ShownField] = []


class IdentityOut(Struct, frozen=True, kw_only=True):
    id: UUID
    account_id: UUID
    external_id: Address
    verified: bool
    created_at: Instant


class How(StrEnum):
    """By whom, or by which verified identifier, two became one."""

    HAND = "hand"
    UNION = "union"
    EMAIL = "email"
    PHONE = "phone"


class MergeView(Struct, frozen=True, kw_only=True):
    """Somebody who has become one with this customer, and can be parted from her again."""

    id: UUID
    gone_id: UUID
    name: Said
    number: str
    how: How
    by_name: str
    at: Instant


class ContactDetail(ContactOut, frozen=True, kw_only=True):
    """`owner_name` is empty without a dedicated agent; `merges`: the newest hundred of those who have become
    one with her."""

    owner_name: str
    company_id: UUID | None
    company_name: str
    note: Said
    attributes: Annotated[AttributeMap, ADDRESS]
    identities: list[IdentityOut]
    merges: list[MergeView]
    fields: list[FieldOn] = []
    """Of the workspace's own those that the reader may see, filled in or not."""


class ContactEdit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The fields to change; null or an empty text clears one."""

    name: Annotated[str, Meta(max_length=MAX_NAME)] | UnsetType | None = UNSET
    email: Annotated[str, Meta(max_length=MAX_EMAIL)] | UnsetType | None = UNSET
    phone: Annotated[str, Meta(max_length=MAX_PHONE)] | UnsetType | None = UNSET
    language: Annotated[str, Meta(max_length=MAX_LANGUAGE)] | UnsetType | None = UNSET
    note: Annotated[str, Meta(max_length=MAX_NOTE)] | UnsetType | None = UNSET
    tier: Annotated[str, Meta(max_length=MAX_TIER)] | UnsetType | None = UNSET
    owner_id: UUID | UnsetType | None = UNSET
    company_id: UUID | UnsetType | None = UNSET
    fields: Annotated[dict[Key, Any], Meta(max_length=100)] | UnsetType = UNSET
    """Of the workspace's own, by id; null clears one."""


class Tiers(Struct, frozen=True):
    """The tiers that customers have, in order; at most fifty."""

    items: list[str]


class JoinedContact(Struct, frozen=True, kw_only=True):
    """For the audit log: who she has been as well until then."""

    gone_id: UUID
    merge_id: UUID
    v: int = 1


class EditedFields(Struct, frozen=True):
    """For the audit log: which fields, never what they say."""

    fields: list[str]
    v: int = 1
