"""Conversations, messages, deduplication keys, marks, drafts."""

from alembic import op

from kezhan.migrations.ddl import isolate

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    _conversations()
    _messages()
    _marks()


def _conversations() -> None:
    op.execute(
        """
        create table conversations (
            workspace_id uuid not null references workspaces (id),
            id uuid not null,
            account_id uuid not null,
            identity_id uuid not null,
            contact_id uuid not null,
            channel text not null,
            state text not null check (state in ('queued', 'assigned', 'closed')),
            assignee_id uuid,
            team_id uuid,
            last_seq integer not null default 0,
            rev integer not null default 0,
            head_rev integer not null default 0,
            inbound_count integer not null default 0,
            preview_seq integer not null default 0,
            preview_kind text not null default '',
            preview_author text not null default '',
            preview_text text not null default '',
            waiting_since timestamptz,
            opened_at timestamptz not null,
            active_at timestamptz not null,
            closed_at timestamptz,
            primary key (workspace_id, id),
            foreign key (workspace_id, account_id) references channel_accounts (workspace_id, id),
            foreign key (workspace_id, identity_id) references identities (workspace_id, id),
            foreign key (workspace_id, contact_id) references contacts (workspace_id, id),
            foreign key (workspace_id, assignee_id) references memberships (workspace_id, id),
            foreign key (workspace_id, team_id) references teams (workspace_id, id),
            check ((state = 'assigned') <= (assignee_id is not null)),
            check ((state = 'closed') = (closed_at is not null))
        )
        """
    )
    # One open conversation per identity: two doors opened at once lead into the same one.
    op.execute(
        "create unique index conversations_open on conversations (workspace_id, account_id, identity_id)"
        " where state <> 'closed'"
    )
    op.execute(
        "create index conversations_state on conversations (workspace_id, state, active_at desc, id desc)"
    )
    op.execute(
        "create index conversations_assignee on conversations"
        " (workspace_id, assignee_id, state, active_at desc, id desc)"
    )
    op.execute("create index conversations_active on conversations (workspace_id, active_at desc, id desc)")
    op.execute(
        "create index conversations_identity on conversations"
        " (workspace_id, identity_id, opened_at desc, id desc)"
    )
    op.execute(
        "create index conversations_contact on conversations (workspace_id, contact_id, opened_at desc)"
    )
    isolate("conversations", lane="select, update")
    # The lane names people in the frames it hands over; it reads nothing else of them.
    for table in ("contacts", "memberships"):
        op.execute(f"create policy {table}_lane on {table} for select to kz_lane using (true)")
        op.execute(f"grant select (workspace_id, id, name) on {table} to kz_lane")


def _messages() -> None:
    op.execute(
        """
        create table messages (
            workspace_id uuid not null,
            conversation_id uuid not null,
            seq integer not null,
            rev integer not null,
            kind text not null,
            author_kind text not null check (author_kind in ('visitor', 'agent', 'system')),
            author_id uuid,
            client_id text,
            body text not null check (length(body) <= 10000),
            payload jsonb,
            quote_seq integer,
            created_at timestamptz not null,
            edited_at timestamptz,
            recalled_at timestamptz,
            primary key (workspace_id, conversation_id, seq),
            foreign key (workspace_id, conversation_id) references conversations (workspace_id, id)
        )
        """
    )
    # Appended rows are found by seq; only the few that changed later need to be found by rev.
    op.execute(
        "create index messages_changed on messages (workspace_id, conversation_id, rev)"
        " where edited_at is not null or recalled_at is not null"
    )
    isolate("messages", lane="select, insert")
    op.execute(
        """
        create table message_keys (
            workspace_id uuid not null,
            sender_id uuid not null,
            client_id text not null check (length(client_id) between 1 and 200),
            conversation_id uuid not null,
            seq integer not null,
            primary key (workspace_id, sender_id, client_id),
            foreign key (workspace_id, conversation_id) references conversations (workspace_id, id)
        )
        """
    )
    isolate("message_keys", lane="select, insert")


def _marks() -> None:
    op.execute(
        """
        create table marks (
            workspace_id uuid not null,
            conversation_id uuid not null,
            party_kind text not null check (party_kind in ('visitor', 'agent')),
            party_id uuid not null,
            delivered_seq integer not null default 0,
            read_seq integer not null default 0,
            read_inbound integer not null default 0,
            rev integer not null,
            primary key (workspace_id, conversation_id, party_kind, party_id),
            foreign key (workspace_id, conversation_id) references conversations (workspace_id, id)
        )
        """
    )
    isolate("marks", lane="select, insert, update")
    op.execute(
        """
        create table drafts (
            workspace_id uuid not null,
            conversation_id uuid not null,
            membership_id uuid not null,
            body text not null check (length(body) <= 10000),
            note boolean not null default false,
            updated_at timestamptz not null default now(),
            primary key (workspace_id, conversation_id, membership_id),
            foreign key (workspace_id, conversation_id) references conversations (workspace_id, id),
            foreign key (workspace_id, membership_id) references memberships (workspace_id, id)
        )
        """
    )
    isolate("drafts")
