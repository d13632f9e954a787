"""The tick of the alerts, and who hears of them."""

from datetime import datetime
from uuid import UUID

from kezhan.conversations.desk import Desk
from kezhan.kit.beat import every
from kezhan.kit.clock import now
from kezhan.kit.db import Tx
from kezhan.kit.log import log
from kezhan.kit.outbox import Published
from kezhan.reports.alerts import store
from kezhan.reports.alerts.channels import watch
from kezhan.reports.alerts.evaluate import Values, evaluate
from kezhan.reports.events import AlertBegan, AlertEnded
from kezhan.reports.monitor import Scene, of_team, scene
from kezhan.reports.schemas import AlertKind
from kezhan.reports.seats import count_seats
from kezhan.routing.rules import rules_of

TOPIC = "alerts"
"""The live list of alerts."""
BEAT_SECONDS = 5.0


class Alerts:
    """One per process; at each tick one of the processes is at work."""

    def __init__(self, desk: Desk) -> None:
        self._db = desk.db

    async def run(self) -> None:
        """Look every few seconds, until cancelled."""
        await every(BEAT_SECONDS, lambda: self.step(now()), "reports.alerts_failed")

    async def step(self, at: datetime) -> int:
        """Hold every threshold against its figures, wherever one may be crossed; how many alerts began or
        ended. However many workspaces are well, it takes two statements."""
        moved = 0
        async with self._db.system_tx() as claim:
            if not (await claim.fetch(store.ALONE))[0][0]:
                return 0
            for row in await claim.fetch(store.WATCHED, at):
                moved += await self._one(row["workspace_id"], at)
        return moved

    async def _one(self, workspace_id: UUID, at: datetime) -> int:
        """A workspace that cannot be read keeps nobody else's alerts from being looked at."""
        try:
            async with self._db.tx(workspace_id) as tx:
                return await look(tx, at)
        except Exception as fault:
            log.warning("reports.alerts_not_read", workspace=str(workspace_id), fault=repr(fault))
            return 0


async def look(tx: Tx, at: datetime) -> int:
    rules = await store.rules(tx)
    moved = await watch(tx, rules, at)
    if await rules_of(tx) is None or all(AlertKind(rule["kind"]).of_channels for rule in rules):
        return moved
    return moved + await evaluate(tx, rules, values_of(await scene(tx, at, None)), at)


def values_of(look: Scene) -> dict[UUID | None, Values]:
    """What thresholds are held against: of every team, and under None of the workspace."""
    found = {None: _values(look, "all", None)}
    return found | {row["id"]: _values(look, "team", row["id"]) for row in look.teams}


def _values(look: Scene, scope: str, team_id: UUID | None) -> Values:
    waits, today = look.now_of(scope, team_id), look.today_of(scope, team_id)
    oldest = datetime.fromisoformat(waits.oldest) if waits.oldest else look.at
    level = today.service_level
    return Values(
        longest_wait=max(int((look.at - oldest).total_seconds()), 0),
        waiting=waits.waiting,
        free=count_seats(of_team(look.seats, team_id)).free,
        service_level=None if level is None else level * 100,
        counted=today.counted,
        abandoned=today.abandoned - today.short,
    )


def on_commit(desk: Desk, workspace_id: UUID, published: list[Published]) -> None:
    if any(isinstance(event, AlertBegan | AlertEnded) for event, _ in published):
        desk.pulse.touch(TOPIC, workspace_id)
