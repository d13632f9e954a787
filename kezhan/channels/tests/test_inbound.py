"""An open channel's calls, from the door to the conversation."""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kezhan.channels import registry, store
from kezhan.channels.accounts import CACHE_SECONDS
from kezhan.channels.adapters.webchat.manifest import CHANNEL as WEBCHAT
from kezhan.channels.base import Account, Admitted, Capabilities, Channel, Inbound, Request, Unreadable
from kezhan.channels.live import drop_old_inbox
from kezhan.channels.tests.front import Front, age_inbox
from kezhan.channels.tests.platform import PNG, Answer, Line, Platform, said, sign
from kezhan.kit.ids import new_id
from kezhan.kit.testing import until
from kezhan.workspaces.tests.factories import actions


async def test_a_signed_call_becomes_a_message_of_its_customer(front: Front) -> None:
    line = await front.connect()
    sent_at = datetime.now(UTC) - timedelta(seconds=5)
    answer = await line.post(said("龙井有货吗？", sent_at=sent_at.isoformat()))
    assert (answer.status_code, answer.json()) == (200, {"accepted": True})
    (message,) = await front.heard()
    assert (message["kind"], message["body"]) == ("text", "龙井有货吗？")
    assert message["author"]["kind"] == "visitor"
    (head,) = await front.conversations()
    assert (head["channel"], head["contact_name"], head["inbound_count"]) == ("open", "陈平", 1)
    taken = await until(lambda: _taken(front, line))
    assert taken is not None
    assert taken["attempts"] == 0
    assert taken["delay_ms"] >= 5000


async def _taken(front: Front, line: Line) -> dict[str, Any] | None:
    rows = await front.inbox(line)
    return rows[0] if rows and rows[0]["state"] == "taken" else None


async def test_the_same_call_twice_is_one_message_and_answers_the_same(front: Front) -> None:
    line = await front.connect()
    event = said("once")
    first, second = await line.post(event), await line.post(event)
    assert first.status_code == second.status_code == 200
    await front.heard()
    await line.post(said("after"))
    bodies = [message["body"] for message in await front.heard(2)]
    assert bodies == ["once", "after"]
    assert len(await front.inbox(line)) == 2


async def test_twenty_repeats_at_once_are_one_message(front: Front) -> None:
    line = await front.connect()
    event = said("storm")
    answers = await asyncio.gather(*(line.post(event) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    await front.heard()
    await line.post(said("calm"))
    assert [message["body"] for message in await front.heard(2)] == ["storm", "calm"]


async def test_a_customers_messages_keep_their_order(front: Front) -> None:
    line = await front.connect()
    texts = [f"{n}" for n in range(30)]
    for text in texts:
        await line.post(said(text))
    assert [message["body"] for message in await front.heard(30)] == texts


async def test_customers_of_one_channel_have_conversations_of_their_own(front: Front) -> None:
    line = await front.connect()
    await asyncio.gather(*(line.post(said("hi", customer=f"c-{n}")) for n in range(5)))

    async def five() -> bool:
        return len(await front.conversations()) == 5

    await until(five)


@pytest.mark.parametrize(
    ("signature", "later", "secret"),
    [
        ("", None, None),
        ("t=1,v1=zz", None, None),
        ("nonsense", None, None),
        (None, -301, None),
        (None, 400, None),
        (None, None, "kzk_guess"),
    ],
)
async def test_a_call_without_a_good_signature_is_refused_and_leaves_nothing(
    front: Front, signature: str | None, later: float | None, secret: str | None
) -> None:
    line = await front.connect()
    at = None if later is None else time.time() + later
    answer = await line.post(said(), signature=signature, at=at, secret=secret)
    assert (answer.status_code, answer.json()["code"]) == (401, "channels.forged")
    assert await front.inbox(line) == []


async def test_an_altered_body_is_refused(front: Front) -> None:
    line = await front.connect()
    body = json.dumps(said("pay 10")).encode()
    answer = await line.post(body.replace(b"10", b"99"), signature=sign(line.secret, body))
    assert answer.status_code == 401


async def test_another_channels_secret_opens_nothing_here(front: Front) -> None:
    mine, other = await front.connect(), await front.connect()
    stranger = await front.stranger()
    made = (await stranger.post("/api/channels", json={"adapter": "open", "name": "X"})).json()
    for secret in (other.secret, made["secret"]):
        assert (await mine.post(said(), secret=secret)).status_code == 401
    assert await front.inbox(mine) == []


async def test_both_secrets_are_good_after_a_rotation_and_the_first_no_longer_after_two(front: Front) -> None:
    line = await front.connect()
    rotate = f"/api/channels/{line.account_id}/secret"
    second = (await front.owner.post(rotate)).json()["secret"]
    assert (await line.post(said())).status_code == 200
    assert (await line.post(said(), secret=second)).status_code == 200
    await front.owner.post(rotate)
    assert (await line.post(said())).status_code == 401
    assert (await line.post(said(), secret=second)).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe\x00",
        b'"text"',
        b"[]",
        b"[" * 100_000,
        json.dumps({"event_id": "1", "type": "message"}).encode(),
        json.dumps({**said(), "event_id": ""}).encode(),
        json.dumps({**said(), "event_id": "x" * 201}).encode(),
        json.dumps({**said(), "event_id": "a\u0000b"}).encode(),
        json.dumps({**said(), "customer": {"id": 5}}).encode(),
        json.dumps({**said(), "message": {"kind": "file", "file": {}}}).encode(),
        json.dumps({**said(), "message": {"kind": "file", "file": {"base64": "!!"}}}).encode(),
    ],
)
async def test_a_signed_call_that_is_not_as_documented_is_told_why(front: Front, body: bytes) -> None:
    line = await front.connect()
    answer = await line.post(body)
    assert (answer.status_code, answer.json()["code"]) == (400, "channels.malformed")
    assert await front.inbox(line) == []


