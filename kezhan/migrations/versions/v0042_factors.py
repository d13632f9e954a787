"""Second factors: authenticator apps, passkeys, recovery codes; who must have one; how a session was opened."""

from alembic import op

from kezhan.migrations.ddl import isolate

revision = "0042"
down_revision = "0041"


def upgrade() -> None:
    _of_people()
    _steps()
    op.execute(
        """
        create table factor_rules (
            workspace_id uuid not null references workspaces (id),
            role text not null,
            grace_days integer not null check (grace_days between 0 and 90),
            since timestamptz not null default now(),
            primary key (workspace_id, role)
        )
        """
    )
    isolate("factor_rules", system="select")
    op.execute(
        """
        alter table sessions
            add column method text not null default 'password'
                check (method in ('password', 'passkey', 'single_sign_on')),
            add column factor text check (factor in ('totp', 'passkey', 'recovery_code')),
            add column proved_at timestamptz
        """
    )


def _of_people() -> None:
    """As a password is: of the person, in whatever workspace she is."""
    op.execute(
        """
        create table totp_secrets (
            user_id uuid primary key references users (id),
            sealed bytea not null,
            last_step bigint not null default 0,
            created_at timestamptz not null default now(),
            confirmed_at timestamptz
        )
        """
    )
    op.execute(
        """
        create table passkeys (
            user_id uuid not null references users (id),
            id uuid not null,
            name text not null check (length(name) between 1 and 100),
            credential_id bytea not null unique check (length(credential_id) between 1 and 1023),
            public_key bytea not null check (length(public_key) <= 4000),
            site text not null,
            sign_count bigint not null,
            created_at timestamptz not null default now(),
            used_at timestamptz,
            primary key (user_id, id)
        )
        """
    )
    op.execute(
        """
        create table recovery_codes (
            user_id uuid not null references users (id),
            digest bytea not null,
            used_at timestamptz,
            primary key (user_id, digest)
        )
        """
    )
    for table in ("totp_secrets", "passkeys", "recovery_codes"):
        op.execute(f"grant select, insert, update, delete on {table} to kz_system")


def _steps() -> None:
    """What has begun and waits for the person's device."""
    op.execute(
        """
        create table sign_in_steps (
            digest bytea primary key,
            kind text not null check (kind in ('second', 'passkey', 'register')),
            user_id uuid references users (id),
            goal_id uuid,
            challenge bytea not null,
            site text not null,
            expires_at timestamptz not null
        )
        """
    )
    op.execute("grant select, insert, delete on sign_in_steps to kz_system")
