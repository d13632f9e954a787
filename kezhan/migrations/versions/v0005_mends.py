"""kz_system's grants without the outbox's partitions and the version; tidying that a full default survives."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    # It was given all tables that stood here when the jobs' own came; of those it keeps the jobs'.
    op.execute(
        """
        do $$ declare part record; begin
            revoke all on alembic_version from kz_system;
            for part in select i.inhrelid::regclass as name from pg_inherits i
                        where i.inhparent = 'outbox'::regclass loop
                execute format('revoke all on %s from kz_system', part.name);
            end loop;
            for part in select oid::regclass as name from pg_class
                        where relkind = 'S' and relnamespace = 'public'::regnamespace
                          and relname !~ '^procrastinate_' loop
                execute format('revoke all on sequence %s from kz_system', part.name);
            end loop;
        end $$
        """
    )
    # Rows of a day that had no partition lie in the default one, and then none can be made for that day.
    op.execute(
        """
        create or replace function outbox_tidy() returns integer language plpgsql security definer
        set search_path = public, pg_temp set lock_timeout = '5s' as $$
        declare
            first date;
            part record;
            last record;
            dropped integer := 0;
        begin
            for ahead in 0..7 loop
                first := current_date + ahead;
                if to_regclass('outbox_' || to_char(first, 'YYYYMMDD')) is null
                   and not exists (select 1 from outbox_default where day = first) then
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
            delete from outbox_default d where d.day < current_date - 1 and not exists (
                select 1 from outbox_cursors c where (c.xid, c.id) < (d.xid, d.id)
            );
            return dropped;
        end $$
        """
    )
