"""What crosses the wire of reactions."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from kezhan.realtime.schemas import Frame


class Reaction(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Each party has one at the most below a message. `name`: of somebody here."""

    party: Literal["visitor", "agent"]
    party_id: UUID
    emoji: str
    name: str = ""


class React(Frame, frozen=True, kw_only=True, tag="react"):
    """The sender's reaction to a message is this emoji from now on; none where it is empty. Answered by
    `done`; the same again changes nothing."""

    ref: Annotated[str, Meta(min_length=1, max_length=100)]
    conversation_id: UUID
    seq: Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]
    emoji: Annotated[str, Meta(max_length=32)] = ""
