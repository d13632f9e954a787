"""Who a member is, the files she sends, and whether the app stands."""

from kezhan.channels.base import Line, Media, Person, Probed, Turned
from kezhan.channels.vendors.tencent import api, work
from kezhan.channels.vendors.tencent.faults import WORK
from kezhan.channels.vendors.tencent.fields import word
from kezhan.channels.vendors.tencent.media import download


async def person(line: Line, external_id: str) -> Person:
    """What the app may see of her; newer ones see no more than her id."""
    found = await api.get(line, "/cgi-bin/user/get", {"userid": external_id}, WORK)
    return Person(
        name=word(found, "name") or word(found, "alias"),
        email=word(found, "email") or word(found, "biz_mail"),
        phone=word(found, "mobile"),
    )


async def media(line: Line, ref: str) -> Media:
    """A file she has sent, within three days."""
    return await download(line, ref, WORK)


async def probe(line: Line) -> Probed:
    """Whether corp id, secret and this server's address are taken."""
    if not line.account.settings.agent_id:
        raise Turned("the app's AgentId is missing", fault="not_allowed")
    await work.issue(line)
    return Probed()
