"""What is kept of a try, and what crosses the wire of it."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from kezhan.kit.clock import Instant

StepName = Literal["came", "went", "file_came", "file_went", "known"]
StepState = Literal["waiting", "passed", "failed", "skipped"]
CheckState = Literal["running", "passed", "failed", "cancelled"]


class Step(Struct, frozen=True, kw_only=True):
    """`seq`: the message it is about; `tried_at`: when ours was begun to be sent. `detail` in one word:
    delivered or read (the platform's receipt), link (a file that went as one), unsupported (a file that could
    not be fetched), name, union or both (what is known of her). `fault` is a kind of fault, `why` the
    platform's own words."""

    state: StepState = "waiting"
    at: datetime | None = None
    delay_ms: int | None = None
    detail: str = ""
    fault: str = ""
    why: str = ""
    seq: int | None = None
    tried_at: datetime | None = None


class ChannelSteps(Struct, frozen=True, kw_only=True):
    """In this order: she writes the code, she is answered, she sends a picture, she is sent one, and who she
    is."""

    v: Literal[1] = 1
    came: Step = Step()
    went: Step = Step()
    file_came: Step = Step()
    file_went: Step = Step()
    known: Step = Step()


class StepView(Struct, frozen=True, kw_only=True):
    """As `Step`. `delay_ms` is null where nobody can tell."""

    name: StepName
    state: StepState
    at: Instant | None
    delay_ms: int | None
    detail: str
    fault: str
    why: str


class CheckView(Struct, frozen=True, kw_only=True):
    """A try. `code` is what she writes; `by` has begun it; `conversation_id`: hers, counted in no figure."""

    id: UUID
    code: str
    state: CheckState
    steps: list[StepView]
    by: str
    begun_at: Instant
    ended_at: Instant | None
    conversation_id: UUID | None


class CheckList(Struct, frozen=True):
    """Newest first."""

    items: list[CheckView]
