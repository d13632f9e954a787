"""Every statement of the room."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from kezhan.consent.models import ConsentRow, TextRow, VersionRow
from kezhan.consent.schemas import MAX_HOW, Wording
from kezhan.contacts.imports.schemas import Listing
from kezhan.kit.db import Tx
from kezhan.kit.reading import ReadRow

_HOLD = text("select pg_advisory_xact_lock(hashtextextended(:name, 0))")


async def hold(tx: Tx) -> None:
    """Until this transaction ends nobody else changes what is asked."""
    await tx.run(_HOLD, {"name": f"consent_texts:{tx.workspace}"})


async def texts(tx: Tx) -> Sequence[Row[Any]]:
    """With the words of the version that is asked now; the archived ones last."""
    now_asked = (VersionRow.text_id == TextRow.id) & (VersionRow.version == TextRow.version)
    wanted = select(TextRow.__table__, VersionRow.words, VersionRow.published_at).join(VersionRow, now_asked)
    return await tx.rows(wanted.order_by(TextRow.archived_at.is_not(None), TextRow.created_at, TextRow.id))


async def text_of(tx: Tx, text_id: UUID) -> Row[Any] | None:
    """Held until the transaction ends, so that what is asked stays what it is."""
    return await tx.row(select(TextRow.__table__).where(TextRow.id == text_id).with_for_update(read=True))


async def in_use(tx: Tx) -> Sequence[Row[Any]]:
    """(id, name) of what is asked; it is neither worded anew nor archived until the transaction ends."""
    wanted = select(TextRow.id, TextRow.name).where(TextRow.archived_at.is_(None))
    return await tx.rows(wanted.order_by(TextRow.created_at, TextRow.id).with_for_update(read=True))


async def wording(tx: Tx, text_id: UUID, version: int) -> Wording | None:
    wanted = select(VersionRow.words).where(VersionRow.text_id == text_id, VersionRow.version == version)
    found: Wording | None = await tx.value(wanted)
    return found


async def versions(tx: Tx, text_id: UUID) -> list[ReadRow]:
    """(version, words as text, published_at, by_name), the newest first."""
    return await tx.fetch(
        "select v.version, v.words::text as words, v.published_at, m.name as by_name from consent_versions v"
        " join memberships m on m.id = v.by_id where v.text_id = $1 order by v.version desc",
        text_id,
    )


async def count_texts(tx: Tx) -> int:
    """Those in use."""
    found: int = await tx.value(
        select(func.count()).select_from(TextRow).where(TextRow.archived_at.is_(None))
    )
    return found


async def add_text(tx: Tx, values: dict[str, Any]) -> None:
    await tx.run(insert(TextRow).values(workspace_id=tx.workspace, **values))


async def edit_text(tx: Tx, text_id: UUID, values: dict[str, Any]) -> None:
    await tx.run(update(TextRow).where(TextRow.id == text_id).values(**values))


async def add_version(tx: Tx, text_id: UUID, version: int, words: Wording, by_id: UUID, at: datetime) -> None:
    values = {"text_id": text_id, "version": version, "words": words, "by_id": by_id, "published_at": at}
    await tx.run(insert(VersionRow).values(workspace_id=tx.workspace, **values))


async def asked(tx: Tx) -> Sequence[Row[Any]]:
    """(workspace_id, id, version, required) of what is asked; in a `system_tx` of all workspaces."""
    columns = TextRow.workspace_id, TextRow.id, TextRow.version, TextRow.required
    return await tx.rows(select(*columns).where(TextRow.archived_at.is_(None)))


# Who has consented

# Herself, whom she has shown to be, and whoever has shown to be her.
_HER = """
    select c.id from contacts c, contacts one where one.id = $1
      and (c.id = coalesce(one.joined_into, one.id) or c.joined_into = coalesce(one.joined_into, one.id))
"""


async def given(tx: Tx, contact_id: UUID) -> list[ReadRow]:
    """All she has ever consented to, the newest first."""
    return await tx.fetch(_GIVEN, contact_id)


_GIVEN = f"""
    select g.*, coalesce(b.name, '') as by_name, coalesce(w.name, '') as withdrawn_by_name
    from consents g
    left join memberships b on b.id = g.by_id
    left join memberships w on w.id = g.withdrawn_by
    where g.contact_id in ({_HER}) order by g.given_at desc, g.id desc
