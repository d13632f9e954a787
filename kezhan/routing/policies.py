"""The policy saved, shown, and tried on the last seven days before it is."""

from collections import Counter
from datetime import timedelta
from uuid import UUID

import msgspec

from kezhan.audit.service import record
from kezhan.contacts.values import visitor_number
from kezhan.kit.changes import between
from kezhan.kit.clock import now, wire
from kezhan.kit.db import Tx
from kezhan.kit.errors import Refused
from kezhan.kit.outbox import emit
from kezhan.kit.reading import ReadRow
from kezhan.kit.words import say
from kezhan.routing import store
from kezhan.routing.events import PolicyChanged
from kezhan.routing.findings import Found, Known, findings
from kezhan.routing.policy import Policy, Rule, rule_for
from kezhan.routing.queue.anew import place_everybody
from kezhan.routing.queue.enter import facts_of
from kezhan.routing.rules import SERVING, begin_rules
from kezhan.routing.schemas import (
    Finding,
    PolicyIn,
    PolicyPreview,
    PolicySaved,
    PolicyView,
    PreviewMove,
    PreviewRule,
)
from kezhan.segments.service import holding
from kezhan.segments.service import names as segment_names
from kezhan.workspaces.authenticate import Caller

PREVIEW_DAYS = 7
PREVIEW_MOST = 5000
_EXAMPLES = 40
_VERSIONS = 50


class _Detail(msgspec.Struct, frozen=True, kw_only=True, tag_field="v", tag=1):
    version: int


async def current(tx: Tx) -> PolicyView:
    rows = await store.versions(tx, 1)
    if rows:
        return _view(rows[0])
    return PolicyView(version=0, saved_at=None, saved_by="", policy=Policy())


async def versions(tx: Tx) -> list[PolicyView]:
    """The last fifty, newest first."""
    return [_view(row) for row in await store.versions(tx, _VERSIONS)]


def _view(row: ReadRow) -> PolicyView:
    return PolicyView(
        version=row["version"],
        saved_at=wire(row["saved_at"]),
        saved_by=row["saved_by_name"] or "",
        policy=msgspec.json.decode(row["policy"], type=Policy),
    )


async def save(tx: Tx, caller: Caller, form: PolicyIn, language: str) -> PolicySaved:
    """Save it as the next version; everybody who waits is placed by it at once. With errors, or with warnings
    that have not been read, nothing is saved. What is in force already changes nothing. Raises 409 where
    another version has been saved meanwhile."""
    rules = await begin_rules(tx, alone=True)
    found = findings(form.policy, await _known(tx))
    shown = [_finding(one, language) for one in found]
    if rules.version and form.policy == rules.policy:
        return PolicySaved(version=rules.version, findings=shown)
    if rules.version != form.version:
        raise Refused("routing.policy_changed", 409)
    if any(one.error for one in found) or (found and not form.despite):
        return PolicySaved(version=None, findings=shown)
    text = msgspec.json.encode(form.policy).decode()
    version = rules.version + 1
    await store.add_policy(tx, version, text, caller.membership_id, now())
    await store.change_settings(tx, {"version": version})
    detail, told = _Detail(version=version), between(rules.policy, form.policy)
    await record(tx, caller, "routing_policy.save", "workspace", tx.workspace, detail=detail, changes=told)
    await emit(tx, PolicyChanged(version=version))
    await place_everybody(tx, msgspec.structs.replace(rules, version=version, policy=form.policy))
    return PolicySaved(version=version, findings=shown)


async def _known(tx: Tx) -> Known:
    members: dict[UUID, set[UUID]] = {}
    names: dict[UUID, str] = {}
    for row in await store.teams_and_members(tx, SERVING):
        names[row["team_id"]] = row["name"]
        members[row["team_id"]] = set(row["member_ids"])
    skilled: dict[UUID, dict[UUID, int]] = {}
    for row in await store.skilled(tx):
        skilled[row["id"]] = dict(zip(row["member_ids"], row["levels"], strict=True))
    return Known(
        members={team: frozenset(people) for team, people in members.items()},
        skilled=skilled,
        channels={row["account_id"]: row["adapter"] for row in await store.weights(tx)},
        team_names=names,
        segments=await segment_names(tx),
    )


def _finding(found: Found, language: str) -> Finding:
    # messages: routing.finding.*
    code = f"routing.finding.{found.code}"
    return Finding(
        level="error" if found.error else "warning",
        rule_id=found.rule_id,
        code=found.code,
        title=say(language, code, **found.params),
    )


async def preview(tx: Tx, policy: Policy) -> PolicyPreview:
    """What the policy would have done with the conversations of the last seven days, the newest 5,000 of
    them, by what is known of them today."""
    before = (await current(tx)).policy
    rows = await store.facts_since(tx, now() - timedelta(days=PREVIEW_DAYS), PREVIEW_MOST)
    was, will, moves, moved = Counter[UUID](), Counter[UUID](), list[PreviewMove](), 0
    both = Policy(rules=[*before.rules, *policy.rules])
    held = await holding(tx, both.segments(), [row["contact_id"] for row in rows])
    if held is None:
        raise Refused("kit.too_slow", 503, retry_after=1)
    for row in rows:
        facts = facts_of(row, held.get(row["contact_id"], ()))
        old, new = rule_for(before, facts), rule_for(policy, facts)
        was[old.id] += 1
        will[new.id] += 1
        if _differs(old, new):
            moved += 1
            if len(moves) < _EXAMPLES:
                moves.append(
                    PreviewMove(
                        conversation_id=row["id"], contact_name=row["contact_name"],
                        contact_number=visitor_number(row["contact_id"]), channel=row["channel"],
                        at=wire(row["opened_at"]), from_rule=old.name, to_rule=new.name,
                    )
                )  # fmt: skip
    names = {rule.id: rule.name for rule in [*before.rules, *policy.rules]}
    ids = dict.fromkeys([*(rule.id for rule in policy.rules), *was, *will])
    return PolicyPreview(
        looked_at=len(rows),
        moved=moved,
        rules=[
            PreviewRule(rule_id=one, name=names.get(one, ""), now=was[one], then=will[one]) for one in ids
        ],
        examples=moves,
    )


def _differs(old: Rule, new: Rule) -> bool:
    """Whether somebody else would have been asked, in another order or another turn."""
    same = ("pool", "order", "priority", "head_start", "accept_seconds", "overflow")
    return any(getattr(old, name) != getattr(new, name) for name in same)
