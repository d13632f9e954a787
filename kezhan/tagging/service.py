"""Rules: listed, made, changed, switched, removed."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from kezhan.audit.service import record
from kezhan.fields.rights import may_read
from kezhan.fields.schemas import CustomField
from kezhan.kit import clock
from kezhan.kit.changes import Change, between
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.ids import new_id
from kezhan.kit.reading import ReadRow
from kezhan.screening.fold import fold
from kezhan.segments.filters.check import check_people
from kezhan.segments.filters.people import guesses
from kezhan.segments.filters.schemas import Contains, SaidField
from kezhan.segments.service import contact_fields, hides_from
from kezhan.tagging import store
from kezhan.tagging.schemas import (
    MAX_RULES,
    PROFILE,
    Edited,
    Rated,
    RuleBody,
    RuleTrial,
    TagRule,
    TagRuleEdit,
    TagRuleForm,
    TagRuleList,
    Wrote,
)
from kezhan.tags.events import TagMerged
from kezhan.tags.service import list_tags
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.names import sort_key

_body_of = msgspec.json.Decoder(RuleBody).decode


async def list_rules(tx: Tx, caller: Caller) -> TagRuleList:
    rows, fields = await store.rules(tx), await contact_fields(tx)
    return TagRuleList(items=[_rule_of(row, caller, fields) for row in rows])


async def create(tx: Tx, caller: Caller, form: TagRuleForm) -> TagRule:
    """Raises Refused where its name or what it says does not do, or there are too many."""
    values, rule_id = await _values(tx, caller, form), new_id()
    await store.hold(tx)
    if len(await store.rules(tx)) >= MAX_RULES:
        raise Refused("tagging.too_many", 409, limit=MAX_RULES)
    await store.add(tx, rule_id, values)
    return await _told(tx, caller, "create", rule_id, between(None, _plain(form)))


async def change(tx: Tx, caller: Caller, rule_id: UUID, form: TagRuleEdit) -> TagRule:
    """Raises as `create` does; Refused 409 where somebody else has changed it since `form.version`, 403 for
    one of which the caller does not see what it says."""
    await store.hold(tx)
    row = await _found(tx, rule_id)
    before = _rule_of(row, caller, await contact_fields(tx))
    if before.hidden:
        raise Refused("segments.masked", 403, field="filter")
    told = between(None if before.body is None else _plain(before), _plain(form))
    if not told:
        return before
    if form.version != row["version"]:
        raise Refused("tagging.changed_meanwhile", 409)
    await store.change(tx, rule_id, await _values(tx, caller, form))
    return await _told(tx, caller, "edit", rule_id, told)


async def switch(tx: Tx, caller: Caller, rule_id: UUID, *, active: bool) -> TagRule:
    """On or off. A second time changes nothing."""
    await store.hold(tx)
    row = await _found(tx, rule_id)
    if row["active"] is active:
        return _rule_of(row, caller, await contact_fields(tx))
    await store.switch(tx, rule_id, active)
    return await _told(tx, caller, "edit", rule_id, [Change(field="active", before=not active, after=active)])


async def remove(tx: Tx, caller: Caller, rule_id: UUID) -> None:
    """A second time changes nothing; what it has done stays."""
    await store.hold(tx)
    row = await store.rule(tx, rule_id)
    if row is None:
        raise NotFound("tagging.not_found")
    if not row["gone"]:
        await store.remove(tx, rule_id)
        await record(tx, caller, "tag_rule.remove", "tag_rule", rule_id)


async def on_tag_merged(tx: Tx, event: TagMerged) -> None:
    """Wired `in_tx`: rules that name it name the one in its place."""
    await store.rename(tx, event.tag_id, event.into)


async def active_rules(tx: Tx) -> dict[UUID, RuleBody]:
    """What is carried out, in no order that matters."""
    bodies = {row["id"]: _body(row) for row in await store.rules(tx) if row["active"]}
    return {rule_id: body for rule_id, body in bodies.items() if body is not None}


async def check_trial(tx: Tx, caller: Caller, wanted: RuleTrial) -> None:
    """Raises Refused where what happens cannot be told, or the conditions cannot be kept (`check_people`)."""
    when = wanted.when
    if isinstance(when, Wrote):
        if any(not fold(word)[0] for word in when.words):
            raise Refused("tagging.empty_word", field="when")
        if _guesses(when, caller):
            raise Refused("segments.masked", 403, field="when")
    elif isinstance(when, Rated):
        if when.least is not None and when.most is not None and when.least > when.most:
            raise Refused("views.ends_crossed", field="when")
    elif isinstance(when, Edited) and when.field not in PROFILE:
        field = (await contact_fields(tx)).get(when.field)
        if field is None or not may_read(field, caller):
            raise Refused("tagging.unknown_field", field="when")
    await check_people(tx, caller, wanted.filter)


def _guesses(when: Wrote, caller: Caller) -> bool:
    """Whether her counts would tell by these words what is masked from the caller."""
    asked = (Contains(field=SaidField.NOTE, text=word) for word in when.words)
    return any(guesses(one, caller.cover) for one in asked)


async def _values(tx: Tx, caller: Caller, form: TagRuleForm) -> tuple[Any, ...]:
    name, body = " ".join(form.name.split()), form.body
    if not name:
        raise Refused("tagging.no_name", field="name")
    if "\0" in name:
        raise Refused("kit.bad_text", field="name")
    if not body.puts and not body.takes:
        raise Refused("tagging.does_nothing", field="puts")
    if set(body.puts) & set(body.takes):
        raise Refused("tagging.both_ways", field="takes")
    known = {tag.id: tag for tag in (await list_tags(tx, caller)).items if tag.merged_into is None}
    if any(
        tag_id not in known or known[tag_id].archived or not known[tag_id].for_contacts
        for tag_id in body.puts
    ):
        raise Refused("tagging.unfit_tag", field="puts")
    if any(tag_id not in known for tag_id in body.takes):
        raise Refused("tagging.unfit_tag", field="takes")
    await check_trial(tx, caller, RuleTrial(when=body.when, filter=body.filter))
    return name, sort_key(name), form.active, msgspec.json.encode(body).decode()


def _plain(rule: TagRuleForm | TagRule) -> dict[str, Any]:
    """What is compared of a rule, and told of it in the audit log."""
    body = {} if rule.body is None else msgspec.structs.asdict(rule.body)
    return {"name": rule.name, "active": rule.active, **{key: body[key] for key in body if key != "v"}}


async def _found(tx: Tx, rule_id: UUID) -> ReadRow:
    row = await store.rule(tx, rule_id)
    if row is None or row["gone"]:
        raise NotFound("tagging.not_found")
    return row


async def _told(tx: Tx, caller: Caller, deed: str, rule_id: UUID, told: Sequence[Change]) -> TagRule:
    await record(tx, caller, f"tag_rule.{deed}", "tag_rule", rule_id, changes=told)
    return _rule_of(await _found(tx, rule_id), caller, await contact_fields(tx))


def _body(row: ReadRow) -> RuleBody | None:
    """None: of a later version."""
    try:
        return _body_of(row["body"])
    except msgspec.ValidationError:
        return None


def _rule_of(row: ReadRow, caller: Caller, fields: Mapping[str, CustomField]) -> TagRule:
    body = _body(row)
    hidden = body is not None and (
        hides_from(caller, body.filter, fields)
        or (isinstance(body.when, Wrote) and _guesses(body.when, caller))
    )
    return TagRule(
        id=row["id"],
        name=row["name"],
        active=row["active"],
        body=None if hidden else body,
        hidden=hidden,
        version=row["version"],
        updated_at=clock.wire(row["updated_at"]),
    )
