"""What a message changes of its conversation is in no index."""

from alembic import op

revision = "0054"
down_revision = "0053"


def upgrade() -> None:
    # A column that is carried along in an index counts as indexed, though the row is not in it: these two
    # change with a message, and each message wrote to every index of its conversation.
    op.execute("drop index conversations_ended")
    op.execute(
        "create index conversations_ended on conversations (workspace_id, closed_at) include ("
        " id, contact_id, channel, account_id, team_id, assignee_id, guests, opened_at, active_at, spam_at,"
        " parked_at, wake_at) where state = 'closed'"
    )
