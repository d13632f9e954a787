"""Rules carried out: each event once, by its cursor; what a rule does with tags starts no other one."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

from kezhan.contacts.events import ContactChanged
from kezhan.conversations.events import ConversationClosed, ConversationOpened, MessageAppended
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.outbox import Event, Handler
from kezhan.kit.reading import ReadRow
from kezhan.segments.service import fitting
from kezhan.surveys.events import SurveyAnswered
from kezhan.tagging import store
from kezhan.tagging.schemas import Closed, Edited, Opened, Rated, RuleBody, Wrote
from kezhan.tagging.service import active_rules
from kezhan.tagging.words import finder
from kezhan.tags.service import ByRule, tag_contact

Rules = Mapping[UUID, RuleBody]
_CAUSES: dict[type[Event], type] = {
    ConversationOpened: Opened,
    ConversationClosed: Closed,
    MessageAppended: Wrote,
    SurveyAnswered: Rated,
    ContactChanged: Edited,
}


def handlers() -> tuple[Handler, ...]:
    """The room's `later` listeners."""
    return (Handler("tagging.run", tuple(_CAUSES), on_happened, pause=0.5, wants=_may_start),)


async def on_happened(tx: Tx, events: Sequence[Event]) -> None:
    """One after the other, since what one puts on a customer may be what the next one asks for."""
    rules = await active_rules(tx)
    causes = {type(body.when) for body in rules.values()}
    heard = [event for event in events if _CAUSES[type(event)] in causes and _may_start(event)]
    if not heard:
        return
    talks = await _talks(tx, heard)
    said = await _said(tx, heard)
    found = finder({rule_id: body.when for rule_id, body in rules.items() if isinstance(body.when, Wrote)})
    for event in heard:
        if isinstance(event, MessageAppended):
            row = said.get((event.conversation_id, event.seq))
            started = found(row["body"]) if row else frozenset()
        else:
            row = talks.get(getattr(event, "conversation_id", None))
            started = frozenset(rule_id for rule_id, body in rules.items() if _starts(body, event, row))
        contact_id = event.contact_id if isinstance(event, ContactChanged) else row and row["contact_id"]
        if started and contact_id:
            await _act(tx, contact_id, {rule_id: rules[rule_id] for rule_id in started})


def _may_start(event: Event) -> bool:
    """Cheap to tell: most messages and changes of customers end here."""
    if isinstance(event, MessageAppended):
        return event.author_kind == "visitor"
    if isinstance(event, ContactChanged):
        return bool(event.fields)
    return not isinstance(event, ConversationClosed) or event.into is None


async def _talks(tx: Tx, heard: Sequence[Event]) -> dict[UUID | None, ReadRow]:
    kinds = ConversationOpened | ConversationClosed | SurveyAnswered
    ids = {event.conversation_id for event in heard if isinstance(event, kinds)}
    return {row["id"]: row for row in await store.talks(tx, [*ids])} if ids else {}


async def _said(tx: Tx, heard: Sequence[Event]) -> dict[tuple[UUID, int], ReadRow]:
    places = [(event.conversation_id, event.seq) for event in heard if isinstance(event, MessageAppended)]
    rows = await store.said(tx, places) if places else []
    return {(row["conversation_id"], row["seq"]): row for row in rows}


def _starts(body: RuleBody, event: Event, talk: ReadRow | None) -> bool:
    """Whether an event that is no message is what the rule waits for; `talk`: its conversation."""
    when = body.when
    if isinstance(event, ContactChanged):
        return isinstance(when, Edited) and when.field in event.fields
    if talk is None:
        return False
    if isinstance(event, SurveyAnswered):
        if not isinstance(when, Rated):
            return False
        grade = event.csat if when.scale == "csat" else event.nps
        least, most = 0 if when.least is None else when.least, 10 if when.most is None else when.most
        return grade is not None and least <= grade <= most
    if isinstance(event, ConversationOpened):
        return isinstance(when, Opened) and bool(talk["first"])
    return isinstance(when, Closed)


async def _act(tx: Tx, contact_id: UUID, started: Rules) -> None:
    """Those whose conditions hold, all of them as she was before."""
    fit = await fitting(tx, {rule_id: body.filter for rule_id, body in started.items()}, [contact_id])
    if fit is None:
        raise TimeoutError("conditions")  # so that the event comes again
    rules = {rule_id: started[rule_id] for rule_id in sorted(fit.get(contact_id, ()))}
    puts = {tag_id: rule_id for rule_id, body in rules.items() for tag_id in body.puts}
    takes = {tag_id: rule_id for rule_id, body in rules.items() for tag_id in body.takes}
    for tag_id, rule_id, wanted in _wanted(puts, takes):
        # Archived since, one too many, or she is gone: the rest is done all the same.
        with contextlib.suppress(NotFound, Refused):
            await tag_contact(tx, ByRule(rule_id), contact_id, tag_id, wanted=wanted)


def _wanted(puts: Mapping[UUID, UUID], takes: Mapping[UUID, UUID]) -> Iterator[tuple[UUID, UUID, bool]]:
    yield from ((tag_id, rule_id, False) for tag_id, rule_id in takes.items() if tag_id not in puts)
    yield from ((tag_id, rule_id, True) for tag_id, rule_id in puts.items() if tag_id not in takes)
