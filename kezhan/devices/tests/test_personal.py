"""What a person sets for herself, her devices, her peace: hers alone, the same on all of them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from kezhan.devices.quiet import is_quiet, quiet_spans
from kezhan.devices.schemas import Personal, QuietHours
from kezhan.devices.tests.push_service import PushService
from kezhan.kit.testing import until
from kezhan.surveys.tests.counter import make_counter
from kezhan.testing import Running
from kezhan.workspaces.tests.factories import member_client, sign_in

Json = dict[str, Any]
NIGHT = QuietHours(days=[0, 1, 2, 3, 4], start="22:00", end="08:00")


@pytest.mark.parametrize(
    ("at", "quiet"),
    [
        ("2026-11-23T13:59:59Z", False),  # Monday, a minute before ten in Shanghai
        ("2026-11-23T14:00:00Z", True),
        ("2026-11-23T23:59:59Z", True),
        ("2026-11-24T00:00:00Z", False),  # Tuesday, eight o'clock
        ("2026-11-27T23:00:00Z", True),  # Saturday morning is Friday's night
        ("2026-11-28T15:00:00Z", False),  # Saturday's own is none
    ],
)
def test_quiet_hours_are_the_workspaces_and_go_on_past_midnight(at: str, quiet: bool) -> None:
    personal = Personal(quiet_hours=NIGHT)
    assert is_quiet(personal, "Asia/Shanghai", datetime.fromisoformat(at)) is quiet


def test_a_moment_and_the_hours_make_one_span_where_they_meet() -> None:
    at = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)
    personal = Personal(quiet_hours=NIGHT, quiet_until="2026-11-23T15:00:00.000Z")
    first, second, *_ = quiet_spans(personal, "Asia/Shanghai", at)
    assert first == (at, datetime(2026, 11, 24, 0, 0, tzinfo=UTC))
    assert second[0] == datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
    assert is_quiet(Personal(quiet_until="2026-11-23T12:00:00.000Z"), "Asia/Shanghai", at) is False
    # The clock goes forward in the night: it ends by the clock, an hour earlier.
    spring = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)
    [night, *_] = quiet_spans(
        Personal(quiet_hours=QuietHours(days=[5], start="22:00", end="08:00")), "Europe/Berlin", spring
    )
    assert night[1] - night[0] == timedelta(hours=9)


async def test_settings_are_ones_own_and_her_other_devices_hear_of_them(house: Running) -> None:
    counter = await make_counter(house)
    assert (await counter.agent.get("/api/me/personal")).json() == {
        "settings": msgspec.to_builtins(Personal()),
        "rev": 0,
        "quiet": [],
    }
    agent = await counter.shop.agent()
    heard: list[Json] = []
    agent.heard.append(heard.append)
    form = {"settings": {"muted": True, "quiet_until": "2096-11-23T12:00:00.000Z"}}
    for rev in (1, 1):  # the same again is no change
        answer = await agent.request("PUT", "/api/me/personal", form)
        found = msgspec.json.decode(answer.content)
        assert (found["rev"], found["settings"]["muted"], len(found["quiet"])) == (rev, True, 1)
    await agent.tell({"type": "ping"})
    await until(lambda: any(frame["type"] == "pong" for frame in heard))
    assert [frame for frame in heard if frame["type"] == "personal"] == [{"type": "personal", "rev": 1}]
    assert (await counter.agent.get("/api/me/personal")).json()["rev"] == 0
    await counter.shop.close()


async def test_what_does_not_fit_is_refused_and_nothing_is_lost(house: Running) -> None:
    counter = await make_counter(house)
    await counter.agent.put("/api/me/personal", json={"settings": {"volume": 30}})
    wrong: tuple[Json, ...] = (
        {"quiet_until": "tomorrow"},
        {"quiet_until": "2026-11-23T12:00:00"},
        {"volume": 101},
        {"quiet_hours": {"days": [], "start": "22:00", "end": "08:00"}},
        {"quiet_hours": {"days": [7], "start": "22:00", "end": "08:00"}},
        {"quiet_hours": {"days": [1], "start": "25:00", "end": "08:00"}},
        {"push_text": "none"},
    )
    for settings in wrong:
        answer = await counter.agent.put("/api/me/personal", json={"settings": settings})
        assert (answer.status_code, answer.json()["title"] != "") == (400, True), settings
    assert (await counter.agent.get("/api/me/personal")).json()["settings"]["volume"] == 30
    await counter.shop.close()


async def test_a_device_is_known_by_its_address_and_removed_by_its_owner_alone(house: Running) -> None:
    counter = await make_counter(house)
    person, other = await member_client(house, "agent", counter.shop.workspace_id)
    form = PushService().browser().form("Chrome")
    made = (await counter.agent.put("/api/me/devices", json=form)).json()
    again = (await counter.agent.put("/api/me/devices", json={**form, "name": "手机"})).json()
    assert (again["id"], again["name"]) == (made["id"], "手机")
    path = f"/api/me/devices/{made['id']}"
    assert (await other.delete(path)).status_code == 404
    assert (await other.get("/api/me/devices")).json()["items"] == []
    # Somebody else signs in at the same browser: from now on it is hers.
    assert (await other.put("/api/me/devices", json=form)).json()["id"] == made["id"]
    assert (await counter.agent.get("/api/me/devices")).json()["items"] == []
    assert (await other.delete(path)).status_code == 204
    gone = await other.delete(path, headers={"Accept-Language": "en"})
    assert (gone.status_code, gone.json()["title"]) == (404, "This device is not in your list any more.")
    deeds = await counter.rows("select action from audit_log where action like 'device.%' order by at, id")
    assert [row["action"] for row in deeds] == ["device.add", "device.remove"]
    assert (await (await sign_in(house, person)).get("/api/me/devices")).json()["items"] == []
    sealed = await counter.rows("select 1 from push_subscriptions")
    assert sealed == []
    await counter.shop.close()


async def test_addresses_and_keys_that_are_none_are_refused(house: Running) -> None:
    counter = await make_counter(house)
    form = PushService().browser().form()
    for wrong, code in (
        ({"endpoint": "http://push.example.com/1"}, "devices.bad_address"),
        ({"endpoint": "https://a:b@push.example.com/1"}, "devices.bad_address"),
        ({"p256dh": "A" * 87}, "devices.bad_keys"),
        ({"auth": "A" * 30}, "devices.bad_keys"),
    ):
        for language in ("zh-CN", "en"):
            headers = {"Accept-Language": language}
            answer = await counter.agent.put("/api/me/devices", json={**form, **wrong}, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert await counter.rows("select 1 from push_subscriptions") == []
    # Kept so that a copy of the database is of no use to anybody.
    assert (await counter.agent.put("/api/me/devices", json=form)).status_code == 200
    [row] = await counter.rows("select sealed, host from push_subscriptions")
    assert form["endpoint"].encode() not in row["sealed"]
    assert form["auth"].encode() not in row["sealed"]
    await counter.shop.close()


async def test_a_program_has_no_devices(house: Running) -> None:
    counter = await make_counter(house)
    form = {"name": "bot", "scopes": ["conversation.read"]}
    secret = (await counter.owner.post("/api/tokens", json=form)).json()["secret"]
    client = await house.client()
    client.headers["authorization"] = f"Bearer {secret}"
    for method, path in (
        ("GET", "/api/me/personal"),
        ("PUT", "/api/me/personal"),
        ("GET", "/api/me/devices"),
        ("PUT", "/api/me/devices"),
        ("DELETE", f"/api/me/devices/{uuid4()}"),
    ):
        answer = await client.request(method, path, json={})
        assert answer.status_code == 403, (method, path)
    await counter.shop.close()
