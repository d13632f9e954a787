"""A file a member has sent: at an address of its own for five minutes, enciphered with the robot's key."""

from asyncio import timeout

from kezhan.channels.base import Line, Media, Turned, reaching, whole
from kezhan.channels.vendors.tencent.crypto import Unsealable, unlock
from kezhan.channels.vendors.tencent.faults import check_status

_SECONDS = 60
_GONE = frozenset({400, 403, 404, 410})


async def media(line: Line, ref: str) -> Media:
    """The file at `ref`, opened. Raises Retry and Turned."""
    with reaching():
        async with timeout(_SECONDS), line.http.stream("GET", ref) as response:
            if response.status_code in _GONE:
                raise Turned(
                    "the platform no longer has the file", status=response.status_code, fault="media_error"
                )
            check_status(response.status_code)
            data = await whole(response)
    try:
        return Media(data=unlock(line.account.secrets.aes_key, data))
    except Unsealable as fault:
        raise Turned(str(fault), fault="media_error") from fault
