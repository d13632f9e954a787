"""Signed addresses: `/f/<id>?w=<workspace>&h=<holder>&e=<expiry>&s=<signature>`.

The signature covers workspace, file, holder and expiry. The holder (`session.<id>`, `token.<id>` or
`visitor.<id>`) is looked up when the file is asked for, so an address dies with the session it was made for;
no cookie is needed, because a partitioned iframe sends none.
"""

import math
from datetime import UTC, datetime
from typing import get_args
from uuid import UUID

from msgspec import Struct, structs

from kezhan.files.schemas import LIMITS, FileLinked, FileOut, Holder, HolderKind
from kezhan.kit.clock import wire
from kezhan.kit.crypto import KeyRing
from kezhan.kit.errors import Forbidden
from kezhan.kit.ids import parse_id

_PURPOSE = "files.address"


class Address(Struct, frozen=True):
    """A checked address: what its signature vouches for."""

    workspace_id: UUID
    file_id: UUID
    holder: Holder


def expiry(at: datetime) -> datetime:
    """Ten minutes on, rounded up to the minute: a file asked for again soon keeps its address."""
    seconds = at.timestamp() + LIMITS.address_s
    return datetime.fromtimestamp(math.ceil(seconds / 60) * 60, UTC)


def sign(keyring: KeyRing, workspace_id: UUID, file_id: UUID, holder: Holder, at: datetime) -> str:
    """The address of a file for `holder`, asked for at `at`; `&t=1` behind it is the thumbnail's."""
    ends = int(expiry(at).timestamp())
    named = f"{holder.kind}.{holder.id}"
    signature = keyring.sign(_message(workspace_id, file_id, named, str(ends)), _PURPOSE)
    return f"/f/{file_id}?w={workspace_id}&h={named}&e={ends}&s={signature}"


def link(keyring: KeyRing, workspace_id: UUID, file: FileOut, holder: Holder, at: datetime) -> FileLinked:
    url = sign(keyring, workspace_id, file.id, holder, at)
    return FileLinked(
        **structs.asdict(file),
        url=url,
        thumbnail_url=url + "&t=1" if file.thumbnail else None,
        expires_at=wire(expiry(at)),
    )


def read(keyring: KeyRing, file_id: UUID, query: dict[str, str], at: datetime) -> Address:
    """What an address says. Raises Forbidden where it is forged, altered or over."""
    workspace, named, ends, signature = (query.get(name, "") for name in ("w", "h", "e", "s"))
    if not keyring.verify(_message(workspace, file_id, named, ends), _PURPOSE, signature):
        raise Forbidden("files.forged")
    workspace_id, holder = parse_id(workspace), _holder(named)
    if workspace_id is None or holder is None:
        raise Forbidden("files.forged")
    if int(ends) <= at.timestamp():
        raise Forbidden("files.expired")
    return Address(workspace_id, file_id, holder)


def _message(workspace: UUID | str, file_id: UUID, holder: str, ends: str) -> str:
    return f"{workspace}:{file_id}:{holder}:{ends}"


def _holder(named: str) -> Holder | None:
    kind, _, text = named.partition(".")
    holder_id = parse_id(text)
    for known in get_args(HolderKind):
        if kind == known and holder_id:
            return Holder(known, holder_id)
    return None
