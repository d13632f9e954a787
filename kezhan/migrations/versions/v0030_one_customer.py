"""Two customers who have shown to be one: whoever was the other one leads to the one who stays."""

from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    op.execute("alter table contacts add column joined_into uuid")
    op.execute(
        "alter table contacts add foreign key (workspace_id, joined_into) references contacts (workspace_id, id)"
    )
    op.execute(
        "create index contacts_joined on contacts (workspace_id, joined_into) where joined_into is not null"
    )
