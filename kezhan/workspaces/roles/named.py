"""What a role is called in `memberships.role`, and what goes beside it there."""

from typing import NamedTuple
from uuid import UUID

from kezhan.kit.db import Tx
from kezhan.kit.errors import Refused
from kezhan.workspaces.permissions import ready_made
from kezhan.workspaces.roles import store


class Given(NamedTuple):
    """A role as a membership keeps it; `rights` are empty with a ready-made one."""

    role: str
    rights: list[str]


async def role_named(tx: Tx, key: str) -> Given:
    """One of the workspace's own stays as it is until the transaction ends. Raises Refused 400."""
    if ready_made(key):
        return Given(key, [])
    try:
        row = await store.held(tx, UUID(key))
    except ValueError:
        row = None
    if row is None:
        raise Refused("workspaces.no_such_role", 400, field="role")
    return Given(str(row.id), list(row.rights))
