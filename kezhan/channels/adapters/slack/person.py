"""Who writes: the other side of a direct message, or a channel's name."""

from kezhan.channels.adapters.slack.api import ask
from kezhan.channels.base import Line, Person
from kezhan.kit.loose import word


async def person(line: Line, external_id: str) -> Person:
    """With the scopes the app has; an address wants one of its own."""
    chat = await ask(line, "conversations.info", channel=external_id)
    user_id = word(chat, "channel", "user")
    if not user_id:
        return Person(name=f"#{word(chat, 'channel', 'name')}")
    user = (await ask(line, "users.info", user=user_id)).get("user")
    team_id = word(user, "team_id")
    return Person(
        name=_name(user),
        email=word(user, "profile", "email"),
        phone=word(user, "profile", "phone"),
        union=f"slack:{team_id}:{user_id}" if team_id else "",
    )


async def speaker(line: Line, group_id: str, speaker_id: str) -> str:
    """Whoever writes in a channel, of this company or of the one it is shared with."""
    return _name((await ask(line, "users.info", user=speaker_id)).get("user"))


def _name(user: object) -> str:
    return word(user, "profile", "real_name") or word(user, "real_name") or word(user, "name")
