"""Files, contacts and their identities, visitor sessions, visits and pages seen, channel accounts."""

from alembic import op

from kezhan.migrations.ddl import isolate

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    _files()
    _channels()
    _contacts()
    _visits()


def _files() -> None:
    op.execute(
        """
        create table files (
            workspace_id uuid not null references workspaces (id),
            id uuid not null,
            name text not null check (length(name) between 1 and 255),
            media_type text not null,
            size bigint not null check (size >= 0),
            digest bytea not null,
            width integer,
            height integer,
            has_thumbnail boolean not null default false,
            owner_kind text not null check (owner_kind in ('member', 'visitor', 'system')),
            owner_id uuid not null,
            used_by text check (length(used_by) <= 400),
            attached_at timestamptz,
            created_at timestamptz not null default now(),
            check ((used_by is null) = (attached_at is null)),
            primary key (workspace_id, id)
        )
        """
    )
    isolate("files")


def _channels() -> None:
    op.execute(
        """
        create table channel_accounts (
            workspace_id uuid not null references workspaces (id),
            id uuid not null,
            adapter text not null,
            name text not null check (length(name) between 1 and 100),
            public_key text not null unique,
            settings jsonb not null,
            secrets bytea,
            created_at timestamptz not null default now(),
            archived_at timestamptz,
            primary key (workspace_id, id)
        )
        """
    )
    isolate("channel_accounts", grant="select, insert, update", system="select")
    op.execute(
        """
        create table channel_inbox (
            workspace_id uuid not null,
            id uuid not null,
            account_id uuid not null,
            dedup_key text not null check (length(dedup_key) between 1 and 200),
            sealed bytea not null,
            received_at timestamptz not null default now(),
            due_at timestamptz default now() + interval '1 minute',
            taken_at timestamptz,
            attempts integer not null default 0,
            fault text,
            delay_ms integer,
            primary key (workspace_id, id),
            unique (workspace_id, account_id, dedup_key),
            foreign key (workspace_id, account_id) references channel_accounts (workspace_id, id)
        )
        """
    )
    op.execute("create index channel_inbox_waiting on channel_inbox (due_at) where taken_at is null")
    op.execute("create index channel_inbox_age on channel_inbox (received_at)")
    op.execute(
        "create index channel_inbox_log on channel_inbox (workspace_id, account_id, received_at desc, id desc)"
    )
    isolate("channel_inbox", system="select, update, delete")
    op.execute(
        """
        create table channel_deliveries (
            workspace_id uuid not null,
            id uuid not null,
            no bigint not null generated always as identity,
            account_id uuid not null,
            conversation_id uuid not null,
            what text not null check (what in ('message', 'edited', 'recalled', 'closed')),
            seq integer not null,
            rev integer not null,
            state text not null check (state in ('waiting', 'sent', 'failed', 'dropped')),
            attempts integer not null default 0,
            due_at timestamptz not null default now(),
            status integer,
            fault text,
            external_id text,
            created_at timestamptz not null default now(),
            sent_at timestamptz,
            primary key (workspace_id, id),
            unique (workspace_id, conversation_id, what, seq, rev),
            foreign key (workspace_id, account_id) references channel_accounts (workspace_id, id)
        )
        """
    )
    op.execute("create index channel_deliveries_due on channel_deliveries (due_at) where state = 'waiting'")
    op.execute(
        "create index channel_deliveries_order on channel_deliveries (workspace_id, conversation_id, no)"
        " where state = 'waiting'"
    )
    op.execute(
        "create index channel_deliveries_log on channel_deliveries (workspace_id, account_id, no desc)"
    )
    isolate("channel_deliveries", system="select, update")


def _contacts() -> None:
    op.execute(
        """
        create table contacts (
            workspace_id uuid not null references workspaces (id),
            id uuid not null,
            name text not null default '' check (length(name) <= 128),
            sort_key text collate "C" not null default '',
            name_key text collate "C" not null default '',
            email text check (length(email) <= 254),
            email_key text collate "C",
            phone text check (length(phone) <= 32),
            phone_key text collate "C",
            language text,
            note text not null default '' check (length(note) <= 4000),
            attributes jsonb,
            created_at timestamptz not null default now(),
            archived_at timestamptz,
            primary key (workspace_id, id)
        )
        """
    )
    # Searching is by ranges of these keys: under row-level security LIKE and lower() cannot use an index.
    for key in ("sort_key", "name_key", "email_key", "phone_key"):
        op.execute(f"create index contacts_{key} on contacts (workspace_id, {key}, id)")
    isolate("contacts")
    op.execute(
        """
        create table identities (
            workspace_id uuid not null,
            id uuid not null,
            contact_id uuid not null,
            account_id uuid not null,
            external_id text not null check (length(external_id) between 1 and 200),
            verified boolean not null default false,
            created_at timestamptz not null default now(),
            primary key (workspace_id, id),
            unique (workspace_id, account_id, external_id),
            foreign key (workspace_id, contact_id) references contacts (workspace_id, id),
            foreign key (workspace_id, account_id) references channel_accounts (workspace_id, id)
        )
        """
    )
    op.execute("create index identities_contact on identities (workspace_id, contact_id)")
    isolate("identities", system="select")
    op.execute(
        """
        create table visitor_sessions (
            workspace_id uuid not null,
            id uuid not null,
            identity_id uuid not null,
            account_id uuid not null,
            token_digest bytea not null unique,
            created_at timestamptz not null default now(),
            seen_at timestamptz not null default now(),
            expires_at timestamptz not null,
            revoked_at timestamptz,
            primary key (workspace_id, id),
            foreign key (workspace_id, identity_id) references identities (workspace_id, id)
        )
        """
    )
    op.execute("create index visitor_sessions_identity on visitor_sessions (workspace_id, identity_id)")
    isolate("visitor_sessions", system="select, update")


def _visits() -> None:
    op.execute(
        """
        create table visits (
            workspace_id uuid not null,
            id uuid not null,
            identity_id uuid not null,
            contact_id uuid not null,
            account_id uuid not null,
            address text not null,
            user_agent text not null,
            browser text not null,
            system text not null,
            device text not null check (device in ('desktop', 'phone', 'tablet', 'bot', 'other')),
            language text not null,
            time_zone text not null,
            screen text not null,
            referrer text not null,
            source text not null check (source in ('direct', 'search', 'social', 'campaign', 'link')),
            search_word text not null,
            utm jsonb,
            pages integer not null default 0,
            started_at timestamptz not null default now(),
            seen_at timestamptz not null default now(),
            ended_at timestamptz,
            primary key (workspace_id, id),
            foreign key (workspace_id, identity_id) references identities (workspace_id, id)
        )
        """
    )
    op.execute("create index visits_identity on visits (workspace_id, identity_id, started_at desc, id desc)")
    op.execute("create index visits_contact on visits (workspace_id, contact_id, started_at desc, id desc)")
    isolate("visits")
    op.execute(
        """
        create table page_views (
            workspace_id uuid not null,
            visit_id uuid not null,
            no integer not null,
            url text not null check (length(url) <= 2048),
            title text not null check (length(title) <= 256),
            entered_at timestamptz not null,
            dwell_ms bigint not null default 0,
            primary key (workspace_id, visit_id, no),
            foreign key (workspace_id, visit_id) references visits (workspace_id, id)
        )
        """
    )
    isolate("page_views")
