"""Consents that a list of people has brought along: they are taken back with it."""

from alembic import op

revision = "0053"
down_revision = "0052"


def upgrade() -> None:
    op.execute("alter table consents add column import_id uuid")
    op.execute(
        "alter table consents add foreign key (workspace_id, import_id)"
        " references contact_imports (workspace_id, id)"
    )
    # What a list says of her and what she says herself stand beside each other.
    op.execute("drop index consents_once")
    op.execute(
        "create unique index consents_once on consents"
        " (workspace_id, contact_id, text_id, version, (import_id is null)) where withdrawn_at is null"
    )
    # Who was made by a list that is taken back goes with what it said; nothing else is ever removed.
    op.execute("grant delete on consents to kz_app")
    op.execute(
        "create policy consents_removal on consents as restrictive for delete to kz_app"
        " using (import_id is not null)"
    )
