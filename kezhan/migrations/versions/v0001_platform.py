"""Outbox, cursors, dead letters, timers, jobs: what the kit stands on."""

from alembic import op
from procrastinate.schema import SchemaManager

from kezhan.migrations.ddl import isolate

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute("revoke create on schema public from public")
    op.execute("grant usage on schema public to kz_app, kz_lane, kz_system")
    _outbox()
    _outbox_days()
    _timers()
    _jobs()


def _outbox() -> None:
    op.execute("create sequence outbox_id as bigint")
    op.execute(
        """
        create table outbox (
            day date not null default current_date,
            id bigint not null default nextval('outbox_id'),
            xid xid8 not null default pg_current_xact_id(),
            workspace_id uuid not null,
            kind text not null,
            body jsonb not null,
            created_at timestamptz not null default now(),
            primary key (day, id),
            unique (workspace_id, day, id)
        ) partition by range (day)
        """
    )
    op.execute("create index outbox_order on outbox (xid, id)")
    op.execute("create table outbox_default partition of outbox default")
    isolate("outbox", grant="insert, select", lane="insert", system="select")
    op.execute("grant usage on sequence outbox_id to kz_app, kz_lane")
    op.execute(
        """
        create table outbox_cursors (
            handler text primary key,
            xid xid8 not null default '0',
            id bigint not null default 0,
            failures integer not null default 0,
            moved_at timestamptz not null default now()
        )
        """
    )
    op.execute("grant select, insert on outbox_cursors to kz_system")
    op.execute("grant select, update on outbox_cursors to kz_app")
    op.execute(
        """
        create table dead_letters (
            workspace_id uuid not null,
            id bigint generated always as identity,
            handler text not null,
            kind text not null,
            body jsonb not null,
            fault text not null,
            created_at timestamptz not null default now(),
            primary key (workspace_id, id)
        )
        """
    )
    isolate("dead_letters", system="select")


def _outbox_days() -> None:
    # Partitions are the owner's affair; kz_system may only ask for the day's tidying.
    op.execute(
        """
        create function outbox_tidy() returns integer language plpgsql security definer
        set search_path = public, pg_temp set lock_timeout = '5s' as $$
        declare
            first date;
            part record;
            last record;
            dropped integer := 0;
        begin
            for ahead in 0..7 loop
                first := current_date + ahead;
                if to_regclass('outbox_' || to_char(first, 'YYYYMMDD')) is null then
                    execute format('create table %I partition of outbox for values from (%L) to (%L)',
                                   'outbox_' || to_char(first, 'YYYYMMDD'), first, first + 1);
                end if;
            end loop;
            for part in
                select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
                where i.inhparent = 'outbox'::regclass and c.relname ~ '^outbox_[0-9]{8}$'
                  and to_date(right(c.relname, 8), 'YYYYMMDD') < current_date - 1
            loop
                execute format('select xid, id from %I order by xid desc, id desc limit 1', part.relname)
                    into last;
                if last is null or not exists (
                    select 1 from outbox_cursors c where (c.xid, c.id) < (last.xid, last.id)
                ) then
                    execute format('drop table %I', part.relname);
                    dropped := dropped + 1;
                end if;
            end loop;
            return dropped;
        end $$
        """
    )
    op.execute("revoke execute on function outbox_tidy() from public")
    op.execute("grant execute on function outbox_tidy() to kz_system")
    op.execute("select outbox_tidy()")


def _timers() -> None:
    op.execute(
        """
        create table timers (
            workspace_id uuid not null,
            kind text not null,
            ref uuid not null,
            due_at timestamptz not null,
            primary key (workspace_id, kind, ref)
        )
        """
    )
    op.execute("create index timers_due on timers (due_at)")
    isolate("timers", system="select, update")


def _jobs() -> None:
    # The schema comes from the pinned package, so that its version and the library's are one.
    op.get_bind().exec_driver_sql(SchemaManager.get_schema().replace("%", "%%"))
    op.execute("grant select, insert, update, delete on all tables in schema public to kz_system")
    op.execute(
        "revoke insert, update, delete on outbox, dead_letters from kz_system;"
        " revoke insert, delete on timers from kz_system; revoke update, delete on outbox_cursors from kz_system"
    )
    op.execute("grant usage on all sequences in schema public to kz_system")
