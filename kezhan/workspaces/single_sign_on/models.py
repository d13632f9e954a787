"""Tables of the connection."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, LargeBinary, Text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.dialects.postgresql import UUID as Uuid
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql import func

from kezhan.kit.db import Table


class SingleSignOn(Table):
    """`secret` is sealed. `required`: members whose e-mail is of one of `domains` come in no other way, but
    for owners. `creates`: who is no member yet becomes one, of the role that `role_map` gives to the value of
    the claim `role_claim`, else of `role`.

    With SAML: `issuer` is the provider's entity id, `sign_on_address` where people are sent, `certificates`
    (PEM) what it signs with; `origin` is our own address as it was when an owner set this up, `signing_key`
    (sealed) what our requests are signed with where `sign_requests` says so."""

    __tablename__ = "single_sign_on"

    workspace_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    issuer: Mapped[str] = mapped_column(Text)
    client_id: Mapped[str] = mapped_column(Text)
    secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    enabled: Mapped[bool] = mapped_column(server_default="true")
    domains: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    required: Mapped[bool] = mapped_column(server_default="false")
    creates: Mapped[bool] = mapped_column(server_default="false")
    role: Mapped[str] = mapped_column(Text, server_default="agent")
    role_claim: Mapped[str] = mapped_column(Text, server_default="")
    role_map: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")
    protocol: Mapped[str] = mapped_column(Text, server_default="oidc")
    origin: Mapped[str] = mapped_column(Text, server_default="")
    sign_on_address: Mapped[str] = mapped_column(Text, server_default="")
    certificates: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    sign_requests: Mapped[bool] = mapped_column(server_default="false")
    signing_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    signing_certificate: Mapped[str] = mapped_column(Text, server_default="")


class SingleSignOnSeen(Table):
    """What a provider said that opens nothing a second time; `digest` is of its id."""

    __tablename__ = "single_sign_on_seen"

    workspace_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    until: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))


class SingleSignOnPerson(Table):
    """Whom the provider means by `subject`, whatever her e-mail is later."""

    __tablename__ = "single_sign_on_people"

    workspace_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    issuer: Mapped[str] = mapped_column(Text, primary_key=True)
    subject: Mapped[str] = mapped_column(Text, primary_key=True)
    membership_id: Mapped[UUID] = mapped_column(Uuid)
    created_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), server_default=func.now())
