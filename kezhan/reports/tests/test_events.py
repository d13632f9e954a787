"""The raw events as reception writes them say what the figures are made of."""

from kezhan.reports.tests.factories import Watchtower
from kezhan.routing.policy import Policy, Step
from kezhan.routing.queue.left import on_left
from kezhan.routing.tests.factories import rule


async def test_who_goes_without_a_word_has_waited_until_her_line_was_lost(tower: Watchtower) -> None:
    await tower.lobby.open(left_seconds=60)
    for waited in (62, 100):
        _, talk = await tower.lobby.customer()
        await tower.pass_time(waited)
        async with tower.house.db.tx(tower.shop.workspace_id) as tx:
            await on_left(tx, talk)
        await tower.lobby.rows("delete from waits")
    rows = await tower.lobby.rows(
        "select waited_ms from queue_events where kind = 'abandoned' order by waited_ms"
    )
    # And the seconds that the machine took itself.
    assert all(0 <= row["waited_ms"] / 1000 - told < 15 for row, told in zip(rows, (2, 40), strict=True))
    today = await tower.today()
    assert (today["abandoned"], today["short"], today["counted"]) == (2, 1, 1)


async def test_who_is_lost_at_the_door_has_waited_no_less_than_nothing(tower: Watchtower) -> None:
    _, talk = await tower.lobby.customer()
    async with tower.house.db.tx(tower.shop.workspace_id) as tx:
        await on_left(tx, talk)
    (row,) = await tower.lobby.rows("select waited_ms from queue_events where kind = 'abandoned'")
    assert row["waited_ms"] == 0


async def test_who_comes_outside_the_hours_or_to_a_full_queue_is_asked_for_a_message(
    tower: Watchtower,
) -> None:
    await tower.lobby.policy(Policy(rules=[rule(overflow=[Step(at_length=1, message=True)])]))
    for _ in range(2):
        await tower.lobby.customer()
    today = await tower.today()
    assert (today["entered"], today["messages"]) == (2, 1)
    owner = await tower.someone("owner")
    days = {"name": "从不", "time_zone": "Asia/Shanghai", "weekly": {"days": [[]] * 7}}
    made = (await owner.post("/api/schedules", json=days)).json()
    await owner.put(
        f"/api/schedule-uses/workspace/{tower.shop.workspace_id}", json={"schedule_id": made["id"]}
    )
    await tower.lobby.customer()
    seen = await tower.look()
    assert (seen["today"]["entered"], seen["today"]["messages"]) == (3, 2)
    assert (seen["now"]["waiting"], seen["now"]["messages"], seen["now"]["closed"]) == (1, 1, 1)


async def test_one_taken_by_hand_from_the_queue_is_accepted_and_a_transfer_is_not(tower: Watchtower) -> None:
    await tower.lobby.open(automatic=False)
    _, talk = await tower.lobby.customer()
    first = await tower.lobby.agent("周小满")
    await tower.lobby.agent("林晚晴")
    path = f"/api/conversations/{talk}/assignment"
    for name in ("周小满", "林晚晴"):
        answer = await first.request("PUT", path, {"member_id": str(tower.lobby.ids[name])})
        assert answer.status_code == 200, answer.text
    assert await tower.lobby.happened(talk) == ["enqueued", "accepted", "transferred"]
    today = await tower.today()
    assert (today["entered"], today["accepted"], today["service_level"]) == (1, 1, 1)
