"""A wrap-up as it crosses the wire."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from msgspec import Struct

from kezhan.forms.schemas import FormView, Values
from kezhan.kit.clock import Instant


class WrapUpState(StrEnum):
    """`left_out`: the conversation ended with nobody there to be asked."""

    NONE = "none"
    DRAFT = "draft"
    DONE = "done"
    LEFT_OUT = "left_out"


class WrapUpIn(Struct, frozen=True, kw_only=True):
    """The answers to a form as of this version."""

    form_id: UUID
    version: int
    values: Values


class WrapUpView(Struct, frozen=True, kw_only=True):
    """What is asked (null: nothing), and what was answered. Of an ended conversation the form is that of the
    answers."""

    form: FormView | None
    values: Values
    state: WrapUpState
    at: Instant | None


class Filled(Struct, frozen=True, kw_only=True):
    v: int = 1
    values: dict[str, Any]
