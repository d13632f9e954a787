"""What an Instagram account says."""

from kezhan.channels.base import Line, Outbound, Receipt, Seen, Typing
from kezhan.channels.vendors.meta.say import say, show_seen, show_typing


async def send(line: Line, outbound: Outbound) -> Receipt:
    """One message."""
    settings = line.account.settings
    path = settings.account_id or "me"
    return await say(line, outbound, base=settings.base, path=path, token=await line.token())


async def typing(line: Line, shown: Typing) -> None:
    settings = line.account.settings
    path = settings.account_id or "me"
    await show_typing(line, shown, base=settings.base, path=path, token=await line.token())


async def seen(line: Line, shown: Seen) -> None:
    settings = line.account.settings
    path = settings.account_id or "me"
    await show_seen(line, shown, base=settings.base, path=path, token=await line.token())
