"""What other rooms ask about people."""

from uuid import UUID

from msgspec import structs

from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.masking import Cover
from kezhan.workspaces import store
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.masking.decide import cover_of
from kezhan.workspaces.permissions import permissions_of


async def member_name(tx: Tx, membership_id: UUID) -> str:
    """The name of a member, archived ones too. Raises NotFound for an id of nobody here."""
    row = await store.member(tx, membership_id)
    if row is None:
        raise NotFound("workspaces.no_such_member")
    return str(row.name)


async def serving_name(tx: Tx, membership_id: UUID, permission: str) -> str:
    """The name of an active member who has `permission`. Raises NotFound, or Refused 409 without it."""
    row = await store.member(tx, membership_id)
    if row is None or row.archived_at is not None:
        raise NotFound("workspaces.no_such_member")
    if permission not in permissions_of(row.role, row.rights):
        raise Refused("workspaces.cannot_serve", 409, name=row.name)
    return str(row.name)


async def shows_supervisors(tx: Tx) -> bool:
    """Whether who listens in to a conversation is shown to the one who serves."""
    return bool((await store.workspace(tx)).show_supervisors)


async def team_name(tx: Tx, team_id: UUID) -> str:
    """The name of an active team. Raises NotFound."""
    row = await store.team(tx, team_id)
    if row is None or row.archived_at is not None:
        raise NotFound("workspaces.no_such_team")
    return str(row.name)


async def acting_now(tx: Tx, caller: Caller) -> Caller | None:
    """Somebody who asked for something earlier, with what she may do by now, never more than she could then;
    None where she is no member any more."""
    row = await store.member(tx, caller.membership_id)
    if row is None or row.archived_at is not None:
        return None
    rights, teams = caller.permissions & permissions_of(row.role, row.rights), frozenset(row.team_ids)
    serves = row.id if caller.kind == "member" else None
    cover = cover_of(rights, await store.workspace(tx), serves)
    return structs.replace(caller, permissions=rights, team_ids=teams, cover=cover)


async def cover_of_programs(tx: Tx) -> Cover | None:
    """What is masked from programs that are told of what happens, whoever has set them up."""
    return cover_of((), await store.workspace(tx))
