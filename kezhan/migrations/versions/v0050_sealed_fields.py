"""Fields whose values are kept sealed: how far those that stand have been brought under the field's flag."""

from alembic import op

from kezhan.migrations.ddl import isolate

revision = "0050"
down_revision = "0049"


def upgrade() -> None:
    # `behind`: the last thing done.
    op.execute(
        """
        create table field_seals (
            workspace_id uuid not null references workspaces (id),
            id uuid not null,
            subject text not null check (subject in ('contact', 'company')),
            field_id text not null,
            sealed boolean not null,
            done integer not null default 0,
            total integer not null,
            behind uuid,
            ended_at timestamptz,
            primary key (workspace_id, id)
        )
        """
    )
    op.execute("create unique index field_seals_of on field_seals (workspace_id, subject, field_id)")
    isolate("field_seals")
