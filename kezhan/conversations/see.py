"""Who may see a conversation: one rule, as a test on values and as a condition for lists."""

from collections.abc import Collection
from typing import Protocol
from uuid import UUID

from kezhan.kit.errors import Forbidden, NotFound
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.permissions import Permission

NOBODY = UUID(int=0)
"""A team that is none: whoever has it in her lists sees nothing that nobody has been given."""
_OWN = frozenset({NOBODY})


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
    """All with `conversation.read_all`; else one's own and those one is a guest in, as long as one is, and
    with `conversation.read_team` one's teams' and those nobody has been given."""
    if caller.may(Permission.CONVERSATION_READ_ALL):
        return True
    if not caller.may(Permission.CONVERSATION_READ):
        return False
    if caller.membership_id in (placed.assignee_id, *placed.guests):
        return True
    if not caller.may(Permission.CONVERSATION_READ_TEAM):
        return False
    if placed.team_id is not None:
        return placed.team_id in caller.team_ids
    return placed.assignee_id is None


def teams_in_sight(caller: Caller) -> frozenset[UUID] | None:
    """The same rule for lists: None for everything, else the teams whose conversations are added to one's own
    and to those nobody has been given; with NOBODY among them one's own are all. Raises Forbidden for a
    caller who reads none."""
    if caller.may(Permission.CONVERSATION_READ_ALL):
        return None
    caller.require(Permission.CONVERSATION_READ)
    return caller.team_ids if caller.may(Permission.CONVERSATION_READ_TEAM) else _OWN


def sight(caller: Caller) -> tuple[bool, UUID, list[UUID]]:
    """The same rule as the search in the database takes it: whether all, else whose own, which teams'."""
    whole, team = (
        caller.may(one) for one in (Permission.CONVERSATION_READ_ALL, Permission.CONVERSATION_READ_TEAM)
    )
    return whole, caller.membership_id, list(caller.team_ids if team else _OWN)


def require_sight(caller: Caller, placed: Placed) -> None:
    """A conversation out of sight does not exist for the caller."""
    if not may_see(caller, placed):
        raise NotFound("conversations.not_found")


def require_hand(caller: Caller, placed: Placed, permission: Permission) -> None:
    require_sight(caller, placed)
    if not caller.may(permission):
        raise Forbidden()
