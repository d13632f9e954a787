"""Statements on the log, on people's keys, settings and exports; names come from the people's tables."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Text, case, cast, func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from kezhan.audit.groups import ACTIONS, SUBJECTS, VERBS
from kezhan.audit.models import AuditEntry, AuditSettings, PersonKey, Seal
from kezhan.audit.schemas import AuditFilters, AuditGroup
from kezhan.kit.db import Tx
from kezhan.workspaces.models import ApiToken, Membership, Team
from kezhan.workspaces.provisioning.models import ProvisioningToken

SCANNED = 20_000
"""Rows that one page looks through at most."""
_Place = tuple[datetime, UUID]


class Look(NamedTuple):
    """Somebody has looked at something; the same id is the same look."""

    id: UUID
    at: datetime
    actor_kind: str
    actor_id: UUID
    action: str
    subject_kind: str
    subject_id: UUID | None
    peer: str


async def add(tx: Tx, row: dict[str, Any]) -> None:
    await tx.run(insert(AuditEntry).values(workspace_id=tx.workspace, **row))


async def add_looks(tx: Tx, looks: Sequence[Look]) -> None:
    """But for those that are there already."""
    # As one insert of many values SQLAlchemy would word it anew for each count of them.
    await tx.fetch(_ADD_LOOKS, tx.workspace, *(list(values) for values in zip(*looks, strict=True)))


_ADD_LOOKS = """
    insert into audit_log (workspace_id, id, at, actor_kind, actor_id, action, subject_kind, subject_id, peer)
    select $1, l.* from unnest($2::uuid[], $3::timestamptz[], $4::text[], $5::uuid[], $6::text[], $7::text[],
                               $8::uuid[], $9::text[]) as l
    on conflict do nothing
