"""What a role is called in `memberships.role`, and what goes beside it there."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from kezhan.kit.db import Tx
from kezhan.kit.errors import Refused
from kezhan.workspaces.permissions import Role, ready_made
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


async def role_by(tx: Tx, rules: Sequence[Mapping[str, str]], said: Collection[str], otherwise: str) -> Given:
    """What somebody gets of whom another machine says these values: the role of the first rule that fits,
    else `otherwise`; for one that the workspace has given up since, an agent's."""
    wanted = next((rule["role"] for rule in rules if rule["value"] in said), otherwise)
    try:
        return await role_named(tx, wanted)
    except Refused:
        return await role_named(tx, Role.AGENT)


async def check_roles(tx: Tx, roles: Collection[str]) -> None:
    """Nobody becomes an owner by what another machine says. Raises Refused 400."""
    for role in roles:
        if (await role_named(tx, role)).role == Role.OWNER:
            raise Refused("workspaces.no_such_role", 400, field="role")
