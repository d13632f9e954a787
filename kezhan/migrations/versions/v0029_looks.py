"""The looks of a workspace: its accent colour and its logo."""

from alembic import op

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    op.execute("alter table workspaces add column accent text check (accent ~ '^#[0-9a-f]{6}$')")
    op.execute("alter table workspaces add column logo_id uuid")
    op.execute("alter table workspaces add foreign key (id, logo_id) references files (workspace_id, id)")
