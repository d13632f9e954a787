"""A customer's tier and dedicated agent; rules that invite visitors, and the invitations made."""

from alembic import op

from kezhan.migrations.ddl import isolate

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    _contacts()
    _rules()
    _invites()


def _contacts() -> None:
    op.execute(
        """
        alter table contacts
            add column tier text collate "C" not null default '' check (length(tier) <= 32),
            add column owner_id uuid,
            add foreign key (workspace_id, owner_id) references memberships (workspace_id, id)
        """
    )
    op.execute("create index contacts_tier on contacts (workspace_id, tier) where tier <> ''")


def _rules() -> None:
    op.execute(
        """
        create table invite_rules (
            workspace_id uuid not null references workspaces (id),
            id uuid not null,
            name text not null check (length(name) between 1 and 60),
            active boolean not null,
            place integer not null,
            texts jsonb not null,
            conditions jsonb not null,
            created_at timestamptz not null default now(),
            archived_at timestamptz,
            primary key (workspace_id, id)
        )
        """
    )
    op.execute(
        "create unique index invite_rules_name on invite_rules (workspace_id, name) where archived_at is null"
    )
    isolate("invite_rules", grant="select, insert, update")


def _invites() -> None:
    op.execute(
        """
        create table invites (
            workspace_id uuid not null references workspaces (id),
            id uuid not null,
            identity_id uuid not null,
            account_id uuid not null,
            rule_id uuid,
            agent_id uuid,
            body text not null check (length(body) between 1 and 500),
            page text not null check (length(page) <= 2048),
            sent_at timestamptz not null default now(),
            answer text check (answer in ('accepted', 'declined')),
            answered_at timestamptz,
            conversation_id uuid,
            primary key (workspace_id, id),
            foreign key (workspace_id, identity_id) references identities (workspace_id, id),
            foreign key (workspace_id, account_id) references channel_accounts (workspace_id, id),
            foreign key (workspace_id, rule_id) references invite_rules (workspace_id, id),
            foreign key (workspace_id, agent_id) references memberships (workspace_id, id),
            foreign key (workspace_id, conversation_id) references conversations (workspace_id, id),
            check ((rule_id is null) <> (agent_id is null)),
            check ((answer is null) = (answered_at is null))
        )
        """
    )
    op.execute("create index invites_identity on invites (workspace_id, identity_id, sent_at desc)")
    # All that the counts of a month need, so that they are read from the index alone.
    op.execute("create index invites_sent on invites (workspace_id, sent_at) include (rule_id, answer)")
    isolate("invites")