async def test_a_huge_body_is_refused_before_it_is_read_whole(front: Front) -> None:
    line = await front.connect()
    answer = await line.post(b"x" * (8 * 1024 * 1024))
    assert (answer.status_code, answer.json()["code"]) == (413, "channels.body_too_large")

    async def unannounced() -> AsyncIterator[bytes]:
        for _ in range(130):
            yield b"x" * 65536

    chunked = await line.http.post(f"/hooks/{line.public_key}", content=unannounced())
    assert chunked.status_code == 413


async def test_unknown_and_archived_keys_answer_alike(front: Front) -> None:
    line = await front.connect()
    unknown = await line.http.post("/hooks/kzp_nobody", content=b"{}")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "channels.no_such_hook")
    assert (await front.owner.delete(f"/api/channels/{line.account_id}")).status_code == 204
    gone = await line.post(said())
    assert (gone.status_code, gone.json()["code"]) == (404, "channels.no_such_hook")
    assert CACHE_SECONDS <= 5


async def test_website_chat_has_no_hook(front: Front) -> None:
    made = (await front.owner.post("/api/channels", json={"adapter": "webchat", "name": "Shop"})).json()
    assert made["channel"]["hook"] is None
    answer = await front.owner.post(f"/hooks/{made['channel']['public_key']}", content=b"{}")
    assert answer.status_code == 404


async def test_what_we_do_not_know_is_kept_and_shown_as_unsupported(front: Front) -> None:
    line = await front.connect()
    await line.post({**said(), "message": {"kind": "live_gift", "text": "送出 10 朵玫瑰"}})
    await line.post({**said(), "type": "customer.joined"})
    gift, joined = await front.heard(2)
    assert (gift["kind"], gift["body"]) == ("unsupported", "送出 10 朵玫瑰")
    assert gift["payload"]["original_kind"] == "live_gift"
    assert joined["payload"]["original_kind"] == "customer.joined"


async def test_characters_the_database_cannot_hold_do_not_lose_the_message(front: Front) -> None:
    line = await front.connect()
    await line.post({**said("a\u0000b"), "customer": {"id": "c-1", "name": "x\u0000y", "email": "\u0000"}})
    (message,) = await front.heard()
    assert message["body"] == "ab"


