"""What the room tells the house."""

from uuid import UUID

from kezhan.kit.outbox import Event


class TagChanged(Event, frozen=True, kw_only=True, tag="tag.changed"):
    """A tag was made, changed, archived or restored."""

    tag_id: UUID


class TagMerged(Event, frozen=True, kw_only=True, tag="tag.merged"):
    """What has `tag_id` is to have `into` instead."""

    tag_id: UUID
    into: UUID


class TagPut(Event, frozen=True, kw_only=True, tag="tag.put"):
    """A tag was put on a contact or a conversation (`on`), or (`put` false) taken off."""

    on: str
    thing_id: UUID
    tag_id: UUID
    put: bool
