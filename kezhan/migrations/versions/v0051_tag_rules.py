"""Tag rules, who act as such in the audit log."""

from alembic import op

from kezhan.migrations.ddl import isolate

revision = "0051"
down_revision = "0050"


def upgrade() -> None:
    op.execute(
        """
        create table tag_rules (
            workspace_id uuid not null references workspaces (id),
            id uuid not null,
            name text not null check (length(name) between 1 and 40),
            sort_key text not null,
            active boolean not null,
            body jsonb not null,
            version integer not null default 1 check (version > 0),
            created_at timestamptz not null default now(),
            updated_at timestamptz not null default now(),
            archived_at timestamptz,
            primary key (workspace_id, id)
        )
        """
    )
    isolate("tag_rules", grant="select, insert, update")
    # What stands there has passed the narrower check.
    op.execute(
        """
        alter table audit_log
            drop constraint audit_log_actor_kind_check,
            add constraint audit_log_actor_kind_check
                check (actor_kind in ('member', 'token', 'system', 'anonymous', 'rule')) not valid
        """
    )