async def test_a_text_longer_than_a_message_comes_whole_as_a_file(front: Front) -> None:
    line = await front.connect()
    await line.post(said("长" * 25_000))
    (message,) = await front.heard()
    assert message["kind"] == "file"
    assert (len(message["body"]), message["payload"]["size"]) == (10_000, 75_000)


async def test_a_file_by_its_bytes_is_stored_and_looked_at(front: Front) -> None:
    line = await front.connect()
    file = {"base64": base64.b64encode(PNG).decode(), "name": "茶.txt", "type": "text/plain"}
    await line.post({**said(), "message": {"kind": "image", "text": "看图", "file": file}})
    (message,) = await front.heard()
    assert (message["kind"], message["body"]) == ("image", "看图")
    assert message["payload"]["media_type"] == "image/png"


async def test_a_file_by_its_address_is_fetched(front: Front, place: Platform) -> None:
    line = await front.connect()
    place.answers.append(Answer(302, headers={"location": f"{place.url}/real.png"}))
    place.answers.append(Answer(200, PNG, {"content-type": "image/png"}))
    file = {"url": f"{place.url}/tea.png"}
    await line.post({**said(), "message": {"kind": "image", "file": file}})
    (message,) = await front.heard()
    assert (message["kind"], message["payload"]["size"]) == ("image", len(PNG))
    assert message["payload"]["name"] == "tea.png"
    assert [heard.path for heard in place.heard] == ["/tea.png", "/real.png"]


async def test_a_file_that_is_not_there_leaves_a_message_in_its_place(front: Front, place: Platform) -> None:
    line = await front.connect()
    place.always = lambda _: Answer(404)
    file = {"url": f"{place.url}/gone.pdf?key=secret", "name": "合同.pdf"}
    await line.post({**said(), "message": {"kind": "file", "text": "看一下", "file": file}})
    (message,) = await front.heard()
    assert (message["kind"], message["body"]) == ("unsupported", "看一下")
    assert message["payload"] == {**message["payload"], "original_kind": "file", "summary": "合同.pdf"}


async def test_a_file_that_cannot_be_fetched_now_is_tried_again(front: Front, place: Platform) -> None:
    line = await front.connect()
    place.answers.extend([503, Answer(200, PNG)])
    await line.post({**said(), "message": {"kind": "image", "file": {"url": f"{place.url}/tea.png"}}})

    async def waiting() -> bool:
        rows = await front.inbox(line)
        return bool(rows) and rows[0]["attempts"] == 1 and rows[0]["state"] == "waiting"

    await until(waiting)
    (row,) = await front.inbox(line)
    again = await front.owner.post(f"/api/channels/{line.account_id}/inbox/{row['id']}/replay")
    assert (again.status_code, again.json()["state"]) == (201, "taken")
    (message,) = await front.heard()
    assert message["kind"] == "image"


async def test_taking_a_stored_call_again_changes_nothing(front: Front) -> None:
    line = await front.connect()
    file = {"base64": base64.b64encode(PNG).decode(), "name": "tea.png"}
    await line.post({**said(), "message": {"kind": "image", "file": file}})
    (before,) = await front.heard()
    (row,) = await front.inbox(line)
    for _ in range(2):
        again = await front.owner.post(f"/api/channels/{line.account_id}/inbox/{row['id']}/replay")
        assert again.json()["state"] == "taken"
    assert await front.heard() == [before]


async def test_a_quote_of_our_message_is_kept(front: Front) -> None:
    line = await front.connect()
    await line.post(said("first"))
    (first,) = await front.heard()
    event = said("second")
    event["message"]["quote_seq"] = first["seq"]
    await line.post(event)
    assert (await front.heard(2))[1]["quote_seq"] == first["seq"]


async def test_a_message_after_the_end_opens_the_next_conversation(front: Front) -> None:
    line = await front.connect()
    await line.post(said("first"))
    await front.heard()
    (head,) = await front.conversations()
    await front.close(head["id"])
    await line.post(said("second"))

    async def next_one() -> list[dict[str, object]]:
        return [found for found in await front.conversations() if found["id"] != head["id"]]

    (fresh,) = await until(next_one)
    assert fresh["contact_id"] == head["contact_id"]


