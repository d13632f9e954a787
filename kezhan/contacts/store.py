"""Every statement of the room."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Row,
    Uuid,
    and_,
    any_,
    case,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from kezhan.contacts.models import Contact, IdentityRow, VisitorSession
from kezhan.kit.db import Tx

SESSION_LIFE = "30 days"
_LAST = "\U0010ffff\U0010ffff"
"""Behind everything that begins alike, in the byte order of the keys."""


async def find_identity(tx: Tx, account_id: UUID, external_id: str) -> Row[Any] | None:
    wanted = select(IdentityRow.__table__).where(
        IdentityRow.account_id == account_id, IdentityRow.external_id == external_id
    )
    return await tx.row(wanted)


async def find_identities(tx: Tx, named: Sequence[tuple[UUID, str]]) -> Sequence[Row[Any]]:
    """Of these (account, external id) the known ones, with what is filled of their contacts."""
    accounts, external_ids = [one for one, _ in named], [one for _, one in named]
    return await tx.rows(_IDENTITIES, {"accounts": accounts, "external_ids": external_ids})


async def identity(tx: Tx, identity_id: UUID) -> Row[Any] | None:
    """The identity, held until the transaction ends."""
    return await tx.row(select(IdentityRow.__table__).where(IdentityRow.id == identity_id).with_for_update())


async def hold_external(tx: Tx, account_id: UUID, external_id: str) -> None:
    """Until this transaction ends nobody else decides what this external id stands for."""
    await tx.run(_HOLD, {"name": f"identity:{account_id}:{external_id}"})


async def contact_of(tx: Tx, column: str, key: str) -> UUID | None:
    """The customer who is called so on another account; until the transaction ends nobody else finds out.
    `column`: union_key, email_key or phone_key."""
    await tx.run(_HOLD, {"name": f"{column}:{tx.workspace}:{key}"})
    wanted = select(IdentityRow.contact_id).where(IdentityRow.__table__.c[column] == key)
    found: UUID | None = await tx.value(wanted.order_by(IdentityRow.created_at).limit(1))
    return found


async def standing(tx: Tx, contact_id: UUID) -> UUID:
    """The customer herself, or whom she has shown to be: she is nobody else until the transaction ends."""
    found: UUID = await tx.value(_STANDING, {"id": contact_id})
    return found


async def hold_contacts(tx: Tx, ids: Sequence[UUID]) -> Sequence[Row[Any]]:
    """Who came first, first. Until the transaction ends nothing new can hang on them. Held are they the other
    way round: whoever has one who was joined goes on from her to whom she was joined to, who came before."""
    wanted = select(Contact.__table__).where(Contact.id == any_(literal([*ids], ARRAY(Uuid))))
    last_first = (Contact.created_at.desc(), Contact.id.desc())
    return (await tx.rows(wanted.order_by(*last_first).with_for_update()))[::-1]


async def hand_over(tx: Tx, kept_id: UUID, gone_id: UUID) -> None:
    """What the room knows of one is the other's, also of those who were joined to her before."""
    ids = {"kept": kept_id, "gone": gone_id}
    for statement in _HAND_OVER:
        await tx.run(statement, ids)


async def add_contact(tx: Tx, contact_id: UUID, values: dict[str, Any]) -> None:
    await tx.run(insert(Contact).values(workspace_id=tx.workspace, id=contact_id, **values))


async def add_identity(tx: Tx, values: dict[str, Any]) -> bool:
    """False where the account knows this external id already."""
    row = {"workspace_id": tx.workspace, **values}
    return bool(await tx.run(insert(IdentityRow).values(row).on_conflict_do_nothing()))


async def drop_contact(tx: Tx, contact_id: UUID) -> None:
    await tx.run(delete(Contact).where(Contact.id == contact_id))


async def change_identity(tx: Tx, identity_id: UUID, values: dict[str, Any]) -> None:
    await tx.run(update(IdentityRow).where(IdentityRow.id == identity_id).values(values))


