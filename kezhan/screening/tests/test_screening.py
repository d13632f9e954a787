"""What becomes of messages that hold a word of a list: of whichever side, on whichever way."""

from typing import Any

from kezhan.conversations.tests.factories import message
from kezhan.conversations.tests.place import Json, happenings, texts
from kezhan.kit.ids import new_id
from kezhan.kit.testing import until
from kezhan.screening.tests.desk import ROOT, Desk, form


async def _thread(desk: Desk, talk: Any) -> list[Json]:
    found: list[Json] = (await desk.boss.get(f"/api/conversations/{talk}"))["messages"]
    return found


async def test_an_agent_is_asked_once_and_what_she_means_goes_out_as_it_is(desk: Desk) -> None:
    await desk.listed("返现")
    talk = await desk.place.talk("你好")
    await desk.agent.act("PUT", talk, "/assignment", {"member_id": str(desk.agent.id)})
    line = await desk.agent.line()
    await line.watch(talk)
    said = {"client_id": str(new_id()), "conversation_id": str(talk), "body": "好评返.现哦"}
    refused = await line.answer("send", **said)
    assert (refused["code"], "返现" in refused["title"]) == ("screening.warned", True)
    assert texts(await _thread(desk, talk)) == ["你好"]
    for again in (False, True):
        ack = await line.answer("send", **said, anyway=True)
        assert (ack["type"], ack.get("repeated", False)) == ("ack", again)
    assert texts(await _thread(desk, talk)) == ["你好", "好评返.现哦"]
    (hit,) = await desk.hits()
    assert (hit["word"], hit["tier"], hit["side"], hit["author_name"]) == ("返现", "warn", "agents", "林晚晴")
    assert hit["conversation_id"] == str(talk)


async def test_what_is_blocked_is_not_sent_and_what_is_masked_is_read_with_stars(desk: Desk) -> None:
    await desk.listed("私下转账", name="禁", agents="block", customers="block")
    await desk.listed("返现", name="遮", agents="mask", customers="mask")
    customer = await desk.place.customer()
    talk = (await desk.place.says(customer, "有返现吗")).conversation_id
    barred = await desk.place.says(customer, "私下轉賬也行")
    assert (barred.outcome, barred.word) == ("barred", "私下转账")
    for body, status in (("可以私下转账", 409), ("返现两元", 201)):
        sent = {"type": "send", "client_id": str(new_id()), "body": body, "anyway": True}
        answer = await desk.boss.ask("POST", f"/api/conversations/{talk}/messages", sent)
        assert answer.status_code == status, answer.text
    note = {"type": "send", "client_id": str(new_id()), "kind": "note", "body": "她要私下转账"}
    assert (await desk.boss.ask("POST", f"/api/conversations/{talk}/messages", note)).status_code == 201
    assert texts(await _thread(desk, talk)) == ["有**吗", "**两元", "她要私下转账"]
    assert [hit["tier"] for hit in await desk.hits()] == ["mask", "block", "block", "mask"]


async def test_a_new_wording_is_looked_at_like_a_message(desk: Desk) -> None:
    await desk.listed("私下转账", name="禁", agents="block")
    await desk.listed("返现", name="遮", agents="mask")
    talk = await desk.place.talk("你好")
    line = await desk.boss.line()
    await line.watch(talk)
    await line.answer("send", client_id=str(new_id()), conversation_id=str(talk), body="您好")
    seq = (await _thread(desk, talk))[-1]["seq"]
    barred = await line.answer("edit", conversation_id=str(talk), seq=seq, body="私下转账")
    assert barred["code"] == "screening.barred"
    assert (await line.answer("edit", conversation_id=str(talk), seq=seq, body="返现吧"))["type"] == "done"
    assert texts(await _thread(desk, talk)) == ["你好", "**吧"]


async def test_the_staff_is_warned_of_a_customers_word_and_she_is_not(desk: Desk) -> None:
    await desk.listed("律师", customers="warn", agents="off")
    customer = await desk.place.customer()
    client_id = str(new_id())
    talk = (await desk.place.says(customer, "我找律师", client_id)).conversation_id
    assert (await desk.place.says(customer, "我找律师", client_id)).outcome == "known"

    async def warned() -> bool:
        return "screened" in happenings(await _thread(desk, talk))

    await until(warned)
    thread = await _thread(desk, talk)
    assert [one["kind"] for one in thread].count("event") == 2
    assert [one["payload"]["event"] if one["kind"] == "event" else one["body"] for one in thread] == [
        "opened", "我找律师", "screened",
    ]  # fmt: skip
    assert len(await desk.hits()) == 1


async def test_what_a_platform_has_taken_over_is_kept_with_stars_and_never_lost(desk: Desk) -> None:
    await desk.listed("私下转账", customers="block")
    item = message(await desk.place.customer(), str(new_id()), "私下转账吗")
    item.handed_over = True
    assert desk.place.desk.screen.look(item) is None
    assert item.body == "****吗"
    ours = message(await desk.place.customer(), str(new_id()), "私下转账吗")
    ours.author_kind, ours.elsewhere = "agent", True
    assert desk.place.desk.screen.look(ours) is None
    assert ours.body == "私下转账吗"


async def test_a_change_of_a_list_counts_from_then_on_and_a_removed_one_no_more(desk: Desk) -> None:
    made = await desk.listed("返现", agents="block")
    screens, place = desk.place.desk.screens, desk.place
    body = {**form("红包", agents="block"), "version": made["version"]}
    await desk.boss.ask("PUT", f"{ROOT}/{made['id']}", body)
    await until(lambda: screens.find(place.workspace_id, "agents", "红包"))
    assert not screens.find(place.workspace_id, "agents", "返现")
    await desk.boss.ask("DELETE", f"{ROOT}/{made['id']}")
    await until(lambda: not screens.find(place.workspace_id, "agents", "红包"))
    assert place.workspace_id not in screens._matchers
