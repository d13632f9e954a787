"""The rules of a channel, for the rooms above."""

from uuid import UUID

from kezhan.conversations.life import store
from kezhan.conversations.life.schemas import LifeRules
from kezhan.kit.db import Tx


async def rules_of(tx: Tx, account_id: UUID) -> LifeRules:
    return await store.rules_of(tx, account_id)


async def put_rules(tx: Tx, account_id: UUID, rules: LifeRules) -> None:
    await store.put_rules(tx, account_id, rules)
