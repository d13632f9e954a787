"""What makes lists of answers and of follow-ups stale."""

from uuid import UUID

from kezhan.conversations.desk import Desk
from kezhan.kit.outbox import Published
from kezhan.surveys.events import FollowUpChanged, SurveyAnswered, SurveyInvited

TOPIC = "surveys"
_TELLING = (SurveyInvited, SurveyAnswered, FollowUpChanged)


def on_commit(desk: Desk, workspace_id: UUID, published: list[Published]) -> None:
    if any(isinstance(event, _TELLING) for event, _ in published):
        desk.pulse.touch(TOPIC, workspace_id)
