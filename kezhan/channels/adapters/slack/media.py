"""Files: a customer's with our token, ours in three steps."""

from kezhan.channels.adapters.slack.api import (
    ask,
    call,
    check_status,
    fetch,
    harmless,
    own_url,
    post_form,
    reached,
)
from kezhan.channels.adapters.slack.inbound import NO_THREAD
from kezhan.channels.adapters.slack.marks import marked
from kezhan.channels.base import Line, Media, Outbound, OutboundFile, Turned
from kezhan.kit.loose import word

FILE_BYTES = 20 * 1024 * 1024


async def media(line: Line, ref: str) -> Media:
    """By its address, or by its id where the message has told nothing else. Without the right to read files a
    page to sign in comes instead."""
    url, name, media_type = ref, "", ""
    if "/" not in ref:
        info = await ask(line, "files.info", file=ref)
        url = word(info, "file", "url_private_download") or word(info, "file", "url_private")
        name, media_type = word(info, "file", "name"), word(info, "file", "mimetype")
    sent, data = await fetch(line, url, FILE_BYTES)
    if sent == "text/html" and media_type != "text/html" and not ref.endswith((".html", ".htm")):
        raise Turned("not allowed to read files", fault="media_error")
    return Media(name=name, media_type=media_type or sent, data=data)


async def share(line: Line, outbound: Outbound, file: OutboundFile) -> str:
    """Bring our file up and show it with its words; its id."""
    with harmless():
        file_id = await _upload(line, file)
    shown: dict[str, object] = {
        "files": [{"id": file_id, "title": file.name}],
        "channel_id": outbound.external_id,
    }
    if outbound.ticket not in {"", NO_THREAD}:
        shown["thread_ts"] = outbound.ticket
    if outbound.text:
        shown["initial_comment"] = marked(outbound.text)
    await call(line, "files.completeUploadExternal", shown)
    return file_id


async def _upload(line: Line, file: OutboundFile) -> str:
    data = await line.content(file)
    place = await post_form(line, "files.getUploadURLExternal", filename=file.name, length=str(len(data)))
    url = own_url(line, word(place, "upload_url"))
    response = await reached(line, "POST", url, data, {"content-type": "application/octet-stream"})
    check_status(response)
    if response.status_code != 200:
        raise Turned(f"HTTP {response.status_code}", status=response.status_code, fault="media_error")
    return word(place, "file_id")
