"""What WeChat says of a follower: no name any more, but who she is across the owner's accounts."""

from kezhan.channels.base import Line, Media, Person, Probed
from kezhan.channels.vendors.tencent import api, official
from kezhan.channels.vendors.tencent.faults import OFFICIAL
from kezhan.channels.vendors.tencent.fields import word
from kezhan.channels.vendors.tencent.media import download


async def person(line: Line, external_id: str) -> Person:
    """Her remark (written by the account's own people), language and unionid; nothing of one who does not
    follow."""
    query = {"openid": external_id, "lang": "zh_CN"}
    found = await api.get(line, "/cgi-bin/user/info", query, OFFICIAL)
    union = word(found, "unionid")
    return Person(
        name=word(found, "remark") or word(found, "nickname"),
        language=word(found, "language").replace("_", "-"),
        union=f"wechat:{union}" if union else "",
    )


async def media(line: Line, ref: str) -> Media:
    """A file she has sent, within three days."""
    return await download(line, ref, OFFICIAL)


async def probe(line: Line) -> Probed:
    """Whether app id, secret and this server's address are taken."""
    await official.issue(line, OFFICIAL)
    return Probed()
