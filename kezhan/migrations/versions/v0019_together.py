"""Working on one conversation together: transfers that are asked for, guests, supervision, mentions."""

from alembic import op

from kezhan.migrations.ddl import isolate

revision = "0019"
down_revision = "0018"

_OF_TALK = "foreign key (workspace_id, conversation_id) references conversations (workspace_id, id)"
_OF_MEMBER = "foreign key (workspace_id, membership_id) references memberships (workspace_id, id)"


def upgrade() -> None:
    _conversations()
    _search()
    _supervisions()
    _mentions()


def _conversations() -> None:
    # A transfer under way: who has handed it on, whom it is offered to (null: the team whose queue it stands in),
    # with which words, since when and until when (null: for ever). `guests`: who has been invited in.
    op.execute(
        """
        alter table conversations
            add column transfer_by uuid,
            add column transfer_to uuid,
            add column transfer_note text not null default '' check (length(transfer_note) <= 1000),
            add column transfer_at timestamptz,
            add column transfer_until timestamptz,
            add column guests uuid[] not null default '{}' check (cardinality(guests) <= 20),
            add constraint conversations_transfer check (transfer_to is null or transfer_by is not null),
            add foreign key (workspace_id, transfer_by) references memberships (workspace_id, id),
            add foreign key (workspace_id, transfer_to) references memberships (workspace_id, id)
        """
    )
    op.execute(
        "create index conversations_transfer_to on conversations (workspace_id, transfer_to)"
        " where transfer_to is not null"
    )
    # Few conversations have guests; the lane never changes what this index holds.
    op.execute("create index conversations_guests on conversations (workspace_id, id) where guests <> '{}'")


def _search() -> None:
    """A guest finds what is said where she is a guest."""
    op.execute(
        """
        do $do$ declare
            before constant text := pg_get_functiondef('message_search'::regproc);
            after constant text := replace(before, 'c.team_id = any (reader_teams)',
                'c.team_id = any (reader_teams) or reader = any (c.guests)');
        begin
            if after = before then
                raise exception 'message_search does not say who sees what';
            end if;
            execute after;
        end $do$
        """
    )


def _supervisions() -> None:
    op.execute("alter table workspaces add column show_supervisors boolean not null default true")
    # Who listens in just now; `shown`: to the one who serves as well.
    op.execute(
        f"""
        create table supervisions (
            workspace_id uuid not null,
            conversation_id uuid not null,
            membership_id uuid not null,
            since timestamptz not null,
            shown boolean not null,
            primary key (workspace_id, conversation_id, membership_id),
            {_OF_TALK},
            {_OF_MEMBER}
        )
        """
    )
    isolate("supervisions")


def _mentions() -> None:
    op.execute(
        f"""
        create table mentions (
            workspace_id uuid not null,
            membership_id uuid not null,
            conversation_id uuid not null,
            seq integer not null,
            by_id uuid not null,
            at timestamptz not null,
            primary key (workspace_id, membership_id, conversation_id, seq),
            {_OF_TALK},
            {_OF_MEMBER}
        )
        """
    )
    op.execute("create index mentions_at on mentions (workspace_id, membership_id, at, conversation_id, seq)")
    op.execute("create index mentions_talk on mentions (workspace_id, conversation_id, seq)")
    isolate("mentions")
