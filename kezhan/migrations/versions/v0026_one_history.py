"""One customer, one history: conversations merged, notes about a person, what she has sent, her orders."""

from alembic import op

from kezhan.migrations.ddl import isolate

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    # The conversation of the same customer that goes on in place of this one.
    op.execute("alter table conversations add column merged_into uuid")
    op.execute(
        "create index conversations_merged on conversations (workspace_id, merged_into)"
        " where merged_into is not null"
    )
    # A customer's pictures and files are few among her messages; what names none of these kinds is not in it.
    op.execute(
        "create index messages_files on messages (workspace_id, conversation_id, seq)"
        " where kind in ('image', 'file')"
    )
    _notes()
    _orders()


def _notes() -> None:
    op.execute(
        """
        create table contact_notes (
            workspace_id uuid not null references workspaces (id),
            id uuid not null,
            contact_id uuid not null,
            author_id uuid not null,
            body text not null check (length(body) between 1 and 4000),
            version integer not null default 1,
            created_at timestamptz not null,
            changed_at timestamptz,
            primary key (workspace_id, id),
            foreign key (workspace_id, contact_id) references contacts (workspace_id, id),
            foreign key (workspace_id, author_id) references memberships (workspace_id, id)
        )
        """
    )
    op.execute(
        "create index contact_notes_contact on contact_notes (workspace_id, contact_id, created_at desc, id desc)"
    )
    isolate("contact_notes")
    op.execute(
        """
        create table contact_note_versions (
            workspace_id uuid not null,
            note_id uuid not null,
            version integer not null,
            body text not null,
            at timestamptz not null,
            primary key (workspace_id, note_id, version),
            foreign key (workspace_id, note_id) references contact_notes (workspace_id, id) on delete cascade
        )
        """
    )
    isolate("contact_note_versions", grant="select, insert, delete")


def _orders() -> None:
    op.execute(
        """
        create table order_sources (
            workspace_id uuid primary key references workspaces (id),
            address text not null check (length(address) <= 2000),
            secret bytea not null,
            changed_at timestamptz not null,
            changed_by uuid not null,
            foreign key (workspace_id, changed_by) references memberships (workspace_id, id)
        )
        """
    )
    isolate("order_sources")
