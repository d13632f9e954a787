"""What WeCom's apps and WeChat Customer Service do alike on qyapi.weixin.qq.com."""

from kezhan.channels.base import Line, OutboundFile, Token, Turned, Voice
from kezhan.channels.vendors.tencent import api
from kezhan.channels.vendors.tencent.faults import WORK
from kezhan.channels.vendors.tencent.media import MEGABYTE, upload

FILE_BYTES = 20 * MEGABYTE
VOICE = Voice(media_types=("audio/amr",), seconds=60, most=2 * MEGABYTE)
_KINDS = {
    "image/jpeg": ("image", 10 * MEGABYTE),
    "image/png": ("image", 10 * MEGABYTE),
    "video/mp4": ("video", 10 * MEGABYTE),
}


async def issue(line: Line) -> Token:
    """The app's token; asked for again while it is good it is the same one."""
    corp_id, secret = line.account.settings.corp_id, line.account.secrets.secret
    if not (corp_id and secret):
        raise Turned("corp id or secret is missing", fault="token_expired")
    query = {"corpid": corp_id, "corpsecret": secret}
    return await api.issue(line, "GET", "/cgi-bin/gettoken", query, None, WORK)


def kind_of(file: OutboundFile) -> str:
    """As what a file goes: anything may go as a file, and what fits is shown as what it is."""
    if file.milliseconds:
        return "voice"
    kind, most = _KINDS.get(file.media_type, ("file", FILE_BYTES))
    return kind if file.size <= most else "file"


async def uploaded(line: Line, file: OutboundFile) -> tuple[str, str]:
    """(kind, media_id) of a file of ours. Raises Retry, Turned and Expired."""
    kind = kind_of(file)
    return kind, await upload(line, kind, file, WORK)
