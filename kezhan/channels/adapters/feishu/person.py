"""Who writes: a person of the company's directory, or a group's name."""

from kezhan.channels.adapters.feishu.api import call
from kezhan.channels.base import Line, Person
from kezhan.kit.loose import word

GROUP = "oc_"
UNION = "feishu:"


async def speaker(line: Line, group_id: str, speaker_id: str) -> str:
    """Whoever is of another company is in no directory of ours, and raises Turned."""
    return (await person(line, speaker_id)).name


async def person(line: Line, external_id: str) -> Person:
    """What the app may see of her: a name, with more scopes the rest."""
    if external_id.startswith(GROUP):
        chat = await call(line, "GET", f"/open-apis/im/v1/chats/{external_id}")
        return Person(name=word(chat, "data", "name"))
    answer = await call(line, "GET", f"/open-apis/contact/v3/users/{external_id}?user_id_type=open_id")
    union_id = word(answer, "data", "user", "union_id")
    return Person(
        name=word(answer, "data", "user", "name"),
        email=word(answer, "data", "user", "email"),
        phone=word(answer, "data", "user", "mobile"),
        union=UNION + union_id if union_id else "",
    )
