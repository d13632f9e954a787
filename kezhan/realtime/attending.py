"""Who has a page of the desk before her, on whatever device: known by what the pages say, stored nowhere."""

from uuid import UUID

from kezhan.realtime.hub import Listener
from kezhan.realtime.presence import Presence

ATTENDING = "attending"
"""The kind of presence."""


class Attending:
    """One per process. Somebody with two pages in sight is there once."""

    def __init__(self, presence: Presence) -> None:
        self._presence = presence
        self._pages: dict[Listener, tuple[UUID, UUID]] = {}

    def enter(self, listener: Listener, workspace_id: UUID, member_id: UUID) -> None:
        if listener not in self._pages:
            self._pages[listener] = workspace_id, member_id
            self._presence.arrive(workspace_id, (ATTENDING, member_id))

    def leave(self, listener: Listener) -> None:
        """Twice, or of a page that was never in sight, changes nothing."""
        found = self._pages.pop(listener, None)
        if found is not None:
            workspace_id, member_id = found
            self._presence.depart(workspace_id, (ATTENDING, member_id))
