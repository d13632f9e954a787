"""What reception goes by, besides the policy: reasons of breaks, skills, weights, limits, settings."""

import re
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from kezhan.audit.service import record
from kezhan.kit.changes import between
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.ids import new_id
from kezhan.kit.outbox import emit
from kezhan.routing import schemas as s
from kezhan.routing import store
from kezhan.routing.events import ReceptionOpened
from kezhan.routing.queue import store as queue
from kezhan.routing.queue.adopt import adopt_all
from kezhan.routing.queue.anew import place_everybody
from kezhan.routing.queue.settle import lock, settle
from kezhan.routing.rules import Rules, begin, begin_rules, rules_of
from kezhan.workspaces.authenticate import Caller


class _Detail(msgspec.Struct, frozen=True, kw_only=True, tag_field="v", tag=1):
    values: dict[str, Any]


async def list_reasons(tx: Tx) -> s.ReasonList:
    return s.ReasonList([s.Reason(row["id"], row["name"]) for row in await store.break_reasons(tx)])


async def add_reason(tx: Tx, caller: Caller, form: s.ReasonMake) -> s.Reason:
    """Raises 409 where there is one of this name."""
    name = form.name.strip()
    if name in {row["name"] for row in await store.break_reasons(tx)}:
        raise Refused("routing.name_taken", 409, field="name")
    reason = s.Reason(new_id(), name)
    try:
        await store.add_break_reason(tx, reason.id, name)
    except asyncpg.UniqueViolationError as fault:
        raise Refused("routing.name_taken", 409, field="name") from fault
    await record(tx, caller, "break_reason.create", "break_reason", reason.id)
    return reason


async def archive_reason(tx: Tx, caller: Caller, reason_id: UUID) -> None:
    """Who is on such a break stays so. A second time changes nothing."""
    if await store.archive_break_reason(tx, reason_id):
        await record(tx, caller, "break_reason.archive", "break_reason", reason_id)


async def list_skills(tx: Tx) -> s.SkillList:
    return s.SkillList([s.SkillView(**dict(row)) for row in await store.skills(tx)])


async def add_skill(tx: Tx, caller: Caller, form: s.SkillMake) -> s.SkillView:
    """Raises 409 where there is one of this name, or of this language or region."""
    skill = s.SkillView(
        id=new_id(), kind=form.kind, name=form.name.strip(), code=_code(form.kind, form.code), seats=0
    )
    await _alone(tx, skill)
    try:
        await store.add_skill(tx, skill.id, skill.kind, skill.name, skill.code)
    except asyncpg.UniqueViolationError as fault:
        raise Refused("routing.name_taken", 409, field="name") from fault
    told = between(None, skill, ("kind", "name", "code"))
    await record(tx, caller, "skill.create", "skill", skill.id, changes=told)
    return skill


def _code(kind: str, code: str) -> str:
    """Raises Refused 422 for a language or region without a proper one: nothing could be matched with it."""
    code = code.strip().replace("_", "-")
    if kind == "skill":
        return ""
    if _CODES[kind].fullmatch(code) is None:
        raise Refused("routing.code_missing", 422, field="code")
    return code.upper() if kind == "region" else code


_CODES = {
    "language": re.compile("[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*"),
    "region": re.compile("[A-Za-z]{2}"),
}


async def _alone(tx: Tx, skill: s.SkillView) -> Rules | None:
    """The rules, held alone. Of one language or region there is one skill: of two, nobody would have both."""
    rules = await begin(tx, alone=True)
    for other in (await list_skills(tx)).items:
        same = other.kind == skill.kind and other.code.lower() == skill.code.lower()
        if skill.code and same and other.id != skill.id:
            raise Refused("routing.code_taken", 409, field="code", name=other.name)
    return rules


async def edit_skill(tx: Tx, caller: Caller, skill_id: UUID, form: s.SkillEdit) -> s.SkillView:
    """Customers who wait are placed by the new code at once. Raises 409 as `add_skill` does."""
    view = await _skill(tx, skill_id)
    wanted = msgspec.structs.replace(view, name=form.name.strip(), code=_code(view.kind, form.code))
    if wanted == view:
        return view
    rules = await _alone(tx, wanted)
    try:
        await store.edit_skill(tx, skill_id, wanted.name, wanted.code)
    except asyncpg.UniqueViolationError as fault:
        raise Refused("routing.name_taken", 409, field="name") from fault
    await record(tx, caller, "skill.edit", "skill", skill_id, changes=between(view, wanted))
    if wanted.code != view.code and rules is not None:
        await place_everybody(tx, rules)
    return wanted


