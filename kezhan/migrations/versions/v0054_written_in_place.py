"""A message is written into its conversation in place, and how that may stand is looked at when it changes."""

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
    _stands()


# Each statement that writes a row reads all checks of its table anew: a tenth of what a lone message costs the
# database, for columns that no message touches. A trigger of these columns is asked of nothing else.
_OF = "state, assignee_id, closed_at, transfer_to, transfer_by, transfer_note, guests, source"
_STANDS = """
    new.state in ('queued', 'assigned', 'closed')
    and (new.state = 'assigned') <= (new.assignee_id is not null)
    and (new.state = 'closed') = (new.closed_at is not null)
    and (new.transfer_to is null or new.transfer_by is not null)
    and length(new.transfer_note) <= 1000
    and cardinality(new.guests) <= 20
    and length(new.source) <= 100
"""


def _stands() -> None:
    op.execute(
        """
        do $$
        declare
            name text;
        begin
            for name in select conname from pg_constraint
                        where conrelid = 'conversations'::regclass and contype = 'c' loop
                execute format('alter table conversations drop constraint %I', name);
            end loop;
        end $$
        """
    )
    op.execute(
        """
        create function refuse_row() returns trigger language plpgsql as $$
        begin
            raise check_violation using
                message = format('a row of %s cannot stand so: %s', tg_table_name, tg_name),
                table = tg_table_name, constraint = tg_name;
        end $$
        """
    )
    op.execute(
        f"""
        create trigger conversations_stands
        after insert or update of {_OF} on conversations
        for each row when (not ({_STANDS})) execute function refuse_row()
        """
    )
