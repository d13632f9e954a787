"""Devices: what a person has set for herself, where she is pushed to, and drafts that several devices write."""

from alembic import op

from kezhan.migrations.ddl import isolate

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    op.execute("alter table drafts add column version integer not null default 0")
    _settings()
    _push()


def _settings() -> None:
    op.execute(
        """
        create table personal_settings (
            workspace_id uuid not null,
            membership_id uuid not null,
            settings jsonb not null,
            rev integer not null check (rev > 0),
            primary key (workspace_id, membership_id),
            foreign key (workspace_id, membership_id) references memberships (workspace_id, id)
        )
        """
    )
    isolate("personal_settings")


def _push() -> None:
    # The installation's own key, sealed; the one row there is.
    op.execute(
        """
        create table push_keys (
            id smallint primary key check (id = 1),
            sealed bytea not null,
            made_at timestamptz not null default now()
        )
        """
    )
    op.execute("grant select, insert on push_keys to kz_system")
    # Where to and for whom is known to the holder of the address alone, so it is sealed.
    op.execute(
        """
        create table push_subscriptions (
            workspace_id uuid not null,
            id uuid not null,
            membership_id uuid not null,
            session_id uuid not null,
            digest bytea not null,
            sealed bytea not null,
            host text not null,
            name text not null check (length(name) between 1 and 100),
            language text not null check (language in ('zh-CN', 'en')),
            created_at timestamptz not null default now(),
            used_at timestamptz,
            primary key (workspace_id, id),
            unique (workspace_id, digest),
            foreign key (workspace_id, membership_id) references memberships (workspace_id, id),
            foreign key (workspace_id, session_id) references sessions (workspace_id, id)
        )
        """
    )
    op.execute("create index push_subscriptions_member on push_subscriptions (workspace_id, membership_id)")
    isolate("push_subscriptions")
    # What is to be pushed, by ids: the words are read when it is sent. One for each thing it is about.
    op.execute(
        """
        create table pushes (
            workspace_id uuid not null,
            id uuid not null,
            subscription_id uuid not null,
            kind text not null check (kind in ('offer', 'message', 'mention', 'transfer', 'invite', 'alert')),
            about uuid not null,
            seq integer not null default 0,
            made_at timestamptz not null,
            not_before timestamptz,
            primary key (workspace_id, id),
            unique (workspace_id, subscription_id, kind, about),
            foreign key (workspace_id, subscription_id) references push_subscriptions (workspace_id, id)
                on delete cascade
        )
        """
    )
    isolate("pushes")
