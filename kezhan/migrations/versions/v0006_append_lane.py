"""What a message costs: one foreign key instead of two, room for updates in place."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    # A key is written in the statement that writes its message, for a conversation that the same statement has
    # locked by workspace and id; the message's own foreign key says all that this one said.
    op.execute("alter table message_keys drop constraint message_keys_workspace_id_conversation_id_fkey")
    # Most messages change no indexed column of their conversation: with room in its page the row is updated in
    # place, and none of its seven indexes is touched.
    op.execute("alter table conversations set (fillfactor = 60)")
