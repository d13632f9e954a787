"""A channel is tried from end to end: what passes, what fails, who may, and that it is counted nowhere."""

from typing import Any

from kezhan.channels.base import Capabilities, Person, Turned
from kezhan.channels.base.able import Kind
from kezhan.channels.tests.box import Box, Connected, connected, installed
from kezhan.channels.tests.front import Front
from kezhan.channels.tests.people import Shop
from kezhan.kit.testing import until
from kezhan.testing import Running
from kezhan.workspaces.tests.factories import actions, member_client

BOTH: frozenset[Kind] = frozenset({"text", "file"})


def _path(door: Connected) -> str:
    return f"/api/channels/{door.account_id}/checks"


async def _begin(front: Front, door: Connected) -> Any:
    answer = await front.owner.post(_path(door))
    assert answer.status_code == 201, answer.text
    return answer.json()


async def _comes(front: Front, door: Connected, check: Any, **states: str) -> Any:
    """Look until the steps stand so."""

    async def look() -> Any:
        answer = await front.owner.post(f"{_path(door)}/{check['id']}/look")
        assert answer.status_code == 200, answer.text
        found = answer.json()
        standing = {step["name"]: step["state"] for step in found["steps"]}
        return found if all(standing[name] == state for name, state in states.items()) else None

    return await until(look)


def _step(check: Any, name: str) -> Any:
    (step,) = [step for step in check["steps"] if step["name"] == name]
    return step


async def _picture(door: Connected, customer: str = "c-1") -> None:
    file = {"name": "a.txt", "media_type": "text/plain", "ref": "picture"}
    await door.say("", customer, kind="file", file=file)


async def test_every_step_passes_and_the_sheet_is_kept(front: Front) -> None:
    box = Box(people={"c-1": Person(name="王小满", union="wechat:u-1")}, media={"picture": b"tea"})
    able = Capabilities(receives=BOTH, sends=BOTH)
    with installed(box, box.channel(able, person=box.person, media=box.get_media)):
        door = await connected(front, box)
        check = await _begin(front, door)
        assert await _begin(front, door) == check, "one at a time"
        waiting = await _comes(front, door, check, came="waiting", went="waiting")
        assert waiting["conversation_id"] is None
        await door.say(f"code {check['code']} please")
        found = await _comes(front, door, check, came="passed", went="passed", known="passed")
        assert _step(found, "came")["delay_ms"] is not None
        assert _step(found, "known")["detail"] == "both"
        assert check["code"] in box.brought[0].text
        await _picture(door)
        over = await _comes(front, door, check, file_came="passed", file_went="passed")
        assert over["state"] == "passed"
        assert [one.kind for one in box.brought] == ["text", "file"]
        assert await front.conversations() == [], "her conversation has ended with it"
        (kept,) = (await front.owner.get(_path(door))).json()["items"]
        assert kept == over
        ended = await front.owner.put(f"{_path(door)}/{check['id']}/end")
        assert ended.json() == over
        told = await actions(front.running, front.workspace_id)
        assert told.count("channel.check") == 1


async def test_what_the_platform_refuses_fails_with_its_reason_and_a_channel_without_files_links(
    front: Front,
) -> None:
    box = Box(does=[Turned("45015 out of time", fault="window_closed")])
    with installed(box, box.channel(Capabilities())):
        door = await connected(front, box)
        check = await _begin(front, door)
        await door.say(check["code"])
        found = await _comes(
            front, door, check, went="failed", file_came="skipped", file_went="passed", known="skipped"
        )
        assert (_step(found, "went")["fault"], _step(found, "went")["why"]) == (
            "window_closed",
            "45015 out of time",
        )
        assert _step(found, "file_went")["detail"] == "link"
        assert found["state"] == "running"
        ended = (await front.owner.put(f"{_path(door)}/{check['id']}/end")).json()
        assert ended["state"] == "failed"
        again = await _begin(front, door)
        assert again["id"] != check["id"]
        broken = (await front.owner.put(f"{_path(door)}/{again['id']}/end")).json()
        assert broken["state"] == "cancelled"


async def test_a_file_that_cannot_be_fetched_fails(front: Front) -> None:
    box = Box(media={"picture": Turned("gone", fault="media_error")})
    with installed(box, box.channel(Capabilities(receives=BOTH, sends=BOTH), media=box.get_media)):
        door = await connected(front, box)
        check = await _begin(front, door)
        await door.say(check["code"])
        await _comes(front, door, check, went="passed")
        await _picture(door)
        found = await _comes(front, door, check, file_came="failed", file_went="passed")
        assert _step(found, "file_came")["detail"] == "unsupported"


async def test_what_was_said_while_trying_counts_in_no_figure(front: Front) -> None:
    box = Box()
    with installed(box, box.channel(Capabilities())):
        door = await connected(front, box)
        path = f"/api/channels/{door.account_id}/figures"
        await door.say("a customer", "c-2")
        await front.heard(1)
        check = await _begin(front, door)
        await door.say(check["code"])
        await _comes(front, door, check, went="passed")

        async def counted() -> Any:
            figures = (await front.owner.get(path)).json()
            return figures if figures["messages_in"] == 1 else None

        figures = await until(counted)
        assert (figures["conversations"], figures["customers"], figures["messages_out"]) == (1, 1, 0)
        assert figures["sent"] == 0


async def test_who_manages_channels_tries_them_and_others_do_not(front: Front) -> None:
    box = Box()
    with installed(box, box.channel(Capabilities())):
        door = await connected(front, box)
        check = await _begin(front, door)
        agent, stranger = await front.agent(), await front.stranger()
        one = f"{_path(door)}/{check['id']}"
        assert (await agent.get(_path(door))).status_code == 200
        assert (await agent.post(_path(door))).status_code == 403
        assert (await agent.post(f"{one}/look")).status_code == 403
        assert (await agent.put(f"{one}/end")).status_code == 403
        assert (await stranger.get(_path(door))).status_code == 404
        assert (await stranger.post(f"{one}/look")).status_code == 404
        assert (await stranger.put(f"{one}/end")).status_code == 404
        other = await connected(front, box, "Other")
        assert (await front.owner.post(f"{_path(other)}/{check['id']}/look")).status_code == 404


async def test_the_website_chat_passes_too(house: Running, shop: Shop) -> None:
    _, owner = await member_client(house, "owner", shop.workspace_id)
    path = f"/api/channels/{shop.account_id}/checks"
    check = (await owner.post(path)).json()
    visitor = await shop.visitor(name="王小满")
    await visitor.open()

    async def look() -> Any:
        return (await owner.post(f"{path}/{check['id']}/look")).json()

    async def stands(name: str) -> Any:
        found = await look()
        if found["conversation_id"] is not None:  # as her page does with what it shows
            mark = {"type": "mark", "delivered_seq": 20, "read_seq": 20}
            await visitor.tell({**mark, "conversation_id": found["conversation_id"]})
        return found if _step(found, name)["state"] == "passed" else None

    await visitor.say(check["code"])
    await until(lambda: stands("went"))
    file = await visitor.upload("tea.txt", "text/plain", b"tea")
    await visitor.say("", kind="file", file_id=file["id"])
    found = await until(lambda: stands("file_went"))
    assert found["state"] == "passed"
    assert [step["delay_ms"] for step in found["steps"]] == [None] * 5