"""


def _group() -> ColumnElement[str]:
    action = AuditEntry.action
    subject, verb = (func.split_part(action, ".", place) for place in (1, 2))
    return case(
        *((action == name, group) for name, group in ACTIONS.items()),
        *((verb == name, group) for name, group in VERBS.items()),
        *((subject == name, group) for name, group in SUBJECTS.items()),
        else_=AuditGroup.SETTINGS,
    )


def _within(filters: AuditFilters, after: _Place | None) -> list[ColumnElement[bool]]:
    """What an index serves."""
    asked: list[ColumnElement[bool]] = []
    if after is not None:
        asked.append(tuple_(AuditEntry.at, AuditEntry.id) < tuple_(*after))
    if filters.actor_id is not None:
        asked.append(AuditEntry.actor_id == filters.actor_id)
    if filters.subject_id is not None:
        asked.append(AuditEntry.subject_id == filters.subject_id)
    if filters.since is not None:
        asked.append(AuditEntry.at >= filters.since)
    if filters.until is not None:
        asked.append(AuditEntry.at < filters.until)
    return asked


def narrows(filters: AuditFilters) -> bool:
    """Whether something is looked for that no index serves."""
    return bool(filters.group or filters.subject_kind or filters.q.strip())


def _like(filters: AuditFilters, worded: Collection[str], actor_name: ColumnElement[str]) -> list[Any]:
    """What is looked for row by row; `worded` are the actions whose words contain the text."""
    asked: list[Any] = []
    if filters.group is not None:
        asked.append(_group() == filters.group)
    if filters.subject_kind is not None:
        asked.append(AuditEntry.subject_kind == filters.subject_kind)
    if q := filters.q.strip().lower():
        written: list[Any] = [AuditEntry.action, AuditEntry.peer, actor_name]
        written += [cast(column, Text) for column in (AuditEntry.changes, AuditEntry.detail)]
        found = [func.strpos(func.lower(column), q) > 0 for column in written]
        asked.append(or_(AuditEntry.action.in_(worded), *found))
    return asked


async def entries(
    tx: Tx, filters: AuditFilters, worded: Collection[str], *, after: _Place | None, limit: int
) -> Sequence[Row[Any]]:
    """Newest first, `limit` rows behind `after` (time, id); where no index serves, of the next SCANNED."""
    on, by, team, key = aliased(Membership), aliased(ApiToken), Team, PersonKey
    directory = ProvisioningToken
    actor_name = func.coalesce(Membership.name, ApiToken.name, directory.name)
    near = (AuditEntry.at, AuditEntry.id)
    picked = select(*near).where(*_within(filters, after)).order_by(*(column.desc() for column in near))
    few = picked.limit(SCANNED if narrows(filters) else limit).subquery()
    same = AuditEntry.workspace_id
    found = (
        select(
            AuditEntry.id,
            AuditEntry.at,
            Seal.number,
            Seal.hash,
            AuditEntry.actor_kind,
            AuditEntry.actor_id,
            actor_name.label("actor_name"),
            _group().label("group"),
            AuditEntry.action,
            AuditEntry.subject_kind,
            AuditEntry.subject_id,
            func.coalesce(on.name, team.name, by.name).label("subject_name"),
            AuditEntry.detail,
            AuditEntry.changes,
            AuditEntry.person_kind,
            AuditEntry.person_id,
            AuditEntry.private,
            key.sealed.label("person_key"),
            AuditEntry.peer,
        )
        .join(few, (few.c.at == AuditEntry.at) & (few.c.id == AuditEntry.id))
        .outerjoin(Membership, (Membership.workspace_id == same) & (Membership.id == AuditEntry.actor_id))
        .outerjoin(ApiToken, (ApiToken.workspace_id == same) & (ApiToken.id == AuditEntry.actor_id))
        .outerjoin(directory, (directory.workspace_id == same) & (directory.id == AuditEntry.actor_id))
        .outerjoin(on, (on.workspace_id == same) & (on.id == AuditEntry.subject_id))
        .outerjoin(by, (by.workspace_id == same) & (by.id == AuditEntry.subject_id))
        .outerjoin(team, (team.workspace_id == same) & (team.id == AuditEntry.subject_id))
        .outerjoin(Seal, (Seal.workspace_id == same) & (Seal.entry_id == AuditEntry.id))
        .outerjoin(
            key,
            (key.workspace_id == same)
            & (key.kind == AuditEntry.person_kind)
            & (key.person_id == AuditEntry.person_id),
        )
        .where(*_like(filters, worded, actor_name))
        .order_by(few.c.at.desc(), few.c.id.desc())
        .limit(limit)
    )
    return await tx.rows(found)


async def last_scanned(tx: Tx, filters: AuditFilters, after: _Place | None) -> _Place | None:
    """The last of the SCANNED rows behind `after`; None where there are not so many."""
    near = (AuditEntry.at, AuditEntry.id)
    picked = select(*near).where(*_within(filters, after)).order_by(*(column.desc() for column in near))
    row = await tx.row(picked.offset(SCANNED - 1).limit(1))
    return None if row is None else (row.at, row.id)


async def person_key(tx: Tx, kind: str, person_id: UUID) -> Row[Any] | None:
    hers = (PersonKey.kind == kind, PersonKey.person_id == person_id)
    return await tx.row(select(PersonKey.sealed).where(*hers))


async def add_person_key(tx: Tx, kind: str, person_id: UUID, sealed: bytes) -> None:
    values = {"workspace_id": tx.workspace, "kind": kind, "person_id": person_id, "sealed": sealed}
    await tx.run(insert(PersonKey).values(**values).on_conflict_do_nothing())


async def destroy_person_key(tx: Tx, kind: str, person_id: UUID) -> None:
    """She never gets one again, whether she had one or not."""
    values = {"workspace_id": tx.workspace, "kind": kind, "person_id": person_id}
    gone = insert(PersonKey).values(**values, sealed=None, destroyed_at=func.now())
    mark = {"sealed": None, "destroyed_at": func.now()}
    same = (PersonKey.workspace_id, PersonKey.kind, PersonKey.person_id)
    await tx.run(gone.on_conflict_do_update(index_elements=same, set_=mark))


async def keep_days(tx: Tx) -> int | None:
    found: int | None = await tx.value(select(AuditSettings.keep_days))
    return found


async def set_keep_days(tx: Tx, days: int | None) -> None:
    row = insert(AuditSettings).values(workspace_id=tx.workspace, keep_days=days)
    same = (AuditSettings.workspace_id,)
    await tx.run(row.on_conflict_do_update(index_elements=same, set_={"keep_days": days}))