async def fill_contact(tx: Tx, contact_id: UUID, values: dict[str, Any]) -> bool:
    """Set the given columns where the contact has nothing yet; attributes always. Whether any changed."""
    columns = Contact.__table__.c
    empty = {name: func.coalesce(columns[_FIELD.get(name, name)], "") == "" for name in values}
    if "attributes" in values:
        empty["attributes"] = columns.attributes.is_distinct_from(values["attributes"])
    changes = {
        name: case((empty[name], literal(value, columns[name].type)), else_=columns[name])
        for name, value in values.items()
    }
    wanted = update(Contact).where(Contact.id == contact_id, or_(*empty.values()))
    return bool(await tx.run(wanted.values(changes)))


# A key is set together with the field it belongs to.
_FIELD = {"sort_key": "name", "name_key": "name", "email_key": "email", "phone_key": "phone"}


async def contact(tx: Tx, contact_id: UUID) -> Row[Any] | None:
    """Of one who has shown to be another, that other one."""
    return await tx.row(select(Contact.__table__).where(Contact.id == _of(contact_id)))


async def hold_contact(tx: Tx, contact_id: UUID) -> Row[Any] | None:
    """Of one who has shown to be another, that other one, held until the transaction ends."""
    return await tx.row(
        select(Contact.__table__).where(Contact.id == _of(contact_id)).with_for_update(key_share=True)
    )


async def company_name(tx: Tx, company_id: UUID) -> str:
    return str(await tx.value(text("select name from companies where id = :id"), {"id": company_id}))


async def these(tx: Tx, ids: Sequence[UUID]) -> Sequence[Row[Any]]:
    """Those of them who are there, each as her own row stands."""
    return await tx.rows(select(Contact.__table__).where(Contact.id == any_(literal([*ids], ARRAY(Uuid)))))


async def change_contact(tx: Tx, contact_id: UUID, values: dict[str, Any]) -> Row[Any] | None:
    """The row as it stands then; of one who has shown to be another, that other one's."""
    wanted = update(Contact).where(Contact.id == _of(contact_id)).values(values)
    return await tx.row(wanted.returning(Contact.__table__))


def _of(contact_id: UUID) -> ColumnElement[UUID]:
    joined = select(Contact.joined_into).where(Contact.id == contact_id).scalar_subquery()
    return func.coalesce(joined, contact_id)


async def identities_of(tx: Tx, contact_id: UUID) -> Sequence[Row[Any]]:
    wanted = select(IdentityRow.__table__).where(IdentityRow.contact_id == contact_id)
    return await tx.rows(wanted.order_by(IdentityRow.created_at, IdentityRow.id).limit(100))


async def contacts(
    tx: Tx, column: str, start: str, after: tuple[str, UUID] | None, limit: int
) -> Sequence[Row[Any]]:
    """Contacts whose key `column` begins with `start`, in its order, behind `after`."""
    key = Contact.__table__.c[column]
    wanted = select(Contact.__table__).where(key >= start, key < start + _LAST, Contact.archived_at.is_(None))
    if after:
        wanted = wanted.where(tuple_(key, Contact.id) > after)
    return await tx.rows(wanted.order_by(key, Contact.id).limit(limit))


async def tiers(tx: Tx, limit: int) -> list[str]:
    """The tiers in use, one step in the index each."""
    return [row.tier for row in await tx.rows(_TIERS, {"limit": limit})]


async def add_session(tx: Tx, values: dict[str, Any]) -> datetime:
    """When it expires."""
    ends = func.now() + text(f"interval '{SESSION_LIFE}'")
    added = insert(VisitorSession).values(workspace_id=tx.workspace, expires_at=ends, **values)
    expires_at: datetime = await tx.value(added.returning(VisitorSession.expires_at))
    return expires_at


async def visitors(tx: Tx, digests: Sequence[bytes]) -> Sequence[Row[Any]]:
    """In a system transaction: who holds these tokens, unknown ones left out; a session slides on once an
    hour."""
    return await tx.rows(_VISITORS, {"digests": digests})


