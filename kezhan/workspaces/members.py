"""Members: listed, changed, archived. Nobody gives or takes more rights than her own."""

from typing import Any
from uuid import UUID

from msgspec import UNSET
from sqlalchemy import Row

from kezhan.kit import clock
from kezhan.kit.changes import between
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.outbox import emit
from kezhan.kit.paging import Page, decode_cursor, encode_cursor, page_size
from kezhan.workspaces import store
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.events import Facts
from kezhan.workspaces.masking.decide import cover_of
from kezhan.workspaces.names import person_sort_key
from kezhan.workspaces.permissions import Role, permissions_of
from kezhan.workspaces.roles.named import role_named
from kezhan.workspaces.schemas import MemberEdit, MemberView
from kezhan.workspaces.sessions import announce_revoked


async def list_members(tx: Tx, *, after: str | None, limit: int, archived: bool) -> Page[MemberView]:
    """By name in pinyin order."""
    size = page_size(limit)
    key = decode_cursor(after, tuple[str, UUID]) if after else None
    rows = await store.members(tx, after=key, archived=archived, limit=size + 1)
    shown = rows[:size]
    more = encode_cursor(shown[-1].sort_key, shown[-1].id) if len(rows) > size else None
    return Page(items=[_view(row) for row in shown], next=more)


async def get_member(tx: Tx, membership_id: UUID) -> MemberView:
    row = await store.member(tx, membership_id)
    if row is None:
        raise NotFound()
    return _view(row)


async def member_caller(tx: Tx, membership_id: UUID) -> Caller | None:
    """A member as a caller, by what she may do now, for what she has asked the house to do later; None for
    one who has left."""
    row = await store.member(tx, membership_id)
    if row is None or row.archived_at is not None:
        return None
    rights, policy = permissions_of(row.role, row.rights), await store.workspace(tx)
    return Caller(
        kind="member",
        id=row.id,
        membership_id=row.id,
        workspace_id=tx.workspace,
        user_id=row.user_id,
        session_id=None,
        name=row.name,
        role=row.role,
        permissions=rights,
        team_ids=frozenset(row.team_ids),
        peer="",
        language="",
        cover=cover_of(rights, policy, row.id),
    )


async def edit_member(tx: Tx, caller: Caller, membership_id: UUID, edit: MemberEdit) -> MemberView:
    """Change name or role. Raises 403 above one's own rights, 409 for the last owner."""
    row = await _touchable(tx, caller, membership_id)
    changes: dict[str, Any] = {}
    if edit.name is not UNSET and edit.name.strip() != row.name:
        changes |= {"name": edit.name.strip(), "sort_key": person_sort_key(edit.name)}
    if edit.role is not UNSET and edit.role != row.role:
        given = await role_named(tx, edit.role)
        caller.require_role(given.role, given.rights)
        await _check_not_last_owner(tx, row)
        changes |= {"role": given.role, "rights": given.rights}
    if changes:
        await store.edit_member(tx, membership_id, changes)
        facts = Facts(
            fields=sorted(changes.keys() - {"sort_key", "rights"}),
            role=changes.get("role"),
            role_before=row.role if "role" in changes else None,
        )
        told = between(row, changes, facts.fields)
        event = caller.did("member.edit", "member", membership_id, facts, told)
        await emit(tx, event, [f"member:{membership_id}"])
    return await get_member(tx, membership_id)


async def archive_member(tx: Tx, caller: Caller, membership_id: UUID) -> None:
    """Take the seat away; what she wrote stays. Her sessions and tokens end for good. A second time changes
    nothing."""
    row = await store.member(tx, membership_id)
    if row is None:
        raise NotFound()
    caller.require_role(row.role, row.rights)
    if row.archived_at is not None:
        return
    await _check_not_last_owner(tx, row)
    if membership_id == caller.membership_id:
        raise Refused("workspaces.not_yourself", 409)
    await store.archive_member(tx, membership_id)
    await store.revoke_tokens_of(tx, membership_id)
    await announce_revoked(tx, membership_id, await store.revoke_sessions(tx, membership_id))
    await emit(tx, caller.did("member.archive", "member", membership_id), [f"member:{membership_id}"])


async def _touchable(tx: Tx, caller: Caller, membership_id: UUID) -> Row[Any]:
    row = await store.member(tx, membership_id)
    if row is None or row.archived_at is not None:
        raise NotFound()
    caller.require_role(row.role, row.rights)
    return row


async def _check_not_last_owner(tx: Tx, row: Row[Any]) -> None:
    if row.role == Role.OWNER and list(await store.lock_owners(tx)) == [row.id]:
        raise Refused("workspaces.last_owner", 409)


def _view(row: Row[Any]) -> MemberView:
    return MemberView(
        id=row.id,
        name=row.name,
        email=row.email,
        role=row.role,
        role_name=row.role_name or "",
        team_ids=list(row.team_ids),
        created_at=clock.wire(row.created_at),
        archived_at=clock.wire_or_none(row.archived_at),
    )
