"""Tables of the room; see migration 0003 for constraints and policies."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from kezhan.kit.db import Table


class File(Table):
    """`used_by` names the first use (sender and client_id of a message): a repeated send finds its file.
    Empty: that one is over, and others stand in `file_uses`."""

    __tablename__ = "files"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    digest: Mapped[bytes]
    width: Mapped[int | None]
    height: Mapped[int | None]
    has_thumbnail: Mapped[bool]
    owner_kind: Mapped[str]
    owner_id: Mapped[UUID]
    used_by: Mapped[str | None]
    attached_at: Mapped[datetime | None]
    checked: Mapped[str]
    created_at: Mapped[datetime]
