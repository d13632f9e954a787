"""Workspaces, users, memberships, sessions, invitations, teams, API tokens, audit."""

from alembic import op

from kezhan.migrations.ddl import CURRENT_WORKSPACE, isolate

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    _workspaces()
    _users()
    _memberships()
    _credentials()
    _teams()
    _audit()


def _workspaces() -> None:
    op.execute(
        """
        create table workspaces (
            id uuid primary key,
            name text not null check (length(name) between 1 and 100),
            language text not null default 'zh-CN',
            time_zone text not null default 'Asia/Shanghai',
            demo boolean not null default false,
            created_at timestamptz not null default now(),
            archived_at timestamptz
        )
        """
    )
    op.execute("alter table workspaces enable row level security")
    op.execute("alter table workspaces force row level security")
    op.execute(f"create policy workspaces_app on workspaces to kz_app using (id = {CURRENT_WORKSPACE})")
    op.execute("create policy workspaces_system on workspaces to kz_system using (true) with check (true)")
    op.execute("grant select, update on workspaces to kz_app")
    op.execute("grant select, insert, update on workspaces to kz_system")


def _users() -> None:
    # Global: one person may belong to several workspaces. kz_app has no business here; what a workspace
    # shows of a person stands in its own memberships.
    op.execute(
        """
        create table users (
            id uuid primary key,
            email text not null check (length(email) between 3 and 254),
            email_key text not null unique,
            password_hash text,
            language text not null default 'zh-CN',
            created_at timestamptz not null default now(),
            disabled_at timestamptz
        )
        """
    )
    op.execute("grant select, insert, update on users to kz_system")
    op.execute(
        """
        create table sign_in_failures (
            key text primary key,
            failures integer not null,
            first_at timestamptz not null,
            locked_until timestamptz
        )
        """
    )
    op.execute("grant select, insert, update, delete on sign_in_failures to kz_system")


def _memberships() -> None:
    op.execute(
        """
        create table memberships (
            workspace_id uuid not null references workspaces (id),
            id uuid not null,
            user_id uuid not null references users (id),
            email text not null,
            name text not null check (length(name) between 1 and 100),
            sort_key text not null,
            role text not null
                check (role in ('owner', 'admin', 'supervisor', 'agent', 'inspector', 'auditor')),
            avatar_file_id uuid,
            created_at timestamptz not null default now(),
            archived_at timestamptz,
            primary key (workspace_id, id),
            unique (workspace_id, user_id)
        )
        """
    )
    op.execute("create index memberships_user on memberships (user_id)")
    isolate("memberships", grant="select, insert, update", system="select, insert, update")


def _credentials() -> None:
    op.execute(
        """
        create table sessions (
            workspace_id uuid not null,
            id uuid not null,
            membership_id uuid not null,
            token_digest bytea not null unique,
            peer text not null,
            user_agent text not null,
            created_at timestamptz not null default now(),
            seen_at timestamptz not null default now(),
            expires_at timestamptz not null,
            revoked_at timestamptz,
            primary key (workspace_id, id),
            foreign key (workspace_id, membership_id) references memberships (workspace_id, id)
        )
        """
    )
    op.execute("create index sessions_member on sessions (workspace_id, membership_id)")
    isolate("sessions", grant="select, insert, update", system="select, insert, update")
    op.execute(
        """
        create table invitations (
            workspace_id uuid not null references workspaces (id),
            id uuid not null,
            email text not null,
            role text not null,
            team_ids uuid[] not null default '{}',
            token_digest bytea not null unique,
            invited_by uuid,
            created_at timestamptz not null default now(),
            expires_at timestamptz not null,
            accepted_at timestamptz,
            revoked_at timestamptz,
            primary key (workspace_id, id)
        )
        """
    )
    isolate("invitations", grant="select, insert, update", system="select, insert, update")
    op.execute(
        """
        create table api_tokens (
            workspace_id uuid not null references workspaces (id),
            id uuid not null,
            name text not null check (length(name) between 1 and 100),
            token_digest bytea not null unique,
            scopes text[] not null,
            created_by uuid not null,
            created_at timestamptz not null default now(),
            last_used_at timestamptz,
            expires_at timestamptz,
            revoked_at timestamptz,
            primary key (workspace_id, id),
            foreign key (workspace_id, created_by) references memberships (workspace_id, id)
        )
        """
    )
    isolate("api_tokens", grant="select, insert, update", system="select, update")


def _teams() -> None:
    op.execute(
        """
        create table teams (
            workspace_id uuid not null references workspaces (id),
            id uuid not null,
            name text not null check (length(name) between 1 and 100),
            sort_key text not null,
            created_at timestamptz not null default now(),
            archived_at timestamptz,
            primary key (workspace_id, id)
        )
        """
    )
    op.execute("create unique index teams_name on teams (workspace_id, name) where archived_at is null")
    op.execute(
        """
        create table team_members (
            workspace_id uuid not null,
            team_id uuid not null,
            membership_id uuid not null,
            primary key (workspace_id, team_id, membership_id),
            foreign key (workspace_id, team_id) references teams (workspace_id, id),
            foreign key (workspace_id, membership_id) references memberships (workspace_id, id)
        )
        """
    )
    op.execute("create index team_members_member on team_members (workspace_id, membership_id)")
    isolate("teams", system="select")
    isolate("team_members", system="select, insert")


def _audit() -> None:
    op.execute(
        """
        create table audit_log (
            workspace_id uuid not null references workspaces (id),
            id uuid not null,
            at timestamptz not null default now(),
            actor_kind text not null check (actor_kind in ('member', 'token', 'system', 'anonymous')),
            actor_id uuid,
            action text not null,
            subject_kind text not null,
            subject_id uuid,
            detail jsonb,
            peer text,
            primary key (workspace_id, id)
        )
        """
    )
    op.execute("create index audit_log_at on audit_log (workspace_id, at desc, id desc)")
    isolate("audit_log", grant="select, insert", system="insert")
