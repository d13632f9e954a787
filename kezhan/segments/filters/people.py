"""Conditions on a customer as parts of a statement about `contacts p`: columns and words are of this file,
what people have written is a parameter. Pure."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from kezhan.fields.rights import role_of
from kezhan.kit.masking import Cover
from kezhan.kit.sensitive import Sort
from kezhan.segments.filters import schemas as s
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.permissions import Permission

_COLUMNS = {
    s.ChoiceField.LANGUAGE: ("coalesce(p.language, '')", "text"),
    s.ChoiceField.TIER: ("p.tier", "text"),
    s.ChoiceField.OWNER: ("p.owner_id", "uuid"),
    s.ChoiceField.COMPANY: ("p.company_id", "uuid"),
}
_HAS = {
    s.ChoiceField.CONTACT_TAG: ("contact_tags g where g.contact_id = p.id and g.tag_id", "uuid"),
    s.ChoiceField.CONTACT_ACCOUNT: ("identities i where i.contact_id = p.id and i.account_id", "uuid"),
    s.ChoiceField.CONTACT_CHANNEL: (
        "identities i join channel_accounts a on a.id = i.account_id where i.contact_id = p.id and a.adapter",
        "text",
    ),
}
_HOLDS = {
    s.FactField.VERIFIED: "exists (select from identities i where i.contact_id = p.id and i.verified)",
    s.FactField.HAS_EMAIL: "p.email <> ''",
    s.FactField.HAS_PHONE: "p.phone <> ''",
}
_MOMENTS = {
    s.MomentField.SEEN_AT: """greatest(
        (select v.seen_at from visits v where v.contact_id = p.id
         order by v.started_at desc, v.id desc limit 1),
        (select max(o.active_at) from conversations o where o.contact_id = p.id and o.spam_at is null))""",
    s.MomentField.MET_AT: "p.created_at",
}
_NEWEST_ANSWER = """(
    select v.{} from survey_invites v join conversations o on o.id = v.conversation_id
    where o.contact_id = p.id and v.{} is not null order by v.answered_at desc, v.id desc limit 1)"""
_FIGURES = {
    s.FigureField.CONVERSATIONS: "(select count(*) from conversations o"
    " where o.contact_id = p.id and o.spam_at is null and o.merged_into is null)",
    s.FigureField.LAST_CSAT: _NEWEST_ANSWER.format("csat", "csat"),
    s.FigureField.LAST_NPS: _NEWEST_ANSWER.format("nps", "nps"),
}
_FEW_DIGITS = 2
"""So many say something of a number; of a number as such, those below this say nothing of a masked one:"""
_SMALL = Decimal(10) ** 9


class Asked:
    """A statement's parameters as they gather. `caller` None: the house itself asks, who reads everything.
    `segments`: what those that are named hold."""

    def __init__(self, caller: Caller | None, segments: Mapping[UUID, s.Filter] | None = None) -> None:
        self.caller = caller
        self.segments = segments or {}
        self.values: list[Any] = []

    def put(self, value: Any, kind: str) -> str:
        self.values.append(value)
        return f"${len(self.values)}::{kind}"


def guesses(wanted: s.Condition, cover: Cover | None) -> bool:
    """Whether somebody from whom `cover` is masked could find out by it, try after try, what she may not
    read."""
    if cover is None:
        return False
    if isinstance(wanted, s.Contains):
        if wanted.field in {s.SaidField.EMAIL, s.SaidField.PHONE}:
            return wanted.field in cover.sorts
        return _tells(wanted.text, cover)
    if not isinstance(wanted, s.AttributeIs | s.FieldIs | s.AnswerIs):
        return False
    if wanted.way in {s.AnswerWay.LEAST, s.AnswerWay.MOST}:
        return bool(cover.sorts) and abs(Decimal(wanted.values[0])) >= _SMALL
    return any(_tells(value, cover) for value in wanted.values)


def _tells(text: str, cover: Cover) -> bool:
    digits = sum(one.isdigit() for one in text)
    return (Sort.EMAIL in cover.sorts and "@" in text) or (
        digits >= _FEW_DIGITS and bool(cover.sorts - {Sort.EMAIL})
    )


def people(wanted: s.Filter, asked: Asked) -> str:
    """The filter for the eyes of its reader: what she may not test holds for nobody."""
    groups = [joined(one.join, [about(each, asked) for each in one.conditions]) for one in wanted.groups]
    return joined(wanted.join, groups) if groups else "true"


def joined(join: s.Join, parts: list[str]) -> str:
    return "(" + (" and " if join == "all" else " or ").join(f"({part})" for part in parts) + ")"


def about(wanted: s.Condition, asked: Asked) -> str:
    """One condition that is about customers (`about_contact`)."""
    if asked.caller is not None and guesses(wanted, asked.caller.cover):
        return "false"
    made: Callable[[Any, Asked], str] = _MAKERS[type(wanted)]
    words = made(wanted, asked)
    if isinstance(wanted, s.FieldIs):
        return words + _readable(wanted, asked)
    return words if isinstance(wanted, s.Age) else negated(words, wanted)


def negated(words: str, wanted: s.Condition) -> str:
    return f"not coalesce({words}, false)" if wanted.without else words


def _any_of(wanted: s.AnyOf, asked: Asked) -> str:
    if wanted.field is s.ChoiceField.SEGMENT:
        known = [asked.segments[one] for one in map(UUID, wanted.values) if one in asked.segments]
        return joined("any", [people(one, asked) for one in known]) if known else "false"
    if wanted.field in _HAS:
        rest, kind = _HAS[wanted.field]
        values: list[Any] = [UUID(value) for value in wanted.values] if kind == "uuid" else [*wanted.values]
        return f"exists (select from {rest} = any({asked.put(values, f'{kind}[]')}))"
    column, kind = _COLUMNS[wanted.field]
    return is_one_of(column, kind, wanted.values, asked)


def is_one_of(column: str, kind: str, values: list[str], asked: Asked) -> str:
    if kind == "text":
        return f"{column} = any({asked.put(list(values), 'text[]')})"
    ids = [UUID(value) for value in values if value not in {"me", "mine", "nobody", "none"}]
    if asked.caller is not None:
        ids += [asked.caller.membership_id] if "me" in values else []
        ids += asked.caller.team_ids if "mine" in values else []
    either = [f"{column} = any({asked.put(ids, 'uuid[]')})"]
    if {"nobody", "none"} & set(values):
        either.append(f"{column} is null")
    return f"({' or '.join(either)})"


def _holds(wanted: s.Holds, asked: Asked) -> str:
    return _HOLDS[wanted.field]


def _age(wanted: s.Age, asked: Asked) -> str:
    return within(_MOMENTS[wanted.field], wanted, asked)


def within(moment: str, wanted: s.Age, asked: Asked, *, ahead: bool = False) -> str:
    span = f"make_interval(mins => {asked.put(wanted.minutes, 'int')})"
    sign = ("<=" if ahead else ">=") if not wanted.without else (">" if ahead else "<")
    return f"{moment} {sign} now() {'+' if ahead else '-'} {span}"


def _contains(wanted: s.Contains, asked: Asked) -> str:
    text = asked.put(wanted.text.strip(), "text")
    return f"strpos(lower(p.{wanted.field.value}), lower({text})) > 0"


def _between(wanted: s.Between, asked: Asked) -> str:
    return between(_FIGURES[wanted.field], wanted, asked)


def between(figure: str, wanted: s.Between, asked: Asked) -> str:
    ends = [("<=", wanted.most)] if wanted.least is None else [(">=", wanted.least), ("<=", wanted.most)]
    return " and ".join(f"{figure} {sign} {asked.put(end, 'int')}" for sign, end in ends if end is not None)


def _attribute(wanted: s.AttributeIs, asked: Asked) -> str:
    return json_test(f"p.attributes -> 'values' -> {asked.put(wanted.field, 'text')}", wanted, asked)


def _field(wanted: s.FieldIs, asked: Asked) -> str:
    value = f"p.fields -> 'values' -> {asked.put(wanted.field, 'text')}"
    return negated(json_test(value, wanted, asked), wanted)


def _readable(wanted: s.FieldIs, asked: Asked) -> str:
    """A filter is kept by one and read by others: each for what she may read."""
    if asked.caller is None:
        return ""
    rights = []
    if not asked.caller.may(Permission.FIELD_MANAGE):
        role = asked.put(role_of(asked.caller), "text")
        rights.append(
            f"(coalesce(d -> 'reads', '[]') = '[]' or d -> 'reads' ? {role} or d -> 'writes' ? {role})"
        )
    if wanted.way is not s.AnswerWay.GIVEN and not asked.caller.may(Permission.SENSITIVE_READ):
        rights.append("coalesce(d -> 'sensitive', 'false') = 'false'")
    if not rights:
        return ""
    return f""" and exists (
        select from field_sets f, jsonb_array_elements(f.fields -> 'fields') d
        where f.subject = 'contact' and d ->> 'id' = {asked.put(wanted.field, "text")}
          and {" and ".join(rights)})"""


def json_test(value: str, wanted: s.AnswerIs | s.AttributeIs | s.FieldIs, asked: Asked) -> str:
    """A test of a value kept as jsonb; one of another kind than asked for does not pass."""
    if wanted.way is s.AnswerWay.GIVEN:
        return f"coalesce({value}, 'null') not in ('null', '\"\"', '[]')"
    if wanted.way is s.AnswerWay.YES:
        return f"({value}) = 'true'"
    if wanted.way is s.AnswerWay.ANY_OF:
        given = asked.put(list(wanted.values), "text[]")
        plain = f"({value}) #>> '{{}}' = any({given})"
        return f"case jsonb_typeof({value}) when 'array' then ({value}) ?| {given} else {plain} end"
    if wanted.way is s.AnswerWay.HAS:
        return f"strpos(lower(({value}) #>> '{{}}'), lower({asked.put(wanted.values[0], 'text')})) > 0"
    number = asked.put(Decimal(wanted.values[0]), "numeric")
    sign = ">=" if wanted.way is s.AnswerWay.LEAST else "<="
    numeric = f"(({value}) #>> '{{}}')::numeric {sign} {number}"
    return f"case jsonb_typeof({value}) when 'number' then {numeric} else false end"


_MAKERS: dict[type[Any], Callable[[Any, Asked], str]] = {
    s.AnyOf: _any_of,
    s.Holds: _holds,
    s.Age: _age,
    s.Contains: _contains,
    s.Between: _between,
    s.AttributeIs: _attribute,
    s.FieldIs: _field,
}
