"""Tables of the room; see migration 0003 for constraints, indexes and policies."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from kezhan.contacts.schemas import Attributes
from kezhan.fields.schemas import FieldValues
from kezhan.kit.db import StructColumn, Table


class Contact(Table):
    """`sort_key` orders (pinyin); the three other keys, in lower case, are what a search begins with.
    `joined_into`: who she has shown to be; what is hers stands there, and here what she was called."""

    __tablename__ = "contacts"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    sort_key: Mapped[str]
    name_key: Mapped[str]
    email: Mapped[str | None]
    email_key: Mapped[str | None]
    phone: Mapped[str | None]
    phone_key: Mapped[str | None]
    language: Mapped[str | None]
    note: Mapped[str]
    attributes: Mapped[Attributes | None] = mapped_column(StructColumn(Attributes))
    fields: Mapped[FieldValues | None] = mapped_column(StructColumn(FieldValues))
    tier: Mapped[str]
    owner_id: Mapped[UUID | None]
    created_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]
    joined_into: Mapped[UUID | None]
    company_id: Mapped[UUID | None]
    company_by: Mapped[str | None]


class IdentityRow(Table):
    """By `union_key`, and by the address and the number that are proved to be hers, she is one customer."""

    __tablename__ = "identities"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    contact_id: Mapped[UUID]
    account_id: Mapped[UUID]
    external_id: Mapped[str]
    verified: Mapped[bool]
    union_key: Mapped[str | None]
    email_key: Mapped[str | None]
    phone_key: Mapped[str | None]
    created_at: Mapped[datetime]


class VisitorSession(Table):
    __tablename__ = "visitor_sessions"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    identity_id: Mapped[UUID]
    account_id: Mapped[UUID]
    token_digest: Mapped[bytes]
    device: Mapped[str]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
