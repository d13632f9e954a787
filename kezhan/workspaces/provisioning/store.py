"""Statements on what a directory says in one workspace, and on its tokens across them."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    Text,
    and_,
    cast,
    delete,
    false,
    func,
    or_,
    select,
    text,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from kezhan.kit.db import Tx
from kezhan.workspaces.models import Membership, Team
from kezhan.workspaces.provisioning.filters import Filter, Is
from kezhan.workspaces.provisioning.models import (
    ProvisionedGroup,
    ProvisionedGroupMember,
    ProvisionedPerson,
    Provisioning,
    ProvisioningToken,
)

_NOW = func.now()
_BY_DIGEST = text(
    """
    select k.id, k.workspace_id, k.name, coalesce(k.last_used_at < now() - interval '1 minute', true) as stale
    from provisioning_tokens k join workspaces w on w.id = k.workspace_id
    where k.token_digest = :digest and k.revoked_at is null and (k.expires_at is null or k.expires_at > now())
      and w.archived_at is null
    """
)
_TOUCH = text("update provisioning_tokens set last_used_at = now() where workspace_id = :ws and id = :id")
_MOVE_ACCOUNT = text(
    """
    update users u set email = :email, email_key = :key
    where u.id = :id and u.password_hash is null and not exists (
        select 1 from memberships m where m.user_id = u.id and (m.workspace_id <> :ws or m.role = 'owner'))
      and not exists (select 1 from users o where o.email_key = :key)
    """
)


# Settings and tokens


async def settings(tx: Tx) -> Row[Any] | None:
    return await tx.row(select(Provisioning.groups, Provisioning.role, Provisioning.role_map))


async def put_settings(tx: Tx, row: dict[str, Any]) -> None:
    made = insert(Provisioning).values(workspace_id=tx.workspace, **row)
    await tx.run(made.on_conflict_do_update(index_elements=[Provisioning.workspace_id], set_=row))


async def add_token(tx: Tx, row: dict[str, Any]) -> None:
    await tx.run(insert(ProvisioningToken).values(workspace_id=tx.workspace, **row))


async def tokens(tx: Tx) -> Sequence[Row[Any]]:
    """Those that are good, newest first; locked."""
    good = ProvisioningToken.revoked_at.is_(None) & (
        ProvisioningToken.expires_at.is_(None) | (ProvisioningToken.expires_at > _NOW)
    )
    return await tx.rows(
        select(
            ProvisioningToken.id,
            ProvisioningToken.name,
            ProvisioningToken.created_at,
            ProvisioningToken.last_used_at,
            ProvisioningToken.expires_at,
        )
        .where(good)
        .order_by(ProvisioningToken.created_at.desc(), ProvisioningToken.id)
        .with_for_update()
    )


async def token_exists(tx: Tx, token_id: UUID) -> bool:
    found = select(ProvisioningToken.id).where(ProvisioningToken.id == token_id)
    return await tx.value(found) is not None


async def end_tokens(tx: Tx, ids: Collection[UUID], hours: int) -> None:
    """They are good for these hours yet, or less where they were."""
    end = func.least(ProvisioningToken.expires_at, _NOW + func.make_interval(0, 0, 0, 0, hours))
    mine = update(ProvisioningToken).where(ProvisioningToken.id.in_(ids))
    await tx.run(mine.values(expires_at=end))


async def revoke_token(tx: Tx, token_id: UUID) -> bool:
    """Whether it was good until now."""
    mine = update(ProvisioningToken).where(
        ProvisioningToken.id == token_id, ProvisioningToken.revoked_at.is_(None)
    )
    return bool(await tx.run(mine.values(revoked_at=_NOW)))


async def token_by_digest(tx: Tx, digest: bytes) -> Row[Any] | None:
    return await tx.row(_BY_DIGEST, {"digest": digest})


async def touch_token(tx: Tx, workspace_id: UUID, token_id: UUID) -> None:
    await tx.run(_TOUCH, {"ws": workspace_id, "id": token_id})


async def move_account(tx: Tx, workspace_id: UUID, user_id: UUID, email: str, key: str) -> None:
    """Another address for an account that this workspace alone has to do with and that has no password; an
    owner's is her own."""
    await tx.run(_MOVE_ACCOUNT, {"ws": workspace_id, "id": user_id, "email": email, "key": key})


# People

