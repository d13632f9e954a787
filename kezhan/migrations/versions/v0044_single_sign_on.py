"""Signing in by the company's own provider (OpenID Connect)."""

from alembic import op

from kezhan.migrations.ddl import isolate

revision = "0044"
down_revision = "0043"


def upgrade() -> None:
    op.execute(
        """
        create table single_sign_on (
            workspace_id uuid primary key references workspaces (id),
            issuer text not null check (length(issuer) <= 500),
            client_id text not null check (length(client_id) <= 500),
            secret bytea,
            enabled boolean not null default true,
            domains text[] not null default '{}' check (cardinality(domains) <= 20),
            required boolean not null default false,
            creates boolean not null default false,
            role text not null default 'agent',
            role_claim text not null default '' check (length(role_claim) <= 100),
            role_map jsonb not null default '[]'
        )
        """
    )
    isolate("single_sign_on", system="select")
    op.execute(
        """
        create table single_sign_on_people (
            workspace_id uuid not null,
            issuer text not null,
            subject text not null check (length(subject) <= 255),
            membership_id uuid not null,
            created_at timestamptz not null default now(),
            primary key (workspace_id, issuer, subject),
            foreign key (workspace_id, membership_id) references memberships (workspace_id, id)
        )
        """
    )
    isolate("single_sign_on_people")
