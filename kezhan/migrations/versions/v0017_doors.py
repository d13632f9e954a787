"""Calls that wait for somebody or for the desk of before, edits in their order, names of who wrote elsewhere."""

from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    _calls()
    # Whose turn it is, account by account: a backlog of one is not read through to find another's.
    op.execute(
        "create index channel_deliveries_turn on channel_deliveries (account_id, due_at)"
        " where state = 'waiting'"
    )
    # When the platform and when its call says that the message got its present wording.
    op.execute(
        "alter table channel_message_names add column worded_at timestamptz, add column told_at timestamptz"
    )
    # Anybody can write under any address; the next mail that our server vouches for says otherwise.
    op.execute(
        "update identities i set verified = false from channel_accounts a"
        " where a.workspace_id = i.workspace_id and a.id = i.account_id and a.adapter = 'email' and i.verified"
    )
    # The alerts' tick asks once for all workspaces in which something may be wrong.
    for table in ("queue_events", "channel_alerts"):
        op.execute(f"create policy {table}_system on {table} to kz_system using (true) with check (true)")
        op.execute(f"grant select on {table} to kz_system")
    # The lane numbers a message and then signs it; nothing else of it changes there.
    op.execute("alter table messages add column signed text check (length(signed) between 1 and 200)")
    op.execute("grant update (signed) on messages to kz_lane")


def _calls() -> None:
    # `pass_due_at`: when it is next brought to the desk of before; null: never, or no more.
    op.execute(
        "alter table channel_inbox add column dismissed_at timestamptz,"
        " add column passed_at timestamptz, add column pass_due_at timestamptz,"
        " add column pass_attempts integer not null default 0, add column pass_fault text"
    )
    op.execute(
        "create index channel_inbox_parked on channel_inbox (workspace_id, account_id)"
        " where taken_at is null and due_at is null"
    )
    op.execute(
        "create index channel_inbox_passing on channel_inbox (pass_due_at) where pass_due_at is not null"
    )
    op.execute(
        "create index channel_inbox_unpassed on channel_inbox (workspace_id, account_id)"
        " where passed_at is null and (pass_due_at is not null or pass_fault is not null)"
    )
