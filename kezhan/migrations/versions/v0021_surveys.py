"""Satisfaction surveys: what is asked, who was invited, what was answered, what is followed up."""

from alembic import op

from kezhan.migrations.ddl import isolate

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    _surveys()
    _invites()
    _follow_ups()


def _surveys() -> None:
    op.execute(
        """
        create table surveys (
            workspace_id uuid not null references workspaces (id),
            id uuid not null,
            name text not null check (length(name) between 1 and 60),
            active boolean not null,
            version integer not null check (version > 0),
            created_at timestamptz not null default now(),
            archived_at timestamptz,
            primary key (workspace_id, id)
        )
        """
    )
    op.execute("create unique index surveys_name on surveys (workspace_id, name) where archived_at is null")
    isolate("surveys", grant="select, insert, update")
    # A version never changes: an answer is read by what was asked.
    op.execute(
        """
        create table survey_versions (
            workspace_id uuid not null,
            survey_id uuid not null,
            version integer not null,
            definition jsonb not null,
            created_at timestamptz not null default now(),
            primary key (workspace_id, survey_id, version),
            foreign key (workspace_id, survey_id) references surveys (workspace_id, id)
        )
        """
    )
    isolate("survey_versions", grant="select, insert")


def _invites() -> None:
    # One per conversation, with its answer. `by_id` null: the house has invited by itself.
    op.execute(
        """
        create table survey_invites (
            workspace_id uuid not null references workspaces (id),
            id uuid not null,
            conversation_id uuid not null,
            survey_id uuid not null,
            version integer not null,
            account_id uuid not null,
            identity_id uuid not null,
            agent_id uuid,
            team_id uuid,
            by_id uuid,
            language text not null check (language in ('zh-CN', 'en')),
            sent_at timestamptz not null default now(),
            expires_at timestamptz not null,
            answered_at timestamptz,
            changed_at timestamptz,
            via text check (via in ('widget', 'page', 'message')),
            answer jsonb,
            csat smallint check (csat between 1 and 5),
            resolved boolean,
            nps smallint check (nps between 0 and 10),
            comment text not null default '' check (length(comment) <= 1000),
            primary key (workspace_id, id),
            unique (workspace_id, conversation_id),
            foreign key (workspace_id, conversation_id) references conversations (workspace_id, id),
            foreign key (workspace_id, survey_id) references surveys (workspace_id, id),
            foreign key (workspace_id, account_id) references channel_accounts (workspace_id, id),
            foreign key (workspace_id, identity_id) references identities (workspace_id, id),
            foreign key (workspace_id, agent_id) references memberships (workspace_id, id),
            foreign key (workspace_id, team_id) references teams (workspace_id, id),
            foreign key (workspace_id, by_id) references memberships (workspace_id, id),
            check ((answered_at is null) = (answer is null)),
            check ((answered_at is null) = (via is null))
        )
        """
    )
    op.execute("create index survey_invites_sent on survey_invites (workspace_id, sent_at)")
    op.execute("create index survey_invites_identity on survey_invites (workspace_id, identity_id, sent_at)")
    op.execute(
        "create index survey_invites_answered on survey_invites (workspace_id, answered_at desc, id desc)"
        " where answered_at is not null"
    )
    isolate("survey_invites")


def _follow_ups() -> None:
    op.execute(
        """
        create table survey_follow_ups (
            workspace_id uuid not null,
            invite_id uuid not null,
            responsible_id uuid,
            made_at timestamptz not null default now(),
            done_at timestamptz,
            done_by uuid,
            primary key (workspace_id, invite_id),
            foreign key (workspace_id, invite_id) references survey_invites (workspace_id, id),
            foreign key (workspace_id, responsible_id) references memberships (workspace_id, id),
            foreign key (workspace_id, done_by) references memberships (workspace_id, id),
            check ((done_at is null) = (done_by is null))
        )
        """
    )
    op.execute(
        "create index survey_follow_ups_open on survey_follow_ups (workspace_id, made_at desc, invite_id desc)"
        " where done_at is null"
    )
    isolate("survey_follow_ups")
