"""Tables of the room; see migrations 0002 and 0033 for constraints, triggers and policies."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.dialects.postgresql import UUID as Uuid
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql import func

from kezhan.audit.schemas import AuditFilters
from kezhan.files.exports import models as exports
from kezhan.kit.changes import Change
from kezhan.kit.db import StructColumn, Table


class AuditEntry(Table):
    """`detail` holds one Struct of the room that wrote it, with its version `v`; `private` are changes of a
    person's values, sealed under her key."""

    __tablename__ = "audit_log"

    workspace_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), server_default=func.now())
    actor_kind: Mapped[str] = mapped_column(Text)
    actor_id: Mapped[UUID | None] = mapped_column(Uuid)
    action: Mapped[str] = mapped_column(Text)
    subject_kind: Mapped[str] = mapped_column(Text)
    subject_id: Mapped[UUID | None] = mapped_column(Uuid)
    detail: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    changes: Mapped[list[Change] | None] = mapped_column(StructColumn(list[Change]))
    person_kind: Mapped[str | None] = mapped_column(Text)
    person_id: Mapped[UUID | None] = mapped_column(Uuid)
    private: Mapped[bytes | None]
    peer: Mapped[str | None] = mapped_column(Text)


class Waiting(Table):
    """Rows without a place in the chain yet; a trigger writes them."""

    __tablename__ = "audit_waiting"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    entry_id: Mapped[UUID] = mapped_column(primary_key=True)


class Seal(Table):
    """The place of a row in the chain. The last of what was sealed at once is signed."""

    __tablename__ = "audit_seals"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    entry_id: Mapped[UUID]
    previous: Mapped[bytes]
    hash: Mapped[bytes]
    signature: Mapped[str | None]
    sealed_at: Mapped[datetime]


class Anchor(Table):
    """Where the chain begins since rows up to `number` were cut off; `hash` is that row's."""

    __tablename__ = "audit_anchors"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    hash: Mapped[bytes]
    signature: Mapped[str]
    until: Mapped[datetime]
    cut_at: Mapped[datetime]


class PersonKey(Table):
    """`sealed` by the key ring; gone once it is destroyed."""

    __tablename__ = "person_keys"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    sealed: Mapped[bytes | None]
    created_at: Mapped[datetime]
    destroyed_at: Mapped[datetime | None]


class AuditSettings(Table):
    __tablename__ = "audit_settings"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    keep_days: Mapped[int | None]


class Export(exports.Export):
    __tablename__ = "audit_exports"

    question: Mapped[AuditFilters] = mapped_column(StructColumn(AuditFilters))
    form: Mapped[str]
