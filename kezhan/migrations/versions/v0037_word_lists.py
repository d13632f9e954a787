"""Lists of sensitive words, and the messages that held one."""

from alembic import op

from kezhan.migrations.ddl import isolate

revision = "0037"
down_revision = "0036"

_TIERS = "('off', 'record', 'warn', 'mask', 'block')"


def upgrade() -> None:
    op.execute(
        f"""
        create table word_lists (
            workspace_id uuid not null references workspaces (id),
            id uuid not null,
            name text not null check (length(name) between 1 and 40),
            name_key text not null,
            sort_key text not null,
            customers text not null check (customers in {_TIERS}),
            agents text not null check (agents in {_TIERS}),
            words text[] not null,
            version integer not null check (version > 0),
            created_at timestamptz not null default now(),
            primary key (workspace_id, id)
        )
        """
    )
    op.execute("create unique index word_lists_name on word_lists (workspace_id, name_key)")
    isolate("word_lists", system="select")
    op.execute(
        f"""
        create table word_hits (
            workspace_id uuid not null,
            id uuid not null,
            at timestamptz not null default now(),
            list_id uuid not null,
            word text not null,
            tier text not null check (tier in {_TIERS}),
            side text not null check (side in ('customers', 'agents')),
            conversation_id uuid,
            author_id uuid not null,
            author_name text not null,
            client_id text not null,
            primary key (workspace_id, id),
            foreign key (workspace_id, list_id) references word_lists (workspace_id, id) on delete cascade
        )
        """
    )
    # The same message is looked at again whenever it is sent again.
    op.execute(
        "create unique index word_hits_once on word_hits (workspace_id, list_id, author_id, client_id, tier)"
    )
    op.execute("create index word_hits_newest on word_hits (workspace_id, at desc, id desc)")
    op.execute("create index word_hits_of on word_hits (workspace_id, list_id, at desc, id desc)")
    isolate("word_hits", system="select, delete")
