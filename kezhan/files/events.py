"""What the room tells the house."""

from uuid import UUID

from kezhan.kit.outbox import Event


class FileErased(Event, frozen=True, kw_only=True, tag="files.erased"):
    """The row is gone; `jobs.remove` takes the objects away."""

    file_id: UUID


class FileInfected(Event, frozen=True, kw_only=True, tag="files.infected"):
    """A file was turned away; `signature` names what was found in it, the owner who brought it."""

    name: str
    signature: str
    owner_kind: str
    owner_id: UUID
