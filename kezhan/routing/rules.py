"""The rules in force: a workspace's settings and its policy."""

from collections import OrderedDict
from uuid import UUID

import msgspec
from msgspec import Struct

from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound
from kezhan.kit.reading import ReadRow
from kezhan.routing import store
from kezhan.routing.policy import Policy
from kezhan.workspaces.permissions import Permission, holding

SERVING = holding(Permission.CONVERSATION_REPLY)
"""Whose members have a seat."""
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


async def begin(tx: Tx, *, alone: bool = False) -> Rules | None:
    """Hold the reception until the transaction ends, and read its rules: nobody decides by rules that are
    being replaced. `alone`: to change them, or where everybody waits. It is asked for behind the conversation
    one is at work on and before queues and seats. None where the workspace has no reception: conversations
    are then taken by hand, and nothing is kept."""
    return await _rules(tx, await store.lock_settings(tx, alone=alone))


async def rules_of(tx: Tx) -> Rules | None:
    """The rules, for those who only show something; None as of `begin`."""
    return await _rules(tx, await store.settings(tx))


async def need_rules(tx: Tx) -> Rules:
    """To show something by. Raises NotFound where the workspace has no reception."""
    rules = await rules_of(tx)
    if rules is None:
        raise NotFound("routing.no_reception")
    return rules


async def begin_rules(tx: Tx, *, alone: bool = False) -> Rules:
    """As of `begin`. Raises NotFound where the workspace has no reception."""
    rules = await begin(tx, alone=alone)
    if rules is None:
        raise NotFound("routing.no_reception")
    return rules


async def _rules(tx: Tx, row: ReadRow | None) -> Rules | None:
    return None if row is None else Rules(policy=await policy_at(tx, row["version"]), **dict(row))


async def policy_at(tx: Tx, version: int) -> Policy:
    """The policy as it was in this version, the empty one for one that there is not. A version never changes,
    so what was read once need not be read again."""
    key = tx.workspace, version
    if key not in _parsed:
        text = await store.policy_text(tx, version) if version else None
        if text is None:
            return Policy()
        _parsed[key] = msgspec.json.decode(text, type=Policy)
        if len(_parsed) > _PARSED:
            _parsed.popitem(last=False)
    return _parsed[key]
