"""Webhooks: endpoints, what they are told, each attempt; API keys with a rate, networks and kept answers."""

from alembic import op

from kezhan.migrations.ddl import isolate

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    _endpoints()
    _events()
    _deliveries()
    _attempts()
    _keys()


def _endpoints() -> None:
    op.execute(
        """
        create table webhook_endpoints (
            workspace_id uuid not null references workspaces (id),
            id uuid not null,
            name text not null check (length(name) between 1 and 100),
            address text not null check (length(address) <= 2000),
            events text[] not null,
            secret bytea not null,
            old_secret bytea,
            old_until timestamptz,
            state text not null check (state in ('on', 'off', 'stopped')),
            failing_since timestamptz,
            created_by uuid not null,
            created_at timestamptz not null,
            archived_at timestamptz,
            primary key (workspace_id, id),
            foreign key (workspace_id, created_by) references memberships (workspace_id, id)
        )
        """
    )
    isolate("webhook_endpoints", grant="select, insert, update", system="select")


def _events() -> None:
    # The body is what is signed, to the byte; `seq` of the message it tells of, whose recall empties it.
    op.execute(
        """
        create table webhook_events (
            workspace_id uuid not null,
            id uuid not null,
            kind text not null,
            lane uuid not null,
            seq integer,
            body text not null,
            at timestamptz not null,
            primary key (workspace_id, id),
            foreign key (workspace_id) references workspaces (id)
        )
        """
    )
    op.execute("create index webhook_events_at on webhook_events (at)")
    op.execute(
        "create index webhook_events_message on webhook_events (workspace_id, lane, seq) where seq is not null"
    )
    isolate("webhook_events", system="select, delete")


def _deliveries() -> None:
    op.execute(
        """
        create table webhook_deliveries (
            workspace_id uuid not null,
            id uuid not null,
            no bigint generated always as identity,
            endpoint_id uuid not null,
            event_id uuid not null,
            lane uuid not null,
            state text not null check (state in ('waiting', 'sent', 'dead')),
            attempts integer not null default 0,
            since timestamptz not null default now(),
            due_at timestamptz not null default now(),
            status integer,
            fault text not null default '',
            settled_at timestamptz,
            primary key (workspace_id, id),
            unique (workspace_id, endpoint_id, event_id),
            foreign key (workspace_id, endpoint_id) references webhook_endpoints (workspace_id, id),
            foreign key (workspace_id, event_id) references webhook_events (workspace_id, id) on delete cascade
        )
        """
    )
    op.execute(
        "create index webhook_deliveries_due on webhook_deliveries (endpoint_id, due_at)"
        " where state = 'waiting'"
    )
    op.execute(
        "create index webhook_deliveries_lane on webhook_deliveries (workspace_id, endpoint_id, lane, no)"
        " where state = 'waiting'"
    )
    op.execute("create index webhook_deliveries_log on webhook_deliveries (workspace_id, endpoint_id, no)")
    op.execute("create index webhook_deliveries_event on webhook_deliveries (workspace_id, event_id)")
    isolate("webhook_deliveries", system="select, update")


def _attempts() -> None:
    op.execute(
        """
        create table webhook_attempts (
            workspace_id uuid not null,
            id uuid not null,
            delivery_id uuid not null,
            at timestamptz not null,
            took_ms integer not null,
            status integer,
            fault text not null,
            media_type text not null,
            answer text not null check (length(answer) <= 5000),
            primary key (workspace_id, id),
            foreign key (workspace_id, delivery_id) references webhook_deliveries (workspace_id, id)
                on delete cascade
        )
        """
    )
    op.execute("create index webhook_attempts_of on webhook_attempts (workspace_id, delivery_id, at)")
    isolate("webhook_attempts")


def _keys() -> None:
    op.execute("alter table api_tokens add column networks text[] not null default '{}'")
    op.execute(
        "alter table api_tokens add column per_minute integer not null default 600"
        " check (per_minute between 1 and 6000)"
    )
    # What a request with an Idempotency-Key was answered, sealed: an answer may be a secret shown once.
    op.execute(
        """
        create table api_answers (
            workspace_id uuid not null,
            token_id uuid not null,
            key text not null check (length(key) between 1 and 255),
            digest bytea not null,
            begun_at timestamptz not null default now(),
            status integer,
            media_type text not null default '',
            sealed bytea,
            primary key (workspace_id, token_id, key),
            foreign key (workspace_id, token_id) references api_tokens (workspace_id, id)
        )
        """
    )
    op.execute("create index api_answers_begun on api_answers (begun_at)")
    isolate("api_answers", system="select, delete")
