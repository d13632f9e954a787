"""Reactions: the platform has names for its emoji, and adds and removes them one by one."""

from collections.abc import Mapping, Sequence
from typing import Any

from kezhan.channels.adapters.feishu.api import call
from kezhan.channels.base import Came, Line, Reacted, Turned
from kezhan.kit.loose import rows, word

CREATED, DELETED = "im.message.reaction.created_v1", "im.message.reaction.deleted_v1"
_EMOJI = {
    "THUMBSUP": "👍",
    "ThumbsDown": "👎",
    "HEART": "❤️",
    "HEARTBROKEN": "💔",
    "LAUGH": "😄",
    "SMILE": "😊",
    "LOL": "😂",
    "LOVE": "😍",
    "WINK": "😉",
    "KISS": "😘",
    "WOW": "😮",
    "THINKING": "🤔",
    "CRY": "😢",
    "SOB": "😭",
    "ANGRY": "😠",
    "PARTY": "🎉",
    "THANKS": "🙏",
    "OK": "👌",
    "APPLAUSE": "👏",
    "MUSCLE": "💪",
    "SHAKE": "🤝",
    "WAVE": "👋",
    "HUG": "🤗",
    "DONE": "✅",
    "CrossMark": "❌",
    "Hundred": "💯",
    "Fire": "🔥",
    "Trophy": "🏆",
    "ROSE": "🌹",
    "GIFT": "🎁",
    "CAKE": "🎂",
    "BEER": "🍺",
}
"""Those of the platform's names that are signs everywhere; it has many pictures of its own besides."""
_COLOUR = "\ufe0f"
_NAMES = {emoji.removesuffix(_COLOUR): name for name, emoji in _EMOJI.items()}


def came_reaction(kind: str, event: Mapping[str, Any]) -> Sequence[Came] | None:
    """None where it is nothing to be shown: a picture of the platform's own, or the robot's own doing."""
    emoji = _EMOJI.get(word(event, "reaction_type", "emoji_type"))
    message_id, who = word(event, "message_id"), word(event, "user_id", "open_id")
    if emoji is None or not message_id or not who or word(event, "operator_type") == "app":
        return None
    if kind == CREATED:
        return [Reacted(external_id=who, message_id=message_id, emoji=emoji)]
    return [Reacted(external_id=who, message_id=message_id, emoji_was=emoji)]


async def react(line: Line, place: str, emoji: str) -> None:
    """Have this as the robot's only reaction to the message at `place`, none where it is empty. Done twice it
    is the same."""
    name = _NAMES.get(emoji.removesuffix(_COLOUR))
    if emoji and name is None:
        raise Turned("the platform has no such reaction", fault="content_rejected")
    found = await call(line, "GET", f"{place}/reactions?page_size=50")
    mine = [one for one in rows(found, "data", "items") if _is_ours(line, one)]
    for one in mine:
        if word(one, "reaction_type", "emoji_type") != name:
            await call(line, "DELETE", f"{place}/reactions/{word(one, 'reaction_id')}")
    if name and not any(word(one, "reaction_type", "emoji_type") == name for one in mine):
        await call(line, "POST", f"{place}/reactions", {"reaction_type": {"emoji_type": name}})


def _is_ours(line: Line, reaction: object) -> bool:
    robot: str = line.account.settings.app_id
    return word(reaction, "operator", "operator_id") == robot
