"""What crosses the wire about access. Times are RFC 3339 UTC."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from kezhan.workspaces.factors.schemas import FactorRuleItem
from kezhan.workspaces.schemas import Networks, SessionView

IdleMinutes = Annotated[int, Meta(ge=5, le=43_200)]
SessionHours = Annotated[int, Meta(ge=1, le=2_160)]


class AccessView(Struct, frozen=True, kw_only=True):
    """`rules`: which roles need a second factor. `idle_minutes`: how long nothing may be done, and
    `session_hours`: how long a session lasts at most; None: 14 and 90 days. `networks`: where people come in
    from, from anywhere when empty. `here`: the address the caller is seen at."""

    rules: list[FactorRuleItem]
    idle_minutes: int | None
    session_hours: int | None
    networks: list[str]
    here: str


class AccessEdit(Struct, frozen=True, kw_only=True):
    """Left-out fields stay; a list is the whole list."""

    rules: Annotated[list[FactorRuleItem], Meta(max_length=50)] | UnsetType = UNSET
    idle_minutes: IdleMinutes | UnsetType | None = UNSET
    session_hours: SessionHours | UnsetType | None = UNSET
    networks: Networks | UnsetType = UNSET


class MemberAccess(Struct, frozen=True, kw_only=True):
    """How a member proves herself, and where she is signed in. `passkeys` and `codes_left` are counts."""

    totp: bool
    passkeys: int
    codes_left: int
    sessions: list[SessionView]
