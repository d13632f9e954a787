"""Business hours: schedules and their versions, holiday sets, and who keeps to which schedule."""

from alembic import op

from kezhan.migrations.ddl import isolate

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    _schedules()
    _holidays()
    _uses()


def _schedules() -> None:
    op.execute(
        """
        create table schedules (
            workspace_id uuid not null references workspaces (id),
            id uuid not null,
            name text not null check (length(name) between 1 and 100),
            sort_key text collate "C" not null,
            time_zone text not null check (length(time_zone) between 1 and 64),
            weekly jsonb not null,
            version integer not null check (version > 0),
            created_at timestamptz not null default now(),
            archived_at timestamptz,
            primary key (workspace_id, id)
        )
        """
    )
    op.execute(
        "create unique index schedules_name on schedules (workspace_id, name) where archived_at is null"
    )
    isolate("schedules", grant="select, insert, update")
    op.execute(
        """
        create table schedule_versions (
            workspace_id uuid not null,
            schedule_id uuid not null,
            version integer not null check (version > 0),
            id uuid not null,
            plan jsonb not null,
            made_at timestamptz not null default now(),
            primary key (workspace_id, schedule_id, version),
            foreign key (workspace_id, schedule_id) references schedules (workspace_id, id)
        )
        """
    )
    isolate("schedule_versions", grant="select, insert")


def _holidays() -> None:
    op.execute(
        """
        create table holiday_sets (
            workspace_id uuid not null references workspaces (id),
            id uuid not null,
            name text not null check (length(name) between 1 and 100),
            sort_key text collate "C" not null,
            source text not null default '' check (length(source) <= 100),
            days jsonb not null,
            version integer not null check (version > 0),
            created_at timestamptz not null default now(),
            archived_at timestamptz,
            primary key (workspace_id, id)
        )
        """
    )
    op.execute(
        "create unique index holiday_sets_name on holiday_sets (workspace_id, name) where archived_at is null"
    )
    op.execute(
        "create unique index holiday_sets_source on holiday_sets (workspace_id, source)"
        " where archived_at is null and source <> ''"
    )
    isolate("holiday_sets", grant="select, insert, update")
    op.execute(
        """
        create table schedule_holidays (
            workspace_id uuid not null,
            schedule_id uuid not null,
            set_id uuid not null,
            place integer not null,
            primary key (workspace_id, schedule_id, set_id),
            unique (workspace_id, schedule_id, place),
            foreign key (workspace_id, schedule_id) references schedules (workspace_id, id),
            foreign key (workspace_id, set_id) references holiday_sets (workspace_id, id)
        )
        """
    )
    op.execute("create index schedule_holidays_set on schedule_holidays (workspace_id, set_id)")
    isolate("schedule_holidays")


def _uses() -> None:
    op.execute(
        """
        create table schedule_uses (
            workspace_id uuid not null references workspaces (id),
            kind text not null check (kind in ('workspace', 'channel', 'team')),
            ref_id uuid not null,
            schedule_id uuid not null,
            account_id uuid generated always as (case when kind = 'channel' then ref_id end) stored,
            team_id uuid generated always as (case when kind = 'team' then ref_id end) stored,
            primary key (workspace_id, kind, ref_id),
            check (kind <> 'workspace' or ref_id = workspace_id),
            foreign key (workspace_id, schedule_id) references schedules (workspace_id, id),
            foreign key (workspace_id, account_id) references channel_accounts (workspace_id, id),
            foreign key (workspace_id, team_id) references teams (workspace_id, id)
        )
        """
    )
    op.execute("create index schedule_uses_schedule on schedule_uses (workspace_id, schedule_id)")
    isolate("schedule_uses")
