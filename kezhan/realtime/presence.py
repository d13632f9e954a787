"""Who is connected right now, here and on the other processes, by kind and id."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from uuid import UUID

Key = tuple[str, UUID]
Changed = Callable[[UUID, Key, bool], None]


class Presence:
    """Counts sockets per person: several devices, on whatever process, are one presence.
    `on_change(workspace, key, online)` is called at the first and after the last of all processes, `on_own`
    at the first and after the last of this one."""

    def __init__(self) -> None:
        self._count: defaultdict[Key, int] = defaultdict(int)
        self._own: dict[Key, UUID] = {}
        self._elsewhere: defaultdict[str, dict[Key, UUID]] = defaultdict(dict)
        self._places: defaultdict[Key, int] = defaultdict(int)
        self._here: defaultdict[tuple[UUID, str], set[UUID]] = defaultdict(set)
        self.on_change: Changed = lambda workspace, key, online: None
        self.on_own: Changed = lambda workspace, key, online: None

    def arrive(self, workspace_id: UUID, key: Key) -> None:
        self._count[key] += 1
        if self._count[key] == 1:
            self._own[key] = workspace_id
            self._appear(workspace_id, key)
            self.on_own(workspace_id, key, True)

    def depart(self, workspace_id: UUID, key: Key) -> None:
        self._count[key] -= 1
        if self._count[key] <= 0:
            del self._count[key]
            del self._own[key]
            self._vanish(workspace_id, key)
            self.on_own(workspace_id, key, False)

    def elsewhere(self, process: str, workspace_id: UUID, key: Key, online: bool) -> None:
        """What another process tells of one of its own. Told twice it changes nothing."""
        there = self._elsewhere[process]
        if online and key not in there:
            there[key] = workspace_id
            self._appear(workspace_id, key)
        elif not online and there.pop(key, None) is not None:
            self._vanish(workspace_id, key)

    def at(self, process: str) -> frozenset[Key]:
        """Those known to be at another process."""
        return frozenset(self._elsewhere.get(process, ()))

    def lose(self, process: str, keys: Iterable[Key] | None = None) -> None:
        """These (None: all) of another process are there no more."""
        there = self._elsewhere.get(process, {})
        for key in tuple(there if keys is None else keys):
            self.elsewhere(process, there[key], key, False)
        if not there:
            self._elsewhere.pop(process, None)

    def own(self) -> dict[Key, UUID]:
        """Those connected to this process, each with its workspace."""
        return dict(self._own)

    def online(self, key: Key) -> bool:
        return key in self._places

    def present(self, workspace_id: UUID, kind: str) -> list[UUID]:
        return list(self._here.get((workspace_id, kind), ()))

    def _appear(self, workspace_id: UUID, key: Key) -> None:
        self._places[key] += 1
        if self._places[key] == 1:
            self._here[workspace_id, key[0]].add(key[1])
            self.on_change(workspace_id, key, True)

    def _vanish(self, workspace_id: UUID, key: Key) -> None:
        self._places[key] -= 1
        if self._places[key] == 0:
            del self._places[key]
            here = self._here[workspace_id, key[0]]
            here.discard(key[1])
            if not here:
                del self._here[workspace_id, key[0]]
            self.on_change(workspace_id, key, False)
