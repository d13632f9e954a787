"""The rules in force: a workspace's settings and its policy, read in one statement."""

from collections import OrderedDict
from uuid import UUID

import msgspec
from msgspec import Struct

from kezhan.kit.db import Tx
from kezhan.routing import store
from kezhan.routing.policy import Policy
from kezhan.workspaces.permissions import ROLES, Permission

SERVING = [str(role) for role, rights in ROLES.items() if Permission.CONVERSATION_REPLY in rights]
"""The roles whose members have a seat."""
_PARSED = 1000
_parsed: OrderedDict[tuple[UUID, int], Policy] = OrderedDict()


class Rules(Struct, frozen=True, kw_only=True):
    """Seconds and units as the columns of `routing_settings` have them."""

    automatic: bool
    version: int
    policy: Policy
    arrive_online: bool
    grace_seconds: int
    live_units: int
    deferred_units: int
    take_over: bool
    missed_limit: int
    answer_seconds: int
    left_seconds: int
    long_seconds: int
    target_seconds: int
    short_seconds: int


async def rules_of(tx: Tx) -> Rules | None:
    """None where the workspace has no reception: conversations are then taken by hand, and nothing is
    kept."""
    row = await store.settings(tx)
    if row is None:
        return None
    values = dict(row)
    text = values.pop("policy")
    return Rules(policy=_policy(tx.workspace, values["version"], text), **values)


def _policy(workspace_id: UUID, version: int, text: str | None) -> Policy:
    """A version never changes, so what was read once need not be read again."""
    if text is None:
        return Policy()
    key = workspace_id, version
    if key not in _parsed:
        _parsed[key] = msgspec.json.decode(text, type=Policy)
        if len(_parsed) > _PARSED:
            _parsed.popitem(last=False)
    return _parsed[key]
