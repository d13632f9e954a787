"""A file she has sent, kept there for a while only."""

from asyncio import timeout

import httpx2

from kezhan.channels.adapters.line.call import fault_of
from kezhan.channels.base import Line, Media, Retry, Turned, reaching, whole

_SECONDS = 60
_PREPARING = 202


async def media(line: Line, ref: str) -> Media:
    """Her file by the message's id; a long video is made ready first."""
    url = f"{line.account.settings.data_url.rstrip('/')}/v2/bot/message/{ref}/content"
    headers = {"authorization": f"Bearer {await line.token()}"}
    with reaching():
        async with timeout(_SECONDS), line.http.stream("GET", url, headers=headers) as response:
            if response.status_code == _PREPARING:
                raise Retry("the file is being made ready", after=5)
            if response.status_code != 200:
                await response.aread()
                raise _fault(response)
            media_type = response.headers.get("content-type", "").partition(";")[0].strip()
            return Media(media_type=media_type, data=await whole(response))


def _fault(response: httpx2.Response) -> Exception:
    if response.status_code in {400, 404, 410}:
        return Turned("the platform no longer has the file", status=response.status_code, fault="media_error")
    return fault_of(response)
