"""A company's own programs are told what happens: signed, in order, until they have it, and no more than they
may know."""

import asyncio
from typing import Any

import httpx2
import pytest

from kezhan.contacts import service as contacts
from kezhan.contacts.join import join
from kezhan.contacts.schemas import How
from kezhan.conversations.events import ConversationParked
from kezhan.conversations.tests.place import Place
from kezhan.integrations.call import masked
from kezhan.integrations.public import NEEDS, NOTES
from kezhan.integrations.schemas import HookKind
from kezhan.integrations.send import TRIED, Webhooks, drop_old
from kezhan.integrations.tests.conftest import PLAIN, Ears, all_settled, due, signed_with
from kezhan.kit.ids import new_id
from kezhan.kit.outbox import emit
from kezhan.kit.testing import until
from kezhan.settings import Settings
from kezhan.surveys.events import SurveyAnswered
from kezhan.tags.events import TagPut
from kezhan.workspaces.tests.factories import member_client


async def test_a_conversation_is_told_from_its_first_word_to_its_end_in_order_and_signed(
    place: Place, ears: Ears
) -> None:
    admin, agent = await place.member("admin"), await place.member("agent")
    ear = await ears.open(admin)
    said = await place.says(await place.customer(), "请问还有龙井吗")
    talk = said.conversation_id
    assert talk is not None
    await agent.act("PUT", talk, "/assignment", {})
    line = await agent.line()
    sent = await line.answer("send", client_id=str(new_id()), conversation_id=str(talk), body="有的")
    await line.answer("edit", conversation_id=str(talk), seq=sent["seq"], body="有的，今年的")
    await line.answer("recall", conversation_id=str(talk), seq=sent["seq"])
    await agent.act("PUT", talk, "/closure")
    await until(lambda: "conversation.closed" in ear.types)
    told = [one for one in ear.told if not one["type"].startswith("contact.")]
    assert [one["type"] for one in told] == [
        "conversation.opened", "message.received", "conversation.assigned", "message.sent", "message.edited",
        "message.recalled", "conversation.closed",
    ]  # fmt: skip
    for call, one in zip(ear.calls, ear.told, strict=True):
        assert signed_with(call, ear.secret) and not signed_with(call, "whsec_other")
        assert call.headers["x-kezhan-event-id"] == one["id"]
        assert (one["version"], one["workspace_id"]) == (1, str(place.workspace_id))
    assert len({one["id"] for one in told}) == len(told)
    received, assigned = told[1], told[2]
    assert (received["message"]["text"], received["message"]["author"]["kind"]) == (
        "请问还有龙井吗",
        "visitor",
    )
    assert (assigned["conversation"]["assignee_id"], assigned["by"]) == (str(agent.id), str(agent.id))
    assert told[-1]["conversation"]["state"] == "closed" and told[-1]["by"] == str(agent.id)
    assert "text" not in told[5]["message"] and told[5]["message"]["recalled_at"]
    # What was recalled stands in no event that is kept.
    kept = await place.rows("select body from webhook_events")
    assert not any("有的" in row.body for row in kept)


