"""What crosses the wire and the room."""

from enum import StrEnum
from typing import Annotated, Any

from msgspec import Meta, Struct, field

from kezhan.forms.schemas import Field
from kezhan.kit.masking import SAID, Said

MAX_FIELDS = 100
"""Of one subject, the archived ones among them."""
TOKEN = "token"  # noqa: S105 - stands for every API token where roles are named
RoleName = Annotated[str, Meta(max_length=40)]
Roles = Annotated[list[RoleName], Meta(max_length=20)]


class Subject(StrEnum):
    """What has fields."""

    CONTACT = "contact"
    COMPANY = "company"


class CustomField(Field, frozen=True, kw_only=True):
    """`reads` and `writes`: the roles that may (`token`: API tokens), empty for all that may read or change
    what has the field; who manages fields always may. `sensitive`: whoever may not read sensitive values
    plain is told there is one, and may have it revealed. `sealed`: the same, and its values are kept sealed:
    found by all they say, and by no part of it. `in_list`: its value stands in lists too. Archived,
    it keeps its values and is shown nowhere."""

    reads: Roles = field(default_factory=list)
    writes: Roles = field(default_factory=list)
    sensitive: bool = False
    sealed: bool = False
    in_list: bool = False
    archived: bool = False


class StoredSet(Struct, frozen=True, kw_only=True):
    v: int = 1
    fields: list[CustomField]


class FieldValues(Struct, frozen=True):
    """By a field's id, in the shape of its kind."""

    v: int = 1
    values: dict[str, Any] = {}


class Sealing(Struct, frozen=True, kw_only=True):
    """Values that stand are brought under the field's flag: so many of `total` are."""

    field_id: str
    done: int
    total: int


class FieldSet(Struct, frozen=True, kw_only=True):
    """In their order: for who manages them all, for others those they may read, without the archived ones.
    `version` 0: there has been none yet."""

    version: int
    manages: bool
    fields: list[CustomField]
    limit: int = MAX_FIELDS
    sealing: list[Sealing] = []


class FieldSetEdit(Struct, frozen=True, kw_only=True):
    """All of them, in their order. `version`: which one was changed."""

    version: int
    fields: Annotated[list[CustomField], Meta(max_length=MAX_FIELDS)]


class FieldOn(Struct, frozen=True, kw_only=True):
    """A field with what it says of one thing (null: nothing), and whether the reader may change that."""

    field: Field
    value: Annotated[Any, SAID]
    writable: bool
    masked: bool = False
    """There is a value, which the reader may not read plain."""


class ShownField(Struct, frozen=True, kw_only=True):
    """A value in words, for a line of a list."""

    label: str
    text: Said
