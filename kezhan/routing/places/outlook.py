"""What somebody who comes now may expect: whether we are open, how many wait, how long it may take."""

from collections import OrderedDict
from time import monotonic
from uuid import UUID

from kezhan.channels.accounts import Account
from kezhan.hours.service import opening_for
from kezhan.kit.clock import now, wire_or_none
from kezhan.kit.db import Database, Tx
from kezhan.kit.ids import new_id
from kezhan.kit.reading import ReadRow
from kezhan.routing import store as settings
from kezhan.routing.choose import Load, Waiting, absence, choose
from kezhan.routing.places import store
from kezhan.routing.places.estimate import LEAST, Range, expected, rounded_up
from kezhan.routing.policy import Facts, Rule, rule_for
from kezhan.routing.queue import store as queue
from kezhan.routing.queue.enter import places
from kezhan.routing.queue.settle import seat_of
from kezhan.routing.rules import SERVING, Rules, rules_of
from kezhan.routing.schemas import Outlook

_FRESH_SECONDS = 5.0
_KEPT = 2000
_Asked = tuple[UUID, UUID, str]


class Outlooks:
    """One per process: anybody may ask, as often as she likes, so an answer is good for five seconds."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._kept: OrderedDict[_Asked, tuple[float, Outlook]] = OrderedDict()

    async def of(self, account: Account, language: str) -> Outlook:
        asked = account.workspace_id, account.id, language
        kept = self._kept.pop(asked, None)
        if kept is None or monotonic() - kept[0] > _FRESH_SECONDS:
            async with self._db.tx(account.workspace_id) as tx:
                kept = monotonic(), await outlook(tx, account.id, account.adapter, language)
        self._kept[asked] = kept
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return kept[1]


async def outlook(tx: Tx, account_id: UUID, channel: str, language: str) -> Outlook:
    """For a customer of whom nothing is known but her channel and language."""
    rules = await rules_of(tx)
    rule = None
    if rules is not None:
        rule = rule_for(rules.policy, Facts(account_id=account_id, channel=channel, language=language))
    team_id = next(iter(rule.pool.team_ids), None) if rule is not None else None
    opening = await opening_for(tx, account_id, team_id, now())
    if not opening.open:
        return Outlook(open=False, opens_at=wire_or_none(opening.changes_at))
    if rules is None or rule is None:
        return Outlook(open=True)
    rows = await store.outlook(tx, places(tx, rule, tuple(rule.pool.needs), frozenset(), None))
    shortest = min(rows, key=lambda row: row["waiting"])
    wait = await _wait(tx, rules, rule, account_id, shortest)
    return Outlook(open=True, waiting=shortest["waiting"], wait=(wait.low, wait.high) if wait else None)


async def _wait(tx: Tx, rules: Rules, rule: Rule, account_id: UUID, row: ReadRow) -> Range | None:
    """Where somebody is free and nobody waits, what it usually takes; else as for those who wait already."""
    needs = tuple(rule.pool.needs)
    queues = places(tx, rule, needs, frozenset(), None)
    seats = [seat_of(seat) for seat in await queue.serving_seats(tx, queues, SERVING)]
    if all(absence(seat) is not None for seat in seats):
        return None
    units, load = await _weight(tx, account_id)
    someone = Waiting(id=new_id(), rule_id=rule.id, needs=needs, units=units, load=load)
    if row["waiting"] or choose(someone, seats, rules.policy, now()).seat_id is None:
        return expected(row["waiting"] + 1, row["served"])
    usual = row["usual_ms"]
    return Range(0, rounded_up(usual / 1000)) if usual is not None and row["served"] >= LEAST else None


async def _weight(tx: Tx, account_id: UUID) -> tuple[int, Load]:
    weights = {row["account_id"]: row for row in await settings.weights(tx)}
    row = weights.get(account_id)
    return (row["units"], row["load"]) if row is not None else (1, "live")
