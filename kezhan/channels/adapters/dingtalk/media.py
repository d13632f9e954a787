"""Files: a customer's by its download code, ours by a media id."""

import asyncio
import hashlib
import re
from collections.abc import Mapping

from kezhan.channels.adapters.dingtalk.api import call, old_call
from kezhan.channels.base import Line, Media, OutboundFile, Turned, Voice
from kezhan.kit.film import film
from kezhan.kit.loose import word

FILE_BYTES = 20 * 1024 * 1024
IMAGES = frozenset(f"image/{kind}" for kind in ("jpeg", "png", "gif", "bmp"))
VOICE = Voice(media_types=("audio/amr", "audio/ogg"), seconds=60, most=2 * 1024 * 1024)
_VIDEO = "video/mp4"
_OFFICE = "application/vnd.openxmlformats-officedocument"
DOCUMENTS = {
    "application/pdf": "pdf",
    "application/msword": "doc",
    f"{_OFFICE}.wordprocessingml.document": "docx",
    "application/vnd.ms-excel": "xls",
    f"{_OFFICE}.spreadsheetml.sheet": "xlsx",
    "application/vnd.ms-powerpoint": "ppt",
    f"{_OFFICE}.presentationml.presentation": "pptx",
    "application/zip": "zip",
    "application/vnd.rar": "rar",
    "video/mp4": "mp4",
}


async def media(line: Line, ref: str) -> Media:
    """Where a message's file lies for a while."""
    robot, _, code = ref.partition("/")
    body = {"downloadCode": code, "robotCode": robot}
    answer = await call(line, "POST", "/v1.0/robot/messageFiles/download", body)
    url = word(answer, "downloadUrl")
    if not url:
        raise Turned("no address", fault="media_error")
    return Media(url=url)


async def uploaded(line: Line, file: OutboundFile) -> tuple[str, Mapping[str, object]]:
    """Bring our file up; the key and parameters of the message that shows it."""
    data = await line.content(file)
    if file.media_type in IMAGES:
        return "sampleImageMsg", {"photoURL": await _upload(line, "image", file, data)}
    if file.milliseconds:
        media_id = await _upload(line, "voice", file, data)
        return "sampleAudio", {"mediaId": media_id, "duration": str(file.milliseconds)}
    if file.media_type == _VIDEO and (shown := await asyncio.to_thread(film, data)):
        media_id = await _upload(line, "video", file, data)
        picture = OutboundFile(url="", name="cover.jpg", media_type="image/jpeg", size=len(shown.cover))
        cover = await _upload(line, "image", picture, shown.cover)
        told = {"duration": str(shown.seconds), "videoType": "mp4"}
        return "sampleVideo", {"videoMediaId": media_id, "picMediaId": cover, **told}
    ending = file.name.rpartition(".")[2].lower()
    return "sampleFile", {
        "mediaId": await _upload(line, "file", file, data),
        "fileName": file.name,
        "fileType": DOCUMENTS.get(file.media_type, ending),
    }


async def _upload(line: Line, kind: str, file: OutboundFile, data: bytes) -> str:
    """Its media id."""
    body, content_type = _form(file, data)
    return word(await old_call(line, f"/media/upload?type={kind}", body, content_type), "media_id")


def _form(file: OutboundFile, data: bytes) -> tuple[bytes, str]:
    """A multipart form of one part, and its type."""
    boundary = f"kezhan-{hashlib.sha256(data).hexdigest()[:32]}"
    name = re.sub(r'[\r\n"\\]', "_", file.name) or "file"
    head = f'--{boundary}\r\ncontent-disposition: form-data; name="media"; filename="{name}"\r\n'
    head += f"content-type: {file.media_type or 'application/octet-stream'}\r\n\r\n"
    return (
        head.encode() + data + f"\r\n--{boundary}--\r\n".encode(),
        f"multipart/form-data; boundary={boundary}",
    )
