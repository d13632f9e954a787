"""Tables; of people but for the rules, read by `kz_system` only."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import LargeBinary, Text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.dialects.postgresql import UUID as Uuid
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql import func

from kezhan.kit.db import Table

_At = TIMESTAMP(timezone=True)


class TotpSecret(Table):
    """`last_step` is the last 30 seconds of which a code was taken."""

    __tablename__ = "totp_secrets"

    user_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    last_step: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[datetime] = mapped_column(_At, server_default=func.now())
    confirmed_at: Mapped[datetime | None] = mapped_column(_At)


class Passkey(Table):
    """`site` is the host name it was made for; it proves nothing elsewhere."""

    __tablename__ = "passkeys"

    user_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    credential_id: Mapped[bytes] = mapped_column(LargeBinary)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    site: Mapped[str] = mapped_column(Text)
    sign_count: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(_At, server_default=func.now())
    used_at: Mapped[datetime | None] = mapped_column(_At)


class RecoveryCode(Table):
    """`digest` is a blind index under the installation's key."""

    __tablename__ = "recovery_codes"

    user_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    used_at: Mapped[datetime | None] = mapped_column(_At)


class SignInStep(Table):
    """Somebody half signed in (into the workspace `goal_id`, else into the one used last), or about to make a
    passkey; `challenge` is what her device signs."""

    __tablename__ = "sign_in_steps"

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    user_id: Mapped[UUID | None] = mapped_column(Uuid)
    goal_id: Mapped[UUID | None] = mapped_column(Uuid)
    challenge: Mapped[bytes] = mapped_column(LargeBinary)
    site: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[datetime] = mapped_column(_At)


class FactorRule(Table):
    """Whoever has this role must have a second factor, `grace_days` after this was said or she joined."""

    __tablename__ = "factor_rules"

    workspace_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    role: Mapped[str] = mapped_column(Text, primary_key=True)
    grace_days: Mapped[int]
    since: Mapped[datetime] = mapped_column(_At, server_default=func.now())
