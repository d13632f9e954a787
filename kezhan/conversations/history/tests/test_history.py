"""One customer, one thread: pages over all her conversations, files, days; what is not to be seen."""

import re
from uuid import UUID

import pytest

from kezhan.conversations.history.tests.past import had, sent, walked
from kezhan.conversations.tests.place import Member, Place, make_place
from kezhan.conversations.tests.test_plans import literal
from kezhan.kit.ids import new_id
from kezhan.kit.testing import reads


async def test_all_of_her_conversations_are_one_thread_read_by_pages_of_any_size(place: Place) -> None:
    boss, customer, other = await place.member("supervisor"), await place.customer(), await place.customer()
    first = await had(place, customer, 1, 5, boss.id)
    await had(place, other, 2, 3)
    second = await had(place, customer, 3, 1)
    await had(place, customer, 3, 4)
    whole = [f"1.{n}" for n in range(1, 6)]
    for limit in (1, 2, 3, 5, 100):
        lines, pages = await walked(boss, customer, limit)
        assert sorted(lines) == sorted([*whole, "3.1", *[f"3.{n}" for n in range(1, 5)]])
        assert lines[:5] == whole
        assert pages <= 10 // limit + 1
    assert await walked(boss, customer, 2, (second, 1)) in [
        (whole, 3),
        ([*whole, "3.1", "3.2", "3.3", "3.4"], 5),
    ]
    # Downwards from the middle of the first.
    found = await boss.get(
        f"/api/contacts/{customer.contact_id}/messages?conversation_id={first}&after=3&limit=3"
    )
    assert [one["body"] for one in found["items"][0]["messages"]] == ["1.4", "1.5"]
    assert found["more"]
    past = found["items"][0]["conversation"]
    assert (past["assignee_name"], past["last_seq"], past["state"]) == ("林晚晴", 5, "closed")
    (end,) = (await boss.get(f"/api/contacts/{other.contact_id}/messages"))["items"]
    assert [one["body"] for one in end["messages"]] == ["2.1", "2.2", "2.3"]


_WRAPPED = """
with form as (
    insert into forms (workspace_id, id, purpose, version) values (:ws, :form, 'wrap_up', 1)
), version as (
    insert into form_versions (workspace_id, form_id, version, fields, saved_at, saved_by)
    values (:ws, :form, 1, '{"v": 1, "fields": [{"id": "why", "kind": "text", "label": "原因"}]}', now(), :by)
)
insert into wrap_ups (workspace_id, conversation_id, form_id, version, filled, state, by_id, at)
values (:ws, :id, :form, 1, '{"v": 1, "values": {"why": "物流"}}', :state, :by, now())
"""


@pytest.mark.parametrize(("state", "shown"), [("done", True), ("draft", False), ("left_out", False)])
async def test_what_was_written_down_at_its_end_stands_with_a_conversation(
    place: Place, state: str, shown: bool
) -> None:
    boss, customer = await place.member("supervisor"), await place.customer()
    id_, form = await had(place, customer, 1, 3), new_id()
    await place.run(_WRAPPED, ws=place.workspace_id, form=form, id=id_, by=boss.id, state=state)
    (stretch,) = (await boss.get(f"/api/contacts/{customer.contact_id}/messages?limit=2"))["items"]
    said = stretch["conversation"]["wrap_up"]
    assert (said is not None) is shown
    if shown:
        assert (said["fields"][0]["label"], said["values"]) == ("原因", {"why": "物流"})
    # And with it in the list of her conversations, for those who may see it.
    address = f"/api/contacts/{customer.contact_id}/wrap-ups"
    listed = [(one["conversation_id"], one["wrap_up"]) for one in (await boss.get(address))["items"]]
    assert listed == ([(str(id_), said)] if shown else [])
    other, agent = await place.member(), await place.member()
    await place.run("update conversations set assignee_id = :it", it=other.id)
    assert (await agent.get(address))["items"] == []


async def test_what_one_may_not_see_is_one_closed_line_however_much_it_is(place: Place) -> None:
    agent, colleague, customer = await place.member(), await place.member(), await place.customer()
    hidden = [await had(place, customer, day, 30, colleague.id) for day in (1, 3, 4, 5, 7)]
    await had(place, customer, 2, 2, agent.id)
    mine = await had(place, customer, 6, 2)
    shown = ["—", "2.1", "2.2", "—", "6.1", "6.2", "—"]
    for limit in (1, 2, 3, 100):
        lines, _ = await walked(agent, customer, limit)
        assert lines == shown
    # Not even from a place in it is anything shown of it, and another customer's is no place at all.
    address = f"/api/contacts/{customer.contact_id}/messages"
    for place_of, seqs in ((hidden[2], ["2.1", "2.2"]), (mine, ["2.1", "2.2"]), (new_id(), [])):
        found = await agent.get(f"{address}?conversation_id={place_of}&before=1")
        assert [one["body"] for stretch in found["items"] for one in stretch["messages"]] == seqs
    await place.run("update conversations set assignee_id = :it", it=colleague.id)
    found = await agent.get(address)
    assert found == {"items": [], "more": False, "hidden": True}
    stranger = await place.customer()
    assert (await agent.get(f"/api/contacts/{stranger.contact_id}/messages"))["hidden"] is False


