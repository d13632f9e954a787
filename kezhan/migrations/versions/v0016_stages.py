"""Switching over in stages by seats, alerts of channels, and channels tried from end to end."""

from alembic import op

from kezhan.migrations.ddl import isolate

revision = "0016"
down_revision = "0015"

_OF_ACCOUNT = "foreign key (workspace_id, account_id) references channel_accounts (workspace_id, id)"


def upgrade() -> None:
    op.execute("alter table channel_accounts add column switch jsonb not null default '{}'")
    op.execute("create index conversations_account on conversations (workspace_id, account_id, opened_at)")
    _sides()
    _alerts()
    _checks()


def _sides() -> None:
    # `customer`: the digest of the platform's name for her. Those served elsewhere are no customers of ours.
    op.execute(
        f"""
        create table channel_sides (
            workspace_id uuid not null references workspaces (id),
            account_id uuid not null,
            customer bytea not null check (octet_length(customer) = 16),
            here boolean not null,
            decided_at timestamptz not null,
            primary key (workspace_id, account_id, customer),
            {_OF_ACCOUNT}
        )
        """
    )
    isolate("channel_sides")


def _alerts() -> None:
    op.execute("alter table alert_rules drop constraint alert_rules_kind_check")
    op.execute(
        "alter table alert_rules add constraint alert_rules_kind_check check (kind in ("
        "'longest_wait', 'waiting', 'service_level', 'no_free_seat', 'abandoned',"
        " 'channel_down', 'channel_unsent', 'channel_errors', 'channel_expires'))"
    )
    op.execute("alter table alert_events add column account_id uuid")
    # A rule about channels watches each of them: the alerts of it that are on just now.
    op.execute(
        f"""
        create table channel_alerts (
            workspace_id uuid not null,
            rule_id uuid not null,
            account_id uuid not null,
            episode_id uuid not null,
            fine_since timestamptz,
            primary key (workspace_id, rule_id, account_id),
            foreign key (workspace_id, rule_id) references alert_rules (workspace_id, id),
            {_OF_ACCOUNT}
        )
        """
    )
    isolate("channel_alerts")
    op.execute(
        """
        insert into alert_rules (workspace_id, id, kind, threshold, least, level, active)
        select w.id, gen_random_uuid(), r.kind, r.threshold, r.least, r.level, true
        from workspaces w cross join (values
            ('channel_down', 1, 1, 'critical'), ('channel_unsent', 20, 1, 'warning'),
            ('channel_errors', 10, 10, 'warning'), ('channel_expires', 7, 1, 'warning')
        ) as r (kind, threshold, least, level)
        where exists (select 1 from channel_accounts a where a.workspace_id = w.id and a.adapter <> 'webchat'
                      and a.archived_at is null)
        """
    )


def _checks() -> None:
    # A channel tried from end to end by a person. `steps`: a `ChannelSteps`; one is under way per channel.
    op.execute(
        f"""
        create table channel_checks (
            workspace_id uuid not null references workspaces (id),
            id uuid not null,
            account_id uuid not null,
            code text not null check (length(code) between 4 and 12),
            state text not null check (state in ('running', 'passed', 'failed', 'cancelled')),
            steps jsonb not null,
            begun_by uuid not null,
            begun_at timestamptz not null,
            ended_at timestamptz,
            conversation_id uuid,
            primary key (workspace_id, id),
            {_OF_ACCOUNT},
            foreign key (workspace_id, begun_by) references memberships (workspace_id, id),
            foreign key (workspace_id, conversation_id) references conversations (workspace_id, id),
            check ((state = 'running') = (ended_at is null))
        )
        """
    )
    op.execute(
        "create unique index channel_checks_running on channel_checks (workspace_id, account_id)"
        " where ended_at is null"
    )
    op.execute(
        "create index channel_checks_account on channel_checks (workspace_id, account_id, begun_at desc)"
    )
    op.execute(
        "create index channel_checks_talk on channel_checks (workspace_id, conversation_id)"
        " where conversation_id is not null"
    )
    isolate("channel_checks")
