"""Alerts of channels: each has its own, at once where a connection breaks, and nobody has to ask for them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from kezhan.channels.accounts import Account, account_by_id
from kezhan.channels.working import note_fault, note_working
from kezhan.kit.clock import now
from kezhan.kit.ids import new_id
from kezhan.reports.alerts import store
from kezhan.reports.alerts.channels import Condition, at_fault
from kezhan.reports.alerts.evaluate import QUIET
from kezhan.reports.alerts.live import look
from kezhan.reports.schemas import AlertKind
from kezhan.reports.tests.factories import Watchtower
from kezhan.testing import Running
from kezhan.workspaces.tests.factories import member_client

RULES = "/api/alert-rules"


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch, house: Running) -> None:
    """The house's own tick looks at nothing here: each test says when somebody looks."""

    async def nothing(at: Any) -> int:
        return 0

    monkeypatch.setattr(house.house.alerts, "step", nothing)


async def _connect(tower: Watchtower, name: str = "App") -> Account:
    _, owner = await member_client(tower.house, "owner", tower.shop.workspace_id)
    answer = await owner.post("/api/channels", json={"adapter": "open", "name": name})
    assert answer.status_code == 201, answer.text
    account_id = UUID(answer.json()["channel"]["id"])
    return await account_by_id(tower.house.db, tower.shop.workspace_id, account_id)


async def _look(tower: Watchtower, later: timedelta = timedelta()) -> int:
    async with tower.house.db.tx(tower.shop.workspace_id) as tx:
        return await look(tx, now() + later)


async def _on(tower: Watchtower) -> list[tuple[str, str]]:
    items = (await tower.client.get("/api/alerts")).json()["items"]
    return sorted((item["kind"], item["account"]) for item in items if item["ended_at"] is None)


async def _deliveries(tower: Watchtower, account: Account, count: int, state: str) -> None:
    talk = (await tower.lobby.customer())[1]
    for n in range(count):
        await tower.lobby.rows(
            "insert into channel_deliveries (workspace_id, id, account_id, conversation_id, what, seq, rev,"
            " state, due_at) values ($1, $2, $3, $4, 'message', $5, 0, $6, now() + interval '1 hour')",
            tower.shop.workspace_id, new_id(), account.id, talk, 100 + n, state,
        )  # fmt: skip


def test_each_kind_is_held_against_its_own_figure() -> None:
    kinds = AlertKind
    assert at_fault(kinds.CHANNEL_DOWN, 1, 1, Condition(down=True)) == 1
    assert at_fault(kinds.CHANNEL_DOWN, 1, 1, Condition()) is None
    assert at_fault(kinds.CHANNEL_UNSENT, 5, 1, Condition(unsent=5)) == 5
    assert at_fault(kinds.CHANNEL_UNSENT, 5, 1, Condition(unsent=4)) is None
    assert at_fault(kinds.CHANNEL_ERRORS, 10, 20, Condition(errors=12.5, counted=20)) == 12
    assert at_fault(kinds.CHANNEL_ERRORS, 10, 20, Condition(errors=50, counted=19)) is None
    assert at_fault(kinds.CHANNEL_EXPIRES, 7, 1, Condition(days=0)) == 0
    assert at_fault(kinds.CHANNEL_EXPIRES, 7, 1, Condition(days=8)) is None
    assert at_fault(kinds.CHANNEL_EXPIRES, 7, 1, Condition()) is None


async def test_who_connects_a_channel_is_told_of_its_troubles_without_asking(tower: Watchtower) -> None:
    await _connect(tower)
    rules = (await tower.client.get(RULES)).json()["items"]
    kinds = ["channel_down", "channel_errors", "channel_expires", "channel_unsent"]
    assert sorted(rule["kind"] for rule in rules) == kinds
    for rule in rules:
        assert (await tower.client.delete(f"{RULES}/{rule['id']}")).status_code == 204
    await _connect(tower, "Another")
    assert (await tower.client.get(RULES)).json()["items"] == [], "what was taken away stays away"


async def test_a_connection_that_breaks_is_told_at_once_and_each_channel_has_its_own_alert(
    tower: Watchtower,
) -> None:
    first, second = await _connect(tower, "First"), await _connect(tower, "Second")
    await note_fault(tower.house.db, first, "token_expired", "40001")
    assert await _on(tower) == [("channel_down", "First")]
    await note_fault(tower.house.db, second, "transient", "away")
    assert await _on(tower) == [("channel_down", "First"), ("channel_down", "Second")]
    await note_working(tower.house.db, first)
    assert await _look(tower) == 0
    assert await _look(tower, QUIET * 1.1) == 1
    assert await _on(tower) == [("channel_down", "Second")]
    shown = (await tower.look())["alerts"]
    assert [(one["account_id"], one["team_id"]) for one in shown] == [(str(second.id), None)]


