"""How often each choice was taken."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from kezhan.conversations.wrapup import store
from kezhan.conversations.wrapup.schemas import (
    ChoiceCount,
    FieldCounts,
    TeamCount,
    TeamWrapUps,
    WrapUpCounts,
)
from kezhan.forms.schemas import Choice, Field, FieldKind, Purpose
from kezhan.forms.service import form_at, list_forms
from kezhan.kit.clock import now
from kezhan.kit.db import Tx

_COUNTED = {FieldKind.CHOICE, FieldKind.CHOICES, FieldKind.TREE, FieldKind.YES_NO}
_Key = tuple[UUID, str]


async def wrap_up_counts(tx: Tx, days: int) -> WrapUpCounts:
    """Of the conversations that have ended in the last `days`, by the teams whose they were. A choice that is
    offered and was never taken is there too; one that is no longer offered as it was called last."""
    since = now() - timedelta(days=days)
    rows = await store.choice_counts(tx, since)
    versions = {
        (form.id, form.version): form.fields for form in (await list_forms(tx, Purpose.WRAP_UP)).items
    }
    for form_id, version in sorted({(row.form_id, row.version) for row in rows} - versions.keys()):
        versions[form_id, version] = (await form_at(tx, form_id, version)).fields
    teams = [
        TeamWrapUps(team_id=row.team_id, done=row.done, left_out=row.left_out)
        for row in await store.team_counts(tx, since)
    ]
    # The newest words of each field and choice come first, and stay.
    newest = sorted(versions, key=lambda of: of[1], reverse=True)
    return WrapUpCounts(
        fields=_counted(rows, ((form, versions[form, at]) for form, at in newest)), teams=teams
    )


def _counted(rows: Sequence[Row[Any]], forms: Iterable[tuple[UUID, Sequence[Field]]]) -> list[FieldCounts]:
    labels: dict[_Key, str] = {}
    paths: dict[_Key, dict[str, list[str]]] = defaultdict(dict)
    for form_id, fields in forms:
        for field in fields:
            if field.kind in _COUNTED:
                labels.setdefault((form_id, field.id), field.label)
                for id_, path in _offered(field):
                    paths[form_id, field.id].setdefault(id_, path)
    taken: dict[tuple[_Key, str], dict[UUID | None, int]] = defaultdict(lambda: defaultdict(int))
    for row in rows:
        taken[(row.form_id, row.field), row.choice][row.team_id] += row.taken
    return [
        FieldCounts(
            form_id=key[0],
            id=key[1],
            label=label,
            choices=[
                ChoiceCount(
                    id=id_,
                    path=path,
                    teams=[TeamCount(team_id=team, count=count) for team, count in taken[key, id_].items()],
                )
                for id_, path in paths[key].items()
            ],
        )
        for key, label in labels.items()
    ]


def _offered(field: Field) -> Iterator[tuple[str, list[str]]]:
    if field.kind is FieldKind.YES_NO:
        yield from (("true", []), ("false", []))
    else:
        yield from _leaves(field.choices, [])


def _leaves(choices: Sequence[Choice], above: list[str]) -> Iterator[tuple[str, list[str]]]:
    for choice in choices:
        path = [*above, choice.label]
        if choice.children:
            yield from _leaves(choice.children, path)
        else:
            yield choice.id, path
