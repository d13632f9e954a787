"""Thresholds and alerts: who sets them, when one begins and ends, and that nobody hears of it twice."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from kezhan.conversations.tests.factories import make_workspace
from kezhan.kit.clock import now
from kezhan.kit.db import Tx
from kezhan.kit.ids import new_id
from kezhan.kit.testing import until
from kezhan.proactive.tests.site import frames
from kezhan.reports.alerts import live, store
from kezhan.reports.alerts.evaluate import QUIET, Values, crossed
from kezhan.reports.alerts.live import Alerts, look
from kezhan.reports.schemas import AlertKind
from kezhan.reports.tests.factories import Watchtower, talk
from kezhan.testing import Running
from kezhan.workspaces.tests.factories import actions, member_client

RULES = "/api/alert-rules"
WAITING: dict[str, Any] = {"kind": "waiting", "threshold": 2}


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch, house: Running) -> None:
    """The house's own tick looks at nothing here: each test says when somebody looks."""

    async def nothing(at: datetime) -> int:
        return 0

    monkeypatch.setattr(house.house.alerts, "step", nothing)


@pytest.fixture
async def tower(tower: Watchtower) -> Watchtower:
    """One whose workspace has no rules: those about its channel are taken away."""
    await tower.lobby.rows("update alert_rules set archived_at = now()")
    return tower


async def _make(tower: Watchtower, **form: Any) -> Any:
    answer = await tower.client.post(RULES, json={**WAITING, **form})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def _look(tower: Watchtower, later: timedelta = timedelta()) -> int:
    async with tower.house.db.tx(tower.shop.workspace_id) as tx:
        return await look(tx, now() + later)


async def _told(tower: Watchtower) -> list[tuple[str, str, str]]:
    rows = await tower.lobby.rows("select kind, alert, reason from alert_events order by at, id")
    return [(row["kind"], row["alert"], row["reason"]) for row in rows]


async def _customers(tower: Watchtower, many: int) -> None:
    for _ in range(many):
        await tower.lobby.customer()


async def test_an_alert_begins_once_shows_while_it_lasts_and_ends_once(tower: Watchtower) -> None:
    rule = await _make(tower)
    await _customers(tower, 1)
    assert await _look(tower) == 0
    await _customers(tower, 1)
    assert await _look(tower) == 1
    for _ in range(3):
        assert await _look(tower) == 0
    (shown,) = (await tower.look())["alerts"]
    assert (shown["rule_id"], shown["kind"], shown["value"], shown["ended_at"]) == (
        rule["id"],
        "waiting",
        2,
        None,
    )
    await tower.lobby.rows("update waits set message = true")
    assert await _look(tower) == 0
    assert len((await tower.look())["alerts"]) == 1
    assert await _look(tower, QUIET) == 1
    assert await _look(tower, QUIET * 2) == 0
    assert (await tower.look())["alerts"] == []
    assert await _told(tower) == [("began", "waiting", ""), ("ended", "waiting", "over")]
    (past,) = (await tower.client.get("/api/alerts")).json()["items"]
    assert (past["reason"], past["ended_at"] > past["began_at"]) == ("over", True)


async def test_a_figure_that_swings_about_its_threshold_is_one_alert(tower: Watchtower) -> None:
    await _make(tower)
    await _customers(tower, 2)
    await _look(tower)
    for turn in range(4):
        await tower.lobby.rows("update waits set message = $1", turn % 2 == 0)
        assert await _look(tower, QUIET * turn * 0.9) == 0
    assert await _told(tower) == [("began", "waiting", "")]


async def test_what_crosses_the_threshold_again_after_the_end_is_another_alert(tower: Watchtower) -> None:
    await _make(tower)
    await _customers(tower, 2)
    for message, later in ((False, 0), (True, 1), (True, 2), (False, 3)):
        await tower.lobby.rows("update waits set message = $1", message)
        await _look(tower, QUIET * later)
    items = (await tower.client.get("/api/alerts")).json()["items"]
    assert [item["ended_at"] is None for item in items] == [True, False]
    assert len({item["id"] for item in items}) == 2


