"""Two customers are made one by hand, and parted again: each has what was hers and what came by her."""

import asyncio
from typing import Any
from uuid import UUID

from kezhan.conversations.merge.tests.test_customers import whose
from kezhan.conversations.receive import Customer, open_conversation
from kezhan.conversations.tests.place import Member, Place, happenings
from kezhan.kit.ids import new_id

Json = dict[str, Any]
_SHOWN = ("id", "name", "email", "phone", "tier", "note", "merges", "company_name", "owner_id")


def path_of(one: Customer, more: str = "") -> str:
    return f"/api/contacts/{one.contact_id}{more}"


async def done(member: Member, method: str, path: str, body: Any = None) -> Any:
    answer = await member.ask(method, path, body)
    assert not answer.is_error, answer.text
    return answer.json() if answer.content else None


async def make_one(member: Member, kept: Customer, gone: Customer, *take: str) -> UUID:
    """Made one by hand; the merge."""
    body = {"into": str(kept.contact_id), "take": take}
    for _ in range(2):
        found = await done(member, "PUT", path_of(gone, "/merger"), body)
    return UUID(next(one["id"] for one in found["merges"] if one["gone_id"] == str(gone.contact_id)))


async def facts(member: Member, one: Customer) -> Json:
    """What can be seen of a customer."""
    found = await member.get(path_of(one))
    notes = (await member.get(path_of(one, "/notes")))["items"]
    tags = (await member.get(path_of(one, "/tags")))["ids"]
    talks = await member.get(path_of(one, "/conversations"))
    return {
        **{name: found[name] for name in _SHOWN},
        "identities": sorted(identity["id"] for identity in found["identities"]),
        "notes": [note["body"] for note in notes],
        "tags": sorted(tags),
        "talks": sorted(row["head"]["id"] for row in talks),
    }


async def put_tag(boss: Member, name: str, *on: Customer) -> str:
    tag: str = (await done(boss, "POST", "/api/tags", {"name": name}))["id"]
    for one in on:
        await done(boss, "PUT", path_of(one, f"/tags/{tag}"))
    return tag


async def test_parted_again_each_has_what_was_hers(place: Place) -> None:
    boss = await place.member(role="admin")
    kept, gone = await place.customer(), await place.customer()
    talks = [(await place.says(one, "在吗")).conversation_id for one in (kept, gone)]
    await boss.act("PUT", talks[1], "/assignment", {})
    await boss.act("PUT", talks[1], "/closure")
    await done(boss, "PATCH", path_of(kept), {"name": "陈平", "note": "老客户"})
    told = {"name": "平平", "phone": "13800138000", "tier": "金卡", "note": "喜欢岩茶"}
    company, owner = str(new_id()), str(boss.id)
    await done(boss, "PUT", f"/api/companies/{company}", {"name": "山间茶业"})
    told |= {"company_id": company, "owner_id": owner}
    await done(boss, "PATCH", path_of(gone), told)
    for one, body in ((kept, "她的"), (gone, "另一位的")):
        await done(boss, "PUT", path_of(one, f"/notes/{new_id()}"), {"body": body})
    both, only = await put_tag(boss, "共有", kept, gone), await put_tag(boss, "单独", gone)
    await done(boss, "PUT", path_of(gone, "/block"), {"hours": 8})
    before = [await facts(boss, one) for one in (kept, gone)]

    seen = await boss.get(path_of(kept, f"/merge-preview?other_id={gone.contact_id}"))
    assert (seen["kept"]["id"], seen["gone"]["id"]) == (str(kept.contact_id), str(gone.contact_id))
    assert (seen["differs"], seen["kept_notes"], seen["gone_notes"]) == (["name", "note"], 1, 1)
    merge = await make_one(boss, kept, gone, "name")
    now = await facts(boss, kept)
    assert (now["name"], now["phone"], now["note"]) == ("平平", "13800138000", "老客户\n喜欢岩茶")
    assert (now["tags"], now["notes"]) == (sorted([both, only]), ["另一位的", "她的"])
    assert (len(now["identities"]), len(now["talks"])) == (2, 2)
    assert (await boss.get("/api/blocks"))["items"][0]["contact_id"] == str(kept.contact_id)

    # What comes since: a word of either, a note, a field that somebody changes.
    since = (await place.says(gone, "又来了")).conversation_id
    await done(boss, "PUT", path_of(kept, f"/notes/{new_id()}"), {"body": "后来"})
    await done(boss, "PATCH", path_of(kept), {"tier": "黑卡"})
    for _ in range(2):
        back = await done(boss, "DELETE", f"/api/contact-merges/{merge}")
        assert back["id"] == str(gone.contact_id)
    first, second = [await facts(boss, one) for one in (kept, gone)]
    assert first == {**before[0], "tier": "黑卡", "notes": ["后来", "她的"]}
    assert second == before[1]
    # What she says while she is blocked stands apart, and is hers as well.
    assert await whose(boss, since) == {str(gone.contact_id)}
    assert (await boss.get("/api/blocks"))["items"][0]["contact_id"] == str(gone.contact_id)
    opened = await boss.get(f"/api/conversations/{talks[0]}")
    assert [happenings(opened["messages"]).count(word) for word in ("joined", "parted")] == [1, 1]
    logged = await place.rows("select action from audit_log where action in ('contact.join', 'contact.part')")
    assert sorted(row.action for row in logged) == ["contact.join", "contact.part"]


