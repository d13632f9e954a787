"""What crosses the wire. Times are RFC 3339 UTC, ids UUID; lengths count code points."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from kezhan.kit.clock import Instant
from kezhan.workspaces.permissions import Permission

Name = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"\S")]
Email = Annotated[str, Meta(min_length=3, max_length=254, pattern=r"^\s*[^@\s]+@[^@\s]+\s*$")]
NewPassword = Annotated[str, Meta(min_length=10, max_length=256)]
Password = Annotated[str, Meta(min_length=1, max_length=256)]
LinkToken = Annotated[str, Meta(min_length=1, max_length=100)]
Language = Literal["zh-CN", "en"]
RoleKey = Annotated[str, Meta(min_length=1, max_length=40)]
"""The name of a ready-made role, or the id of one of the workspace's own."""
COLOUR = r"^#[0-9a-fA-F]{6}$"
Colour = Annotated[str, Meta(pattern=COLOUR, max_length=7)]
LOGO_PATH = "/f/logo"
"""Logos are read at LOGO_PATH/<workspace>/<file>."""


def logo_address(workspace_id: UUID, file_id: UUID | None) -> str | None:
    """Where anybody may read it, on this installation; None where there is none."""
    return f"{LOGO_PATH}/{workspace_id}/{file_id}" if file_id else None


InvitationState = Literal["open", "accepted", "revoked", "expired"]


class SignIn(Struct, frozen=True):
    email: Email
    password: Password


class SetUp(Struct, frozen=True, kw_only=True):
    """The first owner's form, opened by the one-time link."""

    token: LinkToken
    workspace_name: Name
    name: Name
    email: Email
    password: NewPassword
    language: Language = "zh-CN"


class SwitchWorkspace(Struct, frozen=True):
    workspace_id: UUID


class Tint(Struct, frozen=True, kw_only=True):
    """`accent` is read on paper and on `soft`, and is what paper-coloured words are read on."""

    accent: str
    soft: str


class Tints(Struct, frozen=True, kw_only=True):
    """An accent colour as light and dark screens show it, `#rrggbb` all."""

    light: Tint
    dark: Tint


class WorkspaceView(Struct, frozen=True, kw_only=True):
    """`accent` None: the house's own colours, so no `tints`. `logo` is an address that anybody may read, for
    as long as it is the logo. `watermark`: the roles whose screens carry their reader's name."""

    id: UUID
    name: str
    language: str
    time_zone: str
    demo: bool
    show_supervisors: bool
    watermark: list[str]
    accent: str | None
    tints: Tints | None
    logo: str | None


class WorkspaceEdit(Struct, frozen=True, kw_only=True):
    """Left-out fields stay. `time_zone` is an IANA name. `show_supervisors`: whoever listens in to a
    conversation is shown to the one who serves. `watermark`: the roles whose screens carry their reader's
    name, e-mail's end and the minute; none: nobody's. `accent` None: the house's own colours."""

    name: Name | UnsetType = UNSET
    language: Language | UnsetType = UNSET
    time_zone: Annotated[str, Meta(max_length=64)] | UnsetType = UNSET
    show_supervisors: bool | UnsetType = UNSET
    watermark: Annotated[list[RoleKey], Meta(max_length=20)] | UnsetType = UNSET
    accent: Colour | UnsetType | None = UNSET


class LogoEdit(Struct, frozen=True, kw_only=True):
    """A picture the caller has uploaded (PNG, JPEG or WebP), or None: no logo."""

    file_id: UUID | None


class WorkspaceChoice(Struct, frozen=True):
    id: UUID
    name: str


class Me(Struct, frozen=True, kw_only=True):
    """Who is signed in, and by what `method`. `csrf` goes into the header X-Kezhan-CSRF of every request that
    writes. `factor_due`: until when she must have set up a second factor; `factor_needed`: that is over, and
    nothing but setting it up is open to her. `idle_minutes`: her session ends when she does nothing for so
    long."""

    id: UUID
    user_id: UUID
    session_id: UUID
    name: str
    email: str
    role: str
    role_name: str = ""
    language: str
    permissions: list[str]
    team_ids: list[UUID]
    workspace: WorkspaceView
    workspaces: list[WorkspaceChoice]
    method: str
    factor_due: Instant | None
    factor_needed: bool
    idle_minutes: int | None
    csrf: str


