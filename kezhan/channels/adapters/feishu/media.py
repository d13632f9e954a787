"""Files: a customer's come down by message and key, ours go up for a key."""

import asyncio
import hashlib
import re
from urllib.parse import quote, unquote

from kezhan.channels.adapters.feishu.api import answered, fetch, request
from kezhan.channels.base import Line, Media, OutboundFile, Voice
from kezhan.kit.film import film
from kezhan.kit.loose import word

FILE_BYTES = 30 * 1024 * 1024
IMAGE_BYTES = 10 * 1024 * 1024
VOICE = Voice(media_types=("audio/ogg",), seconds=300, most=FILE_BYTES)
_IMAGES = frozenset(
    f"image/{kind}" for kind in ("jpeg", "png", "webp", "gif", "tiff", "bmp", "x-icon", "vnd.microsoft.icon")
)
_KINDS = {"mp4": "mp4", "pdf": "pdf", "doc": "doc", "docx": "doc", "xls": "xls"}
_KINDS |= {"xlsx": "xls", "ppt": "ppt", "pptx": "ppt"}
_MESSAGES = {"opus": "audio", "mp4": "media"}
_NAME = re.compile(r"filename\*?=(?:UTF-8'')?\"?([^\";]+)", re.IGNORECASE)


def ref_of(message_id: str, kind: str, key: str) -> str:
    """`kind`: image or file, as the download asks for it."""
    return f"{message_id}/{kind}/{key}"


async def media(line: Line, ref: str) -> Media:
    """What a message carries."""
    message_id, kind, key = (quote(part, safe="") for part in ref.split("/", 2))
    path = f"/open-apis/im/v1/messages/{message_id}/resources/{key}?type={kind}"
    headers, data = await fetch(line, path, FILE_BYTES)
    name = _NAME.search(headers.get("content-disposition", ""))
    media_type = headers.get("content-type", "").partition(";")[0].strip()
    return Media(name=unquote(name[1]) if name else "", media_type=media_type, data=data)


async def uploaded(line: Line, file: OutboundFile) -> tuple[str, dict[str, str]]:
    """Bring our file up; the message's type and content that show it."""
    data = await line.content(file)
    if file.media_type in _IMAGES and len(data) <= IMAGE_BYTES:
        return "image", {"image_key": await image(line, file, data)}
    kind = "opus" if file.milliseconds else _KINDS.get(file.name.rpartition(".")[2].lower(), "stream")
    told = {"file_type": kind, "file_name": file.name}
    shown = await asyncio.to_thread(film, data) if kind == "mp4" else None
    lasts = shown.seconds * 1000 if shown is not None else file.milliseconds
    if lasts:
        told["duration"] = str(lasts)
    body, content_type = form(told, "file", file, data)
    response = await request(line, "POST", "/open-apis/im/v1/files", body, content_type)
    content = {"file_key": word(answered(response), "data", "file_key")}
    if shown is not None:
        cover = OutboundFile(url="", name="cover.jpg", media_type="image/jpeg", size=len(shown.cover))
        content["image_key"] = await image(line, cover, shown.cover)
    return _MESSAGES.get(kind, "file"), content


async def image(line: Line, file: OutboundFile, data: bytes) -> str:
    """The key of a picture brought up."""
    body, content_type = form({"image_type": "message"}, "image", file, data)
    response = await request(line, "POST", "/open-apis/im/v1/images", body, content_type)
    return word(answered(response), "data", "image_key")


def form(fields: dict[str, str], part: str, file: OutboundFile, data: bytes) -> tuple[bytes, str]:
    """A multipart form and its type. The boundary follows from the file: a repeat has the same bytes."""
    boundary = f"kezhan-{hashlib.sha256(data).hexdigest()[:32]}"
    name = re.sub(r'[\r\n"\\]', "_", file.name) or "file"
    lines = [
        f'--{boundary}\r\ncontent-disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
        for key, value in fields.items()
    ]
    head = f'--{boundary}\r\ncontent-disposition: form-data; name="{part}"; filename="{name}"\r\n'
    head += f"content-type: {file.media_type or 'application/octet-stream'}\r\n\r\n"
    body = "".join(lines).encode() + head.encode() + data + f"\r\n--{boundary}--\r\n".encode()
    return body, f"multipart/form-data; boundary={boundary}"