# Calls that cannot be taken


def _broken(request: Request, account: Account) -> list[Inbound] | Unreadable:
    if request.body == b"raise":
        raise KeyError("the platform has changed")
    if request.body == b"unreadable":
        return Unreadable("not like before")
    return [Inbound(external_id="c-1", dedup_key="k\0" * 300, kind="text", text=request.body.decode())]


def _admit(request: Request, account: Account, at: datetime) -> Admitted:
    return Admitted(dedup_key=request.query.get("key") or None)


FRAGILE = Channel(
    name="fragile",
    label=WEBCHAT.label,
    help=WEBCHAT.help,
    capabilities=Capabilities(),
    settings=WEBCHAT.settings,
    fields=WEBCHAT.fields,
    verify=_admit,
    parse=_broken,
)


@pytest.fixture
async def fragile(front: Front, monkeypatch: pytest.MonkeyPatch) -> Line:
    """A channel whose adapter is a guest's, and fails."""
    monkeypatch.setitem(registry.channels(), "fragile", FRAGILE)
    made = (await front.owner.post("/api/channels", json={"adapter": "fragile", "name": "F"})).json()
    channel = made["channel"]
    return Line(await front.running.client(), channel["id"], channel["public_key"], "")


@pytest.mark.parametrize("body", [b"raise", b"unreadable"])
async def test_a_call_that_cannot_be_read_is_answered_kept_and_parked(
    front: Front, fragile: Line, body: bytes
) -> None:
    answer = await fragile.http.post(f"/hooks/{fragile.public_key}?key=1", content=body)
    assert answer.status_code == 200

    async def parked() -> list[dict[str, object]]:
        return [row for row in await front.inbox(fragile) if row["state"] == "parked"]

    (row,) = await until(parked)
    assert row["fault"]
    assert "platform has changed" not in str(row["fault"])
    again = await front.owner.post(f"/api/channels/{fragile.account_id}/inbox/{row['id']}/replay")
    assert (again.json()["state"], again.json()["attempts"]) == ("parked", 2)


async def test_what_could_not_be_read_is_shown_until_it_is_dismissed_however_old(
    front: Front, fragile: Line
) -> None:
    await fragile.http.post(f"/hooks/{fragile.public_key}?key=1", content=b"unreadable")
    await fragile.http.post(f"/hooks/{fragile.public_key}?key=2", content=b"hello")
    await front.heard()

    async def parked() -> int:
        items = (await front.owner.get("/api/channels/health")).json()["items"]
        return int(next(one["parked"] for one in items if one["id"] == str(fragile.account_id)))

    await until(parked)
    await age_inbox(front, timedelta(days=30))
    taken, row = sorted(await front.inbox(fragile), key=lambda one: str(one["state"]), reverse=True)
    assert await drop_old_inbox(front.running.db) == 1
    assert await parked() == 1
    path = f"/api/channels/{fragile.account_id}/inbox"
    unsettled = (await front.owner.get(path, params={"unsettled": "true"})).json()["items"]
    assert [one["id"] for one in unsettled] == [row["id"]]
    for who, status in ((await front.agent(), 403), (await front.stranger(), 404)):
        assert (await who.put(f"{path}/{row['id']}/dismissal")).status_code == status
    assert (await front.owner.put(f"{path}/{taken['id']}/dismissal")).status_code == 404
    before = await actions(front.running, front.workspace_id)
    for _ in range(2):
        gone = await front.owner.put(f"{path}/{row['id']}/dismissal")
        assert (gone.status_code, gone.json()["state"]) == (200, "dismissed")
    assert (await actions(front.running, front.workspace_id))[len(before) :] == ["channel.dismiss_inbox"]
    assert await parked() == 0
    again = await front.owner.post(f"{path}/{row['id']}/replay")
    assert (again.json()["state"], await parked()) == ("parked", 1)
    await front.owner.delete(f"/api/channels/{fragile.account_id}")
    assert await drop_old_inbox(front.running.db) == 1


