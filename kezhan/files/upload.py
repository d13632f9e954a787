"""Read the first file of a multipart/form-data body as it arrives, without keeping it."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

import multipart  # type: ignore[import-untyped]  # the package ships no stubs
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema

from kezhan.files.schemas import LIMITS, Incoming
from kezhan.kit.errors import Refused

# The longest name is cut, not refused, so its header must get through.
_HEADER_BYTES = 64 * 1024
_OVERHEAD = 128 * 1024


async def first_file(headers: Mapping[str, str], body: AsyncIterator[bytes]) -> Incoming:
    """The first part that has a file name. `headers` are the request's, lower case.

    Raises Refused where there is none, or where the request announces more than any file may have.
    """
    announced = headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:19]) > LIMITS.file_bytes + _OVERHEAD:
        raise Refused("files.too_large", 413, megabytes=LIMITS.file_bytes // (1024 * 1024))
    kind, options = multipart.parse_options_header(headers.get("content-type", ""))
    if kind != "multipart/form-data" or not options.get("boundary"):
        raise Refused("files.bad_upload", 400)
    events = _events(options["boundary"], body)
    async for event in events:
        if isinstance(event, multipart.MultipartSegment) and event.filename is not None:
            return Incoming(event.filename, event.content_type or "", _chunks(events))
    raise Refused("files.no_file", 400)


async def _events(boundary: str, body: AsyncIterator[bytes]) -> AsyncIterator[object]:
    try:
        parser = multipart.PushMultipartParser(boundary, max_header_size=_HEADER_BYTES, max_segment_count=20)
        async for chunk in body:
            if chunk:
                for event in parser.parse(chunk):
                    yield event
        parser.close()
    except (multipart.MultipartError, UnicodeError) as fault:
        raise Refused("files.bad_upload", 400) from fault


async def _chunks(events: AsyncIterator[object]) -> AsyncIterator[bytes]:
    async for event in events:
        if event is None:
            return
        if isinstance(event, (bytes, bytearray)):
            yield bytes(event)


_FILE = Schema(type=OpenAPIType.STRING, content_media_type="application/octet-stream")
_BODY = RequestBody(
    required=True,
    content={
        "multipart/form-data": OpenAPIMediaType(
            schema=Schema(
                type=OpenAPIType.OBJECT,
                required=["file"],
                properties={"file": _FILE},
            )
        )
    },
)


@dataclass
class UploadOperation(Operation):
    """The body is read as it arrives, so the framework cannot know its shape by itself."""

    def __post_init__(self) -> None:
        self.request_body = _BODY
