"""Filters as parts of a statement: columns and words are of this file, what people have written is a
parameter. Beside them the statements that use one."""

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from kezhan.conversations.pages.heads import HEAD_COLUMNS, PEOPLE, in_sight
from kezhan.conversations.schemas import State
from kezhan.conversations.see import sight
from kezhan.fields.rights import role_of
from kezhan.kit.db import Tx
from kezhan.kit.paging import MAX_PAGE
from kezhan.kit.reading import Reader, ReadRow
from kezhan.views.filters import schemas as s
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.permissions import Permission

_PAGE = MAX_PAGE + 1
_OPEN = frozenset({State.QUEUED, State.ASSIGNED})
_EVERY = _OPEN | {State.CLOSED}
_STATES = {State.QUEUED: "'queued'", State.ASSIGNED: "'assigned'", State.CLOSED: "'closed'"}
_COLUMNS = {
    s.ChoiceField.CHANNEL: ("c.channel", "text"),
    s.ChoiceField.ACCOUNT: ("c.account_id", "uuid"),
    s.ChoiceField.TEAM: ("c.team_id", "uuid"),
    s.ChoiceField.ASSIGNEE: ("c.assignee_id", "uuid"),
    s.ChoiceField.LANGUAGE: ("coalesce(p.language, '')", "text"),
    s.ChoiceField.TIER: ("p.tier", "text"),
    s.ChoiceField.OWNER: ("p.owner_id", "uuid"),
    s.ChoiceField.SOURCE: ("c.source", "text"),
}
_HOLDS = {
    s.FactField.PARKED: "c.parked_at is not null",
    s.FactField.WAITING: "c.waiting_since is not null",
    s.FactField.UNREAD: """c.inbound_count > coalesce((
        select k.read_inbound from marks k
        where k.conversation_id = c.id and k.party_kind = 'agent' and k.party_id = $1), 0)""",
    s.FactField.GUEST: "$1 = any(c.guests)",
    s.FactField.SPAM: "c.spam_at is not null",
    s.FactField.RATED: "exists (select from survey_invites v"
    " where v.conversation_id = c.id and v.answered_at is not null)",
}
_TAGGED = {
    s.ChoiceField.TAG: "conversation_tags g where g.conversation_id = c.id",
    s.ChoiceField.CONTACT_TAG: "contact_tags g where g.contact_id = c.contact_id",
}
# Only these can be parked, wait, have a guest.
_HOLDS_IN = {
    s.FactField.PARKED: frozenset({State.ASSIGNED}),
    s.FactField.WAITING: _OPEN,
    s.FactField.GUEST: _OPEN,
}
_FIGURES = {
    s.FigureField.PRIORITY: "(select w.priority from waits w where w.conversation_id = c.id)",
    s.FigureField.MESSAGES: "c.inbound_count",
    s.FigureField.CSAT: "(select v.csat from survey_invites v where v.conversation_id = c.id)",
    s.FigureField.NPS: "(select v.nps from survey_invites v where v.conversation_id = c.id)",
}
_MOMENTS_IN = {
    s.MomentField.WAITING_SINCE: _OPEN,
    s.MomentField.CLOSED_AT: frozenset({State.CLOSED}),
    s.MomentField.WAKE_AT: frozenset({State.ASSIGNED}),
}


class Part(NamedTuple):
    """A condition on `conversations c`, and the states in which it can hold."""

    words: str
    states: frozenset[State] = _EVERY


class _Order(NamedTuple):
    by: str
    way: str
    after: str


_LATE = "'9000-01-01 00:00:00+00'::timestamptz"
# Highest first, in one priority the longest wait: one number of both, the wait in milliseconds below it.
_PRIORITY = f"""(
    coalesce(9 - (select w.priority from waits w where w.conversation_id = c.id), 10)
    * 1000000000000000::bigint
    + (extract(epoch from coalesce(c.waiting_since, {_LATE})) * 1000)::bigint)"""  # noqa: S608 - a constant
