"""Colleagues' rooms: who is in which, what is said there."""

from alembic import op

from kezhan.migrations.ddl import isolate

revision = "0028"
down_revision = "0027"

_ROOM = "foreign key (workspace_id, room_id) references staff_rooms (workspace_id, id)"


def upgrade() -> None:
    _rooms()
    _members()
    _messages()


def _rooms() -> None:
    # `key` says which room it is, so that nobody opens it twice: the pair, the team, the whole workspace, or
    # for a group whoever opened it and what she called her request.
    op.execute(
        """
        create table staff_rooms (
            workspace_id uuid not null references workspaces (id),
            id uuid not null,
            kind text not null check (kind in ('direct', 'group', 'team', 'everyone')),
            key text not null check (length(key) <= 200),
            name text not null default '' check (length(name) <= 60),
            team_id uuid,
            opened_by uuid not null,
            last_seq integer not null default 0,
            rev integer not null default 0,
            last_at timestamptz not null default now(),
            created_at timestamptz not null default now(),
            primary key (workspace_id, id),
            unique (workspace_id, key),
            foreign key (workspace_id, team_id) references teams (workspace_id, id),
            foreign key (workspace_id, opened_by) references memberships (workspace_id, id),
            check ((kind = 'team') = (team_id is not null))
        )
        """
    )
    isolate("staff_rooms", grant="select, insert, update")


def _members() -> None:
    # Of a direct room and a group: who is in it, and from which message on she reads (`from_seq`, exclusive).
    # Of the others only what she has read and muted: who is in those, teams and memberships say.
    op.execute(
        f"""
        create table staff_members (
            workspace_id uuid not null,
            room_id uuid not null,
            membership_id uuid not null,
            from_seq integer not null default 0,
            read_seq integer not null default 0,
            mentioned_seq integer not null default 0,
            muted boolean not null default false,
            left_at timestamptz,
            primary key (workspace_id, room_id, membership_id),
            {_ROOM},
            foreign key (workspace_id, membership_id) references memberships (workspace_id, id)
        )
        """
    )
    op.execute(
        "create index staff_members_own on staff_members (workspace_id, membership_id) where left_at is null"
    )
    isolate("staff_members", grant="select, insert, update")


def _messages() -> None:
    # What it names (a file, a conversation) may be erased: nothing here holds it.
    op.execute(
        f"""
        create table staff_messages (
            workspace_id uuid not null,
            room_id uuid not null,
            seq integer not null check (seq > 0),
            rev integer not null,
            author_id uuid not null,
            client_id text not null check (length(client_id) between 1 and 100),
            kind text not null check (kind in ('text', 'image', 'file', 'event')),
            body text not null check (length(body) <= 10000),
            payload jsonb,
            quote_seq integer,
            conversation_id uuid,
            mentions uuid[] not null default '{{}}' check (cardinality(mentions) <= 50),
            created_at timestamptz not null default now(),
            edited_at timestamptz,
            recalled_at timestamptz,
            primary key (workspace_id, room_id, seq),
            unique (workspace_id, room_id, author_id, client_id),
            {_ROOM},
            foreign key (workspace_id, author_id) references memberships (workspace_id, id)
        )
        """
    )
    op.execute("create index staff_messages_rev on staff_messages (workspace_id, room_id, rev)")
    isolate("staff_messages", grant="select, insert, update")
