"""Seats, skills, policies, waiting conversations, who holds what, and what happened."""

from alembic import op

from kezhan.migrations.ddl import isolate

revision = "0010"
down_revision = "0009"

_MEMBER = "foreign key (workspace_id, membership_id) references memberships (workspace_id, id)"
_TALK = "foreign key (workspace_id, conversation_id) references conversations (workspace_id, id)"


def upgrade() -> None:
    op.execute("alter table conversations add column parked_at timestamptz")
    _settings()
    _seats()
    _waits()
    _events()


def _settings() -> None:
    op.execute(
        """
        create table routing_settings (
            workspace_id uuid primary key references workspaces (id),
            automatic boolean not null default true,
            version integer not null default 0,
            arrive_online boolean not null default true,
            grace_seconds integer not null default 30 check (grace_seconds between 5 and 3600),
            live_units integer not null default 5 check (live_units between 1 and 1000),
            deferred_units integer not null default 20 check (deferred_units between 0 and 1000),
            take_over boolean not null default true,
            missed_limit integer not null default 2 check (missed_limit between 0 and 20),
            answer_seconds integer not null default 0 check (answer_seconds between 0 and 3600),
            left_seconds integer not null default 60 check (left_seconds between 10 and 3600),
            long_seconds integer not null default 180 check (long_seconds between 10 and 86400),
            target_seconds integer not null default 20 check (target_seconds between 1 and 3600),
            short_seconds integer not null default 5 check (short_seconds between 0 and 600)
        )
        """
    )
    isolate("routing_settings", system="select")
    op.execute(
        """
        create table routing_policies (
            workspace_id uuid not null references workspaces (id),
            version integer not null,
            policy jsonb not null,
            saved_by uuid,
            saved_at timestamptz not null default now(),
            primary key (workspace_id, version)
        )
        """
    )
    isolate("routing_policies", grant="select, insert")
    op.execute(
        """
        create table channel_weights (
            workspace_id uuid not null,
            account_id uuid not null,
            units integer not null check (units between 1 and 100),
            load text not null check (load in ('live', 'deferred')),
            primary key (workspace_id, account_id),
            foreign key (workspace_id, account_id) references channel_accounts (workspace_id, id)
        )
        """
    )
    isolate("channel_weights")


def _seats() -> None:
    op.execute(
        """
        create table break_reasons (
            workspace_id uuid not null references workspaces (id),
            id uuid not null,
            name text not null check (length(name) between 1 and 40),
            created_at timestamptz not null default now(),
            archived_at timestamptz,
            primary key (workspace_id, id)
        )
        """
    )
    op.execute(
        "create unique index break_reasons_name on break_reasons (workspace_id, name)"
        " where archived_at is null"
    )
    isolate("break_reasons")
    op.execute(
        f"""
        create table seats (
            workspace_id uuid not null,
            membership_id uuid not null,
            state text not null default 'offline' check (state in ('offline', 'online', 'busy', 'away')),
            reason_id uuid,
            auto text not null default '' check (auto in ('', 'lost', 'missed', 'shift')),
            since timestamptz not null,
            lost_at timestamptz,
            on_duty boolean not null default true,
            live_units integer check (live_units between 0 and 1000),
            deferred_units integer check (deferred_units between 0 and 1000),
            live_used integer not null default 0 check (live_used >= 0),
            deferred_used integer not null default 0 check (deferred_used >= 0),
            last_turn bigint not null default 0,
            idle_since timestamptz,
            missed integer not null default 0,
            primary key (workspace_id, membership_id),
            {_MEMBER},
            foreign key (workspace_id, reason_id) references break_reasons (workspace_id, id)
        )
        """
    )
    isolate("seats", system="select")
    op.execute("create sequence seat_turns")
    op.execute("grant usage on sequence seat_turns to kz_app")
    op.execute(
        """
        create table skills (
            workspace_id uuid not null references workspaces (id),
            id uuid not null,
            kind text not null check (kind in ('skill', 'language', 'region')),
            name text not null check (length(name) between 1 and 60),
            code text not null default '' check (length(code) <= 35),
            created_at timestamptz not null default now(),
            archived_at timestamptz,
            primary key (workspace_id, id)
        )
        """
    )
    op.execute(
        "create unique index skills_name on skills (workspace_id, kind, name) where archived_at is null"
    )
    isolate("skills")
    op.execute(
        f"""
        create table seat_skills (
            workspace_id uuid not null,
            membership_id uuid not null,
            skill_id uuid not null,
            level integer not null check (level between 1 and 5),
            primary key (workspace_id, membership_id, skill_id),
            {_MEMBER},
            foreign key (workspace_id, skill_id) references skills (workspace_id, id)
        )
        """
    )
    isolate("seat_skills")


