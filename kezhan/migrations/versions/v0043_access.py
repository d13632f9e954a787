"""How long sessions last, and from which networks people come in."""

from alembic import op

from kezhan.migrations.ddl import isolate

revision = "0043"
down_revision = "0042"


def upgrade() -> None:
    op.execute(
        """
        create table access_rules (
            workspace_id uuid primary key references workspaces (id),
            idle_minutes integer check (idle_minutes between 5 and 43200),
            session_hours integer check (session_hours between 1 and 2160),
            networks text[] not null default '{}' check (cardinality(networks) <= 50)
        )
        """
    )
    isolate("access_rules", system="select")
    op.execute(
        """
        alter table sessions
            add column active_at timestamptz not null default now(),
            add column seen_peer text
        """
    )
