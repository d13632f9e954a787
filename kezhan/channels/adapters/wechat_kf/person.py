"""Who a customer is, the files she sends, and whether the account stands."""

from kezhan.channels.adapters.wechat_kf.names import parts_of
from kezhan.channels.adapters.wechat_kf.pull import accounts
from kezhan.channels.base import Line, Media, Person, Probed, Turned
from kezhan.channels.vendors.tencent import api, work
from kezhan.channels.vendors.tencent.faults import WORK
from kezhan.channels.vendors.tencent.fields import word
from kezhan.channels.vendors.tencent.media import download


async def person(line: Line, external_id: str) -> Person:
    """Her nickname, and her unionid where the company is bound to an open platform."""
    who, _ = parts_of(external_id)
    body = {"external_userid_list": [who], "need_enter_session_context": 0}
    found = (await api.post(line, "/cgi-bin/kf/customer/batchget", body, WORK)).get("customer_list")
    for one in found if isinstance(found, list) else ():
        if isinstance(one, dict) and word(one, "external_userid") == who:
            union = word(one, "unionid")
            return Person(name=word(one, "nickname"), union=f"wechat:{union}" if union else "")
    return Person()


async def media(line: Line, ref: str) -> Media:
    """A file she has sent, within three days."""
    return await download(line, ref, WORK)


async def probe(line: Line) -> Probed:
    """Whether the credentials are taken, and which service accounts they open."""
    await work.issue(line)
    wanted = line.account.settings.open_kfid
    served = [one for one in await accounts(line) if wanted in {"", word(one, "open_kfid")}]
    if not served:
        raise Turned("no service account that this app may manage", fault="not_allowed")
    return Probed(name=", ".join(word(one, "name") for one in served)[:200])
