"""What customers consent to, and who has consented to which version of it."""

from alembic import op

from kezhan.migrations.ddl import isolate

revision = "0049"
down_revision = "0048"

_WAYS = "('widget', 'agent', 'import')"


def upgrade() -> None:
    op.execute(
        """
        create table consent_texts (
            workspace_id uuid not null references workspaces (id),
            id uuid not null,
            name text not null check (length(name) between 1 and 60),
            required boolean not null,
            version integer not null check (version > 0),
            created_at timestamptz not null,
            archived_at timestamptz,
            primary key (workspace_id, id)
        )
        """
    )
    isolate("consent_texts", grant="select, insert, update", system="select")
    op.execute(
        """
        create table consent_versions (
            workspace_id uuid not null references workspaces (id),
            text_id uuid not null,
            version integer not null check (version > 0),
            words jsonb not null,
            published_at timestamptz not null,
            by_id uuid not null,
            primary key (workspace_id, text_id, version),
            foreign key (workspace_id, text_id) references consent_texts (workspace_id, id)
        )
        """
    )
    # What somebody has consented to is for ever what it was.
    isolate("consent_versions", grant="select, insert")
    op.execute(
        f"""
        create table consents (
            workspace_id uuid not null references workspaces (id),
            id uuid not null,
            contact_id uuid not null,
            text_id uuid not null,
            version integer not null,
            language text not null check (length(language) <= 35),
            way text not null check (way in {_WAYS}),
            how text not null check (length(how) <= 200),
            by_id uuid,
            given_at timestamptz not null,
            withdrawn_at timestamptz,
            withdrawn_way text check (withdrawn_way in {_WAYS}),
            withdrawn_how text not null default '' check (length(withdrawn_how) <= 200),
            withdrawn_by uuid,
            primary key (workspace_id, id),
            foreign key (workspace_id, contact_id) references contacts (workspace_id, id),
            foreign key (workspace_id, text_id) references consent_texts (workspace_id, id)
        )
        """
    )
    op.execute(
        "create unique index consents_once on consents (workspace_id, contact_id, text_id, version)"
        " where withdrawn_at is null"
    )
    op.execute("create index consents_of on consents (workspace_id, contact_id, given_at)")
    isolate("consents", grant="select, insert, update")
