"""Roles of a workspace's own, and what they let their members do; what is masked, and from whom."""

from alembic import op

from kezhan.migrations.ddl import isolate

revision = "0045"
down_revision = "0044"


def upgrade() -> None:
    op.execute(
        """
        create table roles (
            workspace_id uuid not null references workspaces (id),
            id uuid not null,
            name text not null check (length(name) between 1 and 40),
            name_key text not null,
            sort_key text not null,
            note text not null default '' check (length(note) <= 200),
            rights text[] not null,
            version integer not null default 1 check (version > 0),
            created_at timestamptz not null default now(),
            archived_at timestamptz,
            primary key (workspace_id, id)
        )
        """
    )
    op.execute("create unique index roles_name on roles (workspace_id, name_key) where archived_at is null")
    isolate("roles", grant="select, insert, update", system="select")
    # What a role of the workspace's own lets her do stands beside it, so that nobody has to ask for the role;
    # empty with a ready-made one. A role's name has no dot, a right's always has.
    op.execute("alter table memberships add column rights text[] not null default '{}'")
    op.execute("alter table memberships drop constraint memberships_role_check")
    op.execute(
        "alter table memberships add check (length(role) between 1 and 40 and position('.' in role) = 0)"
    )
    # What `conversation.read` alone let programs read is by now what it lets them read together with this.
    op.execute(
        "update api_tokens set scopes = array_append(scopes, 'conversation.read_team')"
        " where 'conversation.read' = any(scopes)"
    )
    _search()
    _masking()


def _search() -> None:
    """Who reads her own conversations alone names the team of nobody (`see.NOBODY`), and finds nothing in those
    that nobody has been given."""
    op.execute(
        """
        do $do$ declare
            one record;
            before text;
            after text;
        begin
            for one in select oid from pg_proc where proname in ('message_search', 'thing_search') loop
                before := pg_get_functiondef(one.oid);
                after := replace(before, '(c.assignee_id is null and c.team_id is null)',
                    '(c.assignee_id is null and c.team_id is null'
                    ' and ''00000000-0000-0000-0000-000000000000'' <> all (reader_teams))');
                if after = before then
                    raise exception 'a search does not say who sees what';
                end if;
                execute after;
            end loop;
        end $do$
        """
    )


def _masking() -> None:
    """`masked`: the kinds of values; `plain_when_serving`: not in what is said to whoever answers just now."""
    op.execute(
        """
        alter table workspaces
            add column masked text[] not null default '{id_card,bank_card}',
            add column plain_when_serving boolean not null default true
        """
    )