def _waits() -> None:
    # A queue is a team's, or everybody's (its id is then the workspace's). Who changes what waits in it, or who
    # may serve it, holds its row.
    op.execute(
        """
        create table queues (
            workspace_id uuid not null references workspaces (id),
            id uuid not null,
            max_waiting integer check (max_waiting between 0 and 100000),
            max_open integer check (max_open between 0 and 100000),
            primary key (workspace_id, id)
        )
        """
    )
    isolate("queues")
    op.execute(
        f"""
        create table waits (
            workspace_id uuid not null,
            conversation_id uuid not null,
            state text not null check (state in ('waiting', 'offered', 'closed')),
            account_id uuid not null,
            identity_id uuid not null,
            facts jsonb not null,
            team_id uuid,
            rule_id uuid not null,
            version integer not null,
            needs jsonb not null,
            steps integer[] not null default '{{}}',
            message boolean not null default false,
            priority integer not null,
            rank_at timestamptz not null,
            queued_at timestamptz not null,
            units integer not null,
            load text not null,
            declined uuid[] not null default '{{}}',
            offered_to uuid,
            offered_at timestamptz,
            expires_at timestamptz,
            opens_at timestamptz,
            skipped_at timestamptz,
            primary key (workspace_id, conversation_id),
            check ((state = 'offered') = (offered_to is not null)),
            {_TALK},
            foreign key (workspace_id, offered_to) references memberships (workspace_id, id)
        )
        """
    )
    op.execute("create index waits_identity on waits (workspace_id, identity_id)")
    op.execute("create index waits_deferred on waits (workspace_id, conversation_id) where load = 'deferred'")
    op.execute("create index waits_offered on waits (workspace_id, offered_to) where offered_to is not null")
    isolate("waits", system="select")
    op.execute(
        """
        create table wait_queues (
            workspace_id uuid not null,
            queue_id uuid not null,
            conversation_id uuid not null,
            ready boolean not null,
            message boolean not null,
            priority integer not null,
            rank_at timestamptz not null,
            primary key (workspace_id, conversation_id, queue_id),
            foreign key (workspace_id, conversation_id) references waits (workspace_id, conversation_id)
                on delete cascade,
            foreign key (workspace_id, queue_id) references queues (workspace_id, id)
        )
        """
    )
    op.execute(
        "create index wait_queues_order on wait_queues"
        " (workspace_id, queue_id, message, priority desc, rank_at, conversation_id) where ready"
    )
    isolate("wait_queues", system="select")
    op.execute(
        """
        create table wait_needs (
            workspace_id uuid not null,
            conversation_id uuid not null,
            skill_id uuid not null,
            level integer not null,
            primary key (workspace_id, conversation_id, skill_id),
            foreign key (workspace_id, conversation_id) references waits (workspace_id, conversation_id)
                on delete cascade
        )
        """
    )
    isolate("wait_needs", system="select")
    op.execute(
        f"""
        create table holdings (
            workspace_id uuid not null,
            conversation_id uuid not null,
            membership_id uuid not null,
            queue_id uuid,
            units integer not null,
            load text not null check (load in ('live', 'deferred')),
            offered boolean not null default false,
            parked boolean not null default false,
            return_to uuid,
            since timestamptz not null,
            primary key (workspace_id, conversation_id),
            {_TALK},
            {_MEMBER}
        )
        """
    )
    op.execute("create index holdings_member on holdings (workspace_id, membership_id)")
    isolate("holdings")


def _events() -> None:
    # What figures and traces are read from; never changed, never deleted but by retention. Several things happen
    # to a conversation within a millisecond: `no` tells their order.
    op.execute(
        """
        create table queue_events (
            workspace_id uuid not null,
            id uuid not null,
            at timestamptz not null,
            kind text not null,
            conversation_id uuid not null,
            account_id uuid not null,
            channel text not null,
            queue_id uuid,
            membership_id uuid,
            by_id uuid,
            waited_ms bigint,
            rule_id uuid,
            version integer,
            schedule_id uuid,
            schedule_version integer,
            reason text not null default '',
            decision jsonb,
            no bigint generated always as identity,
            primary key (workspace_id, id)
        )
        """
    )
    op.execute("create index queue_events_talk on queue_events (workspace_id, conversation_id, at, no)")
    op.execute("create index queue_events_at on queue_events (workspace_id, at, kind)")
    isolate("queue_events", grant="select, insert")
    op.execute(
        f"""
        create table seat_events (
            workspace_id uuid not null,
            id uuid not null,
            at timestamptz not null,
            membership_id uuid not null,
            state text not null,
            reason_id uuid,
            auto text not null,
            by_id uuid,
            state_before text not null,
            reason_before uuid,
            lasted_ms bigint not null,
            no bigint generated always as identity,
            primary key (workspace_id, id),
            {_MEMBER}
        )
        """
    )
    op.execute("create index seat_events_member on seat_events (workspace_id, membership_id, at)")
    op.execute("create index seat_events_at on seat_events (workspace_id, at)")
    isolate("seat_events", grant="select, insert")
