"""Tags put on customers and conversations: once, by whom, seen at once, and in the place of merged things."""

import httpx2

from kezhan.contacts.join import join
from kezhan.contacts.schemas import How
from kezhan.conversations.read import visitor_conversations
from kezhan.conversations.tests.place import make_place
from kezhan.conversations.views import visitor_head
from kezhan.tags.tests.desk import Desk


async def test_a_tag_goes_on_a_conversation_once_before_the_eyes_of_whoever_looks(desk: Desk) -> None:
    tag, talk = await desk.made("急"), await desk.place.talk()
    line = await desk.boss.line()
    await line.watch(talk)
    await line.said()
    for _ in range(2):
        assert not await desk.put(desk.agent, "conversation", talk, tag)
    heads = [frame["head"] for frame in await line.said() if frame["type"] == "changed" and frame.get("head")]
    assert [head["tags"] for head in heads] == [[tag["id"]]]
    (row,) = (await desk.boss.get("/api/conversations?name=unassigned"))["items"]
    assert row["head"]["tags"] == [tag["id"]]
    for _ in range(2):
        assert not await desk.put(desk.agent, "conversation", talk, tag, "DELETE")
    assert await desk.on_talk(talk) == []
    assert await desk.audited() == ["tag.create", "conversation.tag", "conversation.untag"]
    assert await desk.told() == ["tag.changed", "tag.put", "tag.put"]


async def test_a_tag_goes_on_a_customer_once_and_her_card_hears_of_it(desk: Desk) -> None:
    tag, talk = await desk.made("老客户"), await desk.place.talk()
    contact = await desk.contact_of(talk)
    line = await desk.boss.line()
    await line.tell("follow", topics=["tags"])
    await line.said()
    for _ in range(2):
        assert not await desk.put(desk.agent, "contact", contact, tag)
    assert (await line.next("stale"))["topic"] == "tags"
    assert await desk.on_contact(contact) == [tag["id"]]
    assert await desk.on_talk(talk) == [], "it is the customer's, not the conversation's"
    for _ in range(2):
        assert not await desk.put(desk.agent, "contact", contact, tag, "DELETE")
    assert await desk.audited() == ["tag.create", "contact.tag", "contact.untag"]


async def test_a_customer_does_not_see_what_is_on_her_conversation(desk: Desk) -> None:
    tag, customer = await desk.made("难缠"), await desk.place.customer()
    said = await desk.place.says(customer)
    assert not await desk.put(desk.agent, "conversation", said.conversation_id, tag)
    async with desk.place.db.tx(desk.place.workspace_id) as tx:
        (head,) = await visitor_conversations(tx, customer.identity_id, 1)
    assert head.tags and not hasattr(visitor_head(head), "tags")


async def test_a_tag_is_put_only_on_what_it_is_for_and_only_so_many(desk: Desk) -> None:
    talk = await desk.place.talk()
    contact = await desk.contact_of(talk)
    of_people = await desk.made("人", for_conversations=False)
    of_talks = await desk.made("事", for_contacts=False)
    assert await desk.put(desk.agent, "conversation", talk, of_people) == "tags.not_for_this"
    assert await desk.put(desk.agent, "contact", contact, of_talks) == "tags.not_for_this"
    for number in range(50):
        assert not await desk.put(desk.agent, "contact", contact, await desk.made(f"t{number}"))
    assert await desk.put(desk.agent, "contact", contact, of_people) == "tags.too_many_on"
    assert len(await desk.on_contact(contact)) == 50


async def test_who_may_not_reply_or_write_or_see_puts_nothing_on(
    desk: Desk, http: httpx2.AsyncClient
) -> None:
    tag, talk = await desk.made("急"), await desk.place.talk()
    contact = await desk.contact_of(talk)
    for thing, id_ in (("conversation", talk), ("contact", contact)):
        for method in ("PUT", "DELETE"):
            assert await desk.put(desk.inspector, thing, id_, tag, method)
    await desk.boss.act("PUT", talk, "/assignment", {"member_id": str(desk.boss.id)})
    assert await desk.put(desk.agent, "conversation", talk, tag) == "conversations.not_found"
    elsewhere = await make_place(desk.place.house, http)
    stranger = await elsewhere.member("owner")
    assert await desk.put(stranger, "conversation", talk, tag) == "conversations.not_found"
    assert await desk.put(stranger, "contact", contact, tag) == "contacts.not_found"
    assert (await stranger.get(f"/api/contacts/{contact}/tags"))["ids"] == []
    assert await desk.on_talk(talk) == await desk.on_contact(contact) == []


async def test_of_two_conversations_made_one_the_tags_of_both_are_on_what_remains(desk: Desk) -> None:
    first, second = await desk.made("甲"), await desk.made("乙")
    gone, kept = await desk.place.talk(), await desk.place.talk()
    contact = await desk.contact_of(kept)
    await desk.place.run(
        "update conversations set contact_id = :c, channel = 'line' where id = :id", c=contact, id=gone
    )
    await desk.place.run("update conversations set channel = 'line' where id = :id", id=kept)
    await desk.put(desk.boss, "conversation", gone, first)
    for tag in (second, first):
        await desk.put(desk.boss, "conversation", kept, tag)
    assert await desk.boss.act("PUT", gone, "/merger", {"into": str(kept)}) == (200, "")
    assert await desk.on_talk(kept) == [second["id"], first["id"]]
    await desk.put(desk.boss, "conversation", kept, first, "DELETE")
    assert await desk.on_talk(gone) == [first["id"]], "what has ended keeps its own"


async def test_of_two_customers_who_show_to_be_one_the_tags_of_both_are_on_who_stays(desk: Desk) -> None:
    first, second = await desk.made("甲"), await desk.made("乙")
    kept, gone = [await desk.contact_of(await desk.place.talk()) for _ in range(2)]
    for contact, tag in ((kept, first), (gone, first), (gone, second)):
        assert await desk.put(desk.boss, "contact", contact, tag) == ""
    for _ in range(2):
        async with desk.place.db.tx(desk.place.workspace_id) as tx:
            await join(tx, kept, gone, How.UNION)
    assert set(await desk.on_contact(kept)) == {first["id"], second["id"]}
    assert await desk.put(desk.boss, "contact", gone, second, "DELETE") == ""
    assert await desk.on_contact(kept) == [first["id"]], "whoever has the other one before her means her"
