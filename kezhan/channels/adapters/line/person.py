"""Who a customer is, and whether the account can be reached."""

from urllib.parse import quote

import msgspec
from msgspec import Struct

from kezhan.channels.adapters.line.call import call
from kezhan.channels.base import Line, Person, Probed, Retry


class Profile(Struct, frozen=True, rename="camel"):
    display_name: str = ""
    group_name: str = ""
    language: str = ""


async def person(line: Line, external_id: str) -> Person:
    """A user by her profile, whose id is the same for all channels of one provider; a group by its name. A
    room has none."""
    if external_id.startswith("R"):
        return Person()
    named = quote(external_id, safe="")
    is_group = external_id.startswith("C")
    path = f"/v2/bot/group/{named}/summary" if is_group else f"/v2/bot/profile/{named}"
    found = await _read(line, path)
    union = "" if is_group else f"line:{external_id}"
    return Person(name=found.display_name or found.group_name, language=found.language, union=union)


async def speaker(line: Line, group_id: str, speaker_id: str) -> str:
    """A member of a group or a room, also one who has not added the account as a friend."""
    kind = "room" if group_id.startswith("R") else "group"
    path = f"/v2/bot/{kind}/{quote(group_id, safe='')}/member/{quote(speaker_id, safe='')}"
    return (await _read(line, path)).display_name


async def probe(line: Line) -> Probed:
    """Whether the token opens the account, and what that is called."""
    found = await _read(line, "/v2/bot/info")
    return Probed(name=found.display_name)


async def _read(line: Line, path: str) -> Profile:
    try:
        return msgspec.json.decode((await call(line, "GET", path)).content, type=Profile)
    except (msgspec.MsgspecError, UnicodeError) as fault:
        raise Retry("no profile that can be read") from fault
