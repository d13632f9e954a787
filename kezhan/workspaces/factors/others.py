"""Factors of the workspace's people: who must have one, and a reset for who has lost hers."""

from collections.abc import Sequence
from uuid import UUID

from kezhan.kit.changes import between
from kezhan.kit.db import Database, Tx
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.outbox import emit
from kezhan.workspaces import store as people
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.credentials import store as credentials
from kezhan.workspaces.events import Facts
from kezhan.workspaces.factors import store
from kezhan.workspaces.factors.schemas import FactorRuleItem
from kezhan.workspaces.roles.named import role_named
from kezhan.workspaces.sessions import announce_revoked


async def reset(db: Database, caller: Caller, membership_id: UUID) -> None:
    """Take all factors of a member away and end her sessions; she signs in with her password and sets up
    others. Raises NotFound, 403 above one's own rights, 409 for oneself and for somebody whose account other
    workspaces trust too: that is for who runs the installation."""
    async with db.tx(caller.workspace_id) as tx:
        member = await people.member(tx, membership_id)
    if member is None or member.archived_at is not None:
        raise NotFound()
    caller.require_role(member.role)
    if membership_id == caller.membership_id:
        raise Refused("workspaces.own_factors", 409)
    async with db.system_tx() as tx:
        if len(await credentials.memberships_of(tx, member.user_id)) > 1:
            raise Refused("workspaces.elsewhere_too", 409, name=member.name)
        has = await store.held(tx, member.user_id)
        await store.remove_all(tx, member.user_id)
        await store.drop_steps_of(tx, member.user_id)
    if not has.apps and not has.passkeys:
        return
    async with db.tx(caller.workspace_id) as tx:
        ended = await people.revoke_sessions(tx, membership_id)
        await announce_revoked(tx, membership_id, ended)
        facts = Facts(sessions=len(ended))
        await emit(tx, caller.did("member.reset_factors", "member", membership_id, facts))


async def rules(tx: Tx) -> list[FactorRuleItem]:
    return [FactorRuleItem(role=row.role, grace_days=row.grace_days) for row in await store.rules(tx)]


async def set_rules(tx: Tx, caller: Caller, wanted: Sequence[FactorRuleItem]) -> None:
    """The whole list. A role that stays keeps the day its grace began. Raises Refused 400 for one
    twice, or that is not there."""
    days = {str(item.role): item.grace_days for item in wanted}
    if len(days) != len(wanted):
        raise Refused("workspaces.role_twice", 400, field="rules")
    before = {row.role: row.grace_days for row in await store.rules(tx)}
    if before == days:
        return
    for role in before.keys() - days.keys():
        await store.remove_rule(tx, role)
    for role in sorted(days.keys() - before.keys()):
        await role_named(tx, role)
    for role, grace_days in sorted(days.items()):
        await store.put_rule(tx, role, grace_days)
    told = between({"factors": before}, {"factors": days})
    act = caller.did("access.edit", "workspace", caller.workspace_id, Facts(fields=["factors"]), told)
    # Whoever may be held from now on comes back and is looked at anew.
    moved = [role for role in before.keys() | days.keys() if before.get(role) != days.get(role)]
    await emit(tx, act, [f"member:{one}" for one in await people.member_ids_with_roles(tx, moved)])