async def test_processes_that_look_at_once_begin_one_alert(tower: Watchtower) -> None:
    await _make(tower)
    await _customers(tower, 2)
    assert sum(await asyncio.gather(*(_look(tower) for _ in range(4)))) == 1
    assert await _told(tower) == [("began", "waiting", "")]


async def test_of_several_looks_at_once_one_begins_it_and_those_who_follow_hear_of_it_once(
    tower: Watchtower,
) -> None:
    supervisor = await tower.lobby.agent("周小满", "supervisor")
    await supervisor.request("PUT", "/api/seat/state", {"state": "busy"})
    await supervisor.tell({"type": "follow", "topics": ["alerts"]})
    heard = frames(supervisor, "stale")
    await _make(tower)
    await _customers(tower, 2)
    alerts = Alerts(tower.house.house.desk)
    for _ in range(2):
        await asyncio.gather(*(alerts.step(now()) for _ in range(3)))
    await until(lambda: heard)
    assert heard == [{"type": "stale", "topic": "alerts"}]
    assert await _told(tower) == [("began", "waiting", "")]


async def test_a_workspace_that_cannot_be_read_keeps_nobody_elses_alerts_waiting(
    house: Running, tower: Watchtower, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _make(tower)
    await _customers(tower, 2)
    other = await make_workspace(house.db)
    async with house.db.tx(other) as tx:
        await tx.fetch(
            "insert into alert_rules (workspace_id, id, kind, threshold, least, level, active, episode_id)"
            " values ($1, $2, 'waiting', 1, 1, 'warning', true, $2)",
            other, new_id(),
        )  # fmt: skip
    seen: list[UUID] = []

    async def some(tx: Tx, at: datetime) -> int:
        seen.append(tx.workspace)
        if tx.workspace == other:
            raise RuntimeError("broken on purpose")
        return await look(tx, at)

    monkeypatch.setattr(live, "look", some)
    await Alerts(house.house.desk).step(now())
    assert {other, tower.shop.workspace_id} <= set(seen)
    assert await _told(tower) == [("began", "waiting", "")]


async def test_workspaces_that_are_well_are_not_opened_however_many_they_are(
    house: Running, tower: Watchtower, monkeypatch: pytest.MonkeyPatch
) -> None:
    well = [await make_workspace(house.db) for _ in range(5)]
    for workspace_id in (*well, tower.shop.workspace_id):
        async with house.db.tx(workspace_id) as tx:
            for kind in AlertKind:
                await tx.fetch(
                    "insert into alert_rules (workspace_id, id, kind, threshold, least, level, active)"
                    " values ($1, $2, $3, 2, 1, 'warning', true) on conflict do nothing",
                    workspace_id, new_id(), kind,
                )  # fmt: skip
    seen: list[UUID] = []
    statements: list[str] = []
    fetch = Tx.fetch

    async def look_at(tx: Tx, at: datetime) -> int:
        seen.append(tx.workspace)
        return 0

    async def counted(tx: Tx, statement: str, *values: Any) -> list[Any]:
        statements.extend([statement] if tx.workspace_id is None else [])
        return await fetch(tx, statement, *values)

    monkeypatch.setattr(live, "look", look_at)
    monkeypatch.setattr(Tx, "fetch", counted)
    await Alerts(house.house.desk).step(now())
    assert not {*well, tower.shop.workspace_id} & set(seen)
    assert sum(statement in {store.ALONE, store.WATCHED} for statement in statements) == 2
    await _customers(tower, 1)
    await Alerts(house.house.desk).step(now())
    assert tower.shop.workspace_id in seen
    assert not {*well} & set(seen)


async def test_a_workspace_is_opened_for_every_kind_that_is_crossed(tower: Watchtower) -> None:
    async def opened() -> bool:
        async with tower.house.db.system_tx() as tx:
            rows = await tx.fetch(store.WATCHED, now())
        return tower.shop.workspace_id in {row["workspace_id"] for row in rows}

    for waited in (100, 110):
        await tower.happened(talk(), ["enqueued", ("abandoned", {"waited": waited})])
    for form in (
        {"kind": "service_level", "threshold": 80, "least": 2},
        {"kind": "abandoned", "threshold": 2},
    ):
        assert not await opened()
        await _make(tower, **form)
        assert await opened()
        assert await _look(tower) == 1
        await tower.lobby.rows("update alert_rules set archived_at = now(), episode_id = null")
    await _customers(tower, 1)
    for form in (
        {"kind": "longest_wait", "threshold": 5},
        {"kind": "waiting", "threshold": 1},
        {"kind": "no_free_seat", "threshold": 1},
    ):
        assert not await opened()
        await _make(tower, **form)
        assert await opened()
        await tower.lobby.rows("update alert_rules set archived_at = now()")


async def test_a_teams_alert_shows_on_the_team_and_to_its_people_alone(tower: Watchtower) -> None:
    team, other = await tower.lobby.team("售前"), await tower.lobby.team("售后")
    await _make(tower, team_id=str(team), kind="abandoned", threshold=1, level="critical")
    await _make(tower, kind="abandoned", threshold=1)
    await tower.happened(talk(), ["enqueued", ("abandoned", {"waited": 30})], queue=team)
    assert await _look(tower) == 2
    seen = await tower.look()
    assert [(alert["level"], alert["team"]) for alert in seen["alerts"]] == [
        ("critical", "售前"),
        ("warning", ""),
    ]
    assert {one["name"]: one["alert"] for one in seen["teams"]} == {
        "售前": "critical",
        "售后": "",
        "": "",
    }
    mine = await tower.look(await tower.someone("agent", team))
    assert [alert["team"] for alert in mine["alerts"]] == ["售前"]
    assert (await tower.look(await tower.someone("agent", other)))["alerts"] == []


@pytest.mark.parametrize(
    ("kind", "threshold", "values", "figure"),
    [
        ("longest_wait", 60, Values(longest_wait=60, waiting=1), 60),
        ("longest_wait", 60, Values(longest_wait=59, waiting=1), None),
        ("waiting", 3, Values(waiting=3), 3),
        ("waiting", 3, Values(waiting=2), None),
        ("service_level", 80, Values(service_level=79.9, counted=10), 79),
        ("service_level", 80, Values(service_level=80.0, counted=10), None),
        ("service_level", 80, Values(service_level=0.0, counted=9), None),
        ("service_level", 80, Values(service_level=None), None),
        ("no_free_seat", 2, Values(waiting=2, free=0), 2),
        ("no_free_seat", 2, Values(waiting=2, free=1), None),
        ("no_free_seat", 2, Values(waiting=1, free=0), None),
        ("abandoned", 5, Values(abandoned=5), 5),
        ("abandoned", 5, Values(abandoned=4), None),
    ],
)
def test_when_a_threshold_is_crossed(kind: str, threshold: int, values: Values, figure: int | None) -> None:
    assert crossed(AlertKind(kind), threshold, 10, values) == figure


async def test_every_kind_is_held_against_the_figures_that_the_monitor_shows(tower: Watchtower) -> None:
    await _customers(tower, 2)
    await tower.pass_time(90)
    for waited in (100, 110, 3):
        await tower.happened(talk(), ["enqueued", ("abandoned", {"waited": waited})])
    forms = [
        {"kind": "longest_wait", "threshold": 90},
        {"kind": "waiting", "threshold": 2},
        {"kind": "service_level", "threshold": 80, "least": 2},
        {"kind": "no_free_seat", "threshold": 1},
        {"kind": "abandoned", "threshold": 2},
    ]
    for form in forms:
        await _make(tower, **form)
    assert await _look(tower) == 5
    values = {alert["kind"]: alert["value"] for alert in (await tower.look())["alerts"]}
    assert 90 <= values.pop("longest_wait") < 100
    assert values == {"waiting": 2, "service_level": 0, "no_free_seat": 2, "abandoned": 2}


async def test_a_rule_is_made_changed_and_taken_away_and_each_is_on_record(tower: Watchtower) -> None:
    rule = await _make(tower)
    address = f"{RULES}/{rule['id']}"
    for _ in range(2):
        changed = await tower.client.put(address, json={**WAITING, "threshold": 9, "level": "critical"})
        assert (changed.status_code, changed.json()["threshold"]) == (200, 9)
    for _ in range(2):
        assert (await tower.client.delete(address)).status_code == 204
    assert (await tower.client.get(RULES)).json() == {"items": []}
    assert (await tower.client.put(address, json=WAITING)).json()["code"] == "reports.no_such_rule"
    done = [
        one for one in await actions(tower.house, tower.shop.workspace_id) if one.startswith("alert_rule")
    ]
    assert done == ["alert_rule.create", "alert_rule.edit", "alert_rule.archive"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"threshold": 5}, "changed"), ({"active": False}, "switched_off"), (None, "archived")],
)
async def test_changing_a_rule_ends_the_alert_that_was_of_it_as_it_was(
    tower: Watchtower, change: dict[str, Any] | None, reason: str
) -> None:
    rule = await _make(tower)
    await _customers(tower, 2)
    await _look(tower)
    assert (await tower.client.get(RULES)).json()["items"][0]["on"] is True
    address = f"{RULES}/{rule['id']}"
    if change is None:
        await tower.client.delete(address)
    else:
        await tower.client.put(address, json={**WAITING, **change})
    assert await _told(tower) == [("began", "waiting", ""), ("ended", "waiting", reason)]
    assert await _look(tower) == 0
    assert (await tower.look())["alerts"] == []


