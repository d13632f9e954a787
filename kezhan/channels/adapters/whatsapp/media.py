"""A file she has sent: where it lies is asked for by its id, and good for some minutes; the file itself
is kept there for a week."""

from asyncio import timeout

from msgspec import Struct

from kezhan.channels.base import Line, Media, Turned, reaching, whole
from kezhan.channels.vendors.meta.faults import fault_for
from kezhan.channels.vendors.meta.graph import call
from kezhan.kit.fetch import web_address

_SECONDS = 60


class Found(Struct, frozen=True):
    url: str
    mime_type: str = ""


async def media(line: Line, ref: str) -> Media:
    """The file's bytes; the address wants the token too."""
    token = line.account.secrets.access_token
    found = await call(line, "GET", ref, Found, token=token)
    if not web_address(found.url):
        raise Turned("the platform no longer has the file", fault="media_error")
    headers = {"authorization": f"Bearer {token}"}
    with reaching():
        async with (
            timeout(_SECONDS),
            line.http.stream("GET", found.url, headers=headers, follow_redirects=True) as response,
        ):
            if response.status_code != 200:
                raise fault_for(response.status_code, response.headers.get("retry-after", ""), b"")
            return Media(media_type=found.mime_type.partition(";")[0].strip(), data=await whole(response))