async def test_customers_tags_and_answers_are_told(place: Place, ears: Ears) -> None:
    ear = await ears.open(await place.member("admin"))
    talk = await place.talk("hello")
    async with place.db.tx(place.workspace_id) as tx:
        known = [
            await contacts.resolve(tx, account_id=place.account_id, external_id=name, verified=True)
            for name in ("user:1", "user:2")
        ]
        one, other = (identity.contact_id for identity in known)
        tag = new_id()
        await emit(tx, TagPut(on="contact", thing_id=one, tag_id=tag, put=True))
        await emit(tx, TagPut(on="conversation", thing_id=talk, tag_id=tag, put=False))
        await join(tx, one, other, How.UNION)
        answer = SurveyAnswered(
            invite_id=tag, conversation_id=talk, csat=5, resolved=None, nps=None, bad=False, first=True
        )
        await emit(tx, answer)
        await emit(tx, ConversationParked(conversation_id=talk, by=None, parked=False))
    told = {(said["type"], said.get("contact", {}).get("id")): said for said in await ear.hears(9)}
    assert sorted(kind for kind, _ in told) == [
        "contact.created", "contact.created", "contact.merged", "contact.tagged", "contact.updated",
        "contact.updated", "conversation.untagged", "conversation.woken", "survey.answered",
    ]  # fmt: skip
    merged = next(said for (kind, _), said in told.items() if kind == "contact.merged")
    assert {merged["contact"]["id"], merged["into"]} == {str(one), str(other)}
    assert merged["contact"]["merged_into"] == merged["into"]
    survey = told["survey.answered", None]["survey"]
    assert (survey["csat"], survey["resolved"], survey["first"]) == (5, None, True)
    assert told["contact.tagged", str(one)]["tag_id"] == str(tag)


async def test_notes_and_whispers_reach_only_who_has_asked_for_them(place: Place, ears: Ears) -> None:
    admin, agent = await place.member("admin"), await place.member("agent")
    plain, noted = (
        await ears.open(admin, PLAIN),
        await ears.open(admin, [str(kind) for kind in NOTES.values()]),
    )
    talk = await place.talk("hello")
    await agent.act("PUT", talk, "/assignment", {})
    line, boss = await agent.line(), await (watcher := await place.member("supervisor")).line()
    note = await line.answer(
        "send", client_id=str(new_id()), conversation_id=str(talk), kind="note", body="ROSEBUD"
    )
    await line.answer("edit", conversation_id=str(talk), seq=note["seq"], body="ROSEBUD again")
    await watcher.act("PUT", talk, "/supervision", {})
    whisper = {"kind": "note", "body": "ROSEBUD whispered", "whisper": True, "conversation_id": str(talk)}
    assert (await boss.answer("send", client_id=str(new_id()), **whisper))["type"] == "ack"
    await line.answer("recall", conversation_id=str(talk), seq=note["seq"])
    await line.answer("send", client_id=str(new_id()), conversation_id=str(talk), body="the end")
    await until(lambda: plain.told and plain.told[-1].get("message", {}).get("text") == "the end")
    told = await noted.hears(4)
    assert [one["type"] for one in told] == ["note.added", "note.edited", "note.added", "note.recalled"]
    assert told[2]["message"]["whisper"] is True
    assert not any(b"ROSEBUD" in call.content for call in plain.calls)
    assert not any(one["type"].startswith("note.") for one in plain.told)
    bodies = await place.rows(
        "select v.body, v.kind from webhook_deliveries d join webhook_events v on v.id = d.event_id"
        " where d.endpoint_id = :id", id=plain.id,
    )  # fmt: skip
    assert bodies and not any("ROSEBUD" in row.body or row.kind.startswith("note.") for row in bodies)


async def test_what_fails_comes_again_under_the_same_id_and_nothing_of_its_conversation_overtakes_it(
    place: Place, ears: Ears
) -> None:
    admin = await place.member("admin")
    ear = await ears.open(admin, ["message.received"])
    ear.status = 500
    one, other = await place.customer(), await place.customer()
    await place.says(one, "one 1")
    await ear.hears(1)
    await place.says(one, "one 2")

    async def both_wait() -> bool:
        rows = await place.rows("select attempts from webhook_deliveries where state = 'waiting' order by no")
        return [row.attempts for row in rows] == [1, 0]

    await until(both_wait)
    ear.status = 200
    await place.says(other, "other 1")
    await ear.hears(2)
    assert [call["message"]["text"] for call in ear.told] == ["one 1", "other 1"]
    # The second has its turn when the first has arrived, not before.
    await due(place)
    told = await ear.hears(4)
    assert [call["message"]["text"] for call in told] == ["one 1", "other 1", "one 1", "one 2"]
    assert told[0] == told[2]
    await all_settled(place)
    page = await admin.get(f"/api/webhooks/{ear.id}/deliveries?limit=2")
    assert [(item["state"], item["status"]) for item in page["items"]] == [("sent", 200)] * 2
    rest = await admin.get(f"/api/webhooks/{ear.id}/deliveries?after={page['next']}")
    assert [item["attempts"] for item in rest["items"]] == [2] and rest["next"] is None
    detail = await admin.get(f"/api/webhooks/{ear.id}/deliveries/{rest['items'][0]['id']}")
    assert [(one["status"], one["fault"]) for one in detail["tries"]] == [(200, ""), (500, "refused")]
    assert "one 1" in detail["body"] and ear.secret not in str(detail)


