"""Backups: a role that reads everything, when they are made and how long kept, what became of each."""

from alembic import op

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    _reader()
    _settings()
    _runs()


def _reader() -> None:
    op.execute("grant usage on schema public to kz_backup")
    for things in ("tables", "sequences"):
        op.execute(f"grant select on all {things} in schema public to kz_backup")
        op.execute(f"alter default privileges in schema public grant select on {things} to kz_backup")
    # Tables made by a version before this one; `isolate` gives it to the others.
    op.execute(
        """
        do $$
        declare
            bare record;
        begin
            for bare in
                select c.relname from pg_class c
                where c.relnamespace = 'public'::regnamespace and c.relrowsecurity and not exists (
                    select 1 from pg_policy p where p.polrelid = c.oid and p.polname = c.relname || '_backup')
            loop
                execute format('create policy %I on %I for select to kz_backup using (true)',
                               bare.relname || '_backup', bare.relname);
            end loop;
        end $$
        """
    )


def _settings() -> None:
    # Of the installation, as its one row; without it the defaults of `backup.schemas.BackupPlan` hold.
    op.execute(
        """
        create table backup_settings (
            id smallint primary key check (id = 1),
            enabled boolean not null,
            minute smallint not null check (minute between 0 and 1439),
            time_zone text not null,
            keep_daily smallint not null check (keep_daily between 1 and 366),
            keep_weekly smallint not null check (keep_weekly between 0 and 260),
            keep_monthly smallint not null check (keep_monthly between 0 and 120),
            rehearse_days smallint not null check (rehearse_days between 0 and 366),
            changed_at timestamptz not null default now()
        )
        """
    )
    op.execute("grant select, insert, update on backup_settings to kz_system")


def _runs() -> None:
    op.execute(
        """
        create table backup_runs (
            id uuid primary key,
            kind text not null check (kind in ('backup', 'rehearsal')),
            cause text not null check (cause in ('schedule', 'hand', 'command', 'upgrade')),
            state text not null check (state in ('running', 'done', 'failed')),
            archive text not null default '',
            place text not null default '',
            bytes bigint not null default 0,
            files integer not null default 0,
            row_count bigint not null default 0,
            damaged integer not null default 0,
            fault text not null default '',
            said text not null default '',
            started_at timestamptz not null,
            ended_at timestamptz
        )
        """
    )
    op.execute("create index backup_runs_newest on backup_runs (kind, started_at desc)")
    op.execute("grant select, insert, update, delete on backup_runs to kz_system")