class MeEdit(Struct, frozen=True, kw_only=True):
    name: Name | UnsetType = UNSET
    language: Language | UnsetType = UNSET


class PasswordChange(Struct, frozen=True):
    old: Password
    new: NewPassword


class SessionView(Struct, frozen=True, kw_only=True):
    """`peer` is the address it was seen at last; `method` and `factor` are by what she signed in."""

    id: UUID
    current: bool
    peer: str
    user_agent: str
    method: str
    factor: str | None
    created_at: Instant
    seen_at: Instant
    expires_at: Instant


class SessionList(Struct, frozen=True):
    items: list[SessionView]


class MemberView(Struct, frozen=True, kw_only=True):
    """`role_name`: of a role of the workspace's own, empty with a ready-made one; so everywhere."""

    id: UUID
    name: str
    email: str
    role: str
    role_name: str = ""
    team_ids: list[UUID]
    created_at: Instant
    archived_at: Instant | None


class MemberEdit(Struct, frozen=True, kw_only=True):
    name: Name | UnsetType = UNSET
    role: RoleKey | UnsetType = UNSET


class Invite(Struct, frozen=True, kw_only=True):
    email: Email
    role: RoleKey
    team_ids: Annotated[list[UUID], Meta(max_length=100)] = []


class InvitationView(Struct, frozen=True, kw_only=True):
    id: UUID
    email: str
    role: str
    role_name: str = ""
    team_ids: list[UUID]
    state: InvitationState
    created_at: Instant
    expires_at: Instant


class InvitationMade(Struct, frozen=True):
    """`link` is shown this once; the server keeps a digest only."""

    invitation: InvitationView
    link: str


class InvitationOffer(Struct, frozen=True, kw_only=True):
    """What the holder of a link may know. `has_account`: the e-mail's present password is asked for."""

    workspace_name: str
    email: str
    role: str
    role_name: str = ""
    has_account: bool
    expires_at: Instant


class Accept(Struct, frozen=True, kw_only=True):
    """A new person's name and chosen password, or a known one's present password."""

    name: Name
    password: Password
    language: Language = "zh-CN"


class TeamView(Struct, frozen=True, kw_only=True):
    id: UUID
    name: str
    member_ids: list[UUID]
    created_at: Instant


class TeamList(Struct, frozen=True):
    items: list[TeamView]


class TeamName(Struct, frozen=True):
    name: Name


class TeamMembers(Struct, frozen=True):
    """The whole list; who is not in it leaves."""

    member_ids: Annotated[list[UUID], Meta(max_length=1000)]


Networks = Annotated[list[Annotated[str, Meta(min_length=1, max_length=50)]], Meta(max_length=50)]
PerMinute = Annotated[int, Meta(ge=1, le=6000)]
USUAL_RATE = 600


class TokenMake(Struct, frozen=True, kw_only=True):
    """`networks`: addresses or CIDR blocks it may be used from, from anywhere when empty. `per_minute`:
    calls, a minute's worth of them at once."""

    name: Name
    scopes: Annotated[list[Permission], Meta(min_length=1, max_length=50)]
    days: Annotated[int, Meta(ge=1, le=3660)] | None = None
    networks: Networks = []
    per_minute: PerMinute = USUAL_RATE


class TokenEdit(Struct, frozen=True, kw_only=True):
    """Left-out fields stay. What a token may do, and how long it lives, stays as it was made."""

    name: Name | UnsetType = UNSET
    networks: Networks | UnsetType = UNSET
    per_minute: PerMinute | UnsetType = UNSET


class TokenView(Struct, frozen=True, kw_only=True):
    id: UUID
    name: str
    scopes: list[str]
    networks: list[str]
    per_minute: int
    created_by: UUID
    created_at: Instant
    last_used_at: Instant | None
    expires_at: Instant | None
    revoked_at: Instant | None


class TokenMade(Struct, frozen=True):
    """`secret` is shown this once."""

    token: TokenView
    secret: str