ORDERS = {
    s.ViewSort.ACTIVE: _Order("c.active_at", "desc", "<"),
    s.ViewSort.OPENED: _Order("c.opened_at", "desc", "<"),
    s.ViewSort.WAITING: _Order(f"coalesce(c.waiting_since, {_LATE})", "asc", ">"),
    s.ViewSort.WAKE: _Order(f"coalesce(c.wake_at, {_LATE})", "asc", ">"),
    s.ViewSort.PRIORITY: _Order(_PRIORITY, "asc", ">"),
}


class Asked:
    """A statement's parameters as they gather; the first is the reader."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.values: list[Any] = [caller.membership_id]

    def put(self, value: Any, kind: str) -> str:
        self.values.append(value)
        return f"${len(self.values)}::{kind}"


def part_of(wanted: s.ViewFilter, asked: Asked) -> Part:
    """The filter for the eyes of its reader."""
    groups = [
        _joined(one.join, [_condition(each, asked) for each in one.conditions]) for one in wanted.groups
    ]
    words, states = _joined(wanted.join, groups) if groups else Part("true")
    if not any(
        isinstance(c, s.Holds) and c.field is s.FactField.SPAM for g in wanted.groups for c in g.conditions
    ):
        words += " and c.spam_at is null"
    reads_all, _, teams = sight(asked.caller)
    return Part(words if reads_all else words + in_sight(asked.put(teams, "uuid[]")), states)


def _joined(join: s.Join, parts: Sequence[Part]) -> Part:
    words = (" and " if join == "all" else " or ").join(f"({part.words})" for part in parts)
    sets = [part.states for part in parts]
    states = frozenset.intersection(*sets) if join == "all" else frozenset.union(*sets)
    return Part(f"({words})", states)


def _condition(wanted: s.Condition, asked: Asked) -> Part:
    made: Callable[[Any, Asked], Part] = _MAKERS[type(wanted)]
    part = made(wanted, asked)
    if not wanted.without or isinstance(wanted, s.Age | s.AnyOf | s.FieldIs):
        return part
    return Part(f"not coalesce({part.words}, false)")


def _any_of(wanted: s.AnyOf, asked: Asked) -> Part:
    if wanted.field is s.ChoiceField.STATE:
        states = frozenset(State(value) for value in wanted.values)
        states = _EVERY - states if wanted.without else states
        named = ", ".join(_STATES[state] for state in sorted(states))
        return Part(f"c.state in ({named})" if named else "false", states)
    if wanted.field in _TAGGED:
        return Part(("not " if wanted.without else "") + _tagged(wanted, asked))
    column, kind = _COLUMNS[wanted.field]
    words = _is_one_of(column, kind, wanted.values, asked)
    if column.startswith("c."):
        return Part(f"not coalesce({words}, false)" if wanted.without else words)
    return Part(("not " if wanted.without else "") + _of_contact(words))


def _tagged(wanted: s.AnyOf, asked: Asked) -> str:
    ids = asked.put([UUID(value) for value in wanted.values], "uuid[]")
    return f"exists (select from {_TAGGED[wanted.field]} and g.tag_id = any({ids}))"


def _is_one_of(column: str, kind: str, values: Sequence[str], asked: Asked) -> str:
    if kind == "text":
        return f"{column} = any({asked.put(list(values), 'text[]')})"
    ids = [UUID(value) for value in values if value not in {"me", "mine", "nobody", "none"}]
    ids += [asked.caller.membership_id] if "me" in values else []
    ids += asked.caller.team_ids if "mine" in values else []
    either = [f"{column} = any({asked.put(ids, 'uuid[]')})"]
    if {"nobody", "none"} & set(values):
        either.append(f"{column} is null")
    return f"({' or '.join(either)})"


def _of_contact(words: str) -> str:
    return f"exists (select from contacts p where p.id = c.contact_id and {words})"


def _holds(wanted: s.Holds, asked: Asked) -> Part:
    return Part(_HOLDS[wanted.field], _HOLDS_IN.get(wanted.field, _EVERY))


def _age(wanted: s.Age, asked: Asked) -> Part:
    span = f"make_interval(mins => {asked.put(wanted.minutes, 'int')})"
    ahead = wanted.field is s.MomentField.WAKE_AT
    ends = f"now() {'+' if ahead else '-'} {span}"
    within = ("<=" if ahead else ">=") if not wanted.without else (">" if ahead else "<")
    return Part(f"c.{wanted.field.value} {within} {ends}", _MOMENTS_IN.get(wanted.field, _EVERY))


def _contains(wanted: s.Contains, asked: Asked) -> Part:
    text = asked.put(wanted.text.strip(), "text")
    return Part(_of_contact(f"strpos(lower(p.{wanted.field.value}), lower({text})) > 0"))


def _between(wanted: s.Between, asked: Asked) -> Part:
    figure = _FIGURES[wanted.field]
    ends = [("<=", wanted.most)] if wanted.least is None else [(">=", wanted.least), ("<=", wanted.most)]
    return Part(
        " and ".join(f"{figure} {sign} {asked.put(end, 'int')}" for sign, end in ends if end is not None)
    )


def _answer(wanted: s.AnswerIs, asked: Asked) -> Part:
    value = f"w.filled -> 'values' -> {asked.put(wanted.field, 'text')}"
    done = "w.conversation_id = c.id and w.state = 'done'"
    words = f"exists (select from wrap_ups w where {done} and {_json(value, wanted, asked)})"
    return Part(words)


def _attribute(wanted: s.AttributeIs, asked: Asked) -> Part:
    value = f"p.attributes -> 'values' -> {asked.put(wanted.field, 'text')}"
    return Part(_of_contact(_json(value, wanted, asked)))


def _field(wanted: s.FieldIs, asked: Asked) -> Part:
    name = asked.put(wanted.field, "text")
    value = f"p.fields -> 'values' -> {name}"
    words = _json(value, wanted, asked)
    if wanted.without:
        words = f"not coalesce({words}, false)"
    if not asked.caller.may(Permission.FIELD_MANAGE):
        # A view is kept by one and read by others: each for what she may read.
        role = asked.put(role_of(asked.caller), "text")
        words += f""" and exists (
            select from field_sets f, jsonb_array_elements(f.fields -> 'fields') d
            where f.subject = 'contact' and d ->> 'id' = {name}
              and (coalesce(d -> 'reads', '[]') = '[]' or d -> 'reads' ? {role} or d -> 'writes' ? {role}))"""
    return Part(_of_contact(words))


def _json(value: str, wanted: s.AnswerIs | s.AttributeIs | s.FieldIs, asked: Asked) -> str:
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


_MAKERS: dict[type[Any], Callable[[Any, Asked], Part]] = {
    s.AnyOf: _any_of,
    s.Holds: _holds,
    s.Age: _age,
    s.Contains: _contains,
    s.Between: _between,
    s.AnswerIs: _answer,
    s.AttributeIs: _attribute,
    s.FieldIs: _field,
}


def _from(part: Part) -> str:
    named = ", ".join(_STATES[state] for state in sorted(part.states)) or "null"
    every = "" if part.states == _EVERY else f" and c.state in ({named})"
    return f"from conversations c where {part.words}{every}"


async def page(
    reader: Reader,
    caller: Caller,
    wanted: s.ViewFilter,
    sort: s.ViewSort,
    limit: int,
    after: tuple[datetime, UUID] | tuple[int, UUID] | None = None,
) -> list[ReadRow]:
    """One page of a view, as `conversations.pages.list_page` has them; `place` with the id is the next one's
    `after`. A state is a walk of its own, since an index has each in order."""
    asked, (by, way, further) = Asked(caller), ORDERS[sort]
    shown = asked.put(limit, "int")
    words, states = part_of(wanted, asked)
    if after is not None:
        at = asked.put(after[0], "bigint" if isinstance(after[0], int) else "timestamptz")
        words += f" and {by} {further}= {at} and ({by} {further} {at}"
        words += f" or c.id {further} {asked.put(after[1], 'uuid')})"
    walks = (
        f"(select c.*, {by} as place from conversations c where c.state = {_STATES[state]} and {words}"  # noqa: S608
        f" order by {by} {way}, c.id {way} limit {_PAGE})"
        for state in sorted(states)
    )
    found = " union all ".join(walks) or "(select c.*, c.active_at as place from conversations c where false)"
    statement = f"""
        select {HEAD_COLUMNS}, c.rev, c.place, coalesce(k.read_inbound, 0) as read_inbound
        from (select * from ({found}) found order by place {way}, id {way} limit {shown}) c {PEOPLE}
        left join marks k on k.conversation_id = c.id and k.party_kind = 'agent' and k.party_id = $1
        order by c.place {way}, c.id {way}
    """  # noqa: S608 - words of this file; values are parameters
    return await reader.rows(statement, *asked.values)


async def counts(reader: Reader, caller: Caller, wanted: Sequence[s.ViewFilter]) -> list[int]:
    """How many each holds, all of one moment."""
    asked = Asked(caller)
    parts = [part_of(one, asked) for one in wanted]
    each = ", ".join(f"(select count(*) {_from(part)}) as n{n}" for n, part in enumerate(parts))
    row = await reader.row(f"select $1::uuid as reader, {each}", *asked.values)
    return [row[f"n{n}"] for n in range(len(wanted))] if row is not None else []


async def ids(tx: Tx, caller: Caller, wanted: s.ViewFilter, limit: int) -> list[UUID]:
    """Those it holds, at most so many, the longest without activity first."""
    asked = Asked(caller)
    shown = asked.put(limit, "int")
    part = part_of(wanted, asked)
    rows = await tx.fetch(
        f"select c.id {_from(part)} order by c.active_at, c.id limit {shown}", *asked.values
    )
    return [row["id"] for row in rows]


async def unknown(tx: Tx, table: s.ChoiceField, wanted: Sequence[UUID]) -> list[UUID]:
    """Those of these ids that nothing of the workspace has."""
    rows = await tx.fetch(_UNKNOWN[table], list(wanted))
    return [row["id"] for row in rows]


def _unknown(table: str) -> str:
    there = f"exists (select from {table} t where t.id = n.id)"
    return f"select id from unnest($1::uuid[]) as n (id) where not {there}"  # noqa: S608 - words of this file


_UNKNOWN = {
    s.ChoiceField.ACCOUNT: _unknown("channel_accounts"),
    s.ChoiceField.TEAM: _unknown("teams"),
    s.ChoiceField.ASSIGNEE: _unknown("memberships"),
    s.ChoiceField.OWNER: _unknown("memberships"),
    s.ChoiceField.TAG: _unknown("tags"),
    s.ChoiceField.CONTACT_TAG: _unknown("tags"),
}


async def languages(tx: Tx, limit: int) -> list[str]:
    """Those that the customers who came last speak."""
    return [row["word"] for row in await tx.fetch(_LANGUAGES, limit)]


async def sources(tx: Tx, limit: int) -> list[str]:
    """By what the customers of the newest conversations came."""
    return [row["word"] for row in await tx.fetch(_SOURCES, limit)]


async def attributes(tx: Tx, limit: int) -> list[str]:
    """What host sites have told of the customers who came last, by name."""
    return [row["word"] for row in await tx.fetch(_ATTRIBUTES, limit)]


_LATELY = "(select language, attributes from contacts order by id desc limit 2000) lately"
_LANGUAGES = f"select distinct language as word from {_LATELY} where language <> '' order by 1 limit $1"  # noqa: S608
_SOURCES = """
    select distinct source as word from (
        select source from conversations where source <> '' order by opened_at desc limit 2000) lately
    order by 1 limit $1
"""
_ATTRIBUTES = f"""
    select distinct word from {_LATELY}, jsonb_object_keys(attributes -> 'values') as word
    where attributes is not null order by 1 limit $1
"""  # noqa: S608 - words of this file
