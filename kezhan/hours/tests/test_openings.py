"""Who keeps to which schedule, and what the rooms above are told: open, until when, by which version."""

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from kezhan.conversations.tests.factories import make_account
from kezhan.hours.events import HoursChanged
from kezhan.hours.schemas import Opening
from kezhan.hours.service import opening_for, openings_for
from kezhan.hours.tests.factories import plain_week
from kezhan.hours.tests.people import Office, make_office
from kezhan.kit.ids import new_id
from kezhan.kit.testing import queries
from kezhan.testing import Running
from kezhan.workspaces.tests.factories import actions, heard

FRIDAY_TEN = datetime.fromisoformat("2026-11-20T10:00+08:00")


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


async def ask(
    office: Office, *, account: UUID | None = None, team: str | None = None, when: datetime = FRIDAY_TEN
) -> Opening:
    async with office.house.db.tx(office.workspace_id) as tx:
        return await opening_for(tx, account, UUID(team) if team else None, when)


def of(schedule: Any, state: bool, change: str | None, version: int = 1) -> Opening:
    return Opening(
        open=state,
        changes_at=at(change) if change else None,
        schedule_id=UUID(schedule["id"]),
        version=version,
    )


async def test_without_a_schedule_everything_is_open(office: Office) -> None:
    team = await office.team()
    await office.schedule()  # one that nobody keeps to
    assert await ask(office) == Opening(open=True)
    assert await ask(office, account=office.account_id, team=team) == Opening(open=True)
    assert await ask(office, account=new_id(), team=str(new_id())) == Opening(open=True)


async def test_a_channel_goes_by_its_own_schedule_else_by_the_workspaces(office: Office) -> None:
    house, own = await office.schedule("公司"), await office.schedule("渠道", "Fri 12:00-13:00")
    other = await make_account(office.house.db, office.workspace_id)
    assert (await office.use("workspace", office.workspace_id, house)).status_code == 200
    assert (await office.use("channel", office.account_id, own)).status_code == 200
    assert await ask(office, account=office.account_id) == of(own, False, "2026-11-20T12:00")
    for account in (other, None):
        assert await ask(office, account=account) == of(house, True, "2026-11-20T18:00")
    await office.client.delete(f"/api/schedule-uses/channel/{office.account_id}")
    assert await ask(office, account=office.account_id) == of(house, True, "2026-11-20T18:00")


async def test_a_team_must_be_there_as_well_as_the_channel_be_open(office: Office) -> None:
    channel, shift = await office.schedule("渠道"), await office.schedule("小组", "Mon-Fri 12:00-20:00")
    team, free = await office.team("有"), await office.team("没有")
    await office.use("channel", office.account_id, channel)
    await office.use("team", team, shift)
    expected = {
        "2026-11-20T10:00": of(shift, False, "2026-11-20T12:00"),
        "2026-11-20T12:00": of(channel, True, "2026-11-20T18:00"),
        "2026-11-20T19:00": of(channel, False, "2026-11-23T12:00"),
        "2026-11-21T10:00": of(channel, False, "2026-11-23T12:00"),
    }
    for when, opening in expected.items():
        assert await ask(office, account=office.account_id, team=team, when=at(when)) == opening
    assert await ask(office, account=office.account_id, team=free) == of(channel, True, "2026-11-20T18:00")
    assert await ask(office, team=team) == of(shift, False, "2026-11-20T12:00")


async def test_the_answer_names_the_version_of_the_moment_and_follows_every_change(office: Office) -> None:
    holidays = await office.holidays("年会")
    first = await office.schedule(holiday_set_ids=[holidays["id"]])
    await office.use("workspace", office.workspace_id, first)
    assert await ask(office) == of(first, True, "2026-11-20T18:00")
    second = (await office.edit(first, weekly=plain_week("Fri 09:00-10:00"))).json()
    assert await ask(office) == of(first, False, "2026-11-27T09:00", 2)
    day = {"date": "2026-11-20", "kind": "work", "intervals": [{"start": 0, "end": 1440}]}
    body = {"name": "年会", "days": [day], "version": 1}
    assert (await office.client.put(f"/api/holidays/{holidays['id']}", json=body)).status_code == 200
    assert await ask(office) == of(second, True, "2026-11-21T00:00", 3)


async def test_the_same_moment_is_answered_alike_before_and_after_others_were_asked(office: Office) -> None:
    kept = await office.schedule("x", "Mon-Fri 09:00-12:00 13:00-18:00")
    await office.use("workspace", office.workspace_id, kept)
    moments = {
        "2026-11-20T11:59:59": (True, "2026-11-20T12:00"),
        "2026-11-20T09:00": (True, "2026-11-20T12:00"),
        "2026-11-20T12:00": (False, "2026-11-20T13:00"),
        "2026-11-20T08:59": (False, "2026-11-20T09:00"),
        "2026-11-20T13:00": (True, "2026-11-20T18:00"),
        "2026-11-20T12:59": (False, "2026-11-20T13:00"),
    }
    for _ in range(2):
        for when, (state, change) in moments.items():
            assert await ask(office, when=at(when)) == of(kept, state, change), when


