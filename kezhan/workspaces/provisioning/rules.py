"""What a directory's groups are here."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from kezhan.kit.db import Tx
from kezhan.workspaces.permissions import Role
from kezhan.workspaces.provisioning import store


class Rules(NamedTuple):
    groups: str
    role: str
    role_map: Sequence[Mapping[str, str]]


async def rules_of(tx: Tx) -> Rules:
    row = await store.settings(tx)
    return Rules("teams", Role.AGENT.value, []) if row is None else Rules(row.groups, row.role, row.role_map)
