"""Who is connected to this process right now, by kind and id."""

from collections import defaultdict
from collections.abc import Callable
from uuid import UUID

Key = tuple[str, UUID]
Changed = Callable[[UUID, Key, bool], None]


class Presence:
    """Counts sockets per person: several devices are one presence. `on_change(workspace, key, online)`
    is called at the first and after the last."""

    def __init__(self) -> None:
        self._count: defaultdict[Key, int] = defaultdict(int)
        self._by_workspace: defaultdict[UUID, set[Key]] = defaultdict(set)
        self.on_change: Changed = lambda workspace, key, online: None

    def arrive(self, workspace_id: UUID, key: Key) -> None:
        self._count[key] += 1
        if self._count[key] == 1:
            self._by_workspace[workspace_id].add(key)
            self.on_change(workspace_id, key, True)

    def depart(self, workspace_id: UUID, key: Key) -> None:
        self._count[key] -= 1
        if self._count[key] <= 0:
            del self._count[key]
            self._by_workspace[workspace_id].discard(key)
            self.on_change(workspace_id, key, False)

    def online(self, key: Key) -> bool:
        return key in self._count

    def present(self, workspace_id: UUID, kind: str) -> list[UUID]:
        return [who for of, who in self._by_workspace.get(workspace_id, ()) if of == kind]