async def test_of_several_merges_each_is_undone_for_itself(place: Place) -> None:
    boss = await place.member(role="admin")
    kept, second, third = [await place.customer() for _ in range(3)]
    for one, name in ((kept, "甲"), (second, "乙"), (third, "丙")):
        await done(boss, "PATCH", path_of(one), {"name": name})
    tag = await put_tag(boss, "共有", second, third)
    before = [await facts(boss, one) for one in (kept, second, third)]
    first_merge, next_merge = [await make_one(boss, kept, one, "name") for one in (second, third)]
    await done(boss, "DELETE", f"/api/contact-merges/{first_merge}")
    still = await facts(boss, kept)
    assert (still["name"], still["tags"]) == ("丙", [tag])
    await done(boss, "DELETE", f"/api/contact-merges/{next_merge}")
    assert [await facts(boss, one) for one in (kept, second, third)] == before


async def test_in_a_row_the_last_is_undone_first(place: Place) -> None:
    boss = await place.member(role="admin")
    first, second, third = [await place.customer() for _ in range(3)]
    before = [await facts(boss, one) for one in (first, second, third)]
    inner, outer = await make_one(boss, second, third), await make_one(boss, first, second)
    refused = await boss.ask("DELETE", f"/api/contact-merges/{inner}")
    assert (refused.status_code, refused.json()["code"]) == (409, "contacts.part_later_first")
    for merge in (outer, inner):
        await done(boss, "DELETE", f"/api/contact-merges/{merge}")
    assert [await facts(boss, one) for one in (first, second, third)] == before


async def test_at_once_they_are_parted_once_and_what_opens_is_whose_it_came(place: Place) -> None:
    boss = await place.member(role="admin")
    kept, gone = await place.customer(), await place.customer()
    merge = await make_one(boss, kept, gone)

    async def opens(one: Customer) -> UUID:
        async with place.db.tx(place.workspace_id) as tx:
            return await open_conversation(tx, one)

    async def parts() -> None:
        await done(boss, "DELETE", f"/api/contact-merges/{merge}")

    here, there, *_ = await asyncio.gather(opens(kept), opens(gone), parts(), parts(), parts())
    assert (await whose(boss, here), await whose(boss, there)) == (
        {str(kept.contact_id)},
        {str(gone.contact_id)},
    )
    assert len(await place.rows("select 1 from audit_log where action = 'contact.part'")) == 1
