"""What other rooms hear of people and sessions."""

from typing import Literal
from uuid import UUID

import msgspec

from kezhan.kit.outbox import Aside, Event

WORKSPACE_EDIT = "workspace.edit"
"""The action of every change of the workspace's settings."""
ActorKind = Literal["member", "token", "system", "anonymous"]


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="v", tag=1):
    """What a change was about, as far as the log needs it: no names, no addresses."""

    role: str | None = None
    role_before: str | None = None
    team_ids: list[UUID] | None = None
    scopes: list[str] | None = None
    sessions: int | None = None
    reason: str | None = None
    fields: list[str] | None = None
    method: str | None = None
    factor: str | None = None


class PeopleChanged(Event, frozen=True, kw_only=True, tag="workspaces.people_changed"):
    """A write of this room, or a refused sign-in. `action` is `subject.verb`, such as `member.archive`.
    `aside` tells the log what has changed, a list of `kit.changes.Change`: names are no small facts."""

    action: str
    actor_kind: ActorKind
    actor_id: UUID | None
    subject_kind: str
    subject_id: UUID | None
    peer: str | None
    facts: Facts | None = None
    aside: Aside | None = None


class SessionRenewed(Event, frozen=True, kw_only=True, tag="workspaces.session_renewed"):
    """A session goes on under another secret; its sockets come back with that. Topic as of SessionRevoked."""

    session_id: UUID


class SessionRevoked(Event, frozen=True, kw_only=True, tag="workspaces.session_revoked"):
    """A session ended before its time; its sockets close. Live topic: `session:<session_id>`."""

    session_id: UUID
    membership_id: UUID