async def test_a_rule_saved_as_it_was_ends_nothing(tower: Watchtower) -> None:
    rule = await _make(tower)
    await _customers(tower, 2)
    await _look(tower)
    await tower.client.put(f"{RULES}/{rule['id']}", json=WAITING)
    assert await _told(tower) == [("began", "waiting", "")]


async def test_the_alert_of_a_team_that_is_no_more_ends(tower: Watchtower) -> None:
    team = await tower.lobby.team("售前")
    await _make(tower, team_id=str(team), kind="abandoned", threshold=1)
    await tower.happened(talk(), ["enqueued", ("abandoned", {"waited": 30})], queue=team)
    await _look(tower)
    await tower.lobby.rows("update teams set archived_at = now() where id = $1", team)
    await _look(tower)
    assert await _look(tower, QUIET) == 1
    assert (await _told(tower))[-1] == ("ended", "abandoned", "over")


BAD: list[tuple[dict[str, Any], int, str, str]] = [
    ({"threshold": 0}, 400, "kit.bad_input", "threshold"),
    ({"threshold": 100_001}, 400, "kit.bad_input", "threshold"),
    ({"kind": "longest_wait", "threshold": 4}, 400, "reports.bad_threshold", "threshold"),
    ({"kind": "service_level", "threshold": 101}, 400, "reports.bad_threshold", "threshold"),
    ({"kind": "weather"}, 400, "kit.bad_input", "kind"),
    ({"level": "panic"}, 400, "kit.bad_input", "level"),
    ({"least": 0}, 400, "kit.bad_input", "least"),
    ({"team_id": str(new_id())}, 404, "workspaces.no_such_team", ""),
    ({}, 409, "reports.rule_exists", "kind"),
]