async def test_many_places_cost_one_query_and_schedules_new_to_the_process_one_more(office: Office) -> None:
    accounts = [await make_account(office.house.db, office.workspace_id) for _ in range(4)]
    teams = [UUID(await office.team(f"组{number}")) for number in range(4)]
    for number, (account, team) in enumerate(zip(accounts, teams, strict=True)):
        await office.use("channel", account, await office.schedule(f"渠道{number}"))
        await office.use("team", team, await office.schedule(f"小组{number}", f"Fri {9 + number}:00-20:00"))
    places = [(account, team) for account in accounts for team in (*teams, None)]
    async with office.house.db.tx(office.workspace_id) as tx:
        for most in (2, 1):
            with queries(tx) as asked:
                found = await openings_for(tx, places, FRIDAY_TEN)
            assert len(asked) == most
        alone = {place: await opening_for(tx, *place, FRIDAY_TEN) for place in places}
    assert found == alone
    assert [found[accounts[0], team].open for team in (*teams, None)] == [True, True, False, False, True]


async def test_what_an_undone_transaction_wrote_is_never_remembered(office: Office) -> None:
    kept = await office.schedule()
    await office.use("workspace", office.workspace_id, kept)

    class UndoneError(Exception):
        pass

    with pytest.raises(UndoneError):
        async with office.house.db.tx(office.workspace_id) as tx:
            # As the room writes a version, and a listener asks in the same transaction.
            await tx.run(
                text(
                    "insert into schedule_versions (workspace_id, schedule_id, version, id, plan)"
                    " select workspace_id, schedule_id, 2, :id,"
                    " jsonb_set(plan, '{weekly,days}', '[[],[],[],[],[],[],[]]') from schedule_versions"
                ),
                {"id": new_id()},
            )
            await tx.run(text("update schedules set version = 2"))
            assert await opening_for(tx, None, None, FRIDAY_TEN) == of(kept, False, None, 2)
            raise UndoneError
    assert await ask(office) == of(kept, True, "2026-11-20T18:00")
    await office.edit(kept, weekly=plain_week("Fri 09:00-11:00"))
    assert await ask(office) == of(kept, True, "2026-11-20T11:00", 2)


async def test_uses_are_put_twice_listed_and_dropped_twice(office: Office) -> None:
    one, two, team = await office.schedule("一"), await office.schedule("二"), await office.team()
    with heard(office.house.db, office.workspace_id) as told:
        for schedule in (one, one, two):
            put = await office.use("team", team, schedule)
            assert put.json() == {"kind": "team", "ref_id": team, "schedule_id": schedule["id"]}
        await office.use("workspace", office.workspace_id, one)
        listed = (await office.client.get("/api/schedule-uses")).json()["items"]
        for _ in range(2):
            assert (await office.client.delete(f"/api/schedule-uses/team/{team}")).status_code == 204
    workspace = {"kind": "workspace", "ref_id": str(office.workspace_id), "schedule_id": one["id"]}
    assert listed == [{"kind": "team", "ref_id": team, "schedule_id": two["id"]}, workspace]
    assert (await office.client.get("/api/schedule-uses")).json()["items"] == [workspace]
    changed = [[str(x) for x in event.schedule_ids] for event, _ in told if isinstance(event, HoursChanged)]
    assert changed == [[one["id"]], [two["id"], one["id"]], [one["id"]], [two["id"]]]
    assert (await actions(office.house, office.workspace_id)).count("schedule.use") == 4


async def test_only_what_is_here_and_goes_on_can_keep_to_a_schedule(house: Running, office: Office) -> None:
    kept, team, stranger = await office.schedule(), await office.team(), await make_office(house)
    theirs = await stranger.team()
    await office.client.delete(f"/api/teams/{team}")
    for kind, ref_id in (
        ("team", team),
        ("team", theirs),
        ("team", office.account_id),
        ("channel", stranger.account_id),
        ("workspace", stranger.workspace_id),
        ("workspace", office.account_id),
    ):
        put = await office.use(kind, ref_id, kept)
        dropped = await office.client.delete(f"/api/schedule-uses/{kind}/{ref_id}")
        assert (put.status_code, dropped.status_code) == (404, 404), (kind, ref_id)
    for schedule in ({"id": str(new_id())}, await stranger.schedule()):
        assert (await office.use("channel", office.account_id, schedule)).status_code == 404
    unknown = await office.use("visitor", office.account_id, kept)
    assert unknown.status_code in {400, 404}
    assert (await office.client.get("/api/schedule-uses")).json()["items"] == []


async def test_the_hours_of_one_workspace_are_no_others(house: Running, office: Office) -> None:
    stranger = await make_office(house)
    await office.use("workspace", office.workspace_id, await office.schedule("x", ""))
    await office.use("channel", office.account_id, await office.schedule("y", ""))
    assert (await ask(office)).open is False
    # Not even by the other's ids.
    assert await ask(stranger, account=office.account_id) == Opening(open=True)
    assert (await stranger.client.get("/api/schedule-uses")).json() == {"items": []}
    async with house.db.tx(stranger.workspace_id) as tx:
        for name in ("schedules", "schedule_versions", "schedule_holidays", "holiday_sets", "schedule_uses"):
            assert await tx.value(text(f"select count(*) from {name}")) == 0  # noqa: S608
