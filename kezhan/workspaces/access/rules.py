"""The workspace's rules, seen and changed, and the way back for who has locked herself out."""

from collections.abc import Sequence
from ipaddress import ip_network
from typing import Any
from uuid import UUID

from msgspec import UNSET

from kezhan.kit.changes import between
from kezhan.kit.db import Database, Tx
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.http import within
from kezhan.kit.outbox import emit
from kezhan.workspaces import store as people
from kezhan.workspaces.access import store
from kezhan.workspaces.access.schemas import AccessEdit, AccessView, MemberAccess
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.credentials import store as credentials
from kezhan.workspaces.events import Facts, PeopleChanged
from kezhan.workspaces.factors import others
from kezhan.workspaces.factors import store as factors
from kezhan.workspaces.names import email_key
from kezhan.workspaces.sessions import announce_revoked, sessions_of

_FIELDS = ("idle_minutes", "session_hours", "networks")


async def view(tx: Tx, caller: Caller) -> AccessView:
    row = await store.rules(tx)
    return AccessView(
        rules=await others.rules(tx),
        idle_minutes=row.idle_minutes if row else None,
        session_hours=row.session_hours if row else None,
        networks=list(row.networks) if row else [],
        here=caller.peer,
    )


async def edit(tx: Tx, caller: Caller, form: AccessEdit) -> AccessView:
    """True at once, for sockets that are open too. Raises Refused 400 for what is no network, 409 where the
    caller's own address is in none of them."""
    if form.rules is not UNSET:
        await others.set_rules(tx, caller, form.rules)
    row = await store.rules(tx)
    before = {name: getattr(row, name) if row else None for name in _FIELDS} | {"networks": _kept(row)}
    wanted: dict[str, Any] = {name: getattr(form, name) for name in _FIELDS}
    wanted = {name: value for name, value in wanted.items() if value is not UNSET}
    if "networks" in wanted:
        wanted["networks"] = _networks(wanted["networks"], caller.peer)
    changes = {name: value for name, value in wanted.items() if value != before[name]}
    if changes:
        await store.put_rules(tx, changes)
        facts, told = Facts(fields=sorted(changes)), between(before, changes, changes)
        act = caller.did("access.edit", "workspace", caller.workspace_id, facts, told)
        await emit(tx, act, await _everybody(tx) if "networks" in changes else ())
    return await view(tx, caller)


async def _everybody(tx: Tx) -> list[str]:
    """The topics on which the workspace's people come back and are looked at anew."""
    return [f"member:{one}" for one in await people.active_ids(tx)]


def _kept(row: Any) -> list[str]:
    return list(row.networks) if row else []


def _networks(given: Sequence[str], here: str) -> list[str]:
    try:
        known = {str(ip_network(network.strip(), strict=False)): None for network in given}
    except ValueError as fault:
        raise Refused("workspaces.bad_network", 400, field="networks") from fault
    if known and not within(here, tuple(known)):
        raise Refused("workspaces.not_from_here", 409, field="networks", address=here)
    return list(known)


async def of_member(db: Database, caller: Caller, membership_id: UUID) -> MemberAccess:
    """Raises NotFound, and 403 for who may do more than the caller."""
    async with db.tx(caller.workspace_id) as tx:
        member = await people.member(tx, membership_id)
        if member is None:
            raise NotFound()
        caller.require_role(member.role)
        sessions = await sessions_of(tx, membership_id, caller.session_id)
    async with db.system_tx() as tx:
        has = await factors.held(tx, member.user_id)
    return MemberAccess(totp=bool(has.apps), passkeys=has.passkeys, codes_left=has.codes, sessions=sessions)


async def close_of_member(tx: Tx, caller: Caller, membership_id: UUID, session_id: UUID) -> None:
    """End one session of a member's. A second time changes nothing. Raises as `of_member`."""
    member = await people.member(tx, membership_id)
    if member is None or not await people.session_exists(tx, membership_id, session_id):
        raise NotFound()
    caller.require_role(member.role)
    ended = await people.revoke_sessions(tx, membership_id, only=session_id)
    await announce_revoked(tx, membership_id, ended)
    if ended:
        await emit(tx, caller.did("session.close", "session", session_id))


# For who runs the installation


async def open_networks(db: Database) -> list[UUID]:
    """No workspace keeps anybody out by her address any more; ids of those that did."""
    async with db.system_tx() as tx:
        found = list(await store.workspaces_with_networks(tx))
    for workspace_id in found:
        async with db.tx(workspace_id) as tx:
            await store.put_rules(tx, {"networks": []})
            facts = Facts(fields=["networks"], reason="command_line")
            await emit(tx, _by_hand("access.edit", "workspace", workspace_id, facts), await _everybody(tx))
    return found


async def reset_factors(db: Database, email: str) -> bool:
    """Take all second factors of a person away and end her sessions everywhere; whether there is such a
    person."""
    async with db.system_tx() as tx:
        user = await credentials.user_by_email(tx, email_key(email))
        if user is None:
            return False
        await factors.remove_all(tx, user.id)
        await factors.drop_steps_of(tx, user.id)
        memberships = await credentials.memberships_of(tx, user.id)
    for one in memberships:
        async with db.tx(one.workspace_id) as tx:
            ended = await people.revoke_sessions(tx, one.id)
            await announce_revoked(tx, one.id, ended)
            facts = Facts(sessions=len(ended), reason="command_line")
            await emit(tx, _by_hand("member.reset_factors", "member", one.id, facts))
    return True


def _by_hand(action: str, kind: str, subject_id: UUID, facts: Facts) -> PeopleChanged:
    return PeopleChanged(
        action=action,
        actor_kind="system",
        actor_id=None,
        subject_kind=kind,
        subject_id=subject_id,
        peer=None,
        facts=facts,
    )
