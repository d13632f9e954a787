"""Files in and out: uploaded ones are called by a media_id for three days, and so are those people send."""

import hashlib
import re

from kezhan.channels.base import Line, Media, OutboundFile, Turned, whole
from kezhan.channels.vendors.tencent.api import good, opened
from kezhan.channels.vendors.tencent.faults import Meanings
from kezhan.channels.vendors.tencent.fields import word
from kezhan.kit.fetch import FETCH_BYTES

MEGABYTE = 1024 * 1024
_NAME = re.compile(r'filename="?([^";]+)')
_JSON = {"application/json", "text/plain"}
_SUFFIXES = {
    "image/jpeg": (".jpg", ".jpeg"),
    "image/png": (".png",),
    "image/gif": (".gif",),
    "audio/amr": (".amr",),
    "audio/mpeg": (".mp3",),
    "video/mp4": (".mp4",),
}
"""The platform goes by a file's name, whatever its media type says."""


async def upload(line: Line, kind: str, file: OutboundFile, meanings: Meanings) -> str:
    """The media_id of a file of ours. Raises Retry, Turned and Expired."""
    content = await line.content(file)
    query = {"access_token": await line.token(), "type": kind}
    # The same file goes in the same bytes at every attempt.
    boundary = hashlib.sha256(content).hexdigest()[:32]
    headers = {"content-type": f"multipart/form-data; boundary={boundary}"}
    files = {"media": (_named(file), content, file.media_type)}
    async with opened(line, "POST", "/cgi-bin/media/upload", query, files=files, headers=headers) as response:
        answer = good(await whole(response, MEGABYTE), meanings)
    media_id = word(answer, "thumb_media_id" if kind == "thumb" else "media_id")
    if not media_id:
        raise Turned("no media_id in the answer", fault="media_error")
    return media_id


def _named(file: OutboundFile) -> str:
    suffixes = _SUFFIXES.get(file.media_type, ("",))
    return file.name if file.name.lower().endswith(suffixes) else file.name + suffixes[0]


async def download(line: Line, media_id: str, meanings: Meanings) -> Media:
    """A file somebody has sent; of a video, some accounts only get its address. Raises Retry, Turned and
    Expired."""
    query = {"access_token": await line.token(), "media_id": media_id}
    async with opened(line, "GET", "/cgi-bin/media/get", query) as response:
        data = await whole(response, FETCH_BYTES)
        headers = response.headers
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    named = _NAME.search(headers.get("content-disposition", ""))
    if named is None and media_type in _JSON:
        url = word(good(data, meanings), "video_url")
        if not url:
            raise Turned("neither a file nor its address", fault="media_error")
        return Media(url=url, media_type="video/mp4")
    return Media(name=named[1].strip() if named else "", media_type=media_type, data=data)
