"""Teams (技能组): agents reached as one."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.exc import IntegrityError

from kezhan.kit import clock
from kezhan.kit.changes import Change, between
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.ids import new_id
from kezhan.kit.outbox import emit
from kezhan.workspaces import store
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.events import Facts
from kezhan.workspaces.names import sort_key
from kezhan.workspaces.schemas import TeamList, TeamMembers, TeamName, TeamView


async def list_teams(tx: Tx) -> TeamList:
    return TeamList(
        [
            TeamView(
                id=row.id,
                name=row.name,
                member_ids=list(row.member_ids),
                created_at=clock.wire(row.created_at),
            )
            for row in await store.teams(tx)
        ]
    )


async def create_team(tx: Tx, caller: Caller, form: TeamName) -> TeamView:
    """Raises 409 where an active team has this name."""
    team_id, name, at = new_id(), form.name.strip(), clock.now()
    row = {"id": team_id, "name": name, "sort_key": sort_key(name), "created_at": at}
    try:
        await store.add_team(tx, row)
    except IntegrityError as fault:
        raise Refused("workspaces.team_name_taken", 409, field="name") from fault
    told = [Change(field="name", after=name)]
    await emit(tx, caller.did("team.create", "team", team_id, changes=told))
    return TeamView(id=team_id, name=name, member_ids=[], created_at=clock.wire(at))


async def rename_team(tx: Tx, caller: Caller, team_id: UUID, form: TeamName) -> TeamView:
    row = await _active(tx, team_id)
    name = form.name.strip()
    if name != row.name:
        try:
            await store.edit_team(tx, team_id, {"name": name, "sort_key": sort_key(name)})
        except IntegrityError as fault:
            raise Refused("workspaces.team_name_taken", 409, field="name") from fault
        told = [Change(field="name", before=row.name, after=name)]
        await emit(tx, caller.did("team.edit", "team", team_id, Facts(fields=["name"]), told))
    return await _view(tx, team_id)


async def archive_team(tx: Tx, caller: Caller, team_id: UUID) -> None:
    """A second time changes nothing."""
    row = await store.team(tx, team_id)
    if row is None:
        raise NotFound()
    if row.archived_at is None:
        await store.archive_team(tx, team_id)
        topics = [f"member:{member_id}" for member_id in sorted(await store.team_member_ids(tx, team_id))]
        await emit(tx, caller.did("team.archive", "team", team_id), topics)


async def set_team_members(tx: Tx, caller: Caller, team_id: UUID, form: TeamMembers) -> TeamView:
    """Make the list of members this one. Raises 404 where one of them is no active member here."""
    await _active(tx, team_id)
    wanted = set(form.member_ids)
    if await store.active_member_ids(tx, sorted(wanted)) != wanted:
        raise NotFound("workspaces.no_such_member")
    present = await store.team_member_ids(tx, team_id)
    await store.leave_team(tx, team_id, present - wanted)
    await store.join_teams(tx, [(team_id, member_id) for member_id in sorted(wanted - present)])
    if present != wanted:
        topics = [f"member:{member_id}" for member_id in sorted(present ^ wanted)]
        told = between({"members": sorted(present)}, {"members": sorted(wanted)})
        await emit(tx, caller.did("team.set_members", "team", team_id, changes=told), topics)
    return await _view(tx, team_id)


async def _active(tx: Tx, team_id: UUID) -> Row[Any]:
    row = await store.team(tx, team_id)
    if row is None or row.archived_at is not None:
        raise NotFound()
    return row


async def _view(tx: Tx, team_id: UUID) -> TeamView:
    for view in (await list_teams(tx)).items:
        if view.id == team_id:
            return view
    raise NotFound()
