"""Whether the tokens are good."""

from kezhan.channels.adapters.slack.api import call
from kezhan.channels.adapters.slack.listen import endpoint
from kezhan.channels.base import Line, Probed
from kezhan.kit.loose import word


async def probe(line: Line) -> Probed:
    """The workspace's name and the bot's. In socket mode events could be heard, too."""
    answer = await call(line, "auth.test", {})
    if line.account.settings.mode == "socket":
        await endpoint(line)
    team = word(answer, "team") or word(answer, "team_id")
    return Probed(name=f"{team} @{word(answer, 'user') or word(answer, 'user_id')}")
