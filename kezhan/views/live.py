"""What makes views stale: whatever changes in a conversation, what customers answer of it,
and which tags they have."""

from uuid import UUID

from kezhan.conversations.desk import Desk
from kezhan.kit.outbox import Published
from kezhan.surveys.events import SurveyAnswered
from kezhan.tags.events import TagPut

TOPIC = "views"


def listen(desk: Desk) -> None:
    """Once, where the process is put together: every process hears by itself which conversations change."""
    desk.on_moved.append(lambda workspace_id: desk.pulse.show(TOPIC, workspace_id))


def on_commit(desk: Desk, workspace_id: UUID, published: list[Published]) -> None:
    if any(isinstance(event, SurveyAnswered | TagPut) for event, _ in published):
        desk.pulse.touch(TOPIC, workspace_id)
