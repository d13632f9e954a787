"""Tables of the room; the statements that make them stand in the migrations."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, LargeBinary, Text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.dialects.postgresql import UUID as Uuid
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql import func

from kezhan.kit.db import Table

_At = TIMESTAMP(timezone=True)


class Workspace(Table):
    __tablename__ = "workspaces"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    time_zone: Mapped[str] = mapped_column(Text)
    demo: Mapped[bool]
    show_supervisors: Mapped[bool] = mapped_column(server_default="true")
    watermark: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    accent: Mapped[str | None] = mapped_column(Text)
    logo_id: Mapped[UUID | None] = mapped_column(Uuid)
    masked: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{id_card,bank_card}")
    plain_when_serving: Mapped[bool] = mapped_column(server_default="true")
    created_at: Mapped[datetime] = mapped_column(_At, server_default=func.now())
    archived_at: Mapped[datetime | None] = mapped_column(_At)


class User(Table):
    """A person of the installation; only `kz_system` reads it."""

    __tablename__ = "users"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    email: Mapped[str] = mapped_column(Text)
    email_key: Mapped[str] = mapped_column(Text)
    password_hash: Mapped[str | None] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(_At, server_default=func.now())
    disabled_at: Mapped[datetime | None] = mapped_column(_At)


class SignInFailures(Table):
    """Attempts per e-mail or address (`key` is `email:<digest>` or `peer:<network>`)."""

    __tablename__ = "sign_in_failures"

    key: Mapped[str] = mapped_column(Text, primary_key=True)
    failures: Mapped[int]
    first_at: Mapped[datetime] = mapped_column(_At)
    locked_until: Mapped[datetime | None] = mapped_column(_At)


class Membership(Table):
    """A person in one workspace: her name, role and e-mail as this workspace knows them. `rights`: what a
    role of the workspace's own lets her do, empty with a ready-made one."""

    __tablename__ = "memberships"

    workspace_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    user_id: Mapped[UUID] = mapped_column(Uuid)
    email: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    sort_key: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text)
    rights: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    avatar_file_id: Mapped[UUID | None] = mapped_column(Uuid)
    created_at: Mapped[datetime] = mapped_column(_At, server_default=func.now())
    archived_at: Mapped[datetime | None] = mapped_column(_At)


class OwnRole(Table):
    """A role of the workspace's own; its members' `rights` are a copy of these."""

    __tablename__ = "roles"

    workspace_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    name_key: Mapped[str] = mapped_column(Text)
    sort_key: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text, server_default="")
    rights: Mapped[list[str]] = mapped_column(ARRAY(Text))
    version: Mapped[int] = mapped_column(server_default="1")
    created_at: Mapped[datetime] = mapped_column(_At, server_default=func.now())
    archived_at: Mapped[datetime | None] = mapped_column(_At)


class Session(Table):
    """`proved_at`: when she gave her password, or a passkey in its place, the last time. `active_at`: when
    she did something, not her browser alone. `seen_peer`: the address at `seen_at`; null: the first one."""

    __tablename__ = "sessions"

    workspace_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    membership_id: Mapped[UUID] = mapped_column(Uuid)
    token_digest: Mapped[bytes] = mapped_column(LargeBinary)
    peer: Mapped[str] = mapped_column(Text)
    user_agent: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(_At, server_default=func.now())
    seen_at: Mapped[datetime] = mapped_column(_At, server_default=func.now())
    expires_at: Mapped[datetime] = mapped_column(_At)
    revoked_at: Mapped[datetime | None] = mapped_column(_At)
    method: Mapped[str] = mapped_column(Text, server_default="password")
    factor: Mapped[str | None] = mapped_column(Text)
    proved_at: Mapped[datetime | None] = mapped_column(_At)
    active_at: Mapped[datetime] = mapped_column(_At, server_default=func.now())
    seen_peer: Mapped[str | None] = mapped_column(Text)


class Invitation(Table):
    """A one-time link into a workspace. `invited_by` is null for the first owner's."""

    __tablename__ = "invitations"

    workspace_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    email: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text)
    team_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    token_digest: Mapped[bytes] = mapped_column(LargeBinary)
    invited_by: Mapped[UUID | None] = mapped_column(Uuid)
    created_at: Mapped[datetime] = mapped_column(_At, server_default=func.now())
    expires_at: Mapped[datetime] = mapped_column(_At)
    accepted_at: Mapped[datetime | None] = mapped_column(_At)
    revoked_at: Mapped[datetime | None] = mapped_column(_At)


class ApiToken(Table):
    __tablename__ = "api_tokens"

    workspace_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    token_digest: Mapped[bytes] = mapped_column(LargeBinary)
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    networks: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    per_minute: Mapped[int] = mapped_column(server_default="600")
    created_by: Mapped[UUID] = mapped_column(Uuid)
    created_at: Mapped[datetime] = mapped_column(_At, server_default=func.now())
    last_used_at: Mapped[datetime | None] = mapped_column(_At)
    expires_at: Mapped[datetime | None] = mapped_column(_At)
    revoked_at: Mapped[datetime | None] = mapped_column(_At)


class ApiAnswer(Table):
    """What a request that names a key of its own (`Idempotency-Key`) was answered; sealed. `digest` is of the
    request; without a `status` it has begun and not ended."""

    __tablename__ = "api_answers"

    workspace_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    token_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    begun_at: Mapped[datetime] = mapped_column(_At, server_default=func.now())
    status: Mapped[int | None]
    media_type: Mapped[str] = mapped_column(Text, server_default="")
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)


class Team(Table):
    __tablename__ = "teams"

    workspace_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    sort_key: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(_At, server_default=func.now())
    archived_at: Mapped[datetime | None] = mapped_column(_At)


class TeamMember(Table):
    __tablename__ = "team_members"

    workspace_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    team_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    membership_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
