"""The whole workspace taken out as an archive."""

from alembic import op

from kezhan.migrations.ddl import isolate

revision = "0052"
down_revision = "0051"


def upgrade() -> None:
    op.execute(
        """
        create table workspace_exports (
            workspace_id uuid not null references workspaces (id),
            id uuid not null,
            membership_id uuid not null,
            mark text not null,
            language text not null,
            state text not null check (state in ('waiting', 'running', 'done', 'failed', 'cancelled')),
            found integer not null default 0,
            cut boolean not null default false,
            fault text,
            file_id uuid,
            created_at timestamptz not null default now(),
            touched_at timestamptz not null default now(),
            expires_at timestamptz,
            primary key (workspace_id, id),
            foreign key (workspace_id, membership_id) references memberships (workspace_id, id),
            check ((state = 'done') = (file_id is not null))
        )
        """
    )
    # One at a time, whoever has asked for it.
    op.execute(
        "create unique index workspace_exports_busy on workspace_exports (workspace_id)"
        " where state in ('waiting', 'running')"
    )
    op.execute(
        "create index workspace_exports_member"
        " on workspace_exports (workspace_id, membership_id, created_at desc)"
    )
    isolate("workspace_exports")
