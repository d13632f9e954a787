"""The life of a conversation: parked until a time, ended by silence, gone on with after its end."""

from alembic import op

from kezhan.migrations.ddl import isolate

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    _parked()
    _rules()
    _linked()
    _forms()
    _spam()


def _parked() -> None:
    op.execute("alter table conversations add column wake_at timestamptz")
    op.execute("alter table conversations add column woken_seq integer not null default 0")
    # The soonest first; what waits for its customer alone comes last.
    op.execute(
        "create index conversations_parked on conversations"
        " (workspace_id, assignee_id, (coalesce(wake_at, '9000-01-01 00:00:00+00'::timestamptz)), id) where parked_at is not null"
    )


def _rules() -> None:
    op.execute(
        """
        create table life_rules (
            workspace_id uuid not null references workspaces (id),
            account_id uuid not null,
            rules jsonb not null,
            primary key (workspace_id, account_id),
            foreign key (workspace_id, account_id) references channel_accounts (workspace_id, id)
        )
        """
    )
    isolate("life_rules", grant="select, insert, update")


def _linked() -> None:
    # The one of the same customer, on the same channel, that had ended before this one began.
    op.execute("alter table conversations add column previous_id uuid")
    op.execute(
        "create index conversations_previous on conversations (workspace_id, previous_id)"
        " where previous_id is not null"
    )


def _forms() -> None:
    op.execute(
        """
        create table forms (
            workspace_id uuid not null references workspaces (id),
            id uuid not null,
            purpose text not null check (purpose in ('wrap_up')),
            team_id uuid,
            version integer not null,
            archived_at timestamptz,
            primary key (workspace_id, id),
            foreign key (workspace_id, team_id) references teams (workspace_id, id)
        )
        """
    )
    isolate("forms", grant="select, insert, update")
    op.execute(
        "create unique index forms_asked on forms (workspace_id, purpose, (coalesce(team_id, workspace_id)))"
        " where archived_at is null"
    )
    op.execute(
        """
        create table form_versions (
            workspace_id uuid not null,
            form_id uuid not null,
            version integer not null,
            fields jsonb not null,
            saved_at timestamptz not null,
            saved_by uuid not null,
            primary key (workspace_id, form_id, version),
            foreign key (workspace_id, form_id) references forms (workspace_id, id),
            foreign key (workspace_id, saved_by) references memberships (workspace_id, id)
        )
        """
    )
    isolate("form_versions", grant="select, insert")
    op.execute(
        """
        create table wrap_ups (
            workspace_id uuid not null,
            conversation_id uuid not null,
            form_id uuid not null,
            version integer not null,
            filled jsonb not null,
            state text not null check (state in ('draft', 'done', 'left_out')),
            by_id uuid,
            at timestamptz not null,
            primary key (workspace_id, conversation_id),
            foreign key (workspace_id, conversation_id) references conversations (workspace_id, id),
            foreign key (workspace_id, form_id) references forms (workspace_id, id),
            foreign key (workspace_id, by_id) references memberships (workspace_id, id)
        )
        """
    )
    isolate("wrap_ups")


def _spam() -> None:
    op.execute("alter table conversations add column spam_at timestamptz")
    op.execute(
        "create index conversations_spam on conversations (workspace_id, active_at desc, id desc)"
        " where spam_at is not null"
    )
    op.execute(
        """
        create table blocks (
            workspace_id uuid not null references workspaces (id),
            contact_id uuid not null,
            until timestamptz,
            reason text not null check (length(reason) <= 200),
            by_id uuid not null,
            created_at timestamptz not null,
            primary key (workspace_id, contact_id),
            foreign key (workspace_id, contact_id) references contacts (workspace_id, id),
            foreign key (workspace_id, by_id) references memberships (workspace_id, id)
        )
        """
    )
    isolate("blocks")
