"""Routes: a customer's history."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import get
from litestar.params import Parameter

from kezhan.conversations.history import read
from kezhan.conversations.history.schemas import Days, FileKind, History, SaidLinks, SentFile, WrittenDownList
from kezhan.kit.paging import Page
from kezhan.kit.reading import Reader
from kezhan.workspaces.authenticate import Caller, needs
from kezhan.workspaces.permissions import Permission

_READ = needs(Permission.CONVERSATION_READ)
_CONTACT = "/api/contacts/{contact_id:uuid}"
Limit = Annotated[int, Parameter(ge=1, le=100)]


@get(f"{_CONTACT}/messages", guards=[_READ], operation_id="conversations_history")
async def get_history(
    reader: Reader, caller: Caller, contact_id: UUID, conversation_id: UUID | None = None,
    before: int | None = None, after: int | None = None, limit: Limit = 50,
) -> History:  # fmt: skip
    """What was said on all her channels, from a place in one of her conversations on; without, the newest."""
    return await read.history(reader, caller, contact_id, conversation_id, before, after, limit)


@get(f"{_CONTACT}/files", guards=[_READ], operation_id="conversations_files")
async def get_files(
    reader: Reader, caller: Caller, contact_id: UUID, kind: FileKind, after: str | None = None,
    limit: Limit = 30,
) -> Page[SentFile]:  # fmt: skip
    """Messages with files of one kind, the newest first."""
    return await read.files(reader, caller, contact_id, kind, after, limit)


@get(f"{_CONTACT}/links", guards=[_READ], operation_id="conversations_said_links")
async def get_links(
    reader: Reader, caller: Caller, contact_id: UUID, after: str | None = None, limit: Limit = 30
) -> Page[SaidLinks]:
    """Messages with web addresses, the newest first. A page may have fewer, though there are more."""
    return await read.links(reader, caller, contact_id, after, limit)


@get(f"{_CONTACT}/wrap-ups", guards=[_READ], operation_id="conversations_written_down")
async def get_wrap_ups(reader: Reader, caller: Caller, contact_id: UUID) -> WrittenDownList:
    """The wrap-ups of her newest conversations."""
    return await read.wrap_ups(reader, caller, contact_id)


@get(f"{_CONTACT}/days", guards=[_READ], operation_id="conversations_days")
async def get_days(
    reader: Reader, caller: Caller, contact_id: UUID, since: datetime, until: datetime, zone: str
) -> Days:
    """The days on which something was said, each with its first message."""
    return await read.days(reader, caller, contact_id, since, until, zone)


routes: list[Any] = [get_history, get_files, get_links, get_wrap_ups, get_days]
