"""The demo shop's door."""

from kezhan.channels import store
from kezhan.channels.accounts import create_account
from kezhan.channels.schemas import ChannelMake
from kezhan.kit.crypto import KeyRing
from kezhan.kit.db import Database
from kezhan.workspaces.first_run import demo_workspace

ADAPTER = "webchat"
_NAME = "山间茶铺"
_GREETING = "您好，欢迎来到山间茶铺。想找什么茶，或想问订单，都可以直接发给我们。"
_GREETING_EN = "Welcome to the Mountain Tea Shop. Ask us about a tea or an order, whenever you like."


async def ensure_demo_shop(db: Database, keyring: KeyRing) -> str | None:
    """The public key of the demo shop's website chat, made where it is missing. None without a demo."""
    workspace_id = await demo_workspace(db)
    if workspace_id is None:
        return None
    async with db.tx(workspace_id) as tx:
        await store.hold_first_run(tx)  # two browsers may open the shop at the same moment
        for row in await store.accounts(tx):
            if row.adapter == ADAPTER:
                key: str = row.public_key
                return key
        settings = {
            "title": _NAME,
            "greeting": _GREETING,
            "greeting_en": _GREETING_EN,
        }
        form = ChannelMake(adapter=ADAPTER, name=_NAME, settings=settings)
        made = await create_account(tx, keyring, None, form)
    return made.channel.public_key
