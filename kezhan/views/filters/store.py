"""Filters as parts of a statement about `conversations c`: what they say of her who speaks is compiled where
segments are. Beside them the statements that use one."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from kezhan.conversations.pages.heads import HEAD_COLUMNS, PEOPLE, in_sight
from kezhan.conversations.schemas import State
from kezhan.conversations.see import sight
from kezhan.kit.db import Tx
from kezhan.kit.paging import MAX_PAGE
from kezhan.kit.reading import Reader, ReadRow
from kezhan.segments.filters import schemas as s
from kezhan.segments.filters.people import (
    Asked,
    about,
    between,
    guesses,
    is_one_of,
    json_test,
    negated,
    within,
)
from kezhan.views.schemas import ViewSort
from kezhan.workspaces.authenticate import Caller

_PAGE = MAX_PAGE + 1
_OPEN = frozenset({State.QUEUED, State.ASSIGNED})
_EVERY = _OPEN | {State.CLOSED}
_STATES = {State.QUEUED: "'queued'", State.ASSIGNED: "'assigned'", State.CLOSED: "'closed'"}
_COLUMNS = {
    s.ChoiceField.CHANNEL: ("c.channel", "text"),
    s.ChoiceField.ACCOUNT: ("c.account_id", "uuid"),
    s.ChoiceField.TEAM: ("c.team_id", "uuid"),
    s.ChoiceField.ASSIGNEE: ("c.assignee_id", "uuid"),
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
    ViewSort.ACTIVE: _Order("c.active_at", "desc", "<"),
    ViewSort.OPENED: _Order("c.opened_at", "desc", "<"),
    ViewSort.WAITING: _Order(f"coalesce(c.waiting_since, {_LATE})", "asc", ">"),
    ViewSort.WAKE: _Order(f"coalesce(c.wake_at, {_LATE})", "asc", ">"),
    ViewSort.PRIORITY: _Order(_PRIORITY, "asc", ">"),
}


_Segments = Mapping[UUID, s.Filter]


def _asked(caller: Caller, segments: _Segments) -> Asked:
    """The first parameter is the reader."""
    asked = Asked(caller, segments)
    asked.put(caller.membership_id, "uuid")
    return asked


def part_of(wanted: s.Filter, caller: Caller, asked: Asked) -> Part:
    """The filter for the eyes of its reader."""
    groups = [
        _joined(one.join, [_condition(each, asked) for each in one.conditions]) for one in wanted.groups
    ]
    words, states = _joined(wanted.join, groups) if groups else Part("true")
    if not any(
        isinstance(c, s.Holds) and c.field is s.FactField.SPAM for g in wanted.groups for c in g.conditions
    ):
        words += " and c.spam_at is null"
    reads_all, _, teams = sight(caller)
    return Part(words if reads_all else words + in_sight(asked.put(teams, "uuid[]")), states)


def _joined(join: s.Join, parts: Sequence[Part]) -> Part:
    words = (" and " if join == "all" else " or ").join(f"({part.words})" for part in parts)
    sets = [part.states for part in parts]
    states = frozenset.intersection(*sets) if join == "all" else frozenset.union(*sets)
    return Part(f"({words})", states)


def _condition(wanted: s.Condition, asked: Asked) -> Part:
    if s.about_contact(wanted):
        return Part(f"exists (select from contacts p where p.id = c.contact_id and {about(wanted, asked)})")
    if asked.caller is not None and guesses(wanted, asked.caller.cover):
        return Part("false", frozenset())
    made: Callable[[Any, Asked], Part] = _MAKERS[type(wanted)]
    part = made(wanted, asked)
    if not wanted.without or isinstance(wanted, s.Age) or wanted.field is s.ChoiceField.STATE:
        return part
    return Part(negated(part.words, wanted))


def _any_of(wanted: s.AnyOf, asked: Asked) -> Part:
    if wanted.field is s.ChoiceField.STATE:
        states = frozenset(State(value) for value in wanted.values)
        states = _EVERY - states if wanted.without else states
        named = ", ".join(_STATES[state] for state in sorted(states))
        return Part(f"c.state in ({named})" if named else "false", states)
    if wanted.field is s.ChoiceField.TAG:
        ids = asked.put([UUID(value) for value in wanted.values], "uuid[]")
        tagged = "conversation_tags g where g.conversation_id = c.id"
        return Part(f"exists (select from {tagged} and g.tag_id = any({ids}))")
    column, kind = _COLUMNS[wanted.field]
    return Part(is_one_of(column, kind, wanted.values, asked))


def _holds(wanted: s.Holds, asked: Asked) -> Part:
    return Part(_HOLDS[wanted.field], _HOLDS_IN.get(wanted.field, _EVERY))


def _age(wanted: s.Age, asked: Asked) -> Part:
    ahead = wanted.field is s.MomentField.WAKE_AT
    words = within(f"c.{wanted.field.value}", wanted, asked, ahead=ahead)
    return Part(words, _MOMENTS_IN.get(wanted.field, _EVERY))


def _between(wanted: s.Between, asked: Asked) -> Part:
    return Part(between(_FIGURES[wanted.field], wanted, asked))


def _answer(wanted: s.AnswerIs, asked: Asked) -> Part:
    value = f"w.filled -> 'values' -> {asked.put(wanted.field, 'text')}"
    done = "w.conversation_id = c.id and w.state = 'done'"
    return Part(f"exists (select from wrap_ups w where {done} and {json_test(value, wanted, asked)})")


_MAKERS: dict[type[Any], Callable[[Any, Asked], Part]] = {
    s.AnyOf: _any_of,
    s.Holds: _holds,
    s.Age: _age,
    s.Between: _between,
    s.AnswerIs: _answer,
}


def _from(part: Part) -> str:
    named = ", ".join(_STATES[state] for state in sorted(part.states)) or "null"
    every = "" if part.states == _EVERY else f" and c.state in ({named})"
    return f"from conversations c where {part.words}{every}"


async def page(
    reader: Reader,
    caller: Caller,
    segments: _Segments,
    wanted: s.Filter,
    sort: ViewSort,
    limit: int,
    after: tuple[datetime, UUID] | tuple[int, UUID] | None = None,
) -> list[ReadRow]:
    """One page of a view, as `conversations.pages.list_page` has them; `place` with the id is the next one's
    `after`. A state is a walk of its own, since an index has each in order."""
    asked, (by, way, further) = _asked(caller, segments), ORDERS[sort]
    shown = asked.put(limit, "int")
    words, states = part_of(wanted, caller, asked)
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


async def counts(
    reader: Reader, caller: Caller, segments: _Segments, wanted: Sequence[s.Filter]
) -> list[int]:
    """How many each holds, all of one moment."""
    asked = _asked(caller, segments)
    parts = [part_of(one, caller, asked) for one in wanted]
    each = ", ".join(f"(select count(*) {_from(part)}) as n{n}" for n, part in enumerate(parts))
    row = await reader.row(f"select $1::uuid as reader, {each}", *asked.values)
    return [row[f"n{n}"] for n in range(len(wanted))] if row is not None else []


async def ids(tx: Tx, caller: Caller, segments: _Segments, wanted: s.Filter, limit: int) -> list[UUID]:
    """Those it holds, at most so many, the longest without activity first."""
    asked = _asked(caller, segments)
    shown = asked.put(limit, "int")
    part = part_of(wanted, caller, asked)
    rows = await tx.fetch(
        f"select c.id {_from(part)} order by c.active_at, c.id limit {shown}", *asked.values
    )
    return [row["id"] for row in rows]


async def sources(tx: Tx, limit: int) -> list[str]:
    """By what the customers of the newest conversations came."""
    return [row["word"] for row in await tx.fetch(_SOURCES, limit)]


_SOURCES = """
    select distinct source as word from (
        select source from conversations where source <> '' order by opened_at desc limit 2000) lately
    order by 1 limit $1
"""
