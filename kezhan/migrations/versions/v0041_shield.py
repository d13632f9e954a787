"""What keeps abuse away: settings, counts of what comes in, blocked addresses and devices, puzzles solved, kinds
of files, what is known of viruses in them; whose screens carry a watermark."""

from alembic import op

from kezhan.migrations.ddl import isolate

revision = "0041"
down_revision = "0040"


def upgrade() -> None:
    op.execute(
        """
        create table shield_settings (
            workspace_id uuid primary key references workspaces (id),
            settings jsonb not null,
            version integer not null check (version > 0)
        )
        """
    )
    isolate("shield_settings", grant="select, insert, update", system="select")
    op.execute(
        """
        create table flood_counts (
            workspace_id uuid not null references workspaces (id),
            rule text not null,
            scope text not null check (scope in ('visitor', 'address', 'workspace')),
            key text not null check (length(key) <= 100),
            starts_at timestamptz not null,
            n integer not null check (n >= 0),
            level text not null default '' check (level in ('', 'soft', 'hard')),
            primary key (workspace_id, rule, scope, key, starts_at)
        )
        """
    )
    op.execute(
        "create index flood_counts_newest on flood_counts (workspace_id, starts_at desc) where level <> ''"
    )
    isolate("flood_counts", system="select, delete")
    op.execute(
        """
        create table blocked_sources (
            workspace_id uuid not null references workspaces (id),
            id uuid not null,
            kind text not null check (kind in ('address', 'device')),
            value text not null check (length(value) between 1 and 64),
            reason text not null check (length(reason) <= 200),
            until timestamptz,
            by_name text not null,
            created_at timestamptz not null default now(),
            hits integer not null default 0,
            hit_at timestamptz,
            primary key (workspace_id, id)
        )
        """
    )
    op.execute("create unique index blocked_sources_once on blocked_sources (workspace_id, kind, value)")
    isolate("blocked_sources", system="select")
    op.execute(
        """
        create table puzzles_solved (
            workspace_id uuid not null references workspaces (id),
            digest bytea not null,
            expires_at timestamptz not null,
            primary key (workspace_id, digest)
        )
        """
    )
    isolate("puzzles_solved", grant="select, insert", system="select, delete")
    op.execute(
        """
        create table upload_rules (
            workspace_id uuid primary key references workspaces (id),
            refused text[] not null check (cardinality(refused) <= 200),
            version integer not null check (version > 0)
        )
        """
    )
    isolate("upload_rules", grant="select, insert, update")
    op.execute(
        "alter table files add column checked text not null default ''"
        " check (checked in ('', 'clean', 'unchecked'))"
    )
    op.execute(
        """
        create table infected_files (
            workspace_id uuid not null references workspaces (id),
            id uuid not null,
            at timestamptz not null default now(),
            name text not null check (length(name) between 1 and 255),
            signature text not null check (length(signature) <= 200),
            owner_kind text not null check (owner_kind in ('member', 'visitor')),
            owner_id uuid not null,
            primary key (workspace_id, id)
        )
        """
    )
    op.execute("create index infected_files_newest on infected_files (workspace_id, at desc, id desc)")
    isolate("infected_files", grant="select, insert, delete", system="select, delete")
    op.execute("alter table workspaces add column watermark text[] not null default '{}'")
    for table in ("visits", "visitor_sessions"):
        name = "device_key" if table == "visits" else "device"
        op.execute(f"alter table {table} add column {name} text not null default ''")
