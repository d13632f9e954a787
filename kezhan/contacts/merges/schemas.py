"""What crosses the wire and the room about customers who are one."""

from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct

from kezhan.contacts.schemas import ContactDetail, ContactOut, How
from kezhan.forms.schemas import Key
from kezhan.kit.masking import Address


class MergeField(StrEnum):
    """What each of the two has of her own."""

    NAME = "name"
    EMAIL = "email"
    PHONE = "phone"
    TIER = "tier"
    OWNER = "owner_id"
    COMPANY = "company_id"
    LANGUAGE = "language"
    NOTE = "note"


class Changed(Struct, frozen=True):
    """Columns of the one who stays, as they were before and as the merge has made them."""

    v: int = 1
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}


class MergePreview(Struct, frozen=True, kw_only=True):
    """`kept` came first and stays, `gone` becomes one with her. `differs`: where each says something else;
    unless it is chosen otherwise, the word of the one who stays holds, and of the notes both."""

    kept: ContactDetail
    gone: ContactDetail
    kept_notes: int
    gone_notes: int
    differs: list[MergeField]
    differs_fields: list[Key]
    """The same of the workspace's own, of those that the reader may see."""


class MergeForm(Struct, frozen=True, kw_only=True):
    """The one who stays, and in which fields the word of the one who goes is to hold."""

    into: UUID
    take: Annotated[list[MergeField], Meta(max_length=10)] = []
    take_fields: Annotated[list[Key], Meta(max_length=100)] = []


class Stranger(Struct, frozen=True, kw_only=True):
    """Another customer, who is somebody else."""

    other_id: UUID


class Alike(Struct, frozen=True, kw_only=True):
    """Two who may be one: both have `value`. `verified`: for each of them it has been proved."""

    by: How
    value: Address
    verified: bool
    kept: ContactOut
    gone: ContactOut


class Parted(Struct, frozen=True, kw_only=True):
    """For the audit log: who is a customer of her own again."""

    gone_id: UUID
    v: int = 1
