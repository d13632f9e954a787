"""Tags on every screen: whoever follows them hears that they, or those of a customer, have changed."""

from uuid import UUID

from kezhan.kit.outbox import Published
from kezhan.realtime.pulse import Pulse
from kezhan.tags.events import TagChanged, TagMerged, TagPut
from kezhan.tags.schemas import Thing

TOPIC = "tags"


def on_commit(pulse: Pulse, workspace_id: UUID, published: list[Published]) -> None:
    """What is on conversations is told with their heads."""
    for event, _ in published:
        on_contact = isinstance(event, TagPut) and event.on == Thing.CONTACT
        if on_contact or isinstance(event, TagChanged | TagMerged):
            pulse.touch(TOPIC, workspace_id)
            return
