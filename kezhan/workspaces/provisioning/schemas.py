"""What crosses the wire about provisioning, settings and tokens. Times are RFC 3339 UTC."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from kezhan.kit.clock import Instant
from kezhan.workspaces.schemas import Name, RoleKey
from kezhan.workspaces.single_sign_on.schemas import RoleRule

MAX_TOKENS = 5


class ProvisioningEdit(Struct, frozen=True, kw_only=True):
    """The whole settings: what the directory's groups are here, the role of new people, roles by group."""

    groups: Literal["teams", "roles"] = "teams"
    role: RoleKey = "agent"
    role_map: Annotated[list[RoleRule], Meta(max_length=50)] = []


class ProvisioningToken(Struct, frozen=True, kw_only=True):
    id: UUID
    name: str
    created_at: Instant
    last_used_at: Instant | None
    expires_at: Instant | None


class ProvisioningGroup(Struct, frozen=True, kw_only=True):
    """`team_id`: the team it is, where groups are teams."""

    name: str
    members: int
    team_id: UUID | None


class ProvisioningView(Struct, frozen=True, kw_only=True):
    """`address` is what the directory is given. `tokens`: those that are good. `people`: how many members it
    keeps."""

    address: str
    groups: str
    role: str
    role_map: list[RoleRule]
    tokens: list[ProvisioningToken]
    people: int
    known_groups: list[ProvisioningGroup]


class ProvisioningTokenMake(Struct, frozen=True, kw_only=True):
    """Those before are good for `overlap_hours` yet; with 0 they end now."""

    name: Name
    overlap_hours: Annotated[int, Meta(ge=0, le=168)] = 24


class ProvisioningTokenMade(Struct, frozen=True, kw_only=True):
    """`secret` is shown this once."""

    secret: str
    state: ProvisioningView