_USER_NAME = func.coalesce(ProvisionedPerson.user_name, Membership.email)
_SEEN = Membership.archived_at.is_(None) | ProvisionedPerson.membership_id.is_not(None)
_ON = (ProvisionedPerson.workspace_id == Membership.workspace_id) & (
    ProvisionedPerson.membership_id == Membership.id
)
_PERSON: Select[*tuple[Any, ...]] = (
    select(
        Membership.id,
        Membership.user_id,
        Membership.name,
        Membership.email,
        Membership.role,
        Membership.rights,
        Membership.created_at,
        Membership.archived_at,
        _USER_NAME.label("user_name"),
        ProvisionedPerson.external_id,
        func.coalesce(ProvisionedPerson.given_name, "").label("given_name"),
        func.coalesce(ProvisionedPerson.family_name, "").label("family_name"),
        func.coalesce(ProvisionedPerson.changed_at, Membership.created_at).label("changed_at"),
        ProvisionedPerson.membership_id.is_not(None).label("told_of"),
    )
    .outerjoin(ProvisionedPerson, _ON)
    .where(_SEEN)
)


async def person(tx: Tx, membership_id: UUID) -> Row[Any] | None:
    """A member who is here, or was and is known to the directory."""
    return await tx.row(_PERSON.where(Membership.id == membership_id))


async def hold_person(tx: Tx, membership_id: UUID) -> Row[Any] | None:
    """The same; nobody changes her until the transaction ends."""
    await tx.rows(select(Membership.id).where(Membership.id == membership_id).with_for_update(key_share=True))
    return await person(tx, membership_id)


async def people(tx: Tx, wanted: Filter | None, *, skip: int, limit: int) -> tuple[int, Sequence[Row[Any]]]:
    """How many there are, and `limit` of them, the oldest first."""
    fits = true() if wanted is None else _where(wanted, _PEOPLE_BY)
    number = await tx.value(
        select(func.count()).select_from(Membership).outerjoin(ProvisionedPerson, _ON).where(_SEEN, fits)
    )
    order = (Membership.created_at, Membership.id)
    return int(number), await tx.rows(_PERSON.where(fits).order_by(*order).offset(skip).limit(limit))


async def person_like(tx: Tx, user_name: str, email: str, but: UUID | None = None) -> UUID | None:
    """Another member with this user name or e-mail."""
    same = or_(
        func.lower(_USER_NAME) == user_name.lower(),
        (func.lower(Membership.email) == email.lower()) & Membership.archived_at.is_(None),
    )
    found = select(Membership.id).outerjoin(ProvisionedPerson, _ON).where(_SEEN, same)
    if but is not None:
        found = found.where(Membership.id != but)
    other: UUID | None = await tx.value(found.limit(1))
    return other


async def put_person(tx: Tx, membership_id: UUID, row: dict[str, Any]) -> None:
    made = insert(ProvisionedPerson).values(workspace_id=tx.workspace, membership_id=membership_id, **row)
    await tx.run(
        made.on_conflict_do_update(
            index_elements=[ProvisionedPerson.workspace_id, ProvisionedPerson.membership_id],
            set_=row | {"changed_at": _NOW},
        )
    )


async def drop_person(tx: Tx, membership_id: UUID) -> None:
    await tx.run(delete(ProvisionedGroupMember).where(ProvisionedGroupMember.membership_id == membership_id))
    await tx.run(delete(ProvisionedPerson).where(ProvisionedPerson.membership_id == membership_id))


async def count_people(tx: Tx) -> int:
    """Active ones that the directory knows."""
    found = select(func.count()).select_from(ProvisionedPerson).join(Membership, _ON)
    return int(await tx.value(found.where(Membership.archived_at.is_(None))))


# Groups

_GROUP = select(
    ProvisionedGroup.id,
    ProvisionedGroup.name,
    ProvisionedGroup.external_id,
    ProvisionedGroup.team_id,
    ProvisionedGroup.created_at,
    ProvisionedGroup.changed_at,
)


async def group(tx: Tx, group_id: UUID, *, hold: bool = False) -> Row[Any] | None:
    """`hold`: nobody changes it until the transaction ends."""
    found = _GROUP.where(ProvisionedGroup.id == group_id)
    return await tx.row(found.with_for_update() if hold else found)


async def groups(tx: Tx, wanted: Filter | None, *, skip: int, limit: int) -> tuple[int, Sequence[Row[Any]]]:
    fits = true() if wanted is None else _where(wanted, _GROUPS_BY)
    number = await tx.value(select(func.count()).select_from(ProvisionedGroup).where(fits))
    order = (ProvisionedGroup.created_at, ProvisionedGroup.id)
    return int(number), await tx.rows(_GROUP.where(fits).order_by(*order).offset(skip).limit(limit))


async def add_group(tx: Tx, row: dict[str, Any]) -> bool:
    """False where there is one of this name."""
    made = insert(ProvisionedGroup).values(workspace_id=tx.workspace, **row)
    return bool(await tx.run(made.on_conflict_do_nothing()))