@pytest.mark.parametrize(("wrong", "status", "code", "field"), BAD)
async def test_a_threshold_that_makes_no_sense_is_refused_and_changes_nothing(
    tower: Watchtower, wrong: dict[str, Any], status: int, code: str, field: str
) -> None:
    await _make(tower)
    other = await _make(tower, level="critical")
    before = (await tower.client.get(RULES)).json()
    for answer in (
        await tower.client.post(RULES, json={**WAITING, **wrong}),
        await tower.client.put(f"{RULES}/{other['id']}", json={**WAITING, **wrong}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
        assert (answer.json().get("field") or "").startswith(field)
    assert (await tower.client.get(RULES)).json() == before


async def test_there_are_fifty_at_the_most_also_when_set_at_once(tower: Watchtower) -> None:
    teams = [await tower.lobby.team(f"小组{number}") for number in range(25)]
    for team in teams[:24]:
        for level in ("warning", "critical"):
            await _make(tower, team_id=str(team), level=level)
    forms = [{"team_id": str(teams[24]), "level": "warning"}, {"level": "warning"}, {"level": "critical"}]
    answers = await asyncio.gather(*(tower.client.post(RULES, json={**WAITING, **form}) for form in forms))
    assert sorted(answer.status_code for answer in answers) == [201, 201, 409]


@pytest.mark.parametrize(
    ("role", "status"),
    [("owner", 200), ("admin", 200), ("supervisor", 200), ("agent", 403), ("inspector", 403)],
)
async def test_those_who_run_reception_set_thresholds(tower: Watchtower, role: str, status: int) -> None:
    rule, client = await _make(tower), await tower.someone(role)
    answers = [
        await client.get(RULES),
        await client.get("/api/alerts"),
        await client.put(f"{RULES}/{rule['id']}", json=WAITING),
    ]
    assert {answer.status_code for answer in answers} == {status}
    made = await client.post(RULES, json={**WAITING, "kind": "abandoned"})
    assert made.status_code == (201 if status == 200 else 403)
    assert (await client.delete(f"{RULES}/{rule['id']}")).status_code == (204 if status == 200 else 403)


async def test_another_workspace_knows_nothing_of_them(house: Running, tower: Watchtower) -> None:
    team = await tower.lobby.team("售前")
    rule = await _make(tower)
    await _customers(tower, 2)
    await _look(tower)
    workspace_id = await make_workspace(house.db)
    _, client = await member_client(house, "owner", workspace_id)
    assert (await client.get(RULES)).json() == {"items": []}
    assert (await client.get("/api/alerts")).json()["items"] == []
    address = f"{RULES}/{rule['id']}"
    for answer in (await client.put(address, json=WAITING), await client.delete(address)):
        assert (answer.status_code, answer.json()["code"]) == (404, "reports.no_such_rule")
    made = await client.post(RULES, json={**WAITING, "team_id": str(team)})
    assert (made.status_code, made.json()["code"]) == (404, "workspaces.no_such_team")
    assert len((await tower.client.get(RULES)).json()["items"]) == 1


async def test_the_past_comes_in_pages_newest_first(tower: Watchtower) -> None:
    for number, kind in enumerate(("waiting", "abandoned", "longest_wait")):
        rule = await _make(tower, kind=kind, threshold=10)
        await tower.lobby.rows(
            "insert into alert_events (workspace_id, id, at, kind, episode_id, rule_id, alert, threshold,"
            " level, value) values ($1, $2, $3, 'began', $4, $5, $6, 10, 'warning', 11)",
            tower.shop.workspace_id, new_id(), now() + timedelta(seconds=number), new_id(),
            UUID(rule["id"]), kind,
        )  # fmt: skip
    first = (await tower.client.get("/api/alerts", params={"limit": 2})).json()
    rest = (await tower.client.get("/api/alerts", params={"limit": 2, "after": first["next"]})).json()
    assert [one["kind"] for one in first["items"] + rest["items"]] == ["longest_wait", "abandoned", "waiting"]
    assert rest["next"] is None
    assert (await tower.client.get("/api/alerts", params={"after": "x"})).json()["code"] == "kit.bad_cursor"
