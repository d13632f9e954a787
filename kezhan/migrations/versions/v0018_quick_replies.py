"""Quick replies: their texts and files, who has used them, who wants to be offered some."""

from alembic import op

from kezhan.migrations.ddl import isolate

revision = "0018"
down_revision = "0017"

_OF_REPLY = "foreign key (workspace_id, reply_id) references quick_replies (workspace_id, id)"
_OF_MEMBER = "foreign key (workspace_id, membership_id) references memberships (workspace_id, id)"


def upgrade() -> None:
    _replies()
    _files()
    _uses()
    _settings()


def _replies() -> None:
    # `place_id`: the workspace, the team or the person whose it is. `category`: names from the outermost on,
    # parted by slashes. What a search looks through is made when a reply is saved.
    op.execute(
        """
        create table quick_replies (
            workspace_id uuid not null references workspaces (id),
            id uuid not null,
            scope text not null check (scope in ('public', 'team', 'personal')),
            place_id uuid not null,
            team_id uuid generated always as (case when scope = 'team' then place_id end) stored,
            member_id uuid generated always as (case when scope = 'personal' then place_id end) stored,
            category text not null check (length(category) <= 130),
            title text not null check (length(title) between 1 and 60),
            code text not null check (length(code) <= 32),
            body text not null check (length(body) <= 4000),
            code_key text collate "C" not null,
            title_key text collate "C" not null,
            sort_key text collate "C" not null,
            pinyin text collate "C" not null,
            initials text collate "C" not null,
            title_words text[] not null,
            words text[] not null,
            version integer not null check (version > 0),
            created_at timestamptz not null default now(),
            updated_at timestamptz not null default now(),
            archived_at timestamptz,
            primary key (workspace_id, id),
            check (scope <> 'public' or place_id = workspace_id),
            foreign key (workspace_id, team_id) references teams (workspace_id, id),
            foreign key (workspace_id, member_id) references memberships (workspace_id, id)
        )
        """
    )
    op.execute(
        "create unique index quick_replies_title on quick_replies"
        " (workspace_id, scope, place_id, category, title) where archived_at is null"
    )
    op.execute(
        "create unique index quick_replies_code on quick_replies (workspace_id, scope, place_id, code_key)"
        " where archived_at is null and code_key <> ''"
    )
    isolate("quick_replies", grant="select, insert, update")


def _files() -> None:
    op.execute(
        f"""
        create table quick_reply_files (
            workspace_id uuid not null,
            reply_id uuid not null,
            place integer not null,
            file_id uuid not null,
            primary key (workspace_id, reply_id, place),
            unique (workspace_id, file_id),
            {_OF_REPLY},
            foreign key (workspace_id, file_id) references files (workspace_id, id)
        )
        """
    )
    isolate("quick_reply_files", grant="select, insert, delete")


def _uses() -> None:
    # `client_id`: of the last use, so that a repeat of it counts once.
    op.execute(
        f"""
        create table quick_uses (
            workspace_id uuid not null,
            reply_id uuid not null,
            membership_id uuid not null,
            used integer not null check (used > 0),
            last_used_at timestamptz not null,
            client_id text not null check (length(client_id) between 1 and 100),
            primary key (workspace_id, reply_id, membership_id),
            {_OF_REPLY},
            {_OF_MEMBER}
        )
        """
    )
    isolate("quick_uses", grant="select, insert, update")


def _settings() -> None:
    op.execute(
        f"""
        create table quick_settings (
            workspace_id uuid not null,
            membership_id uuid not null,
            suggest boolean not null,
            primary key (workspace_id, membership_id),
            {_OF_MEMBER}
        )
        """
    )
    isolate("quick_settings", grant="select, insert, update")
