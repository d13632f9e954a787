"""A reception with a past: events put down by hand, and people who look at the monitor."""

import contextlib
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest

from kezhan.channels.tests.people import Shop
from kezhan.kit.clock import now
from kezhan.kit.db import Tx
from kezhan.kit.ids import new_id
from kezhan.kit.reading import ReadRow
from kezhan.reports.monitor import midnight
from kezhan.routing.tests.factories import Lobby
from kezhan.testing import Running
from kezhan.workspaces.tests.factories import make_person, sign_in

ZONE = "Asia/Shanghai"


class Watchtower:
    """The reception of a shop as its supervisor sees it; she is at no socket and has no seat that is open."""

    def __init__(self, house: Running, shop: Shop) -> None:
        self.house = house
        self.shop = shop
        self.lobby = Lobby(shop)
        self.since = midnight(now(), ZONE)

    async def open(self, **settings: Any) -> "Watchtower":
        await self.lobby.open(**settings)
        self.client = await self.someone("supervisor")
        return self

    async def someone(self, role: str, *teams: UUID) -> httpx2.AsyncClient:
        """A browser of a new member, who belongs to these teams."""
        person = await make_person(self.house.db, self.shop.workspace_id, role)
        for team_id in teams:
            await self.lobby.rows(
                "insert into team_members (workspace_id, team_id, membership_id) values ($1, $2, $3)",
                self.shop.workspace_id, team_id, person.id,
            )  # fmt: skip
        return await sign_in(self.house, person)

    async def seat(self, name: str, *teams: UUID, **columns: Any) -> UUID:
        """Somebody with a seat in this condition, online and with room for five unless told otherwise."""
        person = await make_person(self.house.db, self.shop.workspace_id, name=name)
        values = {"state": "online", "since": now(), **columns}
        names = ", ".join(values)
        places = ", ".join(f"${number}" for number in range(3, len(values) + 3))
        await self.lobby.rows(
            f"insert into seats (workspace_id, membership_id, {names}) values ($1, $2, {places})",  # noqa: S608
            self.shop.workspace_id, person.id, *values.values(),
        )  # fmt: skip
        for team_id in teams:
            await self.lobby.rows(
                "insert into team_members (workspace_id, team_id, membership_id) values ($1, $2, $3)",
                self.shop.workspace_id, team_id, person.id,
            )  # fmt: skip
        return person.id

    async def look(self, client: httpx2.AsyncClient | None = None, **asked: Any) -> Any:
        answer = await (client or self.client).get("/api/monitor", params=asked)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def today(self, **asked: Any) -> Any:
        return (await self.look(**asked))["today"]

    async def happened(
        self,
        talk: UUID,
        kinds: Sequence[str | tuple[str, dict[str, Any]]],
        *,
        queue: UUID | None = None,
        start: datetime | None = None,
    ) -> None:
        """Events of one conversation, a second apart from an hour after midnight on. Each has waited since
        the beginning, unless `waited` (s) says how long."""
        start = start or self.since + timedelta(hours=1)
        for number, one in enumerate(kinds):
            kind, more = (one, {}) if isinstance(one, str) else one
            at = start + timedelta(seconds=number)
            waited = more.get("waited", number)
            await self.lobby.rows(
                "insert into queue_events (workspace_id, id, at, kind, conversation_id, account_id, channel,"
                " queue_id, by_id, waited_ms, reason)"
                " values ($1, $2, $3, $4, $5, $6, 'webchat', $7, $8, $9, $10)",
                self.shop.workspace_id, new_id(), at, kind, talk, self.shop.account_id,
                more.get("queue", queue or self.shop.workspace_id), more.get("by"),
                None if waited is None else int(waited * 1000), more.get("reason", ""),
            )  # fmt: skip

    async def pass_time(self, seconds: float) -> None:
        """Who waits has waited so much longer."""
        await self.lobby.rows("update waits set queued_at = queued_at - make_interval(secs => $1)", seconds)


def talk() -> UUID:
    return new_id()


@contextlib.contextmanager
def fetched(tx: Tx) -> Iterator[list[tuple[str, tuple[Any, ...]]]]:
    """What this transaction fetches in the block: statements with their values."""
    seen: list[tuple[str, tuple[Any, ...]]] = []
    plain = tx.fetch

    async def noted(statement: str, *values: Any) -> list[ReadRow]:
        seen.append((statement, values))
        return await plain(statement, *values)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tx, "fetch", noted)
        yield seen