async def test_unsent_replies_errors_and_credentials_that_end_alert(tower: Watchtower) -> None:
    account = await _connect(tower)
    await _deliveries(tower, account, 20, "waiting")
    await _look(tower)
    assert await _on(tower) == [("channel_unsent", "App")]
    await _deliveries(tower, account, 10, "failed")
    await tower.lobby.rows(
        "insert into channel_health (workspace_id, account_id, working, expires_at)"
        " values ($1, $2, true, $3)",
        tower.shop.workspace_id, account.id, now() + timedelta(days=3, hours=1),
    )  # fmt: skip
    await _look(tower)
    assert [kind for kind, _ in await _on(tower)] == ["channel_errors", "channel_expires", "channel_unsent"]
    items = (await tower.client.get("/api/alerts")).json()["items"]
    assert {item["kind"]: item["value"] for item in items}["channel_expires"] == 3


async def test_a_workspace_is_opened_for_each_kind_of_trouble_and_for_none_without(
    tower: Watchtower,
) -> None:
    account = await _connect(tower)

    async def opened(kind: str) -> bool:
        await tower.lobby.rows("update alert_rules set active = kind = $1", kind)
        async with tower.house.db.system_tx() as tx:
            rows = await tx.fetch(store.WATCHED, now())
        return tower.shop.workspace_id in {row["workspace_id"] for row in rows}

    kinds = [str(kind) for kind in AlertKind if kind.of_channels]
    assert [kind for kind in kinds if await opened(kind)] == []
    await _deliveries(tower, account, 20, "waiting")
    assert [kind for kind in kinds if await opened(kind)] == ["channel_unsent"]
    await tower.lobby.rows("update channel_deliveries set state = 'failed'")
    assert [kind for kind in kinds if await opened(kind)] == ["channel_errors"]
    await tower.lobby.rows("delete from channel_deliveries")
    await tower.lobby.rows(
        "insert into channel_health (workspace_id, account_id, working, expires_at)"
        " values ($1, $2, false, $3)",
        tower.shop.workspace_id, account.id, now() + timedelta(days=7, hours=23),
    )  # fmt: skip
    assert [kind for kind in kinds if await opened(kind)] == ["channel_down", "channel_expires"]
    await tower.lobby.rows("update channel_health set working = true, expires_at = null")
    await tower.lobby.rows(
        "insert into channel_inbox (workspace_id, id, account_id, dedup_key, sealed, due_at)"
        " values ($1, $2, $3, 'k', '', null)",
        tower.shop.workspace_id, new_id(), account.id,
    )  # fmt: skip
    assert [kind for kind in kinds if await opened(kind)] == ["channel_errors"]


async def test_a_rule_that_is_changed_ends_its_alerts_and_an_archived_channel_too(tower: Watchtower) -> None:
    account = await _connect(tower)
    await note_fault(tower.house.db, account, "transient", "away")
    rules = (await tower.client.get(RULES)).json()["items"]
    (rule,) = [one for one in rules if one["kind"] == "channel_down"]
    assert rule["on"]
    form = {"kind": "channel_down", "threshold": 1, "level": "warning", "active": True}
    assert (await tower.client.put(f"{RULES}/{rule['id']}", json=form)).status_code == 200
    assert await _on(tower) == []
    assert await _look(tower) == 1
    _, owner = await member_client(tower.house, "owner", tower.shop.workspace_id)
    await owner.delete(f"/api/channels/{account.id}")
    await _look(tower)
    assert await _look(tower, QUIET * 1.1) == 1
    assert await _on(tower) == []


async def test_channels_are_no_teams_and_a_team_sees_none_of_their_alerts(tower: Watchtower) -> None:
    team = await tower.lobby.team("Night")
    form = {"kind": "channel_down", "threshold": 1, "team_id": str(team)}
    answer = await tower.client.post(RULES, json=form)
    assert (answer.status_code, answer.json()["code"]) == (400, "reports.not_of_a_team")
    answer = await tower.client.post(RULES, json={"kind": "channel_errors", "threshold": 101})
    assert answer.json()["code"] == "reports.bad_threshold"
    account = await _connect(tower)
    await note_fault(tower.house.db, account, "transient", "away")
    agent = await tower.someone("agent", team)
    assert (await tower.look(agent))["alerts"] == []
    assert (await agent.get("/api/alerts")).status_code == 403
