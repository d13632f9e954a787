"""The key of pushes can be sealed anew."""

from alembic import op

revision = "0039"
down_revision = "0038"


def upgrade() -> None:
    op.execute("grant update on push_keys to kz_system")
