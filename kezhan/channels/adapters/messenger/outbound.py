"""What a page says."""

from kezhan.channels.base import Line, Outbound, Receipt, Seen, Typing
from kezhan.channels.vendors.meta.say import say, show_seen, show_typing
from kezhan.channels.vendors.meta.talk import MARK


async def send(line: Line, outbound: Outbound) -> Receipt:
    """One message, marked as ours so that its echo is known however early it comes."""
    settings = line.account.settings
    return await say(
        line,
        outbound,
        base=settings.api_url,
        path=settings.page_id or "me",
        token=line.account.secrets.page_token,
        metadata=f"{MARK}{outbound.event_id}",
    )


async def typing(line: Line, shown: Typing) -> None:
    settings, token = line.account.settings, line.account.secrets.page_token
    await show_typing(line, shown, base=settings.api_url, path=settings.page_id or "me", token=token)


async def seen(line: Line, shown: Seen) -> None:
    settings, token = line.account.settings, line.account.secrets.page_token
    await show_seen(line, shown, base=settings.api_url, path=settings.page_id or "me", token=token)
