"""Messages sent later, translations of what was said, cards of the links in it."""

from alembic import op

from kezhan.migrations.ddl import isolate

revision = "0025"
down_revision = "0024"

_OF_TALK = "foreign key (workspace_id, conversation_id) references conversations (workspace_id, id)"
_OF_MEMBER = "foreign key (workspace_id, membership_id) references memberships (workspace_id, id)"


def upgrade() -> None:
    _scheduled()
    _translation()
    _translations()
    _links()


def _scheduled() -> None:
    # `inbound`: how much the customer had said when it was written; `fault`: why it was held.
    op.execute(
        f"""
        create table scheduled_messages (
            workspace_id uuid not null references workspaces (id),
            id uuid not null,
            conversation_id uuid not null,
            membership_id uuid not null,
            body text not null check (length(body) <= 10000),
            original text not null default '' check (length(original) <= 10000),
            file_ids uuid[] not null default '{{}}' check (cardinality(file_ids) <= 10),
            quote_seq integer,
            due_at timestamptz not null,
            hold boolean not null,
            inbound integer not null,
            state text not null check (state in ('waiting', 'sending', 'held', 'sent')),
            fault text not null default '',
            made_at timestamptz not null,
            primary key (workspace_id, id),
            {_OF_TALK},
            {_OF_MEMBER}
        )
        """
    )
    op.execute(
        "create index scheduled_messages_talk on scheduled_messages (workspace_id, conversation_id, due_at)"
        " where state <> 'sent'"
    )
    op.execute(
        "create index scheduled_messages_member on scheduled_messages (workspace_id, membership_id, due_at)"
        " where state <> 'sent'"
    )
    isolate("scheduled_messages")


def _translation() -> None:
    op.execute(
        """
        create table translation_settings (
            workspace_id uuid primary key references workspaces (id),
            enabled boolean not null,
            kind text not null check (kind in ('openai', 'libre')),
            address text not null check (length(address) <= 2000),
            model text not null check (length(model) <= 100),
            secret bytea,
            daily_limit integer not null check (daily_limit between 0 and 100000000),
            changed_at timestamptz not null
        )
        """
    )
    isolate("translation_settings")
    # What was asked of the service, by day of UTC: reserved before it is asked, given back where it fails.
    op.execute(
        """
        create table translation_usage (
            workspace_id uuid not null references workspaces (id),
            day date not null,
            characters integer not null check (characters >= 0),
            requests integer not null check (requests >= 0),
            primary key (workspace_id, day)
        )
        """
    )
    isolate("translation_usage")


def _translations() -> None:
    # `digest`: of the words that were translated; an edited message is translated anew.
    op.execute(
        f"""
        create table translations (
            workspace_id uuid not null,
            conversation_id uuid not null,
            seq integer not null,
            language text not null check (length(language) <= 20),
            digest bytea not null,
            body text not null check (length(body) <= 40000),
            made_at timestamptz not null default now(),
            primary key (workspace_id, conversation_id, seq, language),
            {_OF_TALK}
        )
        """
    )
    isolate("translations")
    op.execute(
        f"""
        create table translation_readers (
            workspace_id uuid not null,
            conversation_id uuid not null,
            membership_id uuid not null,
            language text not null check (length(language) <= 20),
            customer_language text not null check (length(customer_language) <= 20),
            primary key (workspace_id, conversation_id, membership_id),
            {_OF_TALK},
            {_OF_MEMBER}
        )
        """
    )
    isolate("translation_readers")


def _links() -> None:
    op.execute(
        """
        create table link_settings (
            workspace_id uuid primary key references workspaces (id),
            enabled boolean not null,
            changed_at timestamptz not null
        )
        """
    )
    isolate("link_settings")
    # One row an address, whoever wrote it; `state` says what stands behind it.
    op.execute(
        """
        create table link_cards (
            workspace_id uuid not null references workspaces (id),
            id uuid not null,
            digest bytea not null,
            address text not null check (length(address) <= 2000),
            state text not null check (state in ('waiting', 'found', 'none')),
            title text not null default '' check (length(title) <= 200),
            about text not null default '' check (length(about) <= 400),
            site text not null default '' check (length(site) <= 100),
            picture bytea check (octet_length(picture) <= 40000),
            expires_at timestamptz not null,
            primary key (workspace_id, id),
            unique (workspace_id, digest)
        )
        """
    )
    op.execute("create index link_cards_expire on link_cards (workspace_id, expires_at)")
    isolate("link_cards")
