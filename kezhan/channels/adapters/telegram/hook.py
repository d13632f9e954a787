"""Where updates go: to our hook, or to whoever asks for them."""

from typing import Any

import msgspec
from msgspec import Struct

from kezhan.channels.adapters.telegram.call import call
from kezhan.channels.adapters.telegram.inbound import hook_secret
from kezhan.channels.base import Line, Probed

ALLOWED = [
    "message",
    "edited_message",
    "business_connection",
    "business_message",
    "edited_business_message",
    "deleted_business_messages",
    "callback_query",
    "message_reaction",
    "my_chat_member",
]
"""The updates that are asked for; reactions come only when they are."""


class Me(Struct, frozen=True):
    first_name: str = ""
    username: str = ""


async def connect(line: Line, hook_url: str) -> None:
    """Register the hook with its secret; a bot that is polled must have none."""
    if line.account.settings.mode == "polling":
        await call(line, "deleteWebhook", {})
        return
    fields: dict[str, Any] = {
        "url": hook_url,
        "secret_token": hook_secret(line.account),
        "allowed_updates": ALLOWED,
    }
    await call(line, "setWebhook", fields)


async def probe(line: Line) -> Probed:
    """Whether the token is good, and whose it is."""
    me = msgspec.json.decode(await call(line, "getMe", {}), type=Me)
    return Probed(name=f"@{me.username}" if me.username else me.first_name)
