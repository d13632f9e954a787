"""Whether the mailbox can be read and written from, for the test button."""

from kezhan.channels.adapters.email.imap import mailbox
from kezhan.channels.adapters.email.smtp import speaking
from kezhan.channels.base import Line, Probed, Turned


async def probe(line: Line) -> Probed:
    """Sign in at both servers and open the folder; nothing is read or sent."""
    settings = line.account.settings
    if not settings.address:
        raise Turned("no mailbox address is set", fault="not_allowed")
    async with mailbox(line):
        pass
    async with speaking(line) as client:
        await client.noop()
    return Probed(name=settings.address)
