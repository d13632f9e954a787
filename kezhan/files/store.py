"""Every statement of the room."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, exists, func, insert, or_, select, update

from kezhan.files.kinds import REFUSED
from kezhan.files.models import File
from kezhan.files.schemas import Owner
from kezhan.kit.db import Tx
from kezhan.workspaces.models import ApiToken, Membership, Session, Workspace


async def add(tx: Tx, values: dict[str, Any]) -> None:
    await tx.run(insert(File).values(workspace_id=tx.workspace, **values))


async def find(tx: Tx, file_id: UUID) -> Row[Any] | None:
    return await tx.row(select(File.__table__).where(File.id == file_id))


async def attach(tx: Tx, file_id: UUID, owner: Owner, use: str) -> Row[Any] | None:
    """The row where `owner` may use it as `use`: not used yet, or by just this."""
    mine = update(File).where(
        File.id == file_id,
        File.owner_kind == owner.kind,
        File.owner_id == owner.id,
        or_(File.used_by.is_(None), File.used_by == use),
    )
    values = {"used_by": use, "attached_at": func.coalesce(File.attached_at, func.now())}
    return await tx.row(mine.values(values).returning(File.__table__))


async def share(tx: Tx, file_id: UUID, use: str) -> bool:
    """A further use; False where there is no such file."""
    rows = await tx.fetch(_SHARE, tx.workspace, file_id, use)
    return bool(rows)


_SHARE = """
    with held as (select id from files where id = $2 for key share), put as (
        insert into file_uses (workspace_id, file_id, use) select $1, id, $3 from held on conflict do nothing
    ) select id from held
"""


async def release(tx: Tx, file_id: UUID, use: str) -> bool:
    """Whether that was its last use."""
    await tx.fetch("select 1 as one from files where id = $1 for update", file_id)
    await tx.fetch("delete from file_uses where file_id = $1 and use = $2", file_id, use)
    left = await tx.fetch(_RELEASE, file_id, use)
    return bool(left) and left[0]["over"]


_RELEASE = """
    update files f set used_by = case when f.used_by = $2 then '' else f.used_by end where f.id = $1
    returning f.used_by = '' and not exists (select 1 from file_uses u where u.file_id = f.id) as over
"""


async def remove(tx: Tx, file_id: UUID) -> bool:
    return bool(await tx.run(delete(File).where(File.id == file_id)))


async def remove_unattached(tx: Tx, file_id: UUID) -> bool:
    return bool(await tx.run(delete(File).where(File.id == file_id, File.attached_at.is_(None))))


async def refused_kinds(tx: Tx) -> tuple[tuple[str, ...], int]:
    """Endings, with their version, 0 where nobody has changed them."""
    rows = await tx.fetch("select refused, version from upload_rules")
    return (tuple(rows[0]["refused"]), rows[0]["version"]) if rows else (REFUSED, 0)


async def put_refused_kinds(tx: Tx, refused: Sequence[str], seen: int) -> bool:
    """False where they were changed since `seen`."""
    return bool(await tx.fetch(_PUT_REFUSED, tx.workspace, list(refused), seen))


_PUT_REFUSED = """
    insert into upload_rules as r (workspace_id, refused, version)
    select $1, $2::text[], 1 where $3 = 0 or exists (select from upload_rules)
    on conflict (workspace_id) do update set refused = excluded.refused, version = r.version + 1
    where r.version = $3
    returning 1 as one
"""


async def is_logo(tx: Tx, file_id: UUID) -> bool:
    mine = exists().where(Workspace.id == tx.workspace, Workspace.logo_id == file_id)
    return bool(await tx.value(select(mine)))


async def known(tx: Tx, file_ids: Sequence[UUID]) -> set[UUID]:
    return {row.id for row in await tx.rows(select(File.id).where(File.id.in_(file_ids)))}


async def session_lives(tx: Tx, session_id: UUID) -> bool:
    living = exists().where(
        Session.id == session_id,
        Session.revoked_at.is_(None),
        Session.expires_at > func.now(),
        Membership.id == Session.membership_id,
        Membership.archived_at.is_(None),
    )
    return bool(await tx.value(select(living)))


async def token_lives(tx: Tx, token_id: UUID) -> bool:
    living = exists().where(
        ApiToken.id == token_id,
        ApiToken.revoked_at.is_(None),
        or_(ApiToken.expires_at.is_(None), ApiToken.expires_at > func.now()),
        Membership.id == ApiToken.created_by,
        Membership.archived_at.is_(None),
    )
    return bool(await tx.value(select(living)))