async def test_a_slow_endpoint_holds_up_no_other(place: Place, ears: Ears) -> None:
    admin = await place.member("admin")
    slow, quick = await ears.open(admin, ["message.received"]), await ears.open(admin, ["message.received"])
    go = asyncio.Event()

    async def wait(_: httpx2.Request) -> httpx2.Response:
        await go.wait()
        return httpx2.Response(204)

    slow.answer = wait
    for number in range(15):
        await place.says(await place.customer(), str(number))
    assert len(await quick.hears(15)) == 15
    assert len(slow.calls) <= 12
    go.set()
    await slow.hears(15)
    assert sorted(one["message"]["text"] for one in slow.told) == sorted(str(n) for n in range(15))


async def test_two_processes_send_each_event_once(place: Place, ears: Ears) -> None:
    admin = await place.member("admin")
    ear = await ears.open(admin, ["message.received"])
    house = place.house.house
    other = Webhooks(place.db, house.keyring, house.settings)
    await other.http.aclose()
    other.http = house.webhooks.http
    working = asyncio.create_task(other.run())
    customers = [await place.customer() for _ in range(5)]
    for number in range(4):
        for customer in customers:
            await place.says(customer, str(number))
    await ear.hears(20)
    await all_settled(place)
    working.cancel()
    assert len(ear.calls) == 20 and len({one["id"] for one in ear.told}) == 20
    by_talk: dict[str, list[str]] = {}
    for one in ear.told:
        by_talk.setdefault(one["message"]["conversation_id"], []).append(one["message"]["text"])
    assert list(by_talk.values()) == [["0", "1", "2", "3"]] * 5


async def test_after_three_days_of_failures_it_is_switched_off_and_what_died_is_sent_by_hand(
    place: Place, ears: Ears
) -> None:
    admin = await place.member("admin")
    ear = await ears.open(admin, ["message.received"])
    path = f"/api/webhooks/{ear.id}"
    ear.status = 503
    first, second = await place.customer(), await place.customer()
    await place.says(first, "first")
    await ear.hears(1)
    await place.says(second, "second")
    await ear.hears(2)
    # The first has been tried for three days, and the endpoint has failed for as long.
    await place.run(
        "update webhook_deliveries set since = now() - cast(:tried as interval)"
        " where event_id = cast(:id as uuid)", tried=TRIED, id=ear.told[0]["id"],
    )  # fmt: skip
    await place.run(
        "update webhook_endpoints set failing_since = now() - cast(:tried as interval)", tried=TRIED
    )
    await due(place)

    async def stopped() -> Any:
        view = await admin.get(path)
        return view if view["state"] == "stopped" else None

    view = await until(stopped)
    assert (view["waiting"], view["dead"]) == (0, 2) and view["failing_since"]
    assert (await place.rows("select 1 from audit_log where action = 'webhook.stop'")) != []
    dead = (await admin.get(f"{path}/deliveries?of=dead"))["items"]
    again = f"{path}/deliveries/{dead[0]['id']}/replay"
    assert (await admin.ask("POST", again)).json()["code"] == "integrations.not_on"
    ear.status = 200
    before = len(ear.calls)
    assert (await admin.ask("PATCH", path, {"on": True})).json()["failing_since"] is None
    assert (await admin.ask("POST", again)).json()["state"] == "waiting"
    await ear.hears(before + 1)
    await all_settled(place)
    span = {"since": "2026-01-01T00:00:00Z", "until": "2100-01-01T00:00:00Z"}
    assert (await admin.ask("POST", f"{path}/replay", span)).json() == {"count": 1}
    assert (await admin.ask("POST", f"{path}/replay", span | {"until": span["since"]})).json() == {"count": 0}
    told = await ear.hears(before + 2)
    assert {one["message"]["text"] for one in told[before:]} == {"first", "second"}
    assert {one["id"] for one in told[before:]} == {one["id"] for one in told[:before]}
    await all_settled(place)
    assert (await admin.ask("POST", f"{path}/replay", span)).json() == {"count": 0}


