"""Channels of every kind: what adapters keep, how long a customer may be written to, the names platforms give to
messages, parts of deliveries, health, gradual switching; who a customer is across accounts."""

from alembic import op

from kezhan.migrations.ddl import isolate

revision = "0014"
down_revision = "0013"

_OF_ACCOUNT = "foreign key (workspace_id, account_id) references channel_accounts (workspace_id, id)"


def upgrade() -> None:
    _accounts()
    _customers()
    _messages()


def _accounts() -> None:
    op.execute(
        f"""
        create table channel_kept (
            workspace_id uuid not null references workspaces (id),
            account_id uuid not null,
            name text not null check (length(name) between 1 and 64),
            sealed bytea not null,
            changed_at timestamptz not null default now(),
            primary key (workspace_id, account_id, name),
            {_OF_ACCOUNT}
        )
        """
    )
    isolate("channel_kept")
    # `since`: since when it is so; `told_at`: when people were told of the trouble.
    op.execute(
        f"""
        create table channel_health (
            workspace_id uuid not null references workspaces (id),
            account_id uuid not null,
            working boolean not null,
            fault text not null default '',
            why text not null default '' check (length(why) <= 500),
            name text not null default '' check (length(name) <= 200),
            expires_at timestamptz,
            since timestamptz not null default now(),
            checked_at timestamptz not null default now(),
            primary key (workspace_id, account_id),
            {_OF_ACCOUNT}
        )
        """
    )
    isolate("channel_health", system="select")
    # The share of customers, in hundredths, who are served here; the others' calls go on to `forward_url`.
    op.execute(
        "alter table channel_accounts add column share smallint not null default 100"
        " check (share between 0 and 100),"
        " add column forward_url text not null default '' check (length(forward_url) <= 2000)"
    )


def _customers() -> None:
    op.execute("alter table identities add column union_key text check (length(union_key) between 1 and 250)")
    op.execute(
        "create index identities_union on identities (workspace_id, union_key) where union_key is not null"
    )
    # Null `allowed`: without end; null `ends_at`: the channel knows no window.
    op.execute(
        f"""
        create table channel_windows (
            workspace_id uuid not null references workspaces (id),
            account_id uuid not null,
            identity_id uuid not null,
            opened_at timestamptz not null,
            ends_at timestamptz,
            allowed integer check (allowed >= 0),
            used integer not null default 0,
            last_message_id text not null default '',
            ticket bytea,
            ticket_at timestamptz,
            primary key (workspace_id, account_id, identity_id),
            {_OF_ACCOUNT},
            foreign key (workspace_id, identity_id) references identities (workspace_id, id)
        )
        """
    )
    isolate("channel_windows")


def _messages() -> None:
    op.execute(
        f"""
        create table channel_message_names (
            workspace_id uuid not null references workspaces (id),
            account_id uuid not null,
            message_id text not null check (length(message_id) between 1 and 200),
            conversation_id uuid not null,
            seq integer not null,
            created_at timestamptz not null default now(),
            primary key (workspace_id, account_id, message_id),
            {_OF_ACCOUNT},
            foreign key (workspace_id, conversation_id) references conversations (workspace_id, id)
        )
        """
    )
    op.execute(
        "create index channel_message_names_message on channel_message_names"
        " (workspace_id, conversation_id, seq)"
    )
    isolate("channel_message_names")
    op.execute(
        "alter table channel_deliveries add column parts text[] not null default '{}',"
        " add column begun integer not null default 0, add column reason text not null default ''"
    )
    op.execute(
        "create index channel_deliveries_age on channel_deliveries (workspace_id, account_id, created_at)"
    )
    # Why a message of ours did not reach its customer after all.
    op.execute("alter table messages add column fault text check (length(fault) <= 64)")
    op.execute("drop index messages_changed")
    op.execute(
        "create index messages_changed on messages (workspace_id, conversation_id, rev)"
        " where edited_at is not null or recalled_at is not null or fault is not null"
    )
