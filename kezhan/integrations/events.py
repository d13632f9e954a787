"""What the room tells the house."""

from uuid import UUID

from kezhan.kit.outbox import Event


class EndpointChanged(Event, frozen=True, kw_only=True, tag="webhook.endpoint_changed"):
    """An endpoint was made, changed, removed, or (`stopped`) has switched itself off."""

    endpoint_id: UUID
    stopped: bool = False
