"""Signing in by a company's own provider that speaks SAML 2.0."""

from alembic import op

from kezhan.migrations.ddl import isolate

revision = "0048"
down_revision = "0047"


def upgrade() -> None:
    op.execute(
        """
        alter table single_sign_on
            add column protocol text not null default 'oidc' check (protocol in ('oidc', 'saml')),
            add column origin text not null default '' check (length(origin) <= 300),
            add column sign_on_address text not null default '' check (length(sign_on_address) <= 500),
            add column certificates text[] not null default '{}' check (cardinality(certificates) <= 5),
            add column sign_requests boolean not null default false,
            add column signing_key bytea,
            add column signing_certificate text not null default ''
        """
    )
    op.execute(
        """
        create table single_sign_on_seen (
            workspace_id uuid not null references workspaces (id),
            digest bytea not null,
            until timestamptz not null,
            primary key (workspace_id, digest)
        )
        """
    )
    isolate("single_sign_on_seen", grant="select, insert, delete")
