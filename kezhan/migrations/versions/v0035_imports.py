"""People brought in as lists: each list, and what became of each of its rows."""

from alembic import op

from kezhan.migrations.ddl import isolate

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    op.execute(
        """
        create table contact_imports (
            workspace_id uuid not null references workspaces (id),
            id uuid not null,
            by_id uuid not null,
            caller jsonb not null,
            file_id uuid not null,
            name text not null check (length(name) <= 255),
            state text not null check (state in (
                'draft', 'checking', 'checked', 'running', 'done', 'undoing', 'undone', 'failed')),
            plan jsonb not null,
            columns jsonb not null,
            total integer not null,
            read integer not null default 0,
            made integer not null default 0,
            changed integer not null default 0,
            same integer not null default 0,
            faulty integer not null default 0,
            undone integer not null default 0,
            fault text not null default '',
            created_at timestamptz not null default now(),
            touched_at timestamptz not null default now(),
            primary key (workspace_id, id),
            unique (workspace_id, file_id)
        )
        """
    )
    op.execute("create index contact_imports_newest on contact_imports (workspace_id, created_at desc)")
    isolate("contact_imports")
    op.execute(
        """
        create table contact_import_rows (
            workspace_id uuid not null,
            import_id uuid not null,
            no integer not null,
            outcome text not null check (outcome in ('made', 'changed', 'same', 'faulty', 'undone')),
            contact_id uuid,
            digest bytea,
            known jsonb,
            cells text[],
            fault jsonb,
            primary key (workspace_id, import_id, no),
            foreign key (workspace_id, import_id) references contact_imports (workspace_id, id) on delete cascade
        )
        """
    )
    # By it a row that says nothing by which somebody is known is found again.
    op.execute(
        "create index contact_import_rows_digest on contact_import_rows (workspace_id, digest)"
        " where outcome = 'made'"
    )
    isolate("contact_import_rows")
