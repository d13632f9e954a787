"""The audit log as a chain: what a write has changed, seals, people's keys, how long it is kept, exports."""

from alembic import op

from kezhan.migrations.ddl import CURRENT_WORKSPACE, isolate

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    _entries()
    _seals()
    _append_only()
    _keys()
    _settings()
    _cut()
    _exports()


def _entries() -> None:
    op.execute(
        """
        alter table audit_log
            add column changes jsonb,
            add column person_kind text check (person_kind in ('member', 'contact')),
            add column person_id uuid,
            add column private bytea,
            add constraint audit_log_private
                check (private is null or (person_kind is not null and person_id is not null))
        """
    )
    for name, column in (("actor", "actor_id"), ("subject", "subject_id")):
        op.execute(f"create index audit_log_{name} on audit_log (workspace_id, {column}, at desc, id desc)")


def _seals() -> None:
    # A row is written by who acts, and takes its place in the chain a moment later: nobody waits for another.
    op.execute(
        """
        create table audit_waiting (
            workspace_id uuid not null,
            entry_id uuid not null,
            primary key (workspace_id, entry_id)
        )
        """
    )
    op.execute(
        """
        create table audit_seals (
            workspace_id uuid not null references workspaces (id),
            number bigint not null check (number > 0),
            entry_id uuid not null,
            previous bytea not null,
            hash bytea not null,
            signature text,
            sealed_at timestamptz not null default now(),
            primary key (workspace_id, number),
            unique (workspace_id, entry_id)
        )
        """
    )
    op.execute(
        """
        create table audit_anchors (
            workspace_id uuid not null references workspaces (id),
            number bigint not null,
            hash bytea not null,
            signature text not null,
            until timestamptz not null,
            cut_at timestamptz not null default now(),
            primary key (workspace_id, number)
        )
        """
    )
    op.execute(
        """
        create function audit_await() returns trigger language plpgsql as $$
        begin
            insert into audit_waiting select workspace_id, id from added;
            return null;
        end $$
        """
    )
    op.execute(
        "create trigger audit_log_await after insert on audit_log referencing new table as added"
        " for each statement execute function audit_await()"
    )
    op.execute("alter table audit_log no force row level security")
    op.execute("insert into audit_waiting select workspace_id, id from audit_log")
    op.execute("alter table audit_log force row level security")
    isolate("audit_waiting", grant="select, insert, delete", system="select, insert")
    isolate("audit_seals", grant="select, insert")
    isolate("audit_anchors", grant="select, insert")


def _append_only() -> None:
    """For every role, owners too; kz_app has not even the right."""
    op.execute(
        """
        create function audit_refuse() returns trigger language plpgsql as $$
        begin
            if coalesce(current_setting('kz.audit_cut', true), '') <> 'on' then
                raise exception 'the audit log is only added to';
            end if;
            return coalesce(old, new);
        end $$
        """
    )
    for table in ("audit_log", "audit_seals", "audit_anchors"):
        op.execute(
            f"create trigger {table}_kept before update or delete on {table}"
            " for each row execute function audit_refuse()"
        )
        op.execute(
            f"create trigger {table}_whole before truncate on {table}"
            " for each statement execute function audit_refuse()"
        )


def _keys() -> None:
    # Without its key what is sealed under it is gone, in every copy of the log.
    op.execute(
        """
        create table person_keys (
            workspace_id uuid not null references workspaces (id),
            kind text not null check (kind in ('member', 'contact')),
            person_id uuid not null,
            sealed bytea,
            created_at timestamptz not null default now(),
            destroyed_at timestamptz,
            primary key (workspace_id, kind, person_id),
            check ((sealed is null) = (destroyed_at is not null))
        )
        """
    )
    isolate("person_keys", grant="select, insert, update")


def _settings() -> None:
    op.execute(
        """
        create table audit_settings (
            workspace_id uuid primary key references workspaces (id),
            keep_days integer check (keep_days between 180 and 36500)
        )
        """
    )
    isolate("audit_settings", grant="select, insert, update", system="select")


def _cut() -> None:
    """The only way in which rows go: the oldest, whole, behind an anchor, no younger than is kept."""
    op.execute(
        f"""
        create function audit_cut(upto bigint) returns bigint language plpgsql security definer
        set search_path = public, pg_temp as $$
        declare
            ws uuid := {CURRENT_WORKSPACE};
            oldest timestamptz;
            gone bigint;
        begin
            select now() - make_interval(days => keep_days) into oldest
            from audit_settings where workspace_id = ws;
            if oldest is null
               or not exists (select from audit_anchors where workspace_id = ws and number = upto)
               or exists (select from audit_seals s
                          join audit_log l on l.workspace_id = s.workspace_id and l.id = s.entry_id
                          where s.workspace_id = ws and s.number <= upto and l.at > oldest)
            then
                raise exception 'this much of the audit log is to be kept';
            end if;
            perform set_config('kz.audit_cut', 'on', true);
            delete from audit_log l using audit_seals s
            where l.workspace_id = ws and s.workspace_id = ws and s.number <= upto and l.id = s.entry_id;
            get diagnostics gone = row_count;
            delete from audit_seals where workspace_id = ws and number <= upto;
            perform set_config('kz.audit_cut', '', true);
            return gone;
        end $$
        """  # noqa: S608 - words of the house
    )
    # The function runs as its owner, whom row-level security holds back as well.
    for table in ("audit_log", "audit_seals"):
        op.execute(f"create policy {table}_cut on {table} to current_user using (true) with check (true)")
    for table in ("audit_anchors", "audit_settings"):
        op.execute(f"create policy {table}_cut on {table} for select to current_user using (true)")
    op.execute("revoke execute on function audit_cut(bigint) from public")
    op.execute("grant execute on function audit_cut(bigint) to kz_app")


def _exports() -> None:
    op.execute(
        """
        create table audit_exports (
            workspace_id uuid not null references workspaces (id),
            id uuid not null,
            membership_id uuid not null,
            question jsonb not null,
            form text not null check (form in ('csv', 'xlsx')),
            mark text not null,
            language text not null,
            state text not null check (state in ('waiting', 'running', 'done', 'failed', 'cancelled')),
            found integer not null default 0,
            cut boolean not null default false,
            fault text,
            file_id uuid,
            created_at timestamptz not null default now(),
            touched_at timestamptz not null default now(),
            expires_at timestamptz,
            primary key (workspace_id, id),
            foreign key (workspace_id, membership_id) references memberships (workspace_id, id),
            check ((state = 'done') = (file_id is not null))
        )
        """
    )
    op.execute(
        "create unique index audit_exports_mark on audit_exports (workspace_id, membership_id, mark)"
        " where state in ('waiting', 'running')"
    )
    op.execute(
        "create index audit_exports_member on audit_exports (workspace_id, membership_id, created_at desc)"
    )
    isolate("audit_exports")