async def test_a_new_secret_signs_beside_the_old_one_for_a_day(place: Place, ears: Ears) -> None:
    admin = await place.member("admin")
    ear = await ears.open(admin)
    made = (await admin.ask("POST", f"/api/webhooks/{ear.id}/secret")).json()
    assert made["secret"] != ear.secret and made["endpoint"]["old_until"]
    shown = (await admin.ask("POST", f"/api/webhooks/{ear.id}/test")).json()
    assert shown["delivery"]["state"] == "sent" and shown["tries"][0]["answer"] == "thanks"
    assert [signed_with(ear.calls[-1], secret) for secret in (ear.secret, made["secret"])] == [True, True]
    await place.run("update webhook_endpoints set old_until = now()")
    await admin.ask("POST", f"/api/webhooks/{ear.id}/test")
    assert [signed_with(ear.calls[-1], secret) for secret in (ear.secret, made["secret"])] == [False, True]
    stored = await place.rows("select cast(e as text) as row from webhook_endpoints e")
    assert not any(secret in row.row for row in stored for secret in (ear.secret, made["secret"]))


async def test_a_test_leads_into_no_network_of_ours_and_changes_nothing(place: Place, ears: Ears) -> None:
    admin = await place.member("admin")
    ear = await ears.open(admin)
    path = f"/api/webhooks/{ear.id}"
    assert (
        await admin.ask("PATCH", path, {"on": False, "address": "https://127.0.0.1:1/x"})
    ).status_code == 200
    house = place.house.house
    own = Webhooks(place.db, house.keyring, Settings(data=house.settings.data))
    mocked, house.webhooks.http = house.webhooks.http, own.http
    try:
        shown = (await admin.ask("POST", f"{path}/test")).json()
    finally:
        house.webhooks.http = mocked
        await own.http.aclose()
    assert (shown["delivery"]["state"], shown["delivery"]["fault"]) == ("dead", "not_allowed")
    assert shown["tries"][0]["status"] is None
    view = await admin.get(path)
    assert (view["state"], view["failing_since"], view["dead"]) == ("off", None, 0)
    # Off, nothing is told; removed, it is gone.
    await place.says(await place.customer(), "nobody hears")
    assert (await admin.ask("DELETE", path)).status_code == 204
    assert (await admin.ask("DELETE", path)).status_code == 404
    assert (await admin.get("/api/webhooks"))["items"] == []


