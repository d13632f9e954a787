"""Where a conversation has come from, to be looked for; to whom else a message that waits is copied."""

from alembic import op

revision = "0040"
down_revision = "0039"


def upgrade() -> None:
    # The scene of a code, the name of an advertisement, what a link had in it; empty where nobody says.
    op.execute(
        "alter table conversations add column source text not null default '' check (length(source) <= 100)"
    )
    op.execute(
        "create index conversations_source on conversations (workspace_id, opened_at desc) include (source)"
        " where source <> ''"
    )
    op.execute(
        "alter table scheduled_messages add column copies text[] not null default '{}'"
        " check (cardinality(copies) <= 10)"
    )
