"""What two customers who became one were before: a journal by which they are parted again; verified addresses
and numbers of identities; pairs who are known not to be one. Fields of the
workspace's own, and their values; companies."""

from alembic import op

from kezhan.migrations.ddl import isolate

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    _identities()
    _merges()
    _strangers()
    _fields()
    _companies()


def _identities() -> None:
    """What a platform or site has proved to be hers, beside the `union_key`."""
    for key in ("email_key", "phone_key"):
        op.execute(f'alter table identities add column {key} text collate "C"')
        op.execute(
            f"create index identities_{key} on identities (workspace_id, {key}) where {key} is not null"
        )


def _merges() -> None:
    op.execute(
        """
        create table contact_merges (
            workspace_id uuid not null,
            id uuid not null,
            kept_id uuid not null,
            gone_id uuid not null,
            how text not null check (how in ('hand', 'union', 'email', 'phone')),
            by_id uuid,
            changed jsonb not null,
            at timestamptz not null default now(),
            parted_at timestamptz,
            primary key (workspace_id, id),
            foreign key (workspace_id, kept_id) references contacts (workspace_id, id),
            foreign key (workspace_id, gone_id) references contacts (workspace_id, id)
        )
        """
    )
    op.execute(
        "create unique index contact_merges_gone on contact_merges (workspace_id, gone_id)"
        " where parted_at is null"
    )
    op.execute("create index contact_merges_kept on contact_merges (workspace_id, kept_id, at)")
    isolate("contact_merges")
    op.execute(
        """
        create table contact_merge_moves (
            workspace_id uuid not null,
            merge_id uuid not null,
            kind text not null check (kind in ('identity', 'note', 'follower', 'tag', 'block')),
            ref uuid not null,
            detail jsonb,
            primary key (workspace_id, merge_id, kind, ref),
            foreign key (workspace_id, merge_id) references contact_merges (workspace_id, id) on delete cascade
        )
        """
    )
    isolate("contact_merge_moves")


def _strangers() -> None:
    op.execute(
        """
        create table contact_strangers (
            workspace_id uuid not null,
            one_id uuid not null,
            other_id uuid not null,
            by_id uuid,
            at timestamptz not null default now(),
            primary key (workspace_id, one_id, other_id),
            foreign key (workspace_id, one_id) references contacts (workspace_id, id) on delete cascade,
            foreign key (workspace_id, other_id) references contacts (workspace_id, id) on delete cascade,
            check (one_id < other_id)
        )
        """
    )
    isolate("contact_strangers")


def _fields() -> None:
    op.execute(
        """
        create table field_sets (
            workspace_id uuid not null references workspaces (id),
            subject text not null check (subject in ('contact', 'company')),
            version integer not null check (version > 0),
            fields jsonb not null,
            saved_at timestamptz not null default now(),
            primary key (workspace_id, subject)
        )
        """
    )
    isolate("field_sets", grant="select, insert, update")
    # A value as it is found exactly: under row-level security no operator of jsonb can use an index.
    op.execute(
        """
        create table field_keys (
            workspace_id uuid not null references workspaces (id),
            subject text not null check (subject in ('contact', 'company')),
            field_id text collate "C" not null,
            key text collate "C" not null check (length(key) <= 200),
            thing_id uuid not null,
            primary key (workspace_id, subject, field_id, key, thing_id)
        )
        """
    )
    op.execute("create index field_keys_thing on field_keys (workspace_id, subject, thing_id)")
    isolate("field_keys", grant="select, insert, delete")
    op.execute("alter table contacts add column fields jsonb")


def _companies() -> None:
    op.execute(
        """
        create table companies (
            workspace_id uuid not null references workspaces (id),
            id uuid not null,
            name text not null check (length(name) between 1 and 128),
            name_key text collate "C" not null,
            sort_key text collate "C" not null,
            fields jsonb,
            created_at timestamptz not null default now(),
            archived_at timestamptz,
            primary key (workspace_id, id)
        )
        """
    )
    for key in ("sort_key", "name_key"):
        op.execute(f"create index companies_{key} on companies (workspace_id, {key}, id)")
    isolate("companies")
    op.execute(
        """
        create table company_domains (
            workspace_id uuid not null,
            domain text collate "C" not null check (length(domain) between 4 and 253),
            company_id uuid not null,
            primary key (workspace_id, domain),
            foreign key (workspace_id, company_id) references companies (workspace_id, id) on delete cascade
        )
        """
    )
    op.execute("create index company_domains_company on company_domains (workspace_id, company_id)")
    isolate("company_domains")
    # `company_by` says who has placed her: whom somebody has placed, or taken out, no domain places.
    op.execute("alter table contacts add column company_id uuid")
    op.execute("alter table contacts add column company_by text check (company_by in ('hand', 'domain'))")
    op.execute(
        "alter table contacts add foreign key (workspace_id, company_id) references companies (workspace_id, id)"
    )
    op.execute(
        "create index contacts_company on contacts (workspace_id, company_id, sort_key, id)"
        " where company_id is not null"
    )
