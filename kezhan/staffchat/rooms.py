"""Open rooms, and who is in them. Each answer says where the room stood before, for those who look on."""

from typing import NamedTuple
from uuid import UUID

from kezhan.audit.service import record
from kezhan.kit.db import Tx
from kezhan.kit.errors import Forbidden, NotFound, Refused
from kezhan.kit.ids import new_id
from kezhan.kit.reading import ReadRow
from kezhan.staffchat import store
from kezhan.staffchat.read import talks
from kezhan.staffchat.say import happened
from kezhan.staffchat.schemas import (
    GROUP,
    DirectForm,
    EveryoneForm,
    GroupForm,
    RoomForm,
    StaffEvent,
    StaffMark,
    TeamForm,
)
from kezhan.workspaces.authenticate import Caller


class Opened(NamedTuple):
    id: UUID
    new: bool


async def open_room(tx: Tx, caller: Caller, form: RoomForm) -> Opened:
    """The room there is, or a new one. Raises Refused."""
    match form:
        case DirectForm():
            return await _direct(tx, caller, form.member_id)
        case GroupForm():
            return await _group(tx, caller, form)
        case TeamForm():
            if not await store.in_team(tx, form.team_id, caller.membership_id):
                raise NotFound("staffchat.no_team")
            key, me = f"team:{form.team_id}", caller.membership_id
            return Opened(*await store.put_room(tx, new_id(), "team", key, me, team_id=form.team_id))
        case EveryoneForm():
            return Opened(*await store.put_room(tx, new_id(), "everyone", "everyone", caller.membership_id))


async def _direct(tx: Tx, caller: Caller, other_id: UUID) -> Opened:
    me = caller.membership_id
    if other_id == me:
        raise Refused("staffchat.alone", field="member_id")
    await _check_people(tx, [other_id])
    low, high = sorted((me, other_id))
    room_id, new = await store.put_room(tx, new_id(), "direct", f"direct:{low}:{high}", me)
    if new:
        await store.put_members(tx, room_id, [low, high], 0)
    return Opened(room_id, new)


async def _group(tx: Tx, caller: Caller, form: GroupForm) -> Opened:
    me, name = caller.membership_id, form.name.strip()
    if not name or "\0" in name or "\0" in form.client_id:
        raise Refused("staffchat.no_name", field="name")
    others = [one for one in dict.fromkeys(form.member_ids) if one != me]
    if not others:
        raise Refused("staffchat.alone", field="member_ids")
    await _check_people(tx, others)
    room_id, new = await store.put_room(tx, new_id(), "group", f"group:{me}:{form.client_id}", me, name=name)
    if new:
        await store.put_members(tx, room_id, [me, *others], 0)
        event = StaffEvent(event="opened", member_ids=others, name=name)
        await happened(tx, caller, room_id, "opened", event)
        await record(tx, caller, "staff_room.open", "staff_room", room_id)
    return Opened(room_id, new)


async def add(tx: Tx, caller: Caller, room_id: UUID, member_id: UUID) -> int | None:
    """Anybody in a group may bring somebody in, who reads what is said from then on. The rev before, or None
    where she is in it. Raises Refused."""
    room = await _held_group(tx, caller, room_id)
    await _check_people(tx, [member_id])
    if len(await store.members_now(tx, room_id)) >= GROUP:
        raise Refused("staffchat.full", 409, people=GROUP)
    if not await store.put_members(tx, room_id, [member_id], room["last_seq"]):
        return None
    await happened(tx, caller, room_id, str(new_id()), StaffEvent(event="added", member_ids=[member_id]))
    await record(tx, caller, "staff_room.add", "staff_room", room_id)
    return _rev(room)


async def remove(tx: Tx, caller: Caller, room_id: UUID, member_id: UUID) -> int | None:
    """Leave a group oneself, or, for the one who has opened it, take somebody out. The rev before, or None
    where she is not in it. Raises Refused."""
    room = await _held_group(tx, caller, room_id)
    own = member_id == caller.membership_id
    if not own and room["opened_by"] != caller.membership_id:
        raise Forbidden("staffchat.not_opener")
    if not await store.leave(tx, room_id, member_id):
        return None
    event = StaffEvent(event="left") if own else StaffEvent(event="removed", member_ids=[member_id])
    await happened(tx, caller, room_id, str(new_id()), event)
    if not own:
        await record(tx, caller, "staff_room.remove", "staff_room", room_id)
    return _rev(room)


async def rename(tx: Tx, caller: Caller, room_id: UUID, name: str) -> int | None:
    """The rev before, or None where it is called so. Raises Refused."""
    room = await _held_group(tx, caller, room_id)
    name = name.strip()
    if not name or "\0" in name:
        raise Refused("staffchat.no_name", field="name")
    if room["name"] == name:
        return None
    await store.rename(tx, room_id, name)
    await happened(tx, caller, room_id, str(new_id()), StaffEvent(event="renamed", name=name))
    return _rev(room)


async def mute(tx: Tx, caller: Caller, room_id: UUID, muted: bool) -> None:
    """Raises NotFound."""
    if not await store.is_inside(tx, room_id, caller.membership_id):
        raise NotFound("staffchat.no_room")
    await store.mute(tx, room_id, caller.membership_id, muted)


async def read_up_to(tx: Tx, caller: Caller, room_id: UUID, seq: int) -> tuple[StaffMark, list[UUID]] | None:
    """Her mark, and who is to see it; None where it has not moved. Raises NotFound."""
    me = caller.membership_id
    if not await store.is_inside(tx, room_id, me):
        raise NotFound("staffchat.no_room")
    read_seq = await store.read_up_to(tx, room_id, me, seq)
    if read_seq is None:
        return None
    return StaffMark(member_id=me, read_seq=read_seq), await hearers(tx, room_id, me)


async def typing(tx: Tx, caller: Caller, room_id: UUID) -> list[UUID]:
    """Who is to see that the caller writes. Raises NotFound."""
    me = caller.membership_id
    if not await store.is_inside(tx, room_id, me):
        raise NotFound("staffchat.no_room")
    return [one for one in await hearers(tx, room_id, me) if one != me]


async def hearers(tx: Tx, room_id: UUID, me: UUID) -> list[UUID]:
    """Who sees what its members do besides speaking: of announcements nobody but herself."""
    return [
        row["id"]
        for row in await store.members_now(tx, room_id)
        if talks(row) and (row["room_kind"] != "everyone" or row["id"] == me)
    ]


async def _held_group(tx: Tx, caller: Caller, room_id: UUID) -> ReadRow:
    room = await store.held(tx, room_id, caller.membership_id)
    if room is None:
        raise NotFound("staffchat.no_room")
    if room["kind"] != "group":
        raise Refused("staffchat.no_group", 409)
    return room


async def _check_people(tx: Tx, member_ids: list[UUID]) -> None:
    talking = {row["id"] for row in await store.colleagues(tx, member_ids) if talks(row)}
    if not talking.issuperset(member_ids):
        raise NotFound("staffchat.nobody")


def _rev(room: ReadRow) -> int:
    rev: int = room["rev"]
    return rev
