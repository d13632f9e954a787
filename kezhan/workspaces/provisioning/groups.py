"""A directory's groups: teams here, or what decides the role of who is in them."""

from collections.abc import Callable, Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.exc import IntegrityError

from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.ids import new_id
from kezhan.workspaces import members, teams
from kezhan.workspaces import store as seats
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.permissions import Role
from kezhan.workspaces.provisioning import resources, store
from kezhan.workspaces.provisioning.filters import parse
from kezhan.workspaces.provisioning.matching import Match
from kezhan.workspaces.provisioning.rules import Rules, rules_of
from kezhan.workspaces.provisioning.said import Group, bad_value
from kezhan.workspaces.roles.named import role_by
from kezhan.workspaces.schemas import MemberEdit, TeamMembers, TeamName

MOST = 500
_TEAM_NAME = 100
Resource = dict[str, Any]


async def get(tx: Tx, group_id: UUID, base: str) -> Resource:
    row = await store.group(tx, group_id)
    if row is None:
        raise NotFound()
    return resources.group(row, await store.group_members(tx, [group_id]), base)


async def find(
    tx: Tx, wanted: str | None, *, start: int, count: int, base: str
) -> tuple[int, list[Resource]]:
    """As people are found."""
    by = parse(wanted, store.GROUP_FILTERS) if wanted else None
    total, rows = await store.groups(tx, by, skip=start - 1, limit=count)
    within: dict[UUID, list[Row[Any]]] = {row.id: [] for row in rows}
    for one in await store.group_members(tx, list(within)):
        within[one.group_id].append(one)
    return total, [resources.group(row, within[row.id], base) for row in rows]


async def create(tx: Tx, caller: Caller, said: Group, base: str) -> Resource:
    """Raises Refused 409 for a name that another group has, 400 for a member who is nobody here."""
    await _check_members(tx, said.members)
    total, _ = await store.groups(tx, None, skip=0, limit=0)
    if total >= MOST:
        raise Refused("workspaces.scim_too_many", 409, most=MOST)
    group_id = new_id()
    row = {"id": group_id, "name": said.name, "external_id": said.external_id}
    if not await store.add_group(tx, row):
        raise Refused("workspaces.scim_taken", 409)
    await _write(tx, caller, group_id, Group(name=said.name), said)
    return await get(tx, group_id, base)


async def change(
    tx: Tx, caller: Caller, group_id: UUID, say: Callable[[Group], Group], match: Match, base: str
) -> Resource:
    """As a person is changed."""
    row = await _held(tx, group_id)
    found = await store.group_members(tx, [group_id])
    match.check(resources.group(row, found, base))
    before = resources.group_of(row, found)
    wanted = say(before)
    if wanted != before:
        await _check_members(tx, wanted.members - before.members)
        if wanted.name != before.name and await store.group_named(tx, wanted.name, group_id):
            raise Refused("workspaces.scim_taken", 409)
        await _write(tx, caller, group_id, before, wanted)
    return await get(tx, group_id, base)


async def remove(tx: Tx, caller: Caller, group_id: UUID, match: Match, base: str) -> None:
    """Who was in it leaves its team, or has the role of her other groups. The team stays: customers may wait
    for it."""
    row = await _held(tx, group_id)
    found = await store.group_members(tx, [group_id])
    match.check(resources.group(row, found, base))
    before = resources.group_of(row, found)
    await _write(tx, caller, group_id, before, Group(name=before.name, external_id=before.external_id))
    await store.drop_group(tx, group_id)


async def follow(tx: Tx, caller: Caller, membership_id: UUID) -> None:
    """Who has a seat again is where her groups say."""
    rules = await rules_of(tx)
    for one in await store.groups_of(tx, [membership_id]):
        await _set_team(tx, caller, rules, one, one.name, {membership_id}, set())
    await _give_roles(tx, caller, rules, [membership_id])


async def apply_all(tx: Tx, caller: Caller) -> None:
    """What groups are here has changed."""
    rules = await rules_of(tx)
    _, found = await store.groups(tx, None, skip=0, limit=MOST)
    rows = await store.group_members(tx, [row.id for row in found])
    for row in found:
        within = {one.membership_id for one in rows if one.group_id == row.id}
        await _set_team(tx, caller, rules, row, row.name, within, set())
    await _give_roles(tx, caller, rules, sorted({one.membership_id for one in rows}))


async def _held(tx: Tx, group_id: UUID) -> Row[Any]:
    row = await store.group(tx, group_id, hold=True)
    if row is None:
        raise NotFound()
    return row


async def _check_members(tx: Tx, ids: Collection[UUID]) -> None:
    if await store.known_people(tx, ids) != set(ids):
        raise bad_value("members")


async def _write(tx: Tx, caller: Caller, group_id: UUID, before: Group, wanted: Group) -> None:
    came, gone = wanted.members - before.members, before.members - wanted.members
    try:
        await store.edit_group(tx, group_id, {"name": wanted.name, "external_id": wanted.external_id})
    except IntegrityError as fault:  # of two at once one has the name
        raise Refused("workspaces.scim_taken", 409) from fault
    await store.join_group(tx, group_id, sorted(came))
    await store.leave_group(tx, group_id, sorted(gone))
    row = await _held(tx, group_id)
    rules = await rules_of(tx)
    await _set_team(tx, caller, rules, row, before.name, set(came), set(gone))
    touched = came | gone | (wanted.members if wanted.name != before.name else frozenset())
    await _give_roles(tx, caller, rules, sorted(touched))


async def _set_team(
    tx: Tx, caller: Caller, rules: Rules, row: Row[Any], name_before: str, came: set[UUID], gone: set[UUID]
) -> None:
    """Members put into the team by hand stay. A team that was archived is left alone."""
    if rules.groups != "teams":
        return
    team_id = row.team_id
    if team_id is None:
        name = row.name[:_TEAM_NAME]
        team_id = await store.team_named(tx, name)
        if team_id is None:
            team_id = (await teams.create_team(tx, caller, TeamName(name=name))).id
        await store.edit_group(tx, row.id, {"team_id": team_id})
    team = await seats.team(tx, team_id)
    if team is None or team.archived_at is not None:
        return
    if row.name != name_before and team.name == name_before[:_TEAM_NAME]:
        await teams.rename_team(tx, caller, team_id, TeamName(name=row.name[:_TEAM_NAME]))
    present = await seats.team_member_ids(tx, team_id)
    wanted = await seats.active_member_ids(tx, sorted((present - gone) | came))
    if wanted != present:
        await teams.set_team_members(tx, caller, team_id, TeamMembers(member_ids=sorted(wanted)))


async def _give_roles(tx: Tx, caller: Caller, rules: Rules, ids: Collection[UUID]) -> None:
    """By the names of their groups; an owner stays one."""
    if rules.groups != "roles" or not ids:
        return
    within = await store.groups_of(tx, ids)
    for one in ids:
        row = await seats.member(tx, one)
        if row is None or row.archived_at is not None or row.role == Role.OWNER:
            continue
        names = {group.name for group in within if group.membership_id == one}
        given = await role_by(tx, rules.role_map, names, rules.role)
        if given.role != row.role:
            await members.edit_member(tx, caller, one, MemberEdit(role=given.role))
