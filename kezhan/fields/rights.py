"""Who reads and writes a field, whether a value fits it, and how it is said and found. Pure."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kezhan.fields.schemas import TOKEN, CustomField, FieldOn, ShownField
from kezhan.fields.seals import Seals, is_sealed
from kezhan.forms.check import checked, walk
from kezhan.forms.schemas import FieldKind
from kezhan.kit.errors import Forbidden, Refused
from kezhan.kit.masking import returned
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.permissions import Permission

SHOWN = 2
_KEY = 200


def role_of(caller: Caller) -> str:
    """As fields name it."""
    return caller.role or TOKEN


def may_read(field: CustomField, caller: Caller) -> bool:
    """Whoever may write a field may read it."""
    named = not field.reads or role_of(caller) in (*field.reads, *field.writes)
    return named or caller.may(Permission.FIELD_MANAGE)


def may_write(field: CustomField, caller: Caller) -> bool:
    if caller.may(Permission.FIELD_MANAGE):
        return True
    return role_of(caller) in field.writes if field.writes else may_read(field, caller)


def readable(fields: Iterable[CustomField], caller: Caller) -> list[CustomField]:
    """Those in use that the caller may read."""
    return [field for field in fields if not field.archived and may_read(field, caller)]


def on(
    fields: Iterable[CustomField], values: Mapping[str, Any], caller: Caller, seals: Seals, *, writes: bool
) -> list[FieldOn]:
    """What the caller may see of one thing, whether or not it is filled in. `writes`: whether she may change
    the thing at all."""
    return [
        FieldOn(
            field=field,
            value=None
            if (hidden := field.id in values and hides(field, caller))
            else seals.opened(field.id, values.get(field.id)),
            writable=writes and may_write(field, caller),
            masked=hidden,
        )
        for field in readable(fields, caller)
    ]


def hides(field: CustomField, caller: Caller) -> bool:
    """Whether what it says is masked from the caller."""
    return field.sensitive and not caller.may(Permission.SENSITIVE_READ)


HIDDEN = "••••"
"""What stands for such a value where there are but words."""


def edited(
    fields: Sequence[CustomField],
    values: Mapping[str, Any],
    edits: Mapping[str, Any],
    caller: Caller,
    seals: Seals | None = None,
) -> dict[str, Any]:
    """`values` with `edits` (null clears one). Raises Refused with the field's id as of `forms.check`, also
    for a field that the caller may not read; Forbidden for one she may not write. Without
    `seals` a field whose values are kept sealed is refused."""
    known = {field.id: field for field in readable(fields, caller)}
    kept = dict(values)
    for name, value in edits.items():
        field = known.get(name)
        if field is None:
            raise Refused("forms.no_such_field", 400, field=name[:40])
        if not may_write(field, caller):
            raise Forbidden("fields.not_yours", name=field.label)
        if field.sealed and seals is None:
            raise Refused("fields.sealed", 400, field=name, name=field.label)
        before = kept.pop(name, None)
        if seals is not None:
            before = seals.opened(name, before)
        meant = returned(value, before, caller.cover)
        given = checked([field], {name: meant}, whole=True)
        if field.sealed and seals is not None:
            given = {one: seals.seal(one, plain) for one, plain in given.items()}
        kept |= given
    return kept


def as_kept(fields: Iterable[CustomField], values: Mapping[str, Any], seals: Seals) -> dict[str, Any]:
    """Values that may have been kept before a field was sealed, or opened: each as its field's flag says by
    now."""
    sealed = {field.id for field in fields if field.sealed}
    opened = seals.all_opened({name: value for name, value in values.items() if name not in sealed})
    return {
        name: opened[name] if name in opened else value if is_sealed(value) else seals.seal(name, value)
        for name, value in values.items()
    }


def shown(fields: Iterable[CustomField], values: Mapping[str, Any], caller: Caller) -> list[ShownField]:
    """Of the fields that stand in lists the first two that are filled in."""
    told = (
        ShownField(
            label=field.label, text=HIDDEN if hides(field, caller) else in_words(field, values[field.id])
        )
        for field in readable(fields, caller)
        if field.in_list and field.id in values and not is_sealed(values[field.id])
    )
    return [one for one in told if one.text][:SHOWN]


def in_words(field: CustomField, value: Any) -> str:
    """Without a language: choices by their names, yes by the field's own."""
    if field.kind is FieldKind.YES_NO:
        return field.label if value else ""
    if field.choices:
        labels = {choice.id: choice.label for choice, _ in walk(field.choices)}
        return ", ".join(labels.get(one, "") for one in (value if isinstance(value, list) else [value]))
    return str(value)


def keys_of(fields: Iterable[CustomField], values: Mapping[str, Any], seals: Seals) -> set[tuple[str, str]]:
    """(field, key) of every value that is found exactly; long texts are not."""
    found = set()
    for field in fields:
        value = seals.opened(field.id, values.get(field.id))
        if value is None or field.kind is FieldKind.LONG_TEXT:
            continue
        keys = [key_of(one) for one in (value if isinstance(value, list) else [value])]
        found |= {(field.id, seals.key(field.id, key) if field.sealed else key) for key in keys}
    return found


def key_of(value: Any) -> str:
    """One key for every way of writing the same value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return unicodedata.normalize("NFKC", str(value)).casefold().strip()[:_KEY]
