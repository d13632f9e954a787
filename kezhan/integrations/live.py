"""Endpoints on the screen: whoever follows them hears that one has changed, or switched itself off."""

from uuid import UUID

from kezhan.integrations.events import EndpointChanged
from kezhan.kit.outbox import Published
from kezhan.realtime.pulse import Pulse

TOPIC = "webhooks"


def on_commit(pulse: Pulse, workspace_id: UUID, published: list[Published]) -> None:
    if any(isinstance(event, EndpointChanged) for event, _ in published):
        pulse.touch(TOPIC, workspace_id)