async def test_what_was_taken_in_need_not_be_dismissed(front: Front, fragile: Line) -> None:
    await fragile.http.post(f"/hooks/{fragile.public_key}?key=2", content=b"hello")
    await front.heard()
    (row,) = await front.inbox(fragile)
    answer = await front.owner.put(f"/api/channels/{fragile.account_id}/inbox/{row['id']}/dismissal")
    assert (answer.status_code, answer.json()["code"]) == (409, "channels.nothing_to_dismiss")


async def test_keys_of_any_length_and_content_are_good_enough(front: Front, fragile: Line) -> None:
    for _ in range(2):
        params = {"key": "\0" + "k" * 400}
        answer = await fragile.http.post(f"/hooks/{fragile.public_key}", params=params, content=b"hello")
        assert answer.status_code == 200
    assert [message["body"] for message in await front.heard()] == ["hello"]
    assert len(await front.inbox(fragile)) == 1


async def test_a_handshake_is_answered_and_not_kept(front: Front, fragile: Line) -> None:
    assert (await fragile.http.get(f"/hooks/{fragile.public_key}")).status_code == 200
    assert await front.inbox(fragile) == []


async def test_a_call_left_by_a_process_that_died_is_taken_at_the_next_start(
    own_front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    front = own_front
    line = await front.connect()
    taker = front.channels.taker
    monkeypatch.setattr(taker, "begin", lambda *_: None)
    await line.post(said("left behind"))
    assert (await front.inbox(line))[0]["state"] == "waiting"
    assert await taker.sweep(all_waiting=True) == 1
    assert [message["body"] for message in await front.heard()] == ["left behind"]
    assert await taker.sweep(all_waiting=True) == 0


async def test_calls_are_forgotten_after_a_week(front: Front) -> None:
    line = await front.connect()
    await line.post(said("old"))
    await front.heard()
    assert await drop_old_inbox(front.running.db) == 0
    await age_inbox(front, timedelta(days=8))
    assert await drop_old_inbox(front.running.db) == 1
    assert await front.inbox(line) == []
    assert len(await front.heard()) == 1


async def test_what_is_kept_of_a_call_cannot_be_read_in_the_database(front: Front) -> None:
    line = await front.connect()
    await line.post(said("秘密 secret words"))
    await front.heard()
    (row,) = await front.inbox(line)
    async with front.running.db.tx(front.workspace_id) as tx:
        kept = await store.inbox_row(tx, row["id"])
    assert kept is not None
    assert b"secret" not in kept.sealed
    assert datetime.now(UTC) - kept.received_at < timedelta(minutes=1)


# Who must not


async def test_agents_and_other_workspaces_see_neither_logs_nor_replays(front: Front) -> None:
    line = await front.connect()
    await line.post(said())
    await front.heard()
    (row,) = await front.inbox(line)
    base = f"/api/channels/{line.account_id}"
    stranger = await front.stranger()
    for client, status in ((await front.agent(), 403), (stranger, 404)):
        for path in (f"{base}/inbox", f"{base}/deliveries"):
            assert (await client.get(path)).status_code == status
        assert (await client.post(f"{base}/inbox/{row['id']}/replay")).status_code == status
    other = await front.connect()
    crossed = f"/api/channels/{other.account_id}/inbox/{row['id']}/replay"
    assert (await front.owner.post(crossed)).status_code == 404
    missing = f"{base}/inbox/{new_id()}/replay"
    assert (await front.owner.post(missing)).status_code == 404


async def test_the_inbox_log_is_paged_newest_first(front: Front) -> None:
    line = await front.connect()
    for n in range(5):
        await line.post(said(event_id=f"e{n}"))
    path = f"/api/channels/{line.account_id}/inbox"
    first = (await front.owner.get(path, params={"limit": 3})).json()
    rest = (await front.owner.get(path, params={"limit": 3, "after": first["next"]})).json()
    assert [row["dedup_key"] for row in first["items"] + rest["items"]] == ["e4", "e3", "e2", "e1", "e0"]
    assert rest["next"] is None
    assert (await front.owner.get(path, params={"after": "?"})).status_code == 400
