"""What crosses the wire and the room about companies."""

from typing import Annotated, Any
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from kezhan.fields.schemas import FieldOn, ShownField
from kezhan.forms.schemas import Key
from kezhan.kit.clock import Instant

MAX_NAME = 128
MAX_DOMAINS = 20
Name = Annotated[str, Meta(min_length=1, max_length=MAX_NAME, pattern=r"\S")]
Domains = Annotated[list[Annotated[str, Meta(max_length=253)]], Meta(max_length=MAX_DOMAINS)]
Fields = Annotated[dict[Key, Any], Meta(max_length=100)]


class CompanyForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`domains`: whose address is there belongs to it."""

    name: Name
    domains: Domains = []
    fields: Fields = {}


class CompanyEdit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The parts to change. Archived, it is offered no more and keeps its people."""

    name: Name | UnsetType = UNSET
    domains: Domains | UnsetType = UNSET
    fields: Fields | UnsetType = UNSET
    archived: bool | UnsetType = UNSET


class CompanyOut(Struct, frozen=True, kw_only=True):
    """A row of the list. `shown`: what fields of the workspace's own say in lists."""

    id: UUID
    name: str
    domains: list[str]
    people: int
    archived: bool
    created_at: Instant
    shown: list[ShownField]


class CompanyDetail(CompanyOut, frozen=True, kw_only=True):
    """`fields`: of the workspace's own those that the reader may see."""

    fields: list[FieldOn]


class CompanyChange(Struct, frozen=True, kw_only=True):
    """For the audit log: which parts, never what they say."""

    parts: list[str]
    v: int = 1
