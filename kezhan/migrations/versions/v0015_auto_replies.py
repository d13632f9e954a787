"""What a channel says by itself."""

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.execute("alter table channel_accounts add column auto_replies jsonb not null default '{}'")