async def _skill(tx: Tx, skill_id: UUID) -> s.SkillView:
    for view in (await list_skills(tx)).items:
        if view.id == skill_id:
            return view
    raise NotFound("routing.no_such_skill")


async def archive_skill(tx: Tx, caller: Caller, skill_id: UUID) -> None:
    """Customers who waited for it wait without. Raises 409 while a rule asks for it: nobody could meet it any
    more. A second time changes nothing."""
    rules = await begin(tx, alone=True)
    for rule in rules.policy.rules if rules is not None else []:
        if any(need.skill_id == skill_id for need in rule.pool.needs):
            raise Refused("routing.skill_in_use", 409, name=rule.name)
    if await store.archive_skill(tx, skill_id):
        await record(tx, caller, "skill.archive", "skill", skill_id)
        if rules is not None:
            await place_everybody(tx, rules)


async def list_weights(tx: Tx) -> s.WeightList:
    return s.WeightList([s.Weight(**dict(row)) for row in await store.weights(tx)])


async def set_weight(tx: Tx, caller: Caller, account_id: UUID, form: s.WeightIn) -> None:
    """For conversations that come to wait from now on."""
    if not await store.existing(tx, "channel_accounts", [account_id]):
        raise NotFound("routing.no_such_channel")
    known = (one for one in (await list_weights(tx)).items if one.account_id == account_id)
    before = next(known, None)
    if before is not None and (before.units, before.load) == (form.units, form.load):
        return
    await store.put_weight(tx, account_id, form.units, form.load)
    detail, told = _detail(form), between(before, form, ("units", "load"))
    await record(tx, caller, "channel_weight.edit", "channel", account_id, detail=detail, changes=told)


async def list_limits(tx: Tx) -> dict[str, s.TeamLimits]:
    rows = await store.team_limits(tx)
    return {
        str(row["id"]): s.TeamLimits(max_waiting=row["max_waiting"], max_open=row["max_open"]) for row in rows
    }


async def set_limits(tx: Tx, caller: Caller, queue_id: UUID, form: s.TeamLimits) -> None:
    rules = await begin_rules(tx)
    if queue_id != tx.workspace and not await store.existing(tx, "teams", [queue_id]):
        raise NotFound("workspaces.no_such_team")
    await lock(tx, [queue_id])
    before = (await list_limits(tx)).get(str(queue_id))
    if before == form:
        return
    await store.put_team_limits(tx, queue_id, form.max_waiting, form.max_open)
    detail, told = _detail(form), between(before, form)
    await record(tx, caller, "queue.edit", "queue", queue_id, detail=detail, changes=told)
    await settle(tx, rules, await lock(tx, [queue_id]))


async def get_settings(tx: Tx) -> s.ReceptionSettings:
    """Taken by hand alone where the workspace has no reception."""
    rules = await rules_of(tx)
    if rules is None:
        return s.ReceptionSettings(automatic=False)
    names = s.ReceptionSettings.__struct_fields__
    return s.ReceptionSettings(**{name: getattr(rules, name) for name in names})


async def set_settings(tx: Tx, caller: Caller, form: s.ReceptionSettings) -> None:
    """What has room or may begin by this begins at once."""
    first = await rules_of(tx) is None
    await store.add_settings(tx)
    rules = await begin_rules(tx, alone=True)
    before = await get_settings(tx)
    if not first and before == form:
        return
    await store.change_settings(tx, msgspec.structs.asdict(form))
    detail, told = _detail(form), between(None if first else before, form)
    await record(tx, caller, "reception.edit", "workspace", tx.workspace, detail=detail, changes=told)
    rules = await begin_rules(tx, alone=True)
    if first:
        await adopt_all(tx)
        await emit(tx, ReceptionOpened())
    await settle(tx, rules, await lock(tx, await queue.all_queues(tx)))


def _detail(form: msgspec.Struct) -> _Detail:
    return _Detail(values=msgspec.to_builtins(form))
