"""What conditions on customers can name, by the words people know."""

from collections.abc import Sequence

from kezhan.contacts.service import tiers
from kezhan.fields.rights import readable
from kezhan.fields.schemas import Subject
from kezhan.fields.service import fields_of
from kezhan.forms.schemas import Choice, Field, FieldKind
from kezhan.kit.db import Tx
from kezhan.segments.filters import store
from kezhan.segments.filters.schemas import AnswerField, FilterOption, FilterWords
from kezhan.workspaces.authenticate import Caller

MOST = 100
_COMPANIES = 200


async def words(tx: Tx, caller: Caller, segments: list[FilterOption]) -> FilterWords:
    """Without what is of conversations alone."""
    return FilterWords(
        languages=await store.languages(tx, MOST),
        tiers=(await tiers(tx)).items,
        sources=[],
        attributes=await store.attributes(tx, MOST),
        answers=[],
        fields=[
            answer_field(one)
            for one in readable(await fields_of(tx, Subject.CONTACT), caller)
            if not one.sealed
        ],
        companies=[
            FilterOption(value=str(row["id"]), label=row["name"])
            for row in await store.companies(tx, _COMPANIES)
        ],
        segments=segments,
    )


def answer_field(one: Field) -> AnswerField:
    return AnswerField(id=one.id, kind=one.kind, label=one.label, choices=_leaves(one.choices, one.kind, ""))


def _leaves(choices: Sequence[Choice], kind: FieldKind, above: str) -> list[FilterOption]:
    found: list[FilterOption] = []
    for one in choices:
        label = f"{above} / {one.label}" if above else one.label
        if kind is FieldKind.TREE and one.children:
            found += _leaves(one.children, kind, label)
        else:
            found.append(FilterOption(value=one.id, label=label))
    return found