async def test_files_and_days_are_found_and_closed_to_those_who_may_not_see(place: Place) -> None:
    agent, colleague, customer = await place.member(), await place.member(), await place.customer()
    one, two = await had(place, customer, 1, 9, agent.id), await had(place, customer, 2, 9, colleague.id)
    for conversation_id in (one, two):
        for seq, media_type in (
            (2, "image/png"),
            (4, "application/pdf"),
            (6, "video/mp4"),
            (8, "image/jpeg"),
        ):
            await sent(place, conversation_id, seq, media_type)
    address = f"/api/contacts/{customer.contact_id}"
    boss = await place.member("supervisor")
    for member, kind, wanted in (
        (agent, "media", [8, 6, 2]), (agent, "files", [4]),
        (boss, "media", [8, 6, 2, 8, 6, 2]), (boss, "files", [4, 4]),
    ):  # fmt: skip
        seqs, after = [], ""
        while True:
            page = await member.get(f"{address}/files?kind={kind}&limit=2{after}")
            seqs += [item["message"]["seq"] for item in page["items"]]
            if page["next"] is None:
                break
            after = f"&after={page['next']}"
        assert seqs == wanted
    span = "since=2026-03-01T00:00:00Z&until=2026-04-01T00:00:00Z"
    for member, zone, days in (
        (boss, "Asia/Shanghai", ["2026-03-02", "2026-03-03"]),
        (agent, "Asia/Shanghai", ["2026-03-02"]),
        (boss, "Pacific/Auckland", ["2026-03-02", "2026-03-03"]),
        (boss, "America/Los_Angeles", ["2026-03-02", "2026-03-03"]),
    ):
        found = (await member.get(f"{address}/days?{span}&zone={zone}"))["items"]
        assert [day["day"] for day in found] == days
        assert (found[0]["conversation_id"], found[0]["seq"]) == (str(one), 1)


async def test_addresses_that_were_said_are_found_however_far_back_and_only_by_those_who_may(
    place: Place,
) -> None:
    boss, agent, customer = await place.member("supervisor"), await place.member(), await place.customer()
    old = await had(place, customer, 1, 3000, agent.id)
    new = await had(place, customer, 2, 9, boss.id)
    said = "update messages set body = :body where conversation_id = :id and seq = :seq"
    for id_, seq, body in (
        (old, 1, "看 HTTPS://a.example/1。"), (old, 7, "http://b.example http://b.example"),
        (new, 2, "https://c.example/x"), (new, 5, "不是 https:// 也不是 c.example"),
    ):  # fmt: skip
        await place.run(said, id=id_, seq=seq, body=body)
    address = f"/api/contacts/{customer.contact_id}/links"
    everything = [(new, 2), (old, 7), (old, 1)]
    for member, wanted in ((boss, everything), (agent, everything[1:])):
        for limit in (1, 2, 100):
            assert await _linked(member, address, limit) == wanted
            assert await _linked(member, address, limit) == wanted


async def _linked(member: Member, address: str, limit: int) -> list[tuple[UUID, int]]:
    found, after = [], ""
    while True:
        page = await member.get(f"{address}?limit={limit}{after}")
        assert len(page["items"]) <= limit
        found += [(UUID(one["conversation_id"]), one["message"]["seq"]) for one in page["items"]]
        if page["next"] is None:
            return found
        after = f"&after={page['next']}"


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("messages?conversation_id={one}", 400, "conversations.no_place"),
        ("messages?conversation_id={one}&before=3&after=2", 400, "conversations.no_place"),
        ("files?kind=media&after=x", 400, "kit.bad_cursor"),
        ("links?after=x", 400, "kit.bad_cursor"),
        ("files?kind=songs", 400, "kit.bad_input"),
        ("days?since=2026-03-01T00:00:00&until=2026-03-02T00:00:00&zone=UTC", 400, "conversations.no_moment"),
        (
            "days?since=2026-03-01T00:00:00Z&until=2027-03-02T00:00:00Z&zone=UTC",
            400,
            "conversations.too_many_days",
        ),
        (
            "days?since=2026-03-01T00:00:00Z&until=2026-03-02T00:00:00Z&zone=../etc",
            400,
            "conversations.no_zone",
        ),
    ],
)
async def test_what_cannot_be_asked_is_said_in_words(place: Place, path: str, status: int, code: str) -> None:
    boss, customer = await place.member("supervisor"), await place.customer()
    answer = await boss.ask("GET", f"/api/contacts/{customer.contact_id}/{path.format(one=new_id())}")
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_who_reads_no_conversations_reads_no_history_and_a_stranger_none_of_ours(place: Place) -> None:
    auditor, customer = await place.member("auditor"), await place.customer()
    await had(place, customer, 1, 2)
    elsewhere = await make_place(place.house, place.http)
    stranger = await elsewhere.member("owner")
    for path, found in (("messages", 404), ("files?kind=files", 200), ("links", 200), ("wrap-ups", 200)):
        address = f"/api/contacts/{customer.contact_id}/{path}"
        assert (await auditor.ask("GET", address)).status_code == 403
        answer = await stranger.ask("GET", address)
        assert (answer.status_code, answer.json().get("items", [])) == (found, [])


