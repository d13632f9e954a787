"""Cards of quick replies, files in several messages, reactions."""

from alembic import op

from kezhan.migrations.ddl import isolate

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.execute("alter table quick_replies add column card jsonb")
    _uses()
    _reactions()
    op.execute("alter table channel_deliveries drop constraint channel_deliveries_what_check")
    op.execute(
        "alter table channel_deliveries add constraint channel_deliveries_what_check"
        " check (what in ('message', 'edited', 'recalled', 'closed', 'reacted'))"
    )


def _uses() -> None:
    # What uses a file besides the first one.
    op.execute(
        """
        create table file_uses (
            workspace_id uuid not null,
            file_id uuid not null,
            use text not null check (length(use) <= 400),
            primary key (workspace_id, file_id, use),
            foreign key (workspace_id, file_id) references files (workspace_id, id) on delete cascade
        )
        """
    )
    isolate("file_uses", grant="select, insert, delete")


def _reactions() -> None:
    op.execute(
        """
        create table message_reactions (
            workspace_id uuid not null,
            conversation_id uuid not null,
            seq integer not null,
            party_kind text not null check (party_kind in ('visitor', 'agent')),
            party_id uuid not null,
            emoji text not null check (length(emoji) between 1 and 32),
            at timestamptz not null default now(),
            primary key (workspace_id, conversation_id, seq, party_kind, party_id),
            foreign key (workspace_id, conversation_id) references conversations (workspace_id, id)
        )
        """
    )
    isolate("message_reactions")
    op.execute("alter table messages add column reacted_at timestamptz")
    op.execute("drop index messages_changed")
    op.execute(
        "create index messages_changed on messages (workspace_id, conversation_id, rev)"
        " where edited_at is not null or recalled_at is not null or fault is not null"
        " or reacted_at is not null"
    )
