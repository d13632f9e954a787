"""Cards, buttons and reactions between an agent and a customer on a platform."""

from typing import Any
from uuid import UUID

from kezhan.channels.base import Capabilities
from kezhan.channels.tests.box import Box, Connected, connected, installed
from kezhan.channels.tests.front import Front
from kezhan.channels.tests.platform import PNG
from kezhan.channels.tests.sending import begun
from kezhan.conversations.reactions.react import Party, react
from kezhan.conversations.tests.factories import make_member
from kezhan.kit.testing import until

CARD = {"is": "product", "title": "手冲壶", "price": "¥299", "url": "https://shop.example/p/1"}


async def sent(door: Connected, count: int) -> None:
    async def enough() -> bool:
        return len(door.box.brought) >= count

    await until(enough)


async def test_a_button_pressed_there_is_her_message_once_and_reactions_go_both_ways(front: Front) -> None:
    able = Capabilities(receives=frozenset({"text"}), buttons=3, reactions=True)
    box = Box()
    with installed(box, box.channel(able)):
        door = await connected(front, box)
        talk = await begun(front, door)
        first = (await front.messages(talk))[-1]["seq"]
        await front.reply(talk, "这款？", card=CARD, buttons=[{"text": "要"}, {"text": "不要"}])
        await sent(door, 1)
        (told,) = door.box.brought
        assert told.text == "这款？\n手冲壶\n¥299\nhttps://shop.example/p/1", "it draws no cards"
        refs = [one.ref for one in told.buttons]
        assert max(map(len, refs)) <= 64

        await door.say("?", tap=refs[1])
        await door.say("?", tap=refs[0])
        await door.say("?", customer="c-2", tap=refs[0])
        await door.say("nonsense", tap="x.y.z")

        async def hers() -> list[dict[str, Any]]:
            found = [one for one in await front.messages(talk) if one["author"]["kind"] == "visitor"]
            return found if found[-1]["body"] == "nonsense" else []

        said = await until(hers)
        assert [one["body"] for one in said][-2:] == ["不要", "nonsense"], "pressed once, by her alone"
        assert said[-2]["payload"]["button"] == 1

        await door.bring({"is": "reacted", "external_id": "c-1", "message_id": "out-1", "emoji": "❤"})

        async def reacted() -> bool:
            found = [one for one in await front.messages(talk) if one.get("reactions")]
            return [one["reactions"][0]["emoji"] for one in found] == ["❤"]

        await until(reacted)
        assert len(door.box.brought) == 1, "the platform is not told what it has told us"
        await door.say("谢谢", message_id="hers-1")

        async def thanked() -> int:
            last = (await front.messages(talk))[-1]
            return int(last["seq"]) if last["body"] == "谢谢" else 0

        seq = await until(thanked)
        assert seq > first
        member = await make_member(front.running.db, front.workspace_id)
        for count, emoji in enumerate(("👍", ""), 2):
            async with front.running.db.tx(front.workspace_id) as tx:
                await react(tx, UUID(talk), seq, Party("agent", member), emoji)
            await sent(door, count)
        assert [(one.what, one.text, list(one.message_ids)) for one in door.box.brought[1:]] == [
            ("reacted", "👍", ["hers-1"]), ("reacted", "", ["hers-1"]),
        ]  # fmt: skip


async def test_the_picture_of_a_card_goes_along(front: Front) -> None:
    able = Capabilities(sends=frozenset({"text", "file"}), captions=True)
    box = Box()
    with installed(box, box.channel(able)):
        door = await connected(front, box)
        talk = await begun(front, door)
        stored = (await front.owner.post("/api/files", files={"file": ("壶.png", PNG)})).json()
        answer = await front.reply(talk, "这款？", card={**CARD, "image": stored["id"]})
        assert answer.status_code == 201, answer.text
        await sent(door, 1)
        (told,) = door.box.brought
    assert told.file is not None
    assert (told.file.id, told.file.media_type, told.file.size) == (UUID(stored["id"]), "image/png", len(PNG))
    assert told.text == "这款？\n手冲壶\n¥299\nhttps://shop.example/p/1"
