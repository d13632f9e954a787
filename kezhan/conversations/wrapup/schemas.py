"""A wrap-up as it crosses the wire."""

from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from msgspec import Struct

from kezhan.forms.schemas import FormView, Values
from kezhan.kit.clock import Instant
from kezhan.kit.masking import SAID


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
    values: Annotated[Values, SAID]
    state: WrapUpState
    at: Instant | None


class Filled(Struct, frozen=True, kw_only=True):
    v: int = 1
    values: dict[str, Any]


class TeamCount(Struct, frozen=True, kw_only=True):
    """`team_id` null: conversations that were everybody's."""

    team_id: UUID | None
    count: int


class ChoiceCount(Struct, frozen=True, kw_only=True):
    """`path`: its label below those above it; empty for yes (`true`) and no (`false`). Teams that never took
    it are left out."""

    id: str
    path: list[str]
    teams: list[TeamCount]


class FieldCounts(Struct, frozen=True, kw_only=True):
    form_id: UUID
    id: str
    label: str
    choices: list[ChoiceCount]


class TeamWrapUps(Struct, frozen=True, kw_only=True):
    """How many were filled in, and how many of the ended conversations had nobody to ask."""

    team_id: UUID | None
    done: int
    left_out: int


class WrapUpCounts(Struct, frozen=True, kw_only=True):
    """What was answered by choice, of the forms there are and of those of which answers are left."""

    fields: list[FieldCounts]
    teams: list[TeamWrapUps]
