"""What a company's directory says of people and groups, and the tokens it comes with."""

from alembic import op

from kezhan.migrations.ddl import isolate

revision = "0047"
down_revision = "0046"


def upgrade() -> None:
    op.execute(
        """
        create table provisioning (
            workspace_id uuid primary key references workspaces (id),
            groups text not null default 'teams' check (groups in ('teams', 'roles')),
            role text not null default 'agent',
            role_map jsonb not null default '[]'
        )
        """
    )
    isolate("provisioning", grant="select, insert, update")
    op.execute(
        """
        create table provisioning_tokens (
            workspace_id uuid not null references workspaces (id),
            id uuid not null,
            name text not null check (length(name) between 1 and 100),
            token_digest bytea not null,
            created_at timestamptz not null default now(),
            last_used_at timestamptz,
            expires_at timestamptz,
            revoked_at timestamptz,
            primary key (workspace_id, id)
        )
        """
    )
    op.execute("create unique index provisioning_tokens_digest on provisioning_tokens (token_digest)")
    isolate("provisioning_tokens", grant="select, insert, update", system="select, update")
    op.execute(
        """
        create table provisioned_people (
            workspace_id uuid not null,
            membership_id uuid not null,
            user_name text not null check (length(user_name) between 1 and 254),
            external_id text check (length(external_id) <= 255),
            given_name text not null default '' check (length(given_name) <= 100),
            family_name text not null default '' check (length(family_name) <= 100),
            changed_at timestamptz not null default now(),
            primary key (workspace_id, membership_id),
            foreign key (workspace_id, membership_id) references memberships (workspace_id, id)
        )
        """
    )
    op.execute(
        "create unique index provisioned_people_name on provisioned_people (workspace_id, lower(user_name))"
    )
    op.execute(
        "create unique index provisioned_people_external on provisioned_people (workspace_id, external_id)"
    )
    isolate("provisioned_people")
    op.execute(
        """
        create table provisioned_groups (
            workspace_id uuid not null references workspaces (id),
            id uuid not null,
            name text not null check (length(name) between 1 and 200),
            external_id text check (length(external_id) <= 255),
            team_id uuid,
            created_at timestamptz not null default now(),
            changed_at timestamptz not null default now(),
            primary key (workspace_id, id),
            foreign key (workspace_id, team_id) references teams (workspace_id, id)
        )
        """
    )
    op.execute(
        "create unique index provisioned_groups_name on provisioned_groups (workspace_id, lower(name))"
    )
    isolate("provisioned_groups")
    op.execute(
        """
        create table provisioned_group_members (
            workspace_id uuid not null,
            group_id uuid not null,
            membership_id uuid not null,
            primary key (workspace_id, group_id, membership_id),
            foreign key (workspace_id, group_id) references provisioned_groups (workspace_id, id)
                on delete cascade,
            foreign key (workspace_id, membership_id) references memberships (workspace_id, id)
        )
        """
    )
    op.execute(
        "create index provisioned_group_members_of on provisioned_group_members (workspace_id, membership_id)"
    )
    isolate("provisioned_group_members")
