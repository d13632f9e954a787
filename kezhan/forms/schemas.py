"""Fields and answers, the same for everything that asks."""

from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct

from kezhan.kit.clock import Instant

Key = Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9_-]+$")]
Label = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"\S")]
Values = dict[str, Any]
"""By a field's id: what was answered, in the shape of its kind."""


class Purpose(StrEnum):
    """What is asked: `wrap_up` when a conversation is closed."""

    WRAP_UP = "wrap_up"


class FieldKind(StrEnum):
    """`tree` is answered by a choice that has none below it."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    CHOICE = "choice"
    CHOICES = "choices"
    TREE = "tree"
    NUMBER = "number"
    DATE = "date"
    YES_NO = "yes_no"
    LINK = "link"
    PHONE = "phone"
    EMAIL = "email"


class Choice(Struct, frozen=True, kw_only=True):
    id: Key
    label: Label
    children: Annotated[list["Choice"], Meta(max_length=200)] = []


class Field(Struct, frozen=True, kw_only=True):
    """The id stays with the field when its label changes, so that answers can be counted over versions."""

    id: Key
    kind: FieldKind
    label: Label
    required: bool = False
    choices: Annotated[list[Choice], Meta(max_length=200)] = []


class FormEdit(Struct, frozen=True, kw_only=True):
    """`version`: which one was changed; 0 where there is none yet. No fields: nothing is asked."""

    version: int
    fields: Annotated[list[Field], Meta(max_length=30)]


class FormView(Struct, frozen=True, kw_only=True):
    """A form as of a version. `team_id` null: for everybody who has none of her own."""

    id: UUID
    team_id: UUID | None
    version: int
    fields: list[Field]
    saved_at: Instant


class FormList(Struct, frozen=True):
    items: list[FormView]


class StoredFields(Struct, frozen=True, kw_only=True):
    v: int = 1
    fields: list[Field]
