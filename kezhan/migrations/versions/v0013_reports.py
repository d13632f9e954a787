"""Thresholds of the live monitor, and when each was crossed."""

from alembic import op

from kezhan.migrations.ddl import isolate

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    # `episode_id`: the alert that is on just now; `fine_since`: since when it would be over, were that to last.
    op.execute(
        """
        create table alert_rules (
            workspace_id uuid not null references workspaces (id),
            id uuid not null,
            kind text not null
                check (kind in ('longest_wait', 'waiting', 'service_level', 'no_free_seat', 'abandoned')),
            team_id uuid,
            threshold integer not null check (threshold between 1 and 100000),
            least integer not null check (least between 1 and 100000),
            level text not null check (level in ('warning', 'critical')),
            active boolean not null,
            episode_id uuid,
            fine_since timestamptz,
            created_at timestamptz not null default now(),
            archived_at timestamptz,
            primary key (workspace_id, id),
            foreign key (workspace_id, team_id) references teams (workspace_id, id),
            check (fine_since is null or episode_id is not null)
        )
        """
    )
    op.execute(
        "create unique index alert_rules_once on alert_rules"
        " (workspace_id, kind, coalesce(team_id, workspace_id), level) where archived_at is null"
    )
    isolate("alert_rules", grant="select, insert, update", system="select")
    op.execute(
        """
        create table alert_events (
            workspace_id uuid not null,
            id uuid not null,
            at timestamptz not null,
            kind text not null check (kind in ('began', 'ended')),
            episode_id uuid not null,
            rule_id uuid not null,
            alert text not null,
            team_id uuid,
            threshold integer not null,
            level text not null,
            value integer,
            reason text not null default '' check (reason in ('', 'over', 'changed', 'switched_off', 'archived')),
            primary key (workspace_id, id),
            unique (workspace_id, episode_id, kind),
            foreign key (workspace_id, rule_id) references alert_rules (workspace_id, id)
        )
        """
    )
    op.execute(
        "create index alert_events_at on alert_events (workspace_id, at desc, id desc) where kind = 'began'"
    )
    isolate("alert_events", grant="select, insert")
