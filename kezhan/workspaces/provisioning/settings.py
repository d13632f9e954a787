"""How a directory keeps the people here: an owner's to set up, for who keeps it says who has a seat."""

from typing import Any
from uuid import UUID

from kezhan.kit import clock
from kezhan.kit.changes import between
from kezhan.kit.crypto import new_token, token_digest
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.ids import new_id
from kezhan.kit.outbox import emit
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.events import Facts
from kezhan.workspaces.provisioning import groups, store
from kezhan.workspaces.provisioning.rules import rules_of
from kezhan.workspaces.provisioning.schemas import (
    MAX_TOKENS,
    ProvisioningEdit,
    ProvisioningGroup,
    ProvisioningToken,
    ProvisioningTokenMade,
    ProvisioningTokenMake,
    ProvisioningView,
)
from kezhan.workspaces.roles.named import check_roles
from kezhan.workspaces.single_sign_on.schemas import RoleRule

PREFIX = "kzd_"
PATH = "/scim/v2"
_SHOWN = 200


async def view(tx: Tx, origin: str) -> ProvisioningView:
    rules = await rules_of(tx)
    _, found = await store.groups(tx, None, skip=0, limit=_SHOWN)
    members = [row.group_id for row in await store.group_members(tx, [row.id for row in found])]
    return ProvisioningView(
        address=origin + PATH,
        groups=rules.groups,
        role=rules.role,
        role_map=[RoleRule(value=one["value"], role=one["role"]) for one in rules.role_map],
        tokens=[
            ProvisioningToken(
                id=row.id,
                name=row.name,
                created_at=clock.wire(row.created_at),
                last_used_at=clock.wire_or_none(row.last_used_at),
                expires_at=clock.wire_or_none(row.expires_at),
            )
            for row in await store.tokens(tx)
        ],
        people=await store.count_people(tx),
        known_groups=[
            ProvisioningGroup(name=row.name, members=members.count(row.id), team_id=row.team_id)
            for row in found
        ],
    )


async def edit(tx: Tx, caller: Caller, form: ProvisioningEdit, origin: str) -> ProvisioningView:
    """True at once for the groups that are there. Raises Refused 400 for a role that cannot be given."""
    await check_roles(tx, {form.role, *(rule.role for rule in form.role_map)})
    row: dict[str, Any] = {
        "groups": form.groups,
        "role": form.role,
        "role_map": [{"value": rule.value.strip(), "role": rule.role} for rule in form.role_map],
    }
    before = (await rules_of(tx))._asdict()
    if before != row:
        await store.put_settings(tx, row)
        facts = Facts(fields=["provisioning"])
        told = between(before, row)
        await emit(tx, caller.did("access.edit", "workspace", caller.workspace_id, facts, told))
        await groups.apply_all(tx, caller)
    return await view(tx, origin)


async def make_token(
    tx: Tx, caller: Caller, form: ProvisioningTokenMake, origin: str
) -> ProvisioningTokenMade:
    """A directory takes it at its leisure: those before go on for a while. Raises Refused 409 for one too
    many."""
    before = [row.id for row in await store.tokens(tx)]
    if len(before) >= MAX_TOKENS and form.overlap_hours:
        raise Refused("workspaces.too_many_tokens", 409, most=MAX_TOKENS)
    secret, token_id = new_token(PREFIX), new_id()
    row = {"id": token_id, "name": form.name.strip(), "token_digest": token_digest(secret)}
    await store.end_tokens(tx, before, form.overlap_hours)
    await store.add_token(tx, row)
    facts, told = Facts(fields=["provisioning"]), between(None, row, ("name",))
    await emit(tx, caller.did("token.create", "token", token_id, facts, told))
    return ProvisioningTokenMade(secret=secret, state=await view(tx, origin))


async def revoke_token(tx: Tx, caller: Caller, token_id: UUID) -> None:
    """It stops working with the next request. A second time changes nothing."""
    if not await store.token_exists(tx, token_id):
        raise NotFound()
    if await store.revoke_token(tx, token_id):
        facts = Facts(fields=["provisioning"])
        await emit(tx, caller.did("token.revoke", "token", token_id, facts))
