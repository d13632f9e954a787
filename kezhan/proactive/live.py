"""What makes the list of visitors stale."""

from uuid import UUID

from kezhan.conversations.desk import Desk
from kezhan.conversations.events import ConversationAssigned, ConversationClosed, ConversationOpened
from kezhan.kit.outbox import Published
from kezhan.proactive.events import InviteChanged
from kezhan.proactive.visitors import TOPIC
from kezhan.realtime.presence import Key
from kezhan.visits.events import PageViewed

_TELLING = (PageViewed, ConversationOpened, ConversationAssigned, ConversationClosed, InviteChanged)


def listen(desk: Desk) -> None:
    """Once, where the process is put together: every process knows by itself who comes and goes."""

    def moved(workspace_id: UUID, key: Key, online: bool) -> None:
        if key[0] == "visitor":
            desk.pulse.show(TOPIC, workspace_id)

    desk.on_presence.append(moved)


def on_commit(desk: Desk, workspace_id: UUID, published: list[Published]) -> None:
    if any(isinstance(event, _TELLING) for event, _ in published):
        desk.pulse.touch(TOPIC, workspace_id)
