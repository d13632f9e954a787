"""Segments: customers by what is known of them."""

from alembic import op

from kezhan.migrations.ddl import isolate

revision = "0046"
down_revision = "0045"


def upgrade() -> None:
    op.execute(
        """
        create table segments (
            workspace_id uuid not null references workspaces (id),
            id uuid not null,
            name text not null check (length(name) between 1 and 40),
            name_key text not null,
            sort_key text not null,
            description text not null default '' check (length(description) <= 200),
            filter jsonb not null,
            version integer not null default 1 check (version > 0),
            created_at timestamptz not null default now(),
            updated_at timestamptz not null default now(),
            archived_at timestamptz,
            primary key (workspace_id, id)
        )
        """
    )
    op.execute(
        "create unique index segments_name on segments (workspace_id, name_key) where archived_at is null"
    )
    isolate("segments", grant="select, insert, update")
