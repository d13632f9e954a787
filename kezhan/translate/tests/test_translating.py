"""Translated for who reads it, once; before it is sent; never over what was said; faults have words."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from kezhan.conversations.change import recall
from kezhan.conversations.tests.place import Member, Place
from kezhan.kit.fetch import guarded_client
from kezhan.kit.ids import new_id
from kezhan.translate import provider
from kezhan.translate.tests.conftest import Service, answer, said

KEY = "sk-secret"


def form(service: Service, **more: Any) -> dict[str, Any]:
    return {"enabled": True, "address": service.url, "model": "m", "key": KEY, **more}


async def connected(place: Place, service: Service, **more: Any) -> Member:
    admin = await place.member("admin")
    answer = await admin.ask("PUT", "/api/translation", form(service, **more))
    assert answer.status_code == 200, answer.text
    return admin


async def translated(
    member: Member, conversation: UUID, *seqs: int
) -> tuple[int, list[dict[str, Any]] | str]:
    path = f"/api/conversations/{conversation}/translation/messages"
    answer = await member.ask("POST", path, {"seqs": list(seqs)})
    body = answer.json()
    return answer.status_code, body["code"] if answer.is_error else body["items"]


async def used(admin: Member) -> int:
    return int((await admin.get("/api/translation"))["used"])


async def test_many_readers_ask_once_and_what_is_changed_is_asked_anew(
    place: Place, service: Service
) -> None:
    admin = await connected(place, service)
    readers = [await place.member() for _ in range(3)]
    conversation = await place.talk("Where is my order?", "ok 👌", "123")
    service.pause = 0.1
    found = await asyncio.gather(*(translated(reader, conversation, 1, 2, 3, 4) for reader in readers))
    shown = {"seq": 2, "text": "<translated> Where is my order?", "fault": ""}
    first = [
        (
            200,
            [
                shown,
                {"seq": 3, "text": "<translated> ok 👌", "fault": ""},
                {"seq": 4, "text": "", "fault": ""},
            ],
        )
    ]
    assert found == first * 3
    assert [one["messages"][1]["content"] for one in service.asked] == ["Where is my order?", "ok 👌"]
    assert "Simplified Chinese" in service.asked[0]["messages"][0]["content"]
    assert service.keys == [f"bearer {KEY}"] * 2
    assert await used(admin) == len("Where is my order?") + len("ok 👌")
    assert await translated(readers[0], conversation, 2) == (200, [shown])
    assert len(service.asked) == 2
    # The message itself is as it was said.
    message = (await readers[0].get(f"/api/conversations/{conversation}"))["messages"][1]
    assert (message["body"], message.get("payload")) == ("Where is my order?", None)
    await place.run(
        "update messages set body = 'Here' where conversation_id = :id and seq = 2", id=conversation
    )
    assert await translated(readers[0], conversation, 2) == (
        200,
        [{"seq": 2, "text": "<translated> Here", "fault": ""}],
    )
    assert len(service.asked) == 3


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (answer({}, "401 Unauthorized"), "translate.bad_key"),
        (answer({}, "429 Too Many"), "translate.busy"),
        (answer({}, "500 Oops"), "translate.service_fault"),
        (answer({}, "302 Found"), "translate.service_fault"),
        (answer({"choices": []}), "translate.nonsense"),
        (b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n<html>", "translate.nonsense"),
        (said("  "), "translate.nonsense"),
        (said("talk " * 500), "translate.nonsense"),
        (b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n" + b" " * 300_000, "translate.nonsense"),
        (b"\0\0", "translate.unreachable"),
        (b"slow", "translate.slow"),
    ],
)
async def test_what_goes_wrong_is_told_costs_nothing_and_can_be_tried_again(
    place: Place, service: Service, monkeypatch: pytest.MonkeyPatch, sent: bytes, code: str
) -> None:
    admin, conversation = await connected(place, service), await place.talk("Where is my order?")
    service.answer = sent
    if sent == b"slow":
        service.pause = 2.0
        monkeypatch.setattr(provider, "SECONDS", 0.1)
    assert await translated(admin, conversation, 2) == (200, [{"seq": 2, "text": "", "fault": code}])
    tried = await admin.ask("POST", "/api/translation/trial", form(service))
    assert tried.json()["code"] == code and tried.json()["title"] != code
    assert await used(admin) == 0
    service.answer, service.pause = None, 0.0
    monkeypatch.undo()
    _, items = await translated(admin, conversation, 2)
    assert items[0]["fault"] == ""  # type: ignore[index]


async def test_a_reply_goes_out_translated_and_its_original_stays_inside(
    place: Place, service: Service
) -> None:
    await connected(place, service, kind="libre", address=service.url, model="")
    agent, stranger = await place.member(), await place.member()
    conversation = await place.talk("Wo ist mein Paket?")
    path = f"/api/conversations/{conversation}/translation"
    await agent.act("PUT", conversation, "/assignment", {})
    standing = await agent.get(path)
    assert standing == {"available": True, "on": False, "language": "zh-CN", "customer_language": "en"}
    chosen = {"language": "zh-CN", "customer_language": "de"}
    for _ in range(2):
        assert await agent.act("PUT", conversation, "/translation", chosen) == (200, "")
    assert await agent.get(path) == {"available": True, "on": True, **chosen}
    assert (await translated(agent, conversation, 2))[1][0]["text"] == "<zh-Hans> Wo ist mein Paket?"  # type: ignore[index]
    draft = await agent.ask("POST", path + "/draft", {"text": " 明天送达 "})
    assert draft.json() == {"text": "<de> 明天送达", "language": "de"}
    assert service.keys == [KEY] * 2
    send = {"type": "send", "client_id": str(new_id()), "body": "Morgen", "original": "明天送达"}
    for _ in range(2):
        assert (await agent.act("POST", conversation, "/messages", send))[0] == 201
    message = (await agent.get(f"/api/conversations/{conversation}"))["messages"][-1]
    assert (message["body"], message["payload"]) == ("Morgen", {"is": "translated", "original": "明天送达"})
    note = {**send, "kind": "note", "client_id": str(new_id())}
    assert await agent.act("POST", conversation, "/messages", note) == (409, "conversations.original_of_text")
    assert await agent.act("DELETE", conversation, "/translation") == (204, "")
    assert (await agent.get(path))["on"] is False
    for method, noun, body in (
        ("GET", "", None),
        ("PUT", "", chosen),
        ("POST", "/messages", {"seqs": [1]}),
        ("POST", "/draft", {"text": "x"}),
    ):
        assert (await stranger.act(method, conversation, f"/translation{noun}", body))[0] == 404, noun


async def test_who_may_set_it_up_and_what_is_no_service(place: Place, service: Service) -> None:
    agent, admin = await place.member(), await place.member("admin")
    conversation = await place.talk("Where is my order?")
    assert (await admin.get("/api/translation"))["configured"] is False
    assert await translated(agent, conversation, 2) == (409, "translate.not_configured")
    for method, path in (("GET", ""), ("PUT", ""), ("POST", "/trial")):
        assert (await agent.ask(method, f"/api/translation{path}", form(service))).status_code == 403
    for more, field in (
        ({"address": "ftp://a/b"}, "address"),
        ({"address": "http://a/?key=1"}, "address"),
        ({"model": " "}, "model"),
        ({"key": "schlüssel"}, "key"),
    ):
        answer = await admin.ask("PUT", "/api/translation", form(service, **more))
        assert (answer.status_code, answer.json()["field"]) == (400, field)
    for _ in range(2):
        assert (await admin.ask("PUT", "/api/translation", form(service))).status_code == 200
    assert KEY not in (await admin.ask("GET", "/api/translation")).text
    # The key is kept while the address stays, and told to no other.
    kept = (await admin.ask("PUT", "/api/translation", form(service, key=None, model="n"))).json()
    assert (kept["has_key"], kept["model"]) == (True, "n")
    moved = form(service, key=None, address=service.url.replace("/v1", "/v2"))
    await admin.ask("POST", "/api/translation/trial", moved)
    assert service.keys == [""]
    assert (await admin.ask("PUT", "/api/translation", moved)).json()["has_key"] is False
    deeds = await place.rows("select detail from audit_log where action = 'translation.edit' order by at")
    assert [row.detail["key_changed"] for row in deeds] == [True, False, True]
    assert KEY not in str(deeds)
    assert (await admin.ask("PUT", "/api/translation", form(service, enabled=False))).status_code == 200
    assert await translated(agent, conversation, 2) == (409, "translate.off")


async def test_the_day_has_an_end_and_a_text_a_length(place: Place, service: Service) -> None:
    admin = await connected(place, service, daily_limit=1000)
    conversation = await place.talk("a" * 900, "b" * 101, "c" * 100, "d" * 5001)
    await place.run("delete from translation_usage")
    _, items = await translated(admin, conversation, 2)
    assert items[0]["fault"] == ""  # type: ignore[index]
    _, items = await translated(admin, conversation, 3, 5)
    assert [one["fault"] for one in items] == ["translate.limit", "translate.too_long"]  # type: ignore[index]
    _, items = await translated(admin, conversation, 4)
    assert (items[0]["fault"], await used(admin)) == ("", 1000)  # type: ignore[index]


async def test_what_is_taken_back_takes_its_translations_along(place: Place, service: Service) -> None:
    admin, customer = await connected(place, service), await place.customer()
    stored = await place.says(customer, "Where is my order?")
    assert (await translated(admin, stored.conversation_id, stored.seq))[0] == 200
    assert len(await place.rows("select 1 from translations")) == 1

    async with place.db.tx(place.workspace_id) as tx:
        await recall(tx, stored.conversation_id, stored.seq, author_id=customer.identity_id)
    assert await place.rows("select 1 from translations") == []
    assert await translated(admin, stored.conversation_id, stored.seq) == (200, [])


async def test_an_inside_address_is_not_called(
    place: Place, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:

    admin = await connected(place, service)
    async with guarded_client() as shut:
        monkeypatch.setattr(place.house.house.translating, "_http", shut)
        tried = await admin.ask("POST", "/api/translation/trial", form(service))
    assert (tried.status_code, tried.json()["code"], service.asked) == (409, "translate.inside", [])
