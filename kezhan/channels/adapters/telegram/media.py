"""A file that was sent to the bot: asked for by its id, then read. Its address holds the token."""

import msgspec
from msgspec import Struct

from kezhan.channels.adapters.telegram.call import address, call
from kezhan.channels.base import Line, Media, Retry, Turned
from kezhan.kit.fetch import FETCH_BYTES, FetchFailed, fetching

_SECONDS = 60


class Found(Struct, frozen=True):
    file_path: str = ""


async def media(line: Line, ref: str) -> Media:
    """At most 20 MB: the platform hands over no more."""
    found = msgspec.json.decode(await call(line, "getFile", {"file_id": ref}), type=Found)
    if not found.file_path:
        raise Turned("the platform no longer has the file", fault="media_error")
    url = address(line, "/file/bot{token}/") + found.file_path
    try:
        async with fetching(line.http, url, max_bytes=FETCH_BYTES, seconds=_SECONDS) as fetched:
            data = b"".join([chunk async for chunk in fetched.chunks])
    except FetchFailed as fault:
        if fault.final:
            raise Turned(fault.why, fault="media_error") from None
        raise Retry(fault.why) from None
    # The platform names everything alike in its answer; the message has said what it is.
    return Media(data=data)
