"""Files: a customer's by its download code, ours by a media id."""

import hashlib
import re

from kezhan.channels.adapters.dingtalk.api import call, old_call
from kezhan.channels.base import Line, Media, OutboundFile, Turned
from kezhan.kit.loose import word

FILE_BYTES = 20 * 1024 * 1024
IMAGES = frozenset(f"image/{kind}" for kind in ("jpeg", "png", "gif", "bmp"))
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


async def uploaded(line: Line, file: OutboundFile) -> tuple[str, dict[str, str]]:
    """Bring our file up; the key and parameters of the message that shows it."""
    kind = "image" if file.media_type in IMAGES else "file"
    body, content_type = _form(file, await line.content(file))
    answer = await old_call(line, f"/media/upload?type={kind}", body, content_type)
    media_id = word(answer, "media_id")
    if kind == "image":
        return "sampleImageMsg", {"photoURL": media_id}
    ending = file.name.rpartition(".")[2].lower()
    return "sampleFile", {
        "mediaId": media_id,
        "fileName": file.name,
        "fileType": DOCUMENTS.get(file.media_type, ending),
    }


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
