"""What the day has come to, against events made by hand: one definition, one number."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from kezhan.kit.ids import new_id
from kezhan.reports.monitor import midnight
from kezhan.reports.tests.factories import Watchtower, talk

LEFT = ("abandoned", {"reason": "left", "waited": 30})


async def test_a_wait_is_counted_from_the_door_to_the_hand(tower: Watchtower) -> None:
    for waited in (2, 10, 20, 21, 47):
        await tower.happened(talk(), ["enqueued", ("accepted", {"waited": waited})])
    await tower.happened(talk(), ["enqueued"])
    today = await tower.today()
    assert (today["entered"], today["accepted"], today["counted"]) == (6, 5, 5)
    assert today["service_level"] == 0.6
    assert (today["average_wait"], today["median_wait"]) == (20, 20)
    assert today["p90_wait"] == pytest.approx(36.6)


async def test_who_leaves_within_t1_counts_neither_for_nor_against_the_service_level(
    tower: Watchtower,
) -> None:
    await tower.happened(talk(), ["enqueued", ("accepted", {"waited": 1})])
    await tower.happened(talk(), ["enqueued", ("abandoned", {"waited": 5})])
    await tower.happened(talk(), ["enqueued", ("abandoned", {"waited": 5.001})])
    today = await tower.today()
    assert (today["abandoned"], today["short"], today["counted"]) == (2, 1, 2)
    assert (today["service_level"], today["abandonment"]) == (0.5, pytest.approx(2 / 3))


async def test_t_and_t1_are_the_workspaces_own(tower: Watchtower) -> None:
    await tower.happened(talk(), ["enqueued", ("accepted", {"waited": 40})])
    await tower.happened(talk(), ["enqueued", ("abandoned", {"waited": 9})])
    assert (await tower.today())["service_level"] == 0
    await tower.lobby.open(target_seconds=40, short_seconds=9)
    assert (await tower.today())["service_level"] == 1


async def test_a_conversation_handed_on_counts_once(tower: Watchtower) -> None:
    first, second = await tower.lobby.team("售前"), await tower.lobby.team("售后")
    await tower.happened(
        talk(),
        [
            ("enqueued", {"queue": first}),
            ("accepted", {"queue": first, "waited": 3}),
            ("transferred", {"queue": first, "waited": None}),
            ("enqueued", {"queue": second, "reason": "sent_to_team"}),
            ("accepted", {"queue": second, "waited": 50}),
        ],
    )
    seen = await tower.look()
    assert (seen["today"]["entered"], seen["today"]["accepted"]) == (1, 1)
    assert seen["today"]["average_wait"] == 3
    by_team = {team["name"]: team["today"] for team in seen["teams"]}
    assert by_team["售前"]["average_wait"] == 3
    assert (by_team["售后"]["entered"], by_team["售后"]["average_wait"]) == (1, 50)


async def test_one_that_comes_back_unanswered_counts_once(tower: Watchtower) -> None:
    await tower.happened(
        talk(),
        [
            "enqueued",
            ("accepted", {"waited": 4}),
            ("enqueued", {"reason": "unanswered"}),
            ("accepted", {"waited": 60}),
        ],
    )
    today = await tower.today()
    assert (today["entered"], today["accepted"], today["average_wait"]) == (1, 1, 4)


async def test_who_leaves_and_comes_back_has_waited_all_the_time_and_not_left(tower: Watchtower) -> None:
    returned = ("enqueued", {"reason": "returned"})
    await tower.happened(talk(), ["enqueued", LEFT, returned, ("accepted", {"waited": 90})])
    today = await tower.today()
    assert (today["entered"], today["accepted"], today["abandoned"]) == (1, 1, 0)
    assert today["average_wait"] == 90


async def test_who_leaves_has_left_even_if_somebody_answers_the_message_later(tower: Watchtower) -> None:
    await tower.happened(talk(), ["enqueued", LEFT, ("accepted", {"waited": 4000})])
    today = await tower.today()
    assert (today["accepted"], today["abandoned"], today["service_level"]) == (0, 1, 0)


@pytest.mark.parametrize(
    "asked",
    [
        [("enqueued", {"reason": "closed"})],
        [("enqueued", {"reason": "full"})],
        ["enqueued", ("message", {"waited": 60})],
    ],
)
async def test_who_is_asked_for_a_message_waits_for_no_answer(
    tower: Watchtower, asked: list[str | tuple[str, dict[str, object]]]
) -> None:
    await tower.happened(talk(), [*asked, ("accepted", {"waited": 30_000})])
    today = await tower.today()
    assert (today["entered"], today["messages"]) == (1, 1)
    assert (today["accepted"], today["abandoned"], today["service_level"]) == (0, 0, None)


async def test_one_closed_while_it_waits_is_abandoned_by_the_customer_and_nothing_by_us(
    tower: Watchtower,
) -> None:
    await tower.happened(talk(), ["enqueued", ("left", {"waited": 12})])
    await tower.happened(talk(), ["enqueued", ("left", {"waited": 12, "by": new_id()})])
    today = await tower.today()
    assert (today["entered"], today["abandoned"], today["counted"]) == (2, 1, 1)


async def test_one_taken_that_never_waited_is_no_wait(tower: Watchtower) -> None:
    await tower.happened(talk(), [("accepted", {"waited": None, "reason": "taken"})])
    today = await tower.today()
    assert (today["accepted"], today["average_wait"]) == (0, None)


async def test_missed_and_declined_offers_count_each(tower: Watchtower) -> None:
    offered = [
        "enqueued",
        "offered",
        "missed",
        "offered",
        "missed",
        "offered",
        "declined",
        "offered",
        "accepted",
    ]
    await tower.happened(talk(), offered)
    today = await tower.today()
    assert (today["missed"], today["declined"], today["accepted"]) == (2, 1, 1)


async def test_the_day_begins_at_midnight_where_the_workspace_is(tower: Watchtower) -> None:
    before, after = tower.since - timedelta(milliseconds=1), tower.since
    await tower.happened(talk(), ["accepted"], start=before)
    await tower.happened(talk(), ["accepted"], start=after)
    seen = await tower.look()
    assert (seen["time_zone"], seen["today"]["accepted"]) == ("Asia/Shanghai", 1)
    assert datetime.fromisoformat(seen["since"]) == tower.since
    answer = await (await tower.someone("owner")).patch(
        "/api/workspace", json={"time_zone": "Pacific/Kiritimati"}
    )
    assert answer.status_code == 200
    seen = await tower.look()
    assert datetime.fromisoformat(seen["since"]) == midnight(datetime.now(UTC), "Pacific/Kiritimati")
    assert datetime.fromisoformat(seen["since"]) != tower.since


@pytest.mark.parametrize(
    ("at", "zone", "began"),
    [
        ("2026-11-22T15:59:59Z", "Asia/Shanghai", "2026-11-21T16:00:00Z"),
        ("2026-11-22T16:00:00Z", "Asia/Shanghai", "2026-11-22T16:00:00Z"),
        ("2026-03-08T12:00:00Z", "America/New_York", "2026-03-08T05:00:00Z"),
        ("2026-03-09T12:00:00Z", "America/New_York", "2026-03-09T04:00:00Z"),
        ("2026-11-01T23:00:00Z", "America/New_York", "2026-11-01T04:00:00Z"),
        ("2026-07-01T00:00:00Z", "UTC", "2026-07-01T00:00:00Z"),
        ("2026-07-01T00:10:00Z", "Asia/Kathmandu", "2026-06-30T18:15:00Z"),
    ],
)
def test_midnight_is_the_zones_own_also_where_the_clocks_change(at: str, zone: str, began: str) -> None:
    assert midnight(datetime.fromisoformat(at), zone) == datetime.fromisoformat(began)


async def test_one_team_looked_at_shows_its_own_channels_and_total(tower: Watchtower) -> None:
    first, second = await tower.lobby.team("售前"), await tower.lobby.team("售后")
    await tower.happened(talk(), ["enqueued", ("accepted", {"waited": 1})], queue=first)
    for _ in range(2):
        await tower.happened(talk(), ["enqueued", ("accepted", {"waited": 9})], queue=second)
    whole, part = await tower.look(), await tower.look(team_id=str(second))
    assert [seen["today"]["accepted"] for seen in (whole, part)] == [3, 2]
    assert [seen["channels"][0]["today"]["accepted"] for seen in (whole, part)] == [3, 2]
    assert [team["today"]["accepted"] for team in part["teams"]] == [
        team["today"]["accepted"] for team in whole["teams"]
    ]
    everybody = await tower.today(team_id=str(UUID(str(tower.shop.workspace_id))))
    assert everybody["accepted"] == 0