"""  # noqa: S608 - words of ours


async def standing(tx: Tx, contact_id: UUID, texts: Collection[UUID] | None = None) -> list[ReadRow]:
    """(text_id, version, given_at, listed) of what she has consented to and not withdrawn; `listed`: a list
    of people says so."""
    return await tx.fetch(_STANDING, contact_id, None if texts is None else list(texts))


_STANDING = f"""
    select text_id, version, given_at, import_id is not null as listed from consents
    where contact_id in ({_HER}) and withdrawn_at is null and ($2::uuid[] is null or text_id = any($2))
    order by version
"""  # noqa: S608 - words of ours


async def give(tx: Tx, values: dict[str, Any]) -> bool:
    """False where she has consented to this version already."""
    row = insert(ConsentRow).values(workspace_id=tx.workspace, **values)
    return bool(await tx.run(row.on_conflict_do_nothing()))


async def withdraw(
    tx: Tx, contact_id: UUID, text_id: UUID, at: datetime, way: str, how: str, by_id: UUID | None
) -> int:
    """The latest version that she had consented to; 0 where there was none."""
    rows = await tx.fetch(_WITHDRAW, contact_id, text_id, at, way, how, by_id)
    return max((row["version"] for row in rows), default=0)


_WITHDRAW = f"""
    update consents set withdrawn_at = $3, withdrawn_way = $4, withdrawn_how = $5, withdrawn_by = $6
    where contact_id in ({_HER}) and text_id = $2 and withdrawn_at is null returning version
"""  # noqa: S608 - words of ours


# What lists of people say of it


async def known(tx: Tx, people: Sequence[UUID], texts: Sequence[UUID]) -> list[ReadRow]:
    """(contact_id, text_id, stands) of each of these customers who consents to what is asked now, or
    (`stands` false) has said that she does not. Whoever has shown to be her counts as her."""
    return await tx.fetch(_KNOWN, list(people), list(texts))


# A consent that a list had given and that was taken back with it is no word of hers.
_KNOWN = """
    select p.id as contact_id, g.text_id, bool_or(g.withdrawn_at is null) as stands
    from contacts c
    cross join lateral (select coalesce(c.joined_into, c.id)) p (id)
    join consents g on g.contact_id = c.id and g.text_id = any($2::uuid[])
    join consent_texts t on t.id = g.text_id
    where c.id = any($1::uuid[]) or c.joined_into = any($1::uuid[])
    group by p.id, g.text_id
    having bool_or(g.withdrawn_at is null and g.version = t.version)
        or bool_and(g.withdrawn_at is not null) and bool_or(g.withdrawn_way <> 'import')
"""


async def give_listed(
    tx: Tx, rows: Sequence[tuple[UUID, UUID, UUID]], listing: Listing, at: datetime
) -> list[ReadRow]:
    """(id, contact_id, text_id) each, to the version that is asked now; (contact_id, text_id, version) of
    those that were not there yet."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    said = (listing.import_id, listing.by_id, listing.name[:MAX_HOW], at)
    return await tx.fetch(_GIVE_LISTED, tx.workspace, *columns, *said)


_GIVE_LISTED = """
    insert into consents
        (workspace_id, id, contact_id, text_id, version, language, way, how, by_id, import_id, given_at)
    select $1, n.id, n.contact_id, n.text_id, t.version, '', 'import', $7, $6, $5, $8
    from unnest($2::uuid[], $3::uuid[], $4::uuid[]) as n (id, contact_id, text_id)
    join consent_texts t on t.id = n.text_id
    on conflict do nothing returning contact_id, text_id, version
"""


async def withdraw_listed(tx: Tx, listing: Listing, people: Sequence[UUID], at: datetime) -> list[ReadRow]:
    """(contact_id, text_id, version, stands) of what the list had given them; `stands`: something else says
    that she consents."""
    how = listing.name[:MAX_HOW]
    return await tx.fetch(_WITHDRAW_LISTED, listing.import_id, list(people), at, how, listing.by_id)


_WITHDRAW_LISTED = """
    with gone as (
        update consents set withdrawn_at = $3, withdrawn_way = 'import', withdrawn_how = $4, withdrawn_by = $5
        where import_id = $1 and contact_id = any($2::uuid[]) and withdrawn_at is null
        returning contact_id, text_id, version
    )
    select g.*, exists (
        select from consents o where o.contact_id = g.contact_id and o.text_id = g.text_id
        and o.withdrawn_at is null and o.import_id is distinct from $1) as stands
    from gone g
"""


async def remove_listed(tx: Tx, import_id: UUID, people: Sequence[UUID]) -> None:
    await tx.fetch(
        "delete from consents where import_id = $1 and contact_id = any($2::uuid[])", import_id, list(people)
    )