async def test_who_may_have_what_told(place: Place, ears: Ears) -> None:
    admin, agent, supervisor = [await place.member(role) for role in ("admin", "agent", "supervisor")]
    ear = await ears.open(admin)
    other = new_id()
    for member in (agent, supervisor):
        for method, path in (
            ("GET", ""), ("POST", ""), ("GET", f"/{ear.id}"), ("PATCH", f"/{ear.id}"),
            ("DELETE", f"/{ear.id}"),
            ("POST", f"/{ear.id}/secret"), ("POST", f"/{ear.id}/test"), ("GET", f"/{ear.id}/deliveries"),
            ("GET", f"/{ear.id}/deliveries/{other}"), ("POST", f"/{ear.id}/deliveries/{other}/replay"),
            ("POST", f"/{ear.id}/replay"),
        ):  # fmt: skip
            assert (await member.ask(method, f"/api/webhooks{path}", {})).status_code == 403, (method, path)
    # A program that manages webhooks has nothing told that it may not read itself.
    form = {"name": "CRM", "address": "https://crm.example/", "events": []}
    program = await admin.token("webhook.manage", "contact.read")
    for kind in HookKind:
        answer = await program.ask("POST", "/api/webhooks", {**form, "events": [kind]})
        allowed = kind.startswith(("contact.", "consent.", "webhook."))
        assert answer.status_code == (201 if allowed else 403), kind
        assert kind.partition(".")[0] in NEEDS
    # What is told already may not be led elsewhere either.
    moved = await program.ask("PATCH", f"/api/webhooks/{ear.id}", {"address": "https://evil.example/"})
    assert moved.json()["code"] == "integrations.event_above_own"
    assert (await program.ask("PATCH", f"/api/webhooks/{ear.id}", {"name": "还是它"})).status_code == 200
    noted = await ears.open(admin, ["note.added"])
    talk = await place.talk("hello")
    line = await admin.line()
    note = {"conversation_id": str(talk), "kind": "note", "body": "ROSEBUD"}
    await line.answer("send", client_id=str(new_id()), **note)
    await noted.hears(1)
    item = (await program.get(f"/api/webhooks/{noted.id}/deliveries"))["items"][0]
    assert (await program.get(f"/api/webhooks/{noted.id}/deliveries/{item['id']}"))["body"] is None
    assert "ROSEBUD" in (await admin.get(f"/api/webhooks/{noted.id}/deliveries/{item['id']}"))["body"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"address": "http://crm.example/"}, "integrations.bad_address"),
        ({"address": "https://user:word@crm.example/"}, "integrations.bad_address"),
        ({"address": "ftp://crm.example/"}, "integrations.bad_address"),
        ({"address": "https://crm.example/\0"}, "integrations.bad_address"),
        ({"address": "https://" + "a" * 2000}, "kit.bad_input"),
        ({"events": []}, "kit.bad_input"),
        ({"events": ["message.whispered"]}, "kit.bad_input"),
        ({"name": " "}, "kit.bad_input"),
    ],
)
async def test_what_cannot_be_an_endpoint_is_refused(place: Place, change: dict[str, Any], code: str) -> None:
    admin = await place.member("admin")
    form = {"name": "CRM", "address": "https://crm.example/", "events": ["message.sent"], **change}
    answer = await admin.ask("POST", "/api/webhooks", form)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


async def test_another_workspace_finds_nothing_and_old_events_are_forgotten(place: Place, ears: Ears) -> None:
    admin = await place.member("admin")
    ear = await ears.open(admin, ["message.received"])
    await place.says(await place.customer(), "hello")
    await ear.hears(1)
    await all_settled(place)
    _, stranger = await member_client(place.house, "owner")
    assert (await stranger.get(f"/api/webhooks/{ear.id}/deliveries")).status_code == 404
    await place.run("update webhook_events set at = now() - interval '31 days'")
    assert await drop_old(place.db) >= 1
    assert (await admin.get(f"/api/webhooks/{ear.id}/deliveries"))["items"] == []
    assert await place.rows("select 1 from webhook_attempts") == []


def test_an_answer_is_kept_without_what_looks_like_a_secret() -> None:
    told = 'x whsec_abc {"access_token": "s3cret-1", "ok": 1} Authorization: Bearer s3cret-2; '
    told += "password=s3cret-3&a=b"
    kept = masked(told, ["whsec_abc"])
    assert "s3cret" not in kept and "whsec_abc" not in kept and '"ok": 1' in kept and "a=b" in kept
