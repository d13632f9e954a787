"""Whether a filter can be kept: what it names is there, and each condition says enough."""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from uuid import UUID

from kezhan.conversations.schemas import State
from kezhan.fields.rights import hides
from kezhan.fields.schemas import Subject
from kezhan.fields.service import fields_of
from kezhan.forms.schemas import FieldKind, Purpose
from kezhan.forms.service import list_forms
from kezhan.kit.db import Tx
from kezhan.kit.errors import Refused
from kezhan.segments.filters import store
from kezhan.segments.filters.people import guesses
from kezhan.segments.filters.schemas import (
    MAX_CONDITIONS,
    AnswerIs,
    AnswerWay,
    AnyOf,
    AttributeIs,
    Between,
    ChoiceField,
    Condition,
    FieldIs,
    Filter,
    about_contact,
    conditions_of,
)
from kezhan.workspaces.authenticate import Caller

_IDS = (
    ChoiceField.ACCOUNT,
    ChoiceField.TEAM,
    ChoiceField.ASSIGNEE,
    ChoiceField.OWNER,
    ChoiceField.TAG,
    ChoiceField.CONTACT_TAG,
    ChoiceField.COMPANY,
    ChoiceField.CONTACT_ACCOUNT,
    ChoiceField.SEGMENT,
)
_BESIDE = {
    ChoiceField.TEAM: frozenset({"mine", "none"}),
    ChoiceField.ASSIGNEE: frozenset({"me", "nobody"}),
    ChoiceField.OWNER: frozenset({"me", "nobody"}),
    ChoiceField.COMPANY: frozenset({"none"}),
}
_STATES = frozenset({State.QUEUED, State.ASSIGNED, State.CLOSED})
_MOST_PLACES = 100
_CHOSEN = frozenset({FieldKind.CHOICE, FieldKind.CHOICES, FieldKind.TREE})
_WAYS = {
    FieldKind.TEXT: frozenset({AnswerWay.HAS, AnswerWay.GIVEN}),
    FieldKind.LONG_TEXT: frozenset({AnswerWay.HAS, AnswerWay.GIVEN}),
    FieldKind.NUMBER: frozenset({AnswerWay.LEAST, AnswerWay.MOST, AnswerWay.GIVEN}),
    FieldKind.YES_NO: frozenset({AnswerWay.YES, AnswerWay.GIVEN}),
    FieldKind.DATE: frozenset({AnswerWay.GIVEN}),
    FieldKind.LINK: frozenset({AnswerWay.HAS, AnswerWay.GIVEN}),
    FieldKind.PHONE: frozenset({AnswerWay.HAS, AnswerWay.GIVEN}),
    FieldKind.EMAIL: frozenset({AnswerWay.HAS, AnswerWay.GIVEN}),
}


async def check(tx: Tx, caller: Caller, wanted: Filter) -> None:
    """Raises Refused with the condition's field where it cannot be kept, or the caller could guess by it what
    is masked from her."""
    conditions = conditions_of(wanted)
    if len(conditions) > MAX_CONDITIONS:
        raise Refused("views.many_conditions", field="filter", limit=MAX_CONDITIONS)
    for condition in conditions:
        _check_one(condition)
    if any(guesses(one, caller.cover) for one in conditions):
        raise Refused("segments.masked", 403, field="filter")
    for table in _IDS:
        named = [value for one in conditions for value in _named(one, table)]
        if named and await store.unknown(tx, table, [UUID(value) for value in named]):
            # messages: views.unknown_*
            raise Refused(f"views.unknown_{table.value}", field="filter")
    answers = [one for one in conditions if isinstance(one, AnswerIs)]
    if answers:
        forms = (await list_forms(tx, Purpose.WRAP_UP)).items
        _check_ways(answers, {field.id: field.kind for form in forms for field in form.fields})
    own = [one for one in conditions if isinstance(one, FieldIs)]
    if own:
        await _check_own(tx, caller, own)


async def check_people(tx: Tx, caller: Caller, wanted: Filter) -> None:
    """The same for customers alone, whoever looks: it says nothing of conversations, of `me`, of other such
    filters. Raises Refused."""
    for one in conditions_of(wanted):
        if not about_contact(one) or (isinstance(one, AnyOf) and one.field is ChoiceField.SEGMENT):
            raise Refused("segments.not_of_people", field="filter")
        if isinstance(one, AnyOf) and one.field is ChoiceField.OWNER and "me" in one.values:
            raise Refused("segments.not_me", field="filter")
    await check(tx, caller, wanted)


async def _check_own(tx: Tx, caller: Caller, own: Sequence[FieldIs]) -> None:
    fields = {field.id: field for field in await fields_of(tx, Subject.CONTACT)}
    _check_ways(own, {name: field.kind for name, field in fields.items() if not field.sealed})
    for one in own:
        if one.way is not AnswerWay.GIVEN and hides(fields[one.field], caller):
            raise Refused("segments.masked", 403, field="filter")


def _named(condition: Condition, table: ChoiceField) -> list[str]:
    if not isinstance(condition, AnyOf) or condition.field is not table:
        return []
    return [value for value in condition.values if value not in _BESIDE.get(table, ())]


def _check_one(condition: Condition) -> None:
    if isinstance(condition, AnyOf):
        values = _named(condition, condition.field) if condition.field in _IDS else []
        states = condition.values if condition.field is ChoiceField.STATE else []
        if any(not _is_id(value) for value in values) or not _STATES.issuperset(states):
            raise Refused("views.no_such_value", field="filter")
    elif isinstance(condition, Between):
        if condition.least is None and condition.most is None:
            raise Refused("views.no_number", field="filter")
        if None not in (condition.least, condition.most) and (condition.least or 0) > (condition.most or 0):
            raise Refused("views.ends_crossed", field="filter")
    elif isinstance(condition, AnswerIs | AttributeIs | FieldIs):
        _check_values(condition)


def _check_values(condition: AnswerIs | AttributeIs | FieldIs) -> None:
    values = condition.values
    if condition.way in {AnswerWay.YES, AnswerWay.GIVEN}:
        return
    if not values or (condition.way is AnswerWay.HAS and not values[0].strip()):
        raise Refused("views.no_value", field="filter")
    if condition.way in {AnswerWay.LEAST, AnswerWay.MOST} and not _is_number(values[0]):
        raise Refused("views.no_number", field="filter")


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _is_number(text: str) -> bool:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return False
    # What it can be kept as: PostgreSQL takes no more than some thousand digits, however they are written.
    exponent = number.as_tuple().exponent
    return isinstance(exponent, int) and -_MOST_PLACES <= exponent <= _MOST_PLACES and abs(number) < 10**15


def _check_ways(answers: Sequence[AnswerIs | FieldIs], kinds: Mapping[str, FieldKind]) -> None:
    for one in answers:
        if one.field not in kinds:
            raise Refused("views.unknown_answer", field="filter")
        kind = kinds[one.field]
        ways = _WAYS.get(
            kind, frozenset({AnswerWay.ANY_OF, AnswerWay.GIVEN}) if kind in _CHOSEN else frozenset()
        )
        if one.way not in ways:
            raise Refused("views.unfit_answer", field="filter")
