"""Who has a conversation before them just now, of all processes: known, shown, and stored nowhere."""

from uuid import UUID

from kezhan.conversations.schemas import Viewers
from kezhan.realtime.hub import Listener
from kezhan.realtime.presence import Presence

_KIND = "talk:"


def talk_of(kind: str) -> UUID | None:
    """The conversation that this kind of presence is in; None for other kinds."""
    return UUID(kind.removeprefix(_KIND)) if kind.startswith(_KIND) else None


class Company:
    """One per process. Somebody with two windows is there once."""

    def __init__(self, presence: Presence) -> None:
        self._presence = presence
        self._attended: dict[Listener, dict[UUID, tuple[UUID, UUID]]] = {}

    def enter(self, listener: Listener, workspace_id: UUID, member_id: UUID, conversation_id: UUID) -> None:
        talks = self._attended.setdefault(listener, {})
        if conversation_id not in talks:
            talks[conversation_id] = workspace_id, member_id
            self._presence.arrive(workspace_id, (f"{_KIND}{conversation_id}", member_id))

    def leave(self, listener: Listener, conversation_id: UUID) -> None:
        """Twice, or of one who was never shown, changes nothing."""
        talks = self._attended.get(listener, {})
        found = talks.pop(conversation_id, None)
        if not talks:
            self._attended.pop(listener, None)
        if found is not None:
            workspace_id, member_id = found
            self._presence.depart(workspace_id, (f"{_KIND}{conversation_id}", member_id))

    def drop(self, listener: Listener) -> None:
        for conversation_id in tuple(self._attended.get(listener, ())):
            self.leave(listener, conversation_id)

    def shown(self, listener: Listener, conversation_id: UUID) -> bool:
        """Whether the colleagues see that this one is there."""
        return conversation_id in self._attended.get(listener, ())

    def viewers(self, workspace_id: UUID, conversation_id: UUID) -> Viewers:
        members = self._presence.present(workspace_id, f"{_KIND}{conversation_id}")
        return Viewers(conversation_id=conversation_id, members=sorted(members))
