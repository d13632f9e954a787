"""Who may see a conversation: one rule, as a test on values and as a condition for lists."""

from collections.abc import Collection
from typing import Protocol
from uuid import UUID

from kezhan.kit.errors import Forbidden, NotFound
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.permissions import Permission


class Placed(Protocol):
    """Anything that says where a conversation stands: a row or a Head."""

    @property
    def assignee_id(self) -> UUID | None: ...
    @property
    def team_id(self) -> UUID | None: ...
    @property
    def guests(self) -> list[UUID]: ...


class Eyes(Protocol):
    """Anybody of whom it is known what she may do: a caller, or a colleague who is spoken of."""

    @property
    def membership_id(self) -> UUID: ...
    @property
    def team_ids(self) -> Collection[UUID]: ...
    def may(self, permission: str, /) -> bool: ...


def may_see(caller: Eyes, placed: Placed) -> bool:
    """All with `conversation.read_all`; else one's own, one's teams', those nobody has been given, and those
    one is a guest in, as long as one is."""
    if caller.may(Permission.CONVERSATION_READ_ALL):
        return True
    if not caller.may(Permission.CONVERSATION_READ):
        return False
    if caller.membership_id in (placed.assignee_id, *placed.guests):
        return True
    if placed.team_id is not None:
        return placed.team_id in caller.team_ids
    return placed.assignee_id is None


def teams_in_sight(caller: Caller) -> frozenset[UUID] | None:
    """The same rule for lists: None for everything, else the teams whose conversations are added to one's own
    and to those nobody has been given. Raises Forbidden for a caller who reads none."""
    if caller.may(Permission.CONVERSATION_READ_ALL):
        return None
    caller.require(Permission.CONVERSATION_READ)
    return caller.team_ids


def sight(caller: Caller) -> tuple[bool, UUID, list[UUID]]:
    """The same rule as the search in the database takes it: whether all, else whose own, which teams'."""
    return caller.may(Permission.CONVERSATION_READ_ALL), caller.membership_id, list(caller.team_ids)


def require_sight(caller: Caller, placed: Placed) -> None:
    """A conversation out of sight does not exist for the caller."""
    if not may_see(caller, placed):
        raise NotFound("conversations.not_found")


def require_hand(caller: Caller, placed: Placed, permission: Permission) -> None:
    require_sight(caller, placed)
    if not caller.may(permission):
        raise Forbidden()
