"""Shifts, rosters, week patterns, who is on duty by them, and what a forecast aims at."""

from alembic import op

from kezhan.migrations.ddl import isolate

revision = "0012"
down_revision = "0011"

_MEMBER = "foreign key (workspace_id, membership_id) references memberships (workspace_id, id)"
_SHIFT = "foreign key (workspace_id, shift_id) references shifts (workspace_id, id)"


def upgrade() -> None:
    _shifts()
    _roster()
    _settings()


def _shifts() -> None:
    op.execute(
        """
        create table shifts (
            workspace_id uuid not null references workspaces (id),
            id uuid not null,
            name text not null check (length(name) between 1 and 40),
            starts time not null,
            ends time not null,
            colour text not null check (colour in ('pine', 'blue', 'amber', 'violet', 'red', 'grey')),
            created_at timestamptz not null,
            archived_at timestamptz,
            primary key (workspace_id, id),
            check (starts <> ends)
        )
        """
    )
    op.execute("create unique index shifts_name on shifts (workspace_id, name) where archived_at is null")
    isolate("shifts")
    op.execute(
        """
        create table week_patterns (
            workspace_id uuid not null references workspaces (id),
            id uuid not null,
            name text not null check (length(name) between 1 and 40),
            created_at timestamptz not null,
            archived_at timestamptz,
            primary key (workspace_id, id)
        )
        """
    )
    op.execute(
        "create unique index week_patterns_name on week_patterns (workspace_id, name)"
        " where archived_at is null"
    )
    isolate("week_patterns")
    op.execute(
        f"""
        create table week_pattern_days (
            workspace_id uuid not null,
            pattern_id uuid not null,
            weekday smallint not null check (weekday between 0 and 6),
            shift_id uuid not null,
            primary key (workspace_id, pattern_id, weekday, shift_id),
            foreign key (workspace_id, pattern_id) references week_patterns (workspace_id, id),
            {_SHIFT}
        )
        """
    )
    isolate("week_pattern_days")


def _roster() -> None:
    # The moments are kept beside the day: a shift that is changed later does not change what was.
    op.execute(
        f"""
        create table roster_entries (
            workspace_id uuid not null,
            membership_id uuid not null,
            day date not null,
            shift_id uuid not null,
            starts_at timestamptz not null,
            ends_at timestamptz not null,
            primary key (workspace_id, membership_id, day, shift_id),
            {_MEMBER},
            {_SHIFT},
            check (starts_at < ends_at)
        )
        """
    )
    op.execute("create index roster_entries_day on roster_entries (workspace_id, day)")
    op.execute("create index roster_entries_starts on roster_entries (workspace_id, starts_at)")
    op.execute("create index roster_entries_ends on roster_entries (workspace_id, ends_at)")
    op.execute("create index roster_entries_shift on roster_entries (workspace_id, shift_id, day)")
    isolate("roster_entries")
    op.execute(
        f"""
        create table roster_duties (
            workspace_id uuid not null,
            membership_id uuid not null,
            on_duty boolean not null,
            since timestamptz not null,
            primary key (workspace_id, membership_id),
            {_MEMBER}
        )
        """
    )
    isolate("roster_duties")


def _settings() -> None:
    op.execute(
        """
        create table staffing_settings (
            workspace_id uuid primary key references workspaces (id),
            switch_seats boolean not null,
            at_end text not null check (at_end in ('stay', 'away', 'offline')),
            share double precision not null check (share between 0.01 and 0.999),
            within_seconds integer not null check (within_seconds between 0 and 3600),
            short_seconds integer not null check (short_seconds between 0 and 600),
            shrinkage double precision not null check (shrinkage between 0 and 0.9),
            concurrency double precision check (concurrency between 1 and 50),
            handle_seconds integer check (handle_seconds between 1 and 86400),
            patience_seconds integer check (patience_seconds between 1 and 86400)
        )
        """
    )
    isolate("staffing_settings")
