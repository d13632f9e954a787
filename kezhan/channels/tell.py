"""What makes the list of channels stale."""

from uuid import UUID

from kezhan.channels.events import ChannelChanged, ChannelWorking
from kezhan.conversations.desk import Desk
from kezhan.kit.outbox import Published

TOPIC = "channels"


def on_commit(desk: Desk, workspace_id: UUID, published: list[Published]) -> None:
    if any(isinstance(event, ChannelChanged | ChannelWorking) for event, _ in published):
        desk.pulse.touch(TOPIC, workspace_id)
