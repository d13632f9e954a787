"""What the log shows."""

from typing import Any
from uuid import UUID

from msgspec import Struct

from kezhan.kit.clock import Instant


class EntryView(Struct, frozen=True, kw_only=True):
    """One line of the log. `actor_kind`: member, token, system or anonymous; `actor_name` as it is today."""

    id: UUID
    at: Instant
    actor_kind: str
    actor_id: UUID | None
    actor_name: str | None
    action: str
    subject_kind: str
    subject_id: UUID | None
    detail: dict[str, Any] | None
    peer: str | None
