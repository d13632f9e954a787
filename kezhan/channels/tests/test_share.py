"""Switching over in stages."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from kezhan.channels.base import Capabilities
from kezhan.channels.customers import forward
from kezhan.channels.customers.share import served_here
from kezhan.channels.live import drop_old_inbox
from kezhan.channels.tests.box import Box, Connected, connected, installed, said
from kezhan.channels.tests.front import Front, age_inbox
from kezhan.channels.tests.platform import Platform
from kezhan.kit.clock import now
from kezhan.kit.ids import new_id
from kezhan.kit.testing import until
from kezhan.routing.live import Reception
from kezhan.workspaces.tests.factories import actions, make_person


def test_the_share_is_about_so_large_and_whoever_was_in_it_stays_when_it_grows() -> None:
    account = new_id()
    names = [f"customer-{n}" for n in range(2000)]
    tenth, half = ({one for one in names if served_here(account, one, share)} for share in (10, 50))
    assert tenth < half
    assert 140 < len(tenth) < 260
    assert 900 < len(half) < 1100
    assert all(served_here(account, one, 100) for one in names)
    assert not any(served_here(account, one, 0) for one in names)


async def _switch(front: Front, door: Connected, **form: Any) -> Any:
    answer = await front.owner.put(f"/api/channels/{door.account_id}/switch", json=form)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def _back(front: Front, door: Connected) -> Any:
    answer = await front.owner.put(f"/api/channels/{door.account_id}/switch/return")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def _passed(place: Platform, text: str) -> None:
    async def look() -> bool:
        return any(text.encode() in call.body for call in place.heard)

    await until(look)


async def _here(front: Front) -> set[str]:
    """What was said in conversations that go on."""
    found = [await front.messages(head["id"]) for head in await front.conversations()]
    return {message["body"] for messages in found for message in messages}


async def _taken(front: Front, text: str) -> None:
    async def look() -> bool:
        return text in await _here(front)

    await until(look)


async def _seat(front: Front, **columns: Any) -> UUID:
    """Somebody online with room for one, unless told otherwise."""
    person = await make_person(front.running.db, front.workspace_id)
    values = {"state": "online", "since": now(), "live_units": 1, **columns}
    async with front.running.db.tx(front.workspace_id) as tx:
        await tx.fetch(
            "insert into routing_settings (workspace_id) values ($1) on conflict do nothing", tx.workspace
        )
        await tx.fetch(
            f"insert into seats (workspace_id, membership_id, {', '.join(values)})"  # noqa: S608
            f" values ($1, $2, {', '.join(f'${n}' for n in range(3, len(values) + 3))})",
            tx.workspace, person.id, *values.values(),
        )  # fmt: skip
    return person.id


async def _set(front: Front, seat: UUID, column: str, value: Any) -> None:
    async with front.running.db.tx(front.workspace_id) as tx:
        await tx.fetch(f"update seats set {column} = $2 where membership_id = $1", seat, value)  # noqa: S608


async def test_the_others_calls_go_on_as_they_came_and_everybody_comes_back_at_once(
    front: Front, place: Platform
) -> None:
    box = Box()
    with installed(box, box.channel(Capabilities())):
        door = await connected(front, box)
        await _switch(front, door, share=0, forward_url=f"{place.url}/old?desk=1")
        place.answers.extend([502])
        await door.bring(said("elsewhere"), key="first")

        async def passed() -> bool:
            return len(place.heard) >= 1

        await until(passed)
        assert place.heard[0].path == "/old?desk=1&key=first"
        assert b"elsewhere" in place.heard[0].body
        await _switch(front, door, share=100)
        await door.say("here")
        assert [one["body"] for one in await front.heard(1)] == ["here"]

        rows = (await front.owner.get(f"/api/channels/{door.account_id}/inbox")).json()["items"]
        assert [row["passing"] for row in rows] == ["", "waiting"]  # what the other did not take is kept


async def _how(front: Front, door: Connected) -> Any:
    items = (await front.owner.get("/api/channels/health")).json()["items"]
    return next(one for one in items if one["id"] == str(door.account_id))


async def _due(front: Front) -> None:
    async with front.running.db.tx(front.workspace_id) as tx:
        await tx.fetch("update channel_inbox set pass_due_at = now() where pass_due_at is not null")
    front.channels.forwarder.wake()


async def test_a_desk_of_before_that_is_down_holds_up_nobody_here_and_is_told_later_once(
    front: Front, place: Platform
) -> None:
    box = Box()
    with installed(box, box.channel(Capabilities())):
        door = await connected(front, box)
        half = [f"c-{n}" for n in range(20)]
        ours = next(one for one in half if served_here(door.account_id, one, 50))
        theirs = next(one for one in half if not served_here(door.account_id, one, 50))
        await _switch(front, door, share=50, forward_url=f"{place.url}/old")
        place.answers.extend([503, 503])
        await door.bring(said("elsewhere", theirs), said("here", ours), key="both")
        await _taken(front, "here")

        async def waits() -> bool:
            how = await _how(front, door)
            return (how["passing"], how["pass_fault"], how["waiting_in"]) == (1, "HTTP 503", 0)

        await until(waits)
        await door.bring(said("here too", ours), key="ours alone")
        await _taken(front, "here too")
        await _due(front)
        await until(lambda: _called(place, 2))
        await until(waits)
        await _due(front)

        async def told() -> bool:
            return bool((await _how(front, door))["passing"] == 0)

        await until(told)
        (row,) = [
            one
            for one in (await front.owner.get(f"/api/channels/{door.account_id}/inbox")).json()["items"]
            if one["passing"]
        ]
        assert (row["state"], row["passing"], row["dismissible"]) == ("taken", "passed", False)
        again = await front.owner.post(f"/api/channels/{door.account_id}/inbox/{row['id']}/replay")
        assert again.status_code == 201
        await _due(front)
        assert len(place.heard) == 3, "what it has it is not told again"


async def _called(place: Platform, count: int) -> bool:
    return len(place.heard) >= count


async def test_what_the_desk_of_before_never_took_is_shown_until_somebody_has_seen_to_it(
    front: Front, place: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forward, "BACKOFF", ())
    box = Box()
    with installed(box, box.channel(Capabilities())):
        door = await connected(front, box)
        await _switch(front, door, share=0, forward_url=f"{place.url}/old")
        place.answers.extend([500, 500])
        await door.bring(said("elsewhere"), key="first")

        async def given_up() -> bool:
            return bool((await _how(front, door))["unpassed"] == 1)

        await until(given_up)
        await age_inbox(front, timedelta(days=9))
        assert await drop_old_inbox(front.running.db) == 0
        assert await given_up()
        path = f"/api/channels/{door.account_id}/inbox"
        (row,) = (await front.owner.get(path)).json()["items"]
        assert (row["passing"], row["dismissible"]) == ("failed", True)
        await front.owner.post(f"{path}/{row['id']}/replay")
        await until(lambda: _called(place, 2))
        await until(given_up)
        for _ in range(2):
            gone = await front.owner.put(f"{path}/{row['id']}/dismissal")
            assert (gone.status_code, gone.json()["dismissible"]) == (200, False)
        assert (await _how(front, door))["unpassed"] == 0
        assert await drop_old_inbox(front.running.db) == 1


async def test_a_newcomer_is_served_here_while_a_chosen_seat_has_room_and_stays_where_she_is(
    front: Front, place: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(_: Reception) -> int:
        return 0

    # Seats are set by hand here: reception neither gives anybody anything nor sees that nobody is connected.
    monkeypatch.setattr(Reception, "on_commit", lambda *_: None)
    monkeypatch.setattr(Reception, "sweep", nothing)
    monkeypatch.setattr(Reception, "compare", nothing)
    box = Box()
    with installed(box, box.channel(Capabilities())):
        door = await connected(front, box)
        chosen, other = await _seat(front), await _seat(front)
        old = {"forward_url": f"{place.url}/old"}
        assert (await _switch(front, door, by="seats", seats=[str(chosen)], **old))["stands"] == "on"
        await door.say("one", "c-1")
        await _taken(front, "one")
        await _set(front, chosen, "live_used", 1)
        await door.say("two", "c-2")
        await _passed(place, "two")
        await _set(front, chosen, "live_used", 0)
        await door.say("two again", "c-2")
        await _passed(place, "two again")
        await _set(front, chosen, "on_duty", False)
        await door.say("one again", "c-1")
        await _taken(front, "one again")
        await door.say("three", "c-3")
        await _passed(place, "three")
        assert other != chosen, "a seat that was not chosen counts for nothing"
        assert await _here(front) == {"one", "one again"}


async def test_after_a_return_what_goes_on_is_served_to_its_end_and_everything_new_is_not(
    front: Front, place: Platform
) -> None:
    box = Box()
    with installed(box, box.channel(Capabilities())):
        door = await connected(front, box)
        await _switch(front, door, share=100, forward_url=f"{place.url}/old")
        await door.say("begun")
        await _taken(front, "begun")
        back = await _back(front, door)
        assert (back["stands"], back["share"]) == ("returned", 0)
        assert await _back(front, door) == back
        await door.say("goes on")
        await _taken(front, "goes on")
        await door.say("new", "c-2")
        await _passed(place, "new")
        (head,) = await front.conversations()
        await front.close(head["id"])
        await door.say("later")
        await _passed(place, "later")
        assert await front.conversations() == []
        told = await actions(front.running, front.workspace_id)
        assert told.count("channel.turn_back") == 1
        again = await _switch(front, door, share=100, forward_url=f"{place.url}/old")
        assert (again["stands"], again["returned_at"]) == ("on", None)
        assert again["began_at"] > back["began_at"]


async def test_what_makes_no_switch_is_refused(front: Front) -> None:
    line = await front.connect()
    path = f"/api/channels/{line.account_id}/switch"

    async def code(**form: Any) -> tuple[int, str]:
        answer = await front.owner.put(path, json=form)
        return answer.status_code, answer.json()["code"]

    url = "https://old.example/hook"
    assert await code(share=50, forward_url="ftp://x") == (400, "channels.bad_forward_url")
    assert await code(share=50) == (400, "channels.no_forward_url")
    assert await code(by="seats", forward_url=url) == (400, "channels.no_seats")
    assert await code(by="seats", forward_url=url, seats=[str(new_id())]) == (400, "channels.unknown_seat")
    assert (await front.owner.put(path, json={"share": 101})).status_code == 400
    assert (await front.owner.put(f"{path}/return")).json()["code"] == "channels.nowhere_back"
    chat = await front.owner.post("/api/channels", json={"adapter": "webchat", "name": "Chat"})
    answer = await front.owner.put(f"/api/channels/{chat.json()['channel']['id']}/switch", json={})
    assert (answer.status_code, answer.json()["code"]) == (409, "channels.not_switchable")


async def test_who_manages_channels_switches_and_others_do_not(front: Front) -> None:
    line = await front.connect()
    path = f"/api/channels/{line.account_id}/switch"
    agent, stranger = await front.agent(), await front.stranger()
    assert (await agent.get(path)).json()["stands"] == "off"
    assert (await agent.put(path, json={})).status_code == 403
    assert (await agent.put(f"{path}/return")).status_code == 403
    assert (await stranger.get(path)).status_code == 404
    assert (await stranger.put(path, json={})).status_code == 404
