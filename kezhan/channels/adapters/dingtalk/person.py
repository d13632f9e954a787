"""Who writes, as the company's directory knows her."""

import msgspec

from kezhan.channels.adapters.dingtalk.api import old_call
from kezhan.channels.base import Line, Person
from kezhan.kit.loose import word


async def speaker(line: Line, group_id: str, speaker_id: str) -> str:
    return (await person(line, speaker_id)).name


async def person(line: Line, external_id: str) -> Person:
    """Groups and people outside the company are in no directory: what their message said of them stands."""
    if external_id.startswith(("cid", "$")):
        return Person()
    answer = await old_call(line, "/topapi/v2/user/get", msgspec.json.encode({"userid": external_id}))
    union_id = word(answer, "result", "unionid")
    return Person(
        name=word(answer, "result", "name"),
        email=word(answer, "result", "email"),
        phone=word(answer, "result", "mobile"),
        union=f"dingtalk:{union_id}" if union_id else "",
    )
