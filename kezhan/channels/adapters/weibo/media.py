"""Pictures and voice, by the number of the receiver's copy."""

from kezhan.channels.adapters.weibo.call import checked
from kezhan.channels.base import Line, Media, Turned, reaching, whole


async def media(line: Line, ref: str) -> Media:
    """The file `ref`. A fault comes as JSON in its place. Raises Retry, Turned and Expired."""
    parts = {"access_token": line.account.secrets.access_token, "fid": ref}
    with reaching():
        async with line.http.stream("GET", line.account.settings.media_url, params=parts) as response:
            data = await whole(response)
    media_type = response.headers.get("content-type", "").partition(";")[0].strip()
    if response.status_code != 200 or media_type in {"application/json", "text/plain", "text/html"}:
        checked(response.status_code, data)
        raise Turned("no file came", status=response.status_code, fault="media_error")
    return Media(media_type=media_type, data=data)
