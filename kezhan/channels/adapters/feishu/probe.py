"""Whether the app is there and has a robot."""

from kezhan.channels.adapters.feishu.api import call
from kezhan.channels.base import Line, Probed
from kezhan.kit.loose import word


async def probe(line: Line) -> Probed:
    """The robot's name."""
    answer = await call(line, "GET", "/open-apis/bot/v3/info")
    return Probed(name=word(answer, "bot", "app_name"))
