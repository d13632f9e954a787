"""Views: filters that people keep, in whose order; and acts on many conversations at once."""

from alembic import op

from kezhan.migrations.ddl import isolate

revision = "0023"
down_revision = "0022"

_OF_MEMBER = "foreign key (workspace_id, {}) references memberships (workspace_id, id)"


def upgrade() -> None:
    _views()
    _counted()
    _bulk()


def _views() -> None:
    # `place_id`: the workspace, the team or the person whose it is.
    op.execute(
        f"""
        create table saved_views (
            workspace_id uuid not null references workspaces (id),
            id uuid not null,
            scope text not null check (scope in ('public', 'team', 'personal')),
            place_id uuid not null,
            team_id uuid generated always as (case when scope = 'team' then place_id end) stored,
            member_id uuid generated always as (case when scope = 'personal' then place_id end) stored,
            name text not null check (length(name) between 1 and 40),
            icon text not null check (length(icon) <= 30),
            colour text not null check (length(colour) <= 10),
            filter jsonb not null,
            sort text not null check (length(sort) <= 20),
            version integer not null check (version > 0),
            created_at timestamptz not null default now(),
            updated_at timestamptz not null default now(),
            archived_at timestamptz,
            primary key (workspace_id, id),
            check (scope <> 'public' or place_id = workspace_id),
            foreign key (workspace_id, team_id) references teams (workspace_id, id),
            {_OF_MEMBER.format("member_id")}
        )
        """
    )
    op.execute(
        "create unique index saved_views_name on saved_views (workspace_id, scope, place_id, name)"
        " where archived_at is null"
    )
    isolate("saved_views", grant="select, insert, update")
    op.execute(
        f"""
        create table view_orders (
            workspace_id uuid not null,
            membership_id uuid not null,
            view_ids uuid[] not null,
            primary key (workspace_id, membership_id),
            {_OF_MEMBER.format("membership_id")}
        )
        """
    )
    isolate("view_orders", grant="select, insert, update")


def _counted() -> None:
    # What has ended is most of all there is, and seldom changes: it is counted in the index alone. What is
    # open is not in it, so that messages cost nothing more.
    op.execute(
        "create index conversations_ended on conversations (workspace_id, closed_at) include ("
        " id, contact_id, channel, account_id, team_id, assignee_id, guests, opened_at, active_at, spam_at,"
        " inbound_count, waiting_since, parked_at, wake_at) where state = 'closed'"
    )


def _bulk() -> None:
    # `caller`: who asked, as she was then; `wanted`: a `Wanted`.
    op.execute(
        f"""
        create table bulk_acts (
            workspace_id uuid not null references workspaces (id),
            id uuid not null,
            by_id uuid not null,
            client_id text not null check (length(client_id) between 1 and 100),
            wanted jsonb not null,
            caller jsonb not null,
            state text not null check (state in ('running', 'done', 'cancelled', 'undoing', 'undone')),
            created_at timestamptz not null default now(),
            ended_at timestamptz,
            primary key (workspace_id, id),
            unique (workspace_id, by_id, client_id),
            {_OF_MEMBER.format("by_id")}
        )
        """
    )
    isolate("bulk_acts")
    op.execute(
        """
        create table bulk_items (
            workspace_id uuid not null,
            bulk_id uuid not null,
            conversation_id uuid not null,
            state text not null check (state in ('waiting', 'done', 'refused', 'undone', 'stuck')),
            kept jsonb,
            fault jsonb,
            primary key (workspace_id, bulk_id, conversation_id),
            foreign key (workspace_id, bulk_id) references bulk_acts (workspace_id, id) on delete cascade,
            foreign key (workspace_id, conversation_id) references conversations (workspace_id, id)
        )
        """
    )
    op.execute("create index bulk_items_conversation on bulk_items (workspace_id, conversation_id)")
    isolate("bulk_items")
