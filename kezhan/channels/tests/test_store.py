"""Isolation of the room's tables."""

from sqlalchemy import text

from kezhan.channels import store
from kezhan.channels.tests.front import Front
from kezhan.channels.tests.platform import said
from kezhan.workspaces.tests.factories import make_workspace


async def test_another_workspace_sees_no_account_no_call_and_no_delivery(front: Front) -> None:
    line = await front.connect()
    await line.post(said())
    await front.heard()
    elsewhere = await make_workspace(front.running.db)
    async with front.running.db.tx(elsewhere) as tx:
        assert await store.account(tx, line.account_id) is None
        assert list(await store.accounts(tx)) == []
        assert list(await store.inbox_log(tx, line.account_id, None, 10)) == []
        assert list(await store.delivery_log(tx, line.account_id, None, 10)) == []
        assert await tx.run(text("update channel_inbox set fault = 'x'")) == 0
