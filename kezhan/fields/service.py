"""The fields of a subject, read and changed; where their values are found."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from msgspec import Struct, structs
from sqlalchemy import Row

from kezhan.audit.service import record
from kezhan.fields import store
from kezhan.fields.events import FieldSealing
from kezhan.fields.rights import hides, key_of, keys_of, readable
from kezhan.fields.schemas import TOKEN, CustomField, FieldSet, FieldSetEdit, Sealing, StoredSet, Subject
from kezhan.fields.seals import Seals
from kezhan.forms.check import check_fields, walk
from kezhan.forms.schemas import FieldKind
from kezhan.kit.clock import now
from kezhan.kit.db import Tx
from kezhan.kit.errors import Refused
from kezhan.kit.ids import new_id
from kezhan.kit.outbox import emit
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.permissions import Permission, Role
from kezhan.workspaces.roles.service import own_role_ids

_MANY = frozenset({FieldKind.TEXT, FieldKind.PHONE, FieldKind.EMAIL, FieldKind.LINK})
_LONG = 6


class Detail(Struct, frozen=True, kw_only=True, tag_field="v", tag=1):
    """For the audit log: which version of the fields of what; of which rights or sealing changed."""

    subject: str
    version: int
    rights: list[str]


async def fields_of(tx: Tx, subject: Subject, *, stay: bool = False) -> Sequence[CustomField]:
    """All, in their order, the archived ones among them. Whoever writes values has them `stay` as they are
    until the transaction ends, or sealing would pass by what is not there yet."""
    row = await store.field_set(tx, subject, stays=stay)
    return row.fields.fields if row is not None else ()


async def get_set(tx: Tx, caller: Caller, subject: Subject) -> FieldSet:
    row = await store.field_set(tx, subject)
    fields, manages = (row.fields.fields if row else []), caller.may(Permission.FIELD_MANAGE)
    return FieldSet(
        version=row.version if row else 0,
        manages=manages,
        fields=fields if manages else [_bare(field) for field in readable(fields, caller)],
        sealing=[
            Sealing(field_id=one.field_id, done=min(one.done, one.total), total=one.total)
            for one in (await store.sealing(tx, subject) if manages else ())
        ],
    )


def _bare(field: CustomField) -> CustomField:
    """Without who else reads and writes it."""
    return structs.replace(field, reads=[], writes=[])


async def put_set(tx: Tx, caller: Caller, subject: Subject, edit: FieldSetEdit) -> FieldSet:
    """These from now on; the same again change nothing. Raises Refused 400 for fields that make no sense, 409
    where somebody has changed them meanwhile, or one would be gone or of another kind: that is archived."""
    check_fields(edit.fields)
    edit = structs.replace(edit, fields=[_guarded(field) for field in edit.fields])
    _check_roles(edit.fields, await own_role_ids(tx))
    await store.hold(tx, subject)
    row = await store.field_set(tx, subject)
    before = row.fields.fields if row else []
    if before != edit.fields:
        version = row.version if row else 0
        if edit.version != version:
            raise Refused("forms.changed", 409)
        _check_kept(before, edit.fields)
        await store.put(tx, subject, version + 1, StoredSet(fields=edit.fields))
        known = {field.id: (field.reads, field.writes, field.sealed) for field in before}
        rights = [
            one.id
            for one in edit.fields
            if known.get(one.id, ([], [], False)) != (one.reads, one.writes, one.sealed)
        ]
        detail = Detail(subject=subject, version=version + 1, rights=rights)
        were = {field.id for field in before if field.sealed}
        for field in edit.fields:
            if field.id in known and field.sealed != (field.id in were):
                await _begin_seal(tx, subject, field)
        await record(tx, caller, "field.edit", "workspace", tx.workspace, detail=detail)
    return await get_set(tx, caller, subject)


def _guarded(field: CustomField) -> CustomField:
    """What is kept sealed is masked too, and stands in no list."""
    return structs.replace(field, sensitive=True, in_list=False) if field.sealed else field


async def _begin_seal(tx: Tx, subject: Subject, field: CustomField) -> None:
    seal_id = new_id()
    await store.begin_seal(tx, seal_id, subject, field.id, sealed=field.sealed)
    await emit(tx, FieldSealing(seal_id=seal_id))


async def hold_seal(tx: Tx, seal_id: UUID) -> Row[Any] | None:
    """What is to be brought under a field's flag; None where the flag has changed again."""
    return await store.hold_seal(tx, seal_id)