async def device_of(tx: Tx, digest: bytes) -> str:
    found = select(VisitorSession.device).where(VisitorSession.token_digest == digest)
    return str(await tx.value(found) or "")


async def session_lives(tx: Tx, session_id: UUID) -> bool:
    living = exists().where(
        VisitorSession.id == session_id,
        VisitorSession.revoked_at.is_(None),
        VisitorSession.expires_at > func.now(),
    )
    return bool(await tx.value(select(living)))


async def living_sessions(tx: Tx, session_ids: Collection[UUID]) -> list[UUID]:
    living = and_(VisitorSession.revoked_at.is_(None), VisitorSession.expires_at > func.now())
    asked = select(VisitorSession.id).where(VisitorSession.id == any_(literal([*session_ids], ARRAY(Uuid))))
    return [row.id for row in await tx.rows(asked.where(living))]


async def revoke_session(tx: Tx, session_id: UUID) -> bool:
    mine = and_(VisitorSession.id == session_id, VisitorSession.revoked_at.is_(None))
    return bool(await tx.run(update(VisitorSession).where(mine).values(revoked_at=func.now())))


async def revoke_sessions(tx: Tx, identity_id: UUID) -> list[UUID]:
    mine = and_(VisitorSession.identity_id == identity_id, VisitorSession.revoked_at.is_(None))
    ended = update(VisitorSession).where(mine).values(revoked_at=func.now()).returning(VisitorSession.id)
    return [row.id for row in await tx.rows(ended)]


_IDENTITIES = text(
    """
    select distinct i.id, i.contact_id, i.account_id, i.external_id, i.verified, i.union_key,
           i.email_key, i.phone_key, c.name, c.email, c.phone, c.language
    from unnest(cast(:accounts as uuid[]), cast(:external_ids as text[])) as n (account_id, external_id)
    join identities i on i.account_id = n.account_id and i.external_id = n.external_id
    join contacts c on c.workspace_id = i.workspace_id and c.id = i.contact_id
    """
)
_TIERS = text(
    """
    with recursive found as (
        (select tier from contacts where tier <> '' order by tier limit 1)
        union all
        select (select c.tier from contacts c where c.tier <> '' and c.tier > f.tier order by c.tier limit 1)
        from found f where f.tier is not null
    )
    select tier from found where tier is not null limit :limit
    """
)
# Somebody who joins the two meanwhile is waited for, and then followed.
_STANDING = text("select coalesce(joined_into, id) from contacts where id = :id for key share")
_HAND_OVER = (
    text("update identities set contact_id = :kept where contact_id = :gone"),
    text("update contact_notes set contact_id = :kept where contact_id = :gone"),
    text("update contacts set joined_into = :kept where joined_into = :gone"),
    text("update contacts set joined_into = :kept, archived_at = now() where id = :gone"),
)
_HOLD = text("select pg_advisory_xact_lock(hashtextextended(:name, 0))")
_VISITORS = text(
    f"""
    with found as (
        select s.workspace_id, s.id as session_id, s.identity_id, s.account_id, i.contact_id, i.verified,
               s.token_digest, s.device, s.seen_at < now() - interval '1 hour' as stale
        from visitor_sessions s
        join identities i on i.workspace_id = s.workspace_id and i.id = s.identity_id
        where s.token_digest = any(cast(:digests as bytea[]))
          and s.revoked_at is null and s.expires_at > now()
    ), held as (
        select s.workspace_id, s.id from visitor_sessions s
        join found f on f.stale and s.workspace_id = f.workspace_id and s.id = f.session_id
        for update of s skip locked
    ), touched as (
        update visitor_sessions s set seen_at = now(), expires_at = now() + interval '{SESSION_LIFE}'
        from held h where s.workspace_id = h.workspace_id and s.id = h.id
    )
    select token_digest, workspace_id, session_id, identity_id, contact_id, account_id, verified, device
    from found
    """  # noqa: S608 - a constant of this file
)