async def group_named(tx: Tx, name: str, but: UUID) -> bool:
    found = select(ProvisionedGroup.id).where(
        func.lower(ProvisionedGroup.name) == name.lower(), ProvisionedGroup.id != but
    )
    return bool(await tx.values(found.limit(1)))


async def edit_group(tx: Tx, group_id: UUID, changes: dict[str, Any]) -> None:
    mine = update(ProvisionedGroup).where(ProvisionedGroup.id == group_id)
    await tx.run(mine.values(changed_at=_NOW, **changes))


async def drop_group(tx: Tx, group_id: UUID) -> None:
    await tx.run(delete(ProvisionedGroup).where(ProvisionedGroup.id == group_id))


async def group_members(tx: Tx, ids: Collection[UUID]) -> Sequence[Row[Any]]:
    """(group_id, membership_id, name) of members who are here or known to the directory, by name."""
    return await tx.rows(
        select(ProvisionedGroupMember.group_id, ProvisionedGroupMember.membership_id, Membership.name)
        .join(
            Membership,
            (Membership.workspace_id == ProvisionedGroupMember.workspace_id)
            & (Membership.id == ProvisionedGroupMember.membership_id),
        )
        .where(ProvisionedGroupMember.group_id.in_(ids))
        .order_by(Membership.sort_key, Membership.id)
    )


async def groups_of(tx: Tx, membership_ids: Collection[UUID]) -> Sequence[Row[Any]]:
    """(membership_id, id, name, team_id) of the groups these members are in."""
    return await tx.rows(
        select(
            ProvisionedGroupMember.membership_id,
            ProvisionedGroup.id,
            ProvisionedGroup.name,
            ProvisionedGroup.team_id,
        )
        .join(
            ProvisionedGroup,
            (ProvisionedGroup.workspace_id == ProvisionedGroupMember.workspace_id)
            & (ProvisionedGroup.id == ProvisionedGroupMember.group_id),
        )
        .where(ProvisionedGroupMember.membership_id.in_(membership_ids))
        .order_by(ProvisionedGroup.name, ProvisionedGroup.id)
    )


async def known_people(tx: Tx, ids: Collection[UUID]) -> set[UUID]:
    """Of these, who is somebody that the directory may name."""
    found = select(Membership.id).outerjoin(ProvisionedPerson, _ON).where(_SEEN, Membership.id.in_(ids))
    return set(await tx.values(found))


async def join_group(tx: Tx, group_id: UUID, membership_ids: Collection[UUID]) -> None:
    rows = [
        {"workspace_id": tx.workspace, "group_id": group_id, "membership_id": one} for one in membership_ids
    ]
    if rows:
        await tx.run(insert(ProvisionedGroupMember).values(rows).on_conflict_do_nothing())


async def leave_group(tx: Tx, group_id: UUID, membership_ids: Collection[UUID]) -> None:
    if membership_ids:
        await tx.run(
            delete(ProvisionedGroupMember).where(
                ProvisionedGroupMember.group_id == group_id,
                ProvisionedGroupMember.membership_id.in_(membership_ids),
            )
        )


async def team_named(tx: Tx, name: str) -> UUID | None:
    """The active team of this name."""
    found: UUID | None = await tx.value(
        select(Team.id).where(func.lower(Team.name) == name.lower(), Team.archived_at.is_(None)).limit(1)
    )
    return found


# Filters

_By = Mapping[str, ColumnElement[Any]]
_PEOPLE_BY: _By = {
    "username": func.lower(_USER_NAME),
    "emails.value": func.lower(Membership.email),
    "displayname": func.lower(Membership.name),
    "externalid": ProvisionedPerson.__table__.c.external_id,
    "active": Membership.archived_at.is_(None),
    "id": cast(Membership.id, Text),
}
_GROUPS_BY: _By = {
    "displayname": func.lower(ProvisionedGroup.name),
    "externalid": ProvisionedGroup.__table__.c.external_id,
}
PEOPLE_FILTERS = frozenset(_PEOPLE_BY)
GROUP_FILTERS = frozenset(_GROUPS_BY)
_AS_WRITTEN = frozenset({"externalid"})


def _where(wanted: Filter, by: _By) -> ColumnElement[bool]:
    if not isinstance(wanted, Is):
        return (and_ if wanted.how == "and" else or_)(*(_where(part, by) for part in wanted.parts))
    column, value = by[wanted.attribute], wanted.value
    if wanted.attribute == "active":
        said = value if isinstance(value, bool) else value.lower() == "true"
        return column if said else ~column
    if isinstance(value, bool):
        return false()
    return column == (value if wanted.attribute in _AS_WRITTEN else value.lower())
