"""A directory's people: made, changed, given a seat and parted from it. What they wrote stays."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.exc import IntegrityError

from kezhan.kit.changes import between
from kezhan.kit.db import Database, Tx
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.ids import new_id
from kezhan.kit.outbox import emit
from kezhan.workspaces import members
from kezhan.workspaces import store as seats
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.events import Facts
from kezhan.workspaces.joining import account
from kezhan.workspaces.names import email_key, person_sort_key
from kezhan.workspaces.permissions import Permission, permissions_of
from kezhan.workspaces.provisioning import groups, resources, store
from kezhan.workspaces.provisioning.filters import parse
from kezhan.workspaces.provisioning.matching import Match
from kezhan.workspaces.provisioning.rules import rules_of
from kezhan.workspaces.provisioning.said import Person
from kezhan.workspaces.roles.named import Given, role_by

_METHOD = "provisioning"
_HERS, _THEIRS = ("name", "email"), ("user_name", "external_id")
"""Of what is said of her: a member's own, and what the directory calls her."""
Resource = dict[str, Any]


async def get(tx: Tx, person_id: UUID, base: str) -> Resource:
    row = await store.person(tx, person_id)
    if row is None:
        raise NotFound()
    return await _seen(tx, row, base)


async def find(
    tx: Tx, wanted: str | None, *, start: int, count: int, base: str
) -> tuple[int, list[Resource]]:
    """How many fit, and one page of them. Raises Refused 400 for a filter that is none."""
    by = parse(wanted, store.PEOPLE_FILTERS) if wanted else None
    total, rows = await store.people(tx, by, skip=start - 1, limit=count)
    within: dict[UUID, list[Row[Any]]] = {row.id: [] for row in rows}
    for one in await store.groups_of(tx, list(within)):
        within[one.membership_id].append(one)
    return total, [resources.user(row, within[row.id], base) for row in rows]


async def create(db: Database, caller: Caller, said: Person, base: str) -> Resource:
    """Raises Refused 409 for a user name or an e-mail that somebody here has."""
    async with db.tx(caller.workspace_id) as tx:
        await _check_free(tx, said)
    user_id = await account(db, said.email, caller.language, make=True)
    if user_id is None:
        raise _taken()
    async with db.tx(caller.workspace_id) as tx:
        rules = await rules_of(tx)
        given = await role_by(tx, rules.role_map if rules.groups == "roles" else [], [], rules.role)
        fields = {"id": new_id(), "user_id": user_id, "email": said.email, "name": said.name}
        fields |= {"sort_key": person_sort_key(said.name), "role": given.role, "rights": given.rights}
        membership_id = await seats.put_member(tx, fields)
        if membership_id is None:
            raise _taken()
        await _keep(tx, membership_id, said)
        await _joined(tx, caller, membership_id, given)
        if not said.active:
            await members.archive_member(tx, caller, membership_id)
        return await get(tx, membership_id, base)


async def change(
    db: Database,
    caller: Caller,
    person_id: UUID,
    say: Callable[[Person], Person],
    match: Match,
    base: str,
) -> Resource:
    """`say` makes of what is said of her what is to be said. The same again changes nothing. Raises NotFound,
    Refused 412 where she was changed meanwhile, 409 for a name that is taken or the last owner."""
    async with db.tx(caller.workspace_id) as tx:
        row = await _held(tx, person_id)
        match.check(await _seen(tx, row, base))
        before = resources.person_of(row)
        wanted = say(before)
        if wanted != before or not row.told_of:
            await _apply(tx, caller, row, before, wanted)
    if wanted.email != before.email:
        async with db.system_tx() as tx:
            key = email_key(wanted.email)
            await store.move_account(tx, caller.workspace_id, row.user_id, wanted.email, key)
    async with db.tx(caller.workspace_id) as tx:
        return await get(tx, person_id, base)


async def part(tx: Tx, caller: Caller, person_id: UUID, match: Match, base: str) -> None:
    """Her seat is taken away, and the directory knows her no more."""
    row = await _held(tx, person_id)
    match.check(await _seen(tx, row, base))
    await members.archive_member(tx, caller, person_id)
    await store.drop_person(tx, person_id)


async def _held(tx: Tx, person_id: UUID) -> Row[Any]:
    row = await store.hold_person(tx, person_id)
    if row is None:
        raise NotFound()
    return row


async def _seen(tx: Tx, row: Row[Any], base: str) -> Resource:
    return resources.user(row, await store.groups_of(tx, [row.id]), base)


async def _apply(tx: Tx, caller: Caller, row: Row[Any], before: Person, wanted: Person) -> None:
    if (wanted.user_name, wanted.email) != (before.user_name, before.email):
        await _check_free(tx, wanted, row.id)
    await _keep(tx, row.id, wanted)
    if wanted.active and not before.active:
        await _check_free(tx, wanted, row.id)
        await _bring_back(tx, caller, row)
    changes = {
        name: getattr(wanted, name)
        for name in (*_HERS, *_THEIRS)
        if getattr(wanted, name) != getattr(before, name)
    }
    if hers := {name: value for name, value in changes.items() if name in _HERS}:
        keys = {"sort_key": person_sort_key(wanted.name)} if "name" in hers else {}
        await seats.edit_member(tx, row.id, {**hers, **keys})
    if changes:
        facts, told = Facts(fields=sorted(changes), method=_METHOD), between(row, changes, changes)
        await emit(tx, caller.did("member.edit", "member", row.id, facts, told), [f"member:{row.id}"])
    if before.active and not wanted.active:
        await members.archive_member(tx, caller, row.id)


async def _bring_back(tx: Tx, caller: Caller, row: Row[Any]) -> None:
    """With the role she had. One that has a say in who else comes in is not given back by asking: she gets
    what a new one would."""
    given = Given(row.role, list(row.rights))
    if Permission.MEMBER_MANAGE in permissions_of(row.role, row.rights):
        given = await role_by(tx, [], [], (await rules_of(tx)).role)
    await seats.edit_member(tx, row.id, {"archived_at": None, "role": given.role, "rights": given.rights})
    await _joined(tx, caller, row.id, given)
    await groups.follow(tx, caller, row.id)


async def _joined(tx: Tx, caller: Caller, membership_id: UUID, given: Given) -> None:
    facts = Facts(role=given.role, method=_METHOD)
    await emit(tx, caller.did("member.join", "member", membership_id, facts), [f"member:{membership_id}"])


async def _keep(tx: Tx, membership_id: UUID, said: Person) -> None:
    row = {
        "user_name": said.user_name,
        "external_id": said.external_id,
        "given_name": said.given,
        "family_name": said.family,
    }
    try:
        await store.put_person(tx, membership_id, row)
    except IntegrityError as fault:
        raise _taken() from fault


async def _check_free(tx: Tx, said: Person, but: UUID | None = None) -> None:
    if await store.person_like(tx, said.user_name, said.email, but) is not None:
        raise _taken()


def _taken() -> Refused:
    return Refused("workspaces.scim_taken", 409)
