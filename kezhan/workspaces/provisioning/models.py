"""Tables of what a directory says."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import LargeBinary, Text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.dialects.postgresql import UUID as Uuid
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql import func

from kezhan.kit.db import Table

_At = TIMESTAMP(timezone=True)


class Provisioning(Table):
    """What the directory's `groups` are here. `role`: what new people get; with roles, what those get whom no
    rule of `role_map` (group → role) fits."""

    __tablename__ = "provisioning"

    workspace_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    groups: Mapped[str] = mapped_column(Text, server_default="teams")
    role: Mapped[str] = mapped_column(Text, server_default="agent")
    role_map: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")


class ProvisioningToken(Table):
    """A directory's own kind of token: no person's, so it outlives whoever made it."""

    __tablename__ = "provisioning_tokens"

    workspace_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    token_digest: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(_At, server_default=func.now())
    last_used_at: Mapped[datetime | None] = mapped_column(_At)
    expires_at: Mapped[datetime | None] = mapped_column(_At)
    revoked_at: Mapped[datetime | None] = mapped_column(_At)


class ProvisionedPerson(Table):
    """A member as the directory knows her; who has no row here was never told of."""

    __tablename__ = "provisioned_people"

    workspace_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    membership_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    user_name: Mapped[str] = mapped_column(Text)
    external_id: Mapped[str | None] = mapped_column(Text)
    given_name: Mapped[str] = mapped_column(Text, server_default="")
    family_name: Mapped[str] = mapped_column(Text, server_default="")
    changed_at: Mapped[datetime] = mapped_column(_At, server_default=func.now())


class ProvisionedGroup(Table):
    """`team_id`: the team it is, where groups are teams."""

    __tablename__ = "provisioned_groups"

    workspace_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    external_id: Mapped[str | None] = mapped_column(Text)
    team_id: Mapped[UUID | None] = mapped_column(Uuid)
    created_at: Mapped[datetime] = mapped_column(_At, server_default=func.now())
    changed_at: Mapped[datetime] = mapped_column(_At, server_default=func.now())


class ProvisionedGroupMember(Table):
    __tablename__ = "provisioned_group_members"

    workspace_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    group_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    membership_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
