"""A workspace's own roles: made, changed, removed. Nobody gives, changes or takes more than she may do
herself, and what an owner alone may do stays with owners. Who has a role hears of a change at once: her
sockets and her programs come back with what they may do by then."""

import unicodedata
from collections.abc import Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

from msgspec import UNSET
from sqlalchemy import Row
from sqlalchemy.exc import IntegrityError

from kezhan.kit.changes import between
from kezhan.kit.db import Tx
from kezhan.kit.errors import Forbidden, NotFound, Refused
from kezhan.kit.ids import new_id
from kezhan.kit.outbox import emit
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.events import Facts
from kezhan.workspaces.factors.store import remove_rule
from kezhan.workspaces.names import sort_key
from kezhan.workspaces.permissions import AREAS, ROLES, Permission, whole
from kezhan.workspaces.roles import store
from kezhan.workspaces.roles.named import role_named
from kezhan.workspaces.roles.schemas import (
    MAX_ROLES,
    SHOWN_HOLDERS,
    Area,
    Holder,
    RoleEdit,
    RoleList,
    RoleMake,
    RoleRemoval,
    RoleView,
)

_SEAT = Permission.CONVERSATION_REPLY


async def list_roles(tx: Tx, caller: Caller) -> RoleList:
    own, holders = await store.roles(tx), dict[str, list[Holder]]()
    for row in await store.holders(tx):
        holders.setdefault(row.role, []).append(Holder(id=row.id, name=row.name))
    items = [
        _view(caller, str(role), list(map(str, rights)), holders.get(role, []))
        for role, rights in ROLES.items()
    ]
    items += [_view(caller, str(row.id), row.rights, holders.get(str(row.id), []), row) for row in own]
    areas = [Area(name=name, permissions=[*rights]) for name, rights in AREAS.items()]
    return RoleList(items=items, areas=areas)


async def make_role(tx: Tx, caller: Caller, form: RoleMake) -> RoleView:
    """Raises Refused 403 for a right the caller lacks, 409 for a name that is taken, or too many roles."""
    if len(await store.roles(tx)) >= MAX_ROLES:
        raise Refused("workspaces.too_many_roles", 409, most=MAX_ROLES)
    rights, role_id = _granted(caller, form.permissions), new_id()
    name = form.name.strip()
    row = {"name": name, "note": form.note.strip(), "rights": rights}
    try:
        await store.add(tx, {"id": role_id, **row, **_keys(name)})
    except IntegrityError as fault:
        raise _taken() from fault
    await emit(tx, caller.did("role.create", "role", role_id, Facts(scopes=rights), between(None, row)))
    return await _seen(tx, caller, role_id)


async def edit_role(tx: Tx, caller: Caller, role_id: UUID, form: RoleEdit) -> RoleView:
    """Raises as `make_role` does, NotFound, and Refused 409 where somebody has changed it meanwhile. The same
    again changes nothing."""
    row = await _locked(tx, caller, role_id)
    wanted: dict[str, Any] = {}
    if form.name is not UNSET:
        wanted["name"] = form.name.strip()
    if form.note is not UNSET:
        wanted["note"] = form.note.strip()
    if form.permissions is not UNSET:
        wanted["rights"] = _granted(caller, form.permissions)
    changes = {name: value for name, value in wanted.items() if value != getattr(row, name)}
    if changes:
        if form.version != row.version:
            raise Refused("workspaces.role_changed", 409)
        try:
            await store.edit(tx, role_id, changes | (_keys(changes["name"]) if "name" in changes else {}))
        except IntegrityError as fault:
            raise _taken() from fault
        facts, told = Facts(fields=sorted(changes)), between(row, changes, changes)
        heard = []
        if "rights" in changes:
            members = await store.holder_ids(tx, str(role_id))
            await store.give(tx, str(role_id), str(role_id), changes["rights"])
            heard = [f"member:{member_id}" for member_id in members]
            if (_SEAT in changes["rights"]) != (_SEAT in row.rights):
                await _tell_seats(tx, caller, members, facts)
        await emit(tx, caller.did("role.edit", "role", role_id, facts, told), heard)
    return await _seen(tx, caller, role_id)


async def remove_role(tx: Tx, caller: Caller, role_id: UUID, form: RoleRemoval) -> None:
    """Its members, and those invited to it, have the replacement from now on; the same again changes nothing.
    Raises Forbidden for a replacement that may do more than the caller, Refused 400 for none or itself."""
    row = await _locked(tx, caller, role_id)
    if form.replacement == str(role_id):
        raise Refused("workspaces.no_such_role", 400, field="replacement")
    given = await role_named(tx, form.replacement)
    caller.require_role(given.role, given.rights)
    members = await store.holder_ids(tx, str(role_id))
    await store.give(tx, str(role_id), given.role, given.rights)
    await store.archive(tx, role_id)
    await remove_rule(tx, str(role_id))
    facts = Facts(role=given.role, role_before=str(role_id))
    await _tell_seats(tx, caller, members, facts)
    heard = [f"member:{member_id}" for member_id in members]
    told = between(row, None, ("name", "note", "rights"))
    await emit(tx, caller.did("role.remove", "role", role_id, facts, told), heard)


async def _tell_seats(tx: Tx, caller: Caller, members: Iterable[UUID], facts: Facts) -> None:
    """Whoever keeps seats looks at each of them again."""
    for member_id in members:
        await emit(tx, caller.did("member.rights", "member", member_id, facts))


async def own_role_ids(tx: Tx) -> set[str]:
    """As `memberships.role` has them."""
    return {str(row.id) for row in await store.roles(tx)}


async def _locked(tx: Tx, caller: Caller, role_id: UUID) -> Row[Any]:
    row = await store.locked(tx, role_id)
    if row is None:
        raise NotFound("workspaces.no_such_role")
    caller.require_role(str(role_id), row.rights)
    return row


async def _seen(tx: Tx, caller: Caller, role_id: UUID) -> RoleView:
    return next(one for one in (await list_roles(tx, caller)).items if one.key == str(role_id))


def _granted(caller: Caller, permissions: Collection[Permission]) -> list[str]:
    rights = whole(permissions)
    if Permission.WORKSPACE_OWN in rights or not caller.permissions.issuperset(rights):
        raise Forbidden("workspaces.right_above_own")
    return sorted(rights)


def _taken() -> Refused:
    return Refused("workspaces.role_name_taken", 409, field="name")


def _keys(name: str) -> dict[str, str]:
    key = unicodedata.normalize("NFKC", name).casefold()
    return {"name_key": " ".join(key.split()), "sort_key": sort_key(name)}


def _view(
    caller: Caller, key: str, rights: Sequence[str], holders: list[Holder], own: Row[Any] | None = None
) -> RoleView:
    return RoleView(
        key=key,
        ready=own is None,
        name=own.name if own is not None else "",
        note=own.note if own is not None else "",
        permissions=sorted(rights),
        version=own.version if own is not None else 0,
        held=len(holders),
        holders=holders[:SHOWN_HOLDERS],
        yours=caller.permissions.issuperset(rights),
    )