async def found_anew(
    tx: Tx, subject: Subject, thing_id: UUID, field: CustomField, values: Mapping[str, Any]
) -> None:
    """A thing is found by what this field of it says."""
    come = [(thing_id, *pair) for pair in keys_of([field], values, Seals(tx))]
    await store.change_keys(tx, subject, (), come)


async def gone_on(tx: Tx, seal_id: UUID, behind: UUID | None, count: int) -> None:
    """Up to there it is done, `count` more."""
    row = await store.hold_seal(tx, seal_id)
    if row is not None:
        await store.change_seal(tx, seal_id, {"behind": behind, "done": row.done + count})


async def ended(tx: Tx, seal_id: UUID) -> None:
    await store.change_seal(tx, seal_id, {"ended_at": now()})


def _check_roles(fields: Sequence[CustomField], own: Collection[str]) -> None:
    known = {*Role, TOKEN, *own}
    for place, field in enumerate(fields):
        if not known.issuperset((*field.reads, *field.writes)):
            raise Refused("fields.no_such_role", 400, field=f"fields[{place}].reads", name=field.label)


def _check_kept(before: Sequence[CustomField], after: Sequence[CustomField]) -> None:
    now = {field.id: (place, field) for place, field in enumerate(after)}
    for one in before:
        place, field = now.get(one.id, (0, None))
        if field is None:
            raise Refused("fields.is_archived_only", 409, name=one.label)
        if field.kind != one.kind:
            raise Refused("fields.kind_stays", 409, field=f"fields[{place}].kind", name=one.label)
        kept = {choice.id for choice, _ in walk(field.choices)}
        if any(choice.id not in kept for choice, _ in walk(one.choices)):
            raise Refused("fields.choice_stays", 409, field=f"fields[{place}].choices", name=one.label)


async def index(
    tx: Tx,
    subject: Subject,
    thing_id: UUID,
    fields: Sequence[CustomField],
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> None:
    """A thing whose values were `before` is found by those of `after`."""
    await index_all(tx, subject, fields, [(thing_id, before, after)])


async def index_all(
    tx: Tx,
    subject: Subject,
    fields: Sequence[CustomField],
    changes: Iterable[tuple[UUID, Mapping[str, Any], Mapping[str, Any]]],
) -> None:
    """As `index`, many at once: (thing, before, after) each."""
    gone: list[tuple[UUID, str, str]] = []
    come: list[tuple[UUID, str, str]] = []
    seals = Seals(tx)
    for thing_id, before, after in changes:
        old, new = keys_of(fields, before, seals), keys_of(fields, after, seals)
        gone += [(thing_id, *pair) for pair in old - new]
        come += [(thing_id, *pair) for pair in new - old]
    await store.change_keys(tx, subject, gone, come)


async def found(
    tx: Tx, caller: Caller, subject: Subject, fields: Sequence[CustomField], words: str, limit: int
) -> list[UUID]:
    """The things of which one of the `fields` that the caller may read says just this. What is masked from
    her finds only as a text that is not guessed by trying all there may be."""
    key = key_of(words)
    seals = Seals(tx)
    wanted = {
        field.id: seals.key(field.id, key) if field.sealed else key
        for field in (readable(fields, caller) if key else ())
        if not hides(field, caller) or (field.kind in _MANY and len(key) >= _LONG)
    }
    return await store.found(tx, subject, wanted, limit) if wanted else []
