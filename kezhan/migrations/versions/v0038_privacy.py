"""What people ask of their data, what may not be erased, and for how long things are kept."""

from alembic import op

from kezhan.migrations.ddl import isolate

revision = "0038"
down_revision = "0037"

_KINDS = "('export', 'erase', 'correct', 'withdraw')"
_STATES = "('open', 'working', 'done', 'refused')"


def upgrade() -> None:
    # `counts`: what an erasure has erased; with it the row is its proof and stays.
    op.execute(
        f"""
        create table privacy_requests (
            workspace_id uuid not null references workspaces (id),
            id uuid not null,
            contact_id uuid not null,
            number text not null,
            kind text not null check (kind in {_KINDS}),
            state text not null check (state in {_STATES}),
            received_at timestamptz not null,
            due_at timestamptz not null,
            note text not null check (length(note) <= 500),
            answer text not null check (length(answer) <= 500),
            fault text,
            file_id uuid,
            counts jsonb,
            by_id uuid not null,
            ended_by uuid,
            begun_at timestamptz,
            ended_at timestamptz,
            primary key (workspace_id, id),
            foreign key (workspace_id, contact_id) references contacts (workspace_id, id)
        )
        """
    )
    op.execute(
        "create unique index privacy_requests_once on privacy_requests (workspace_id, contact_id, kind)"
        " where state in ('open', 'working')"
    )
    op.execute("create index privacy_requests_of on privacy_requests (workspace_id, contact_id, received_at)")
    op.execute("create index privacy_requests_due on privacy_requests (workspace_id, due_at, id)")
    isolate("privacy_requests", grant="select, insert, update")
    op.execute(
        """
        create table legal_holds (
            workspace_id uuid not null references workspaces (id),
            id uuid not null,
            contact_id uuid not null,
            reason text not null check (length(reason) between 1 and 500),
            by_id uuid not null,
            at timestamptz not null default now(),
            lifted_by uuid,
            lifted_at timestamptz,
            primary key (workspace_id, id),
            foreign key (workspace_id, contact_id) references contacts (workspace_id, id)
        )
        """
    )
    op.execute(
        "create unique index legal_holds_standing on legal_holds (workspace_id, contact_id)"
        " where lifted_at is null"
    )
    isolate("legal_holds", grant="select, insert, update")
    op.execute(
        """
        create table privacy_settings (
            workspace_id uuid primary key references workspaces (id),
            due_days integer not null check (due_days between 1 and 90),
            residency text not null check (length(residency) <= 60),
            keep_conversations integer check (keep_conversations between 30 and 3650),
            keep_visits integer check (keep_visits between 30 and 3650),
            keep_people integer check (keep_people between 30 and 3650)
        )
        """
    )
    isolate("privacy_settings", grant="select, insert, update", system="select")
    # What a decision looked at may tell of a customer who is to be forgotten.
    op.execute("grant update (decision) on queue_events to kz_app")
