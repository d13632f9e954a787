"""Templates: what the platform has, and one of them said as a message, whatever the window."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx2
import pytest

from kezhan.channels.base import (
    Capabilities,
    Expired,
    Line,
    Retry,
    Template,
    TemplateUse,
    Turned,
    Variable,
    Window,
)
from kezhan.channels.templates import filled, variables
from kezhan.channels.tests.box import Box, Connected, connected, installed
from kezhan.channels.tests.front import Front, Json
from kezhan.channels.tests.platform import PNG
from kezhan.conversations.change import edit, recall
from kezhan.kit.errors import Refused
from kezhan.kit.ids import new_id
from kezhan.kit.testing import until

ABLE = Capabilities(
    sends=frozenset({"text", "file"}),
    templates=True,
    recall=True,
    edit=True,
    window=Window(seconds=3600, messages=5),
)
SHIPPED = Template(
    name="shipped",
    language="zh_CN",
    title="发货通知",
    category="UTILITY",
    text="您好 {{1}}，订单 {{2}} 已发货。{{1}}，再见。",
    variables=[Variable(label="称呼", example="小满", most=10)],
)
HELLO = Template(name="hello", language="en", text="Hello!")


class Shelf:
    """What the platform lists; `does` is used up by calls."""

    def __init__(self, *found: Template) -> None:
        self.found = list(found)
        self.asked = 0
        self.does: list[Any] = []

    async def templates(self, line: Line) -> list[Template]:
        self.asked += 1
        next_up = self.does.pop(0) if self.does else None
        if isinstance(next_up, Exception):
            raise next_up
        if isinstance(next_up, asyncio.Event):
            await next_up.wait()
        return list(self.found)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf(SHIPPED, HELLO)


@pytest.fixture
async def door(front: Front, shelf: Shelf) -> AsyncIterator[Connected]:
    box = Box()
    with installed(box, box.channel(ABLE, templates=shelf.templates)):
        yield await connected(front, box)


@pytest.fixture
async def path(front: Front, door: Connected) -> str:
    """Of the conversation that has begun."""
    await door.say()
    await front.heard(1)
    return f"/api/conversations/{(await front.conversations())[0]['id']}"


def use(**more: Any) -> Json:
    return {
        "client_id": "t-1",
        "name": "shipped",
        "language": "zh_CN",
        "values": ["小满", "A1"],
        **more,
    }


async def listed(front: Front, path: str, **query: Any) -> httpx2.Response:
    return await front.owner.get(f"{path}/templates", params=query)


async def said(front: Front, path: str) -> list[Json]:
    return await front.messages(path.rpartition("/")[2])


async def arrived(door: Connected, count: int = 1) -> None:
    async def look() -> bool:
        return len(door.box.brought) >= count

    await until(look)


# Pure


def test_a_text_is_filled_once_over_and_its_variables_are_counted_by_it() -> None:
    assert filled(SHIPPED, ["{{2}}", "A1"]) == "您好 {{2}}，订单 A1 已发货。{{2}}，再见。"
    assert filled(HELLO, []) == "Hello!"
    assert variables(SHIPPED) == [SHIPPED.variables[0], Variable()]
    assert variables(Template(name="n", language="", text="{{0}} {{x}}", variables=[Variable()])) == []


@pytest.mark.parametrize(
    ("values", "code", "field"),
    [
        (["小满"], "channels.template_values", "values"),
        (["小满", "A1", "B2"], "channels.template_values", "values"),
        (["小满", " "], "channels.template_value_empty", "values.1"),
        (["小\n满", "A1"], "channels.template_value_lines", "values.0"),
        (["小" * 11, "A1"], "channels.template_value_long", "values.0"),
        (["小满", "A" * 1025], "channels.template_value_long", "values.1"),
    ],
)
def test_what_does_not_fit_is_refused_beside_its_field(values: list[str], code: str, field: str) -> None:
    with pytest.raises(Refused) as refused:
        filled(SHIPPED, values)
    assert (refused.value.code, refused.value.field) == (code, field)


def test_what_becomes_too_long_is_refused() -> None:
    with pytest.raises(Refused, match="too_long"):
        filled(Template(name="n", language="", text="{{1}}" * 20), ["x" * 1000])


# Listed


async def test_what_the_platform_has_is_listed_with_each_variable(front: Front, path: str) -> None:
    first, second = (await listed(front, path)).json()["items"]
    assert first == {
        "name": "shipped",
        "language": "zh_CN",
        "title": "发货通知",
        "text": SHIPPED.text,
        "category": "UTILITY",
        "header": "",
        "variables": [
            {"label": "称呼", "example": "小满", "most": 10},
            {"label": "", "example": "", "most": 1024},
        ],
    }
    assert second["variables"] == []


async def test_many_who_ask_at_once_ask_the_platform_once_and_afresh_asks_anew(
    front: Front, path: str, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = asyncio.Event()
    shelf.does = [held]
    asking = [asyncio.create_task(listed(front, path)) for _ in range(5)]
    await asyncio.sleep(0.1)
    held.set()
    assert {answer.status_code for answer in await asyncio.gather(*asking)} == {200}
    assert shelf.asked == 1
    shelf.found = []
    assert len((await listed(front, path, fresh="true")).json()["items"]) == 2, "new enough"
    monkeypatch.setattr("kezhan.channels.templates._FRESH_SECONDS", 0.0)
    assert (await listed(front, path, fresh="true")).json()["items"] == []
    assert (await listed(front, path)).json()["items"] == []
    assert shelf.asked == 2


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Turned("no", fault="not_allowed"), "这个账号没有此项权限"),
        (Expired(), "渠道凭证失效"),
        (Retry("HTTP 503"), "平台暂时"),
        (ValueError("odd"), "平台暂时"),
    ],
)
async def test_where_the_platform_does_not_tell_the_reason_is_told_and_the_next_asks_again(
    front: Front, path: str, shelf: Shelf, fault: Exception, words: str
) -> None:
    shelf.does = [fault]
    answer = await listed(front, path)
    assert (answer.status_code, answer.json()["code"]) == (502, "channels.templates_unread")
    assert words in answer.json()["title"]
    assert (await listed(front, path)).status_code == 200


async def test_a_channel_without_templates_says_so(front: Front) -> None:
    box = Box()
    with installed(box, box.channel()):
        door = await connected(front, box)
        await door.say()
        await front.heard(1)
        (head,) = await front.conversations()
        path = f"/api/conversations/{head['id']}"
        reach = (await front.owner.get(f"{path}/reach")).json()
        answers = [await listed(front, path), await front.owner.post(f"{path}/templates", json=use())]
    assert reach["templates"] is False
    assert [(one.status_code, one.json()["code"]) for one in answers] == [(409, "channels.no_templates")] * 2


# Said


async def test_one_is_said_as_a_message_and_goes_out_as_a_template(
    front: Front, door: Connected, path: str
) -> None:
    answer = await front.owner.post(f"{path}/templates", json=use(values=[" 小满 ", "A1"]))
    assert answer.status_code == 201, answer.text
    await arrived(door)
    message = (await said(front, path))[-1]
    assert (message["kind"], message["body"]) == ("text", "您好 小满，订单 A1 已发货。小满，再见。")
    payload = {"is": "template", "name": "shipped", "language": "zh_CN", "values": ["小满", "A1"]}
    assert message["payload"] == payload
    (outbound,) = door.box.brought
    assert outbound.template == TemplateUse(name="shipped", language="zh_CN", values=["小满", "A1"])
    assert outbound.text == message["body"]
    found = await front.owner.get("/api/search/message", params={"q": "A1"})
    assert [hit["seq"] for hit in found.json()["items"]] in ([], [message["seq"]])


PICTURE = Template(name="picture", language="en", text="Hello {{1}}", header="image", shape="[1]")


async def uploaded(front: Front, name: str, data: bytes) -> str:
    answer = await front.owner.post("/api/files", files={"file": (name, data)})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def test_a_file_stands_above_where_the_template_wants_one(
    front: Front, door: Connected, path: str, shelf: Shelf
) -> None:
    shelf.found = [PICTURE, HELLO]
    file_id, words = await uploaded(front, "a.png", PNG), await uploaded(front, "a.txt", b"words")
    form = use(name="picture", language="en", values=["you"])
    wrong = [
        form,
        {**form, "file_id": words},
        {**use(name="hello", language="en", values=[]), "file_id": file_id},
    ]
    answers = [await front.owner.post(f"{path}/templates", json={**one, "client_id": f"w-{at}"})
               for at, one in enumerate(wrong)]  # fmt: skip
    refused = ["channels.template_file", "channels.template_file_kind", "channels.template_file"]
    assert [(one.status_code, one.json()["code"]) for one in answers] == [(400, code) for code in refused]
    both = [await front.owner.post(f"{path}/templates", json={**form, "file_id": file_id}) for _ in range(2)]
    assert [one.status_code for one in both] == [201, 201], both[0].text
    assert both[0].json()["seq"] == both[1].json()["seq"]
    await arrived(door)
    (outbound,) = door.box.brought
    assert outbound.template == TemplateUse(name="picture", language="en", values=["you"], shape="[1]")
    assert outbound.file is not None
    assert (outbound.file.name, outbound.text) == ("a.png", "Hello you")
    message = (await said(front, path))[-1]
    assert (message["kind"], message["body"], message["payload"]["template"]["name"]) == (
        "image", "Hello you", "picture",
    )  # fmt: skip
    again = await front.owner.post(f"{path}/templates", json={**form, "client_id": "t-2", "file_id": file_id})
    assert (again.status_code, again.json()["code"]) == (409, "files.used_already")


async def test_nobody_sends_a_file_of_somebody_elses(front: Front, path: str, shelf: Shelf) -> None:
    shelf.found = [PICTURE]
    form = use(name="picture", language="en", values=["you"], file_id=str(new_id()))
    answer = await front.owner.post(f"{path}/templates", json=form)
    assert (answer.status_code, answer.json()["code"]) == (404, "files.not_found")


async def test_said_twice_it_is_one_message_even_when_the_platform_lists_it_no_more(
    front: Front, door: Connected, path: str, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kezhan.channels.templates.KEPT_SECONDS", 0.0)
    both = await asyncio.gather(*(front.owner.post(f"{path}/templates", json=use()) for _ in range(2)))
    shelf.does = [Retry("away")] * 9
    again = await front.owner.post(f"{path}/templates", json=use())
    assert {answer.json()["seq"] for answer in (*both, again)} == {both[0].json()["seq"]}
    assert again.json()["repeated"] is True
    assert len(await said(front, path)) == 2
    await arrived(door)
    await asyncio.sleep(0.3)
    assert len(door.box.brought) == 1


async def test_the_window_closed_or_used_up_it_goes_and_takes_nothing_of_the_quota(
    front: Front, door: Connected, path: str
) -> None:
    door.box.does = [Turned("45015", fault="window_closed")]
    await front.reply(path.rpartition("/")[2], "too late")
    await arrived(door)

    async def closed() -> Json | None:
        reach: Json = (await front.owner.get(f"{path}/reach")).json()
        return reach if not reach["open"] else None

    assert (await until(closed) or {})["templates"] is True
    assert (await front.owner.post(f"{path}/templates", json=use())).status_code == 201
    await arrived(door, 2)
    assert door.box.brought[-1].template is not None
    await door.say("back again")

    async def opened() -> Json | None:
        reach: Json = (await front.owner.get(f"{path}/reach")).json()
        return reach if reach["open"] else None

    assert (await until(opened) or {})["left"] == 5
    await front.owner.post(f"{path}/templates", json=use(client_id="t-2"))
    await arrived(door, 3)
    assert (await front.owner.get(f"{path}/reach")).json()["left"] == 5


async def test_one_that_failed_goes_out_again_as_the_template_it_was(
    front: Front, door: Connected, path: str
) -> None:
    door.box.does = [Turned("43101", fault="recipient_blocked")]
    seq = (await front.owner.post(f"{path}/templates", json=use())).json()["seq"]

    async def failed() -> bool:
        return (await said(front, path))[-1].get("fault") == "recipient_blocked"

    await until(failed)
    again = await front.owner.post(f"{path}/messages/{seq}/delivery")
    assert again.status_code == 200, again.text
    await arrived(door, 2)
    first, second = door.box.brought
    assert (first.template, first.event_id) == (second.template, second.event_id)


async def test_it_is_neither_reworded_nor_kept_once_recalled(
    front: Front, door: Connected, path: str
) -> None:
    seq = (await front.owner.post(f"{path}/templates", json=use())).json()["seq"]
    await arrived(door)
    conversation_id = UUID(path.rpartition("/")[2])
    async with front.running.db.tx(front.workspace_id) as tx:
        (row,) = await tx.fetch("select author_id from messages where seq = $1", seq)
        with pytest.raises(Refused, match="not_editable"):
            await edit(tx, conversation_id, seq, author_id=row["author_id"], body="other words")
        await recall(tx, conversation_id, seq, author_id=row["author_id"])
    message = (await said(front, path))[-1]
    assert (message.get("body"), message.get("payload")) == (None, None)


@pytest.mark.parametrize(
    ("changes", "status", "code", "field"),
    [
        ({"name": "gone"}, 409, "channels.no_such_template", "name"),
        ({"language": "en"}, 409, "channels.no_such_template", "name"),
        ({"values": ["小满"]}, 400, "channels.template_values", "values"),
        ({"values": ["小满", ""]}, 400, "channels.template_value_empty", "values.1"),
        ({"values": ["小" * 11, "A1"]}, 400, "channels.template_value_long", "values.0"),
        ({"values": ["小满", "A\u20281"]}, 400, "channels.template_value_lines", "values.1"),
        ({"values": ["x"] * 51}, 400, None, None),
        ({"client_id": ""}, 400, None, None),
        ({"name": ""}, 400, None, None),
    ],
)
async def test_what_does_not_fit_is_refused_and_nothing_is_said(
    front: Front, path: str, changes: Json, status: int, code: str | None, field: str | None
) -> None:
    answer = await front.owner.post(f"{path}/templates", json=use(**changes))
    assert answer.status_code == status, answer.text
    if code is not None:
        assert (answer.json()["code"], answer.json()["field"]) == (code, field)
    assert len(await said(front, path)) == 1


async def test_one_that_is_new_there_is_found_without_asking_for_the_list(
    front: Front, path: str, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    await listed(front, path)
    shelf.found.append(Template(name="new", language="en", text="New"))
    monkeypatch.setattr("kezhan.channels.templates._FRESH_SECONDS", 0.0)
    answer = await front.owner.post(f"{path}/templates", json=use(name="new", language="en", values=[]))
    assert answer.status_code == 201, answer.text


async def test_a_closed_conversation_takes_none(front: Front, path: str) -> None:
    await front.close(path.rpartition("/")[2])
    answer = await front.owner.post(f"{path}/templates", json=use())
    assert (answer.status_code, answer.json()["code"]) == (409, "conversations.closed")


async def test_only_those_who_may_reply_and_see_it_say_or_list_them(front: Front, path: str) -> None:
    people = {
        403: await front.agent("auditor"),
        404: await front.stranger(),
        401: await front.running.client(),
    }
    for status, client in people.items():
        assert (await client.get(f"{path}/templates")).status_code == status
        assert (await client.post(f"{path}/templates", json=use())).status_code in {status, 403}
    assert len(await said(front, path)) == 1


async def test_nobody_sends_one_in_the_shape_of_a_reply(front: Front, door: Connected, path: str) -> None:
    payload = {"is": "template", "name": "shipped", "language": "zh_CN", "values": ["a", "b"]}
    form = {"client_id": "x", "kind": "text", "body": "plain", "template": payload, "payload": payload}
    assert (await front.owner.post(f"{path}/messages", json=form)).status_code == 201
    await arrived(door)
    assert door.box.brought[0].template is None