async def test_each_page_is_one_statement_that_reads_little_more_than_it_shows(place: Place) -> None:
    boss, agent, customer = await place.member("supervisor"), await place.member(), await place.customer()
    made = [await had(place, customer, day, 40, agent.id if day % 3 else boss.id) for day in range(120)]
    address = f"/api/contacts/{customer.contact_id}"
    for member in (boss, agent):
        for path in (
            "messages", f"messages?conversation_id={made[60]}&before=20",
            f"messages?conversation_id={made[60]}&after=20", "files?kind=media", "links",
        ):  # fmt: skip
            await member.get(f"{address}/{path}")
            with reads() as seen:
                await member.get(f"{address}/{path}")
            (asked,) = [one for one in seen if "contact_id" in one[0]]
            plan = await _plan(place, *asked)
            assert "Seq Scan on messages" not in plan, plan
            assert "Seq Scan on conversations" not in plan, plan
            if path.startswith("messages"):
                read = [
                    round(float(rows) * int(loops))
                    for rows, loops in re.findall(r"actual time=\S+ rows=([\d.]+) loops=(\d+)", plan)
                ]
                assert max(read) <= 250, plan


_SPREAD = """
update messages set created_at = cast('2026-03-01 08:00+00' as timestamptz) + seq * interval '8 minutes'
where conversation_id = :id
"""


async def test_a_day_in_a_long_conversation_is_gone_to_straight(place: Place) -> None:
    boss, customer = await place.member("supervisor"), await place.customer()
    long = await had(place, customer, 1, 5000, boss.id)
    await place.run(_SPREAD, id=long)
    await place.run(
        "update conversations set opened_at = '2026-03-01 08:00+00', active_at = '2026-03-29 10:00+00',"
        " closed_at = '2026-03-29 10:00+00'"
    )
    await place.run("update messages set kind = 'event' where seq between 4 and 1000")
    await place.run("analyze messages")
    address = f"/api/contacts/{customer.contact_id}"
    span = f"{address}/days?since=2026-03-01T00:00:00Z&until=2026-04-01T00:00:00Z&zone=UTC"
    with reads() as seen:
        found = (await boss.get(span))["items"]
    # 180 messages a day; from the fourth to the thousandth nobody has said anything.
    seqs = {day["day"]: day["seq"] for day in found}
    assert list(seqs) == [f"2026-03-{day:02}" for day in (1, *range(6, 30))]
    assert (seqs["2026-03-01"], seqs["2026-03-06"], seqs["2026-03-07"]) == (1, 1001, 1020)
    assert {seqs[f"2026-03-{day:02}"] for day in range(8, 30)} == {1020 + 180 * nth for nth in range(1, 23)}
    (asked,) = [one for one in seen if "contact_id" in one[0]]
    plan = await _plan(place, *asked)
    assert "Seq Scan on messages" not in plan, plan
    # And the page around it is one statement as well, however far back it is.
    with reads() as seen:
        page = await boss.get(f"{address}/messages?conversation_id={long}&before={1001 + 20}&limit=50")
    assert len([one for one in seen if "contact_id" in one[0]]) == 1
    (stretch,) = page["items"]
    assert [one["seq"] for one in stretch["messages"]] == list(range(971, 1021))


async def _plan(place: Place, statement: str, values: tuple[object, ...]) -> str:
    reader = place.db.reader(place.workspace_id)
    name = f"history_{new_id().hex}"
    await reader.rows(f"prepare {name} as {statement}")
    given = ", ".join("null" if value is None else literal(value) for value in values)
    return "\n".join(row[0] for row in await reader.rows(f"explain analyze execute {name} ({given})"))
