"""What agents do, heard by a platform's real server."""

import asyncio
import hashlib
import hmac
import re
import time
from typing import Any
from uuid import UUID

from kezhan.channels.tests.front import BACKOFF, Front, Json, open_front
from kezhan.channels.tests.platform import Answer, Heard, Line, Platform, said
from kezhan.conversations.change import edit, recall
from kezhan.kit.ids import new_id
from kezhan.kit.testing import until


async def _spoken_to(front: Front, line: Line) -> str:
    """A conversation a customer has begun."""
    await line.post(said("hello"))
    await front.heard()
    (head,) = await front.conversations()
    conversation_id: str = head["id"]
    return conversation_id


async def _events(place: Platform, count: int) -> list[Heard]:
    async def enough() -> list[Heard]:
        return place.heard if len(place.heard) >= count else []

    return await until(enough)


async def _settled(front: Front, line: Line, *states: str) -> list[Json]:
    """Wait until the log shows these states, oldest first."""

    async def look() -> list[Json]:
        rows = await front.deliveries(line)
        return rows if [row["state"] for row in rows] == list(states) else []

    return await until(look)


def _genuine(heard: Heard, secret: str) -> bool:
    found = re.fullmatch(r"t=(\d+),v1=([0-9a-f]{64})", heard.headers["x-kezhan-signature"])
    assert found is not None
    digest = hmac.new(secret.encode(), found[1].encode() + b"." + heard.body, hashlib.sha256).hexdigest()
    return digest == found[2] and abs(int(found[1]) - time.time()) < 300


async def test_a_reply_reaches_the_platform_signed(front: Front, place: Platform) -> None:
    line = await front.connect(f"{place.url}/hook?shop=1")
    conversation_id = await _spoken_to(front, line)
    ack = (await front.reply(conversation_id, "有的，明前的刚到。", client_id="a-1")).json()
    (heard,) = await _events(place, 1)
    assert (heard.method, heard.path) == ("POST", "/hook?shop=1")
    assert _genuine(heard, line.secret)
    event = heard.event
    assert event["event_id"] == heard.event_id
    assert (event["type"], event["conversation_id"]) == ("message", conversation_id)
    assert event["customer"] == {"id": "c-1"}
    wanted = {"seq": ack["seq"], "client_id": "a-1", "kind": "text", "text": "有的，明前的刚到。"}
    assert event["message"] == wanted
    assert event["agent"]["name"]
    (row,) = await _settled(front, line, "sent")
    assert (row["id"], row["status"], row["attempts"]) == (heard.event_id, 200, 1)


async def test_everything_comes_in_order_also_over_failures(front: Front, place: Platform) -> None:
    line = await front.connect(place.url)
    conversation_id = await _spoken_to(front, line)
    place.answers.extend([500, 200, 429, 200, 503])
    for n in range(5):
        await front.reply(conversation_id, f"{n}")
    heard = await _events(place, 8)
    assert [one.event["message"]["text"] for one in heard] == ["0", "0", "1", "1", "2", "2", "3", "4"]
    await _settled(front, line, *["sent"] * 5)


async def test_an_attempt_repeated_carries_the_same_event_id(front: Front, place: Platform) -> None:
    line = await front.connect(place.url)
    conversation_id = await _spoken_to(front, line)
    place.answers.extend([500, 500])
    await front.reply(conversation_id, "again")
    heard = await _events(place, 3)
    assert len({one.event_id for one in heard}) == 1
    assert all(_genuine(one, line.secret) for one in heard)
    (row,) = await _settled(front, line, "sent")
    assert row["attempts"] == 3


async def test_after_the_last_attempt_it_has_failed_and_can_be_sent_by_hand(
    front: Front, place: Platform
) -> None:
    line = await front.connect(place.url)
    conversation_id = await _spoken_to(front, line)
    place.answers.extend([500] * (len(BACKOFF) + 1))
    await front.reply(conversation_id, "later")
    (row,) = await _settled(front, line, "failed")
    assert (row["fault"], row["status"], row["attempts"]) == ("HTTP 500", 500, len(BACKOFF) + 1)
    path = f"/api/channels/{line.account_id}/deliveries/{row['id']}/replay"
    assert (await front.owner.post(path)).json()["state"] == "waiting"
    (row,) = await _settled(front, line, "sent")
    assert place.heard[-1].event_id == row["id"]


async def test_a_refusal_is_final_and_the_next_message_goes_on(front: Front, place: Platform) -> None:
    line = await front.connect(place.url)
    conversation_id = await _spoken_to(front, line)
    statuses = (410, 400, 404, 302)
    for status in statuses:
        place.answers.extend([Answer(status, headers={"location": f"{place.url}/elsewhere"}), 200])
        await front.reply(conversation_id, "no")
        await front.reply(conversation_id, "yes")
    rows = await _settled(front, line, *["failed", "sent"] * len(statuses))
    faults = [(row["fault"], row["attempts"]) for row in rows[::2]]
    assert faults == [(f"HTTP {status}", 1) for status in statuses]
    assert {row["status"] for row in rows[1::2]} == {200}
    assert {heard.path for heard in place.heard} == {"/"}
    assert len(place.heard) == 2 * len(statuses)


async def test_a_slow_platform_does_not_hold_up_other_conversations(front: Front, place: Platform) -> None:
    line, quick = await front.connect(place.url), await front.connect()
    conversation_id = await _spoken_to(front, line)
    place.awake.clear()
    await front.reply(conversation_id, "slow")
    await _events(place, 1)
    await quick.post(said("quick", customer="c-2"))

    async def both() -> bool:
        return len(await front.conversations()) == 2

    await until(both)
    (row,) = await front.deliveries(line)
    assert row["state"] == "waiting"
    place.awake.set()
    await _settled(front, line, "sent")


async def test_a_platform_that_is_away_is_tried_again(front: Front) -> None:
    line = await front.connect("http://127.0.0.1:1/")
    conversation_id = await _spoken_to(front, line)
    await front.reply(conversation_id, "anybody?")
    (row,) = await _settled(front, line, "failed")
    assert (row["reason"], row["attempts"]) == ("refused", len(BACKOFF) + 1)


async def test_edit_recall_and_close_are_told_and_notes_are_not(front: Front, place: Platform) -> None:
    line = await front.connect(place.url)
    conversation_id = await _spoken_to(front, line)
    ack = (await front.reply(conversation_id, "tpyo")).json()
    await front.reply(conversation_id, "老客户，多送一泡", kind="note")
    await _events(place, 1)
    await _change(front, conversation_id, ack["seq"], body="typo")
    await _events(place, 2)
    await _change(front, conversation_id, ack["seq"])
    await front.close(conversation_id)
    events = [heard.event for heard in await _events(place, 4)]
    kinds = ["message", "message.edited", "message.recalled", "conversation.closed"]
    assert [event["type"] for event in events] == kinds
    assert events[1]["message"]["seq"] == events[2]["message"]["seq"] == ack["seq"]
    assert "text" not in events[2]["message"]
    assert "message" not in events[3]
    assert not any("多送" in heard.body.decode() for heard in place.heard)
    await _settled(front, line, "sent", "sent", "sent", "sent")


async def _change(front: Front, conversation_id: str, seq: int, body: str = "") -> None:
    """Edit a message of the owner's as her socket does; without a body recall it."""
    member_id = UUID((await front.owner.get("/api/me")).json()["id"])
    async with front.running.db.tx(front.workspace_id) as tx:
        if body:
            await edit(tx, UUID(conversation_id), seq, author_id=member_id, body=body)
        else:
            await recall(tx, UUID(conversation_id), seq, author_id=member_id)


async def test_what_was_recalled_before_it_was_sent_is_never_told(front: Front, place: Platform) -> None:
    line = await front.connect(place.url)
    conversation_id = await _spoken_to(front, line)
    place.answers.extend([500])
    await front.reply(conversation_id, "first")
    ack = (await front.reply(conversation_id, "regretted")).json()
    await _change(front, conversation_id, ack["seq"])
    await front.reply(conversation_id, "last")
    await _settled(front, line, "sent", "dropped", "dropped", "sent")
    assert not any("regretted" in heard.body.decode() for heard in place.heard)
    dropped = (await front.deliveries(line))[1]
    answer = await front.owner.post(f"/api/channels/{line.account_id}/deliveries/{dropped['id']}/replay")
    assert (answer.status_code, answer.json()["code"]) == (409, "channels.nothing_to_send")


async def test_a_file_is_told_by_an_address_that_works_for_this_channel_alone(
    front: Front, place: Platform
) -> None:
    line, other = await front.connect(place.url), await front.connect()
    conversation_id = await _spoken_to(front, line)
    upload = await front.owner.post("/api/files", files={"file": ("报价.pdf", b"%PDF-1.4 prices")})
    await front.reply(conversation_id, "", kind="file", file_id=upload.json()["id"])
    (heard,) = await _events(place, 1)
    file = heard.event["message"]["file"]
    assert (file["name"], file["size"]) == ("报价.pdf", 15)
    address = file["url"].partition("/hooks/")[2]
    got = await line.http.get(f"/hooks/{address}")
    assert (got.status_code, got.content) == (200, b"%PDF-1.4 prices")
    crossed = address.replace(line.public_key, other.public_key)
    for forged in (crossed, address[:-2] + "xx", address.replace("e=", "e=9")):
        assert (await line.http.get(f"/hooks/{forged}")).status_code == 403
    await front.owner.delete(f"/api/channels/{line.account_id}")
    assert (await line.http.get(f"/hooks/{address}")).status_code == 404


async def test_without_a_webhook_the_log_says_that_nobody_hears(front: Front) -> None:
    line = await front.connect()
    conversation_id = await _spoken_to(front, line)
    await front.reply(conversation_id, "hello?")
    (row,) = await _settled(front, line, "failed")
    assert row["fault"] == "no webhook address is set"


async def test_after_its_end_a_channel_hears_nothing_more(front: Front, place: Platform) -> None:
    line = await front.connect(place.url)
    conversation_id = await _spoken_to(front, line)
    await front.owner.delete(f"/api/channels/{line.account_id}")
    await front.reply(conversation_id, "too late")
    (row,) = await _settled(front, line, "failed")
    assert (row["fault"], place.heard) == ("the channel has been removed", [])


async def test_a_rotated_secret_signs_from_now_on(front: Front, place: Platform) -> None:
    line = await front.connect(place.url)
    conversation_id = await _spoken_to(front, line)
    fresh = (await front.owner.post(f"/api/channels/{line.account_id}/secret")).json()["secret"]
    await front.reply(conversation_id, "new key")
    (heard,) = await _events(place, 1)
    assert _genuine(heard, fresh)
    assert not _genuine(heard, line.secret)


async def test_our_own_network_is_out_of_a_webhooks_reach(
    access: Any, tmp_path: Any, place: Platform
) -> None:
    async with open_front(access, tmp_path, private=False) as front:
        line = await front.connect(place.url)
        conversation_id = await _spoken_to(front, line)
        await front.reply(conversation_id, "metadata, please")
        (row,) = await _settled(front, line, "failed")
        assert (row["reason"], row["attempts"]) == ("bad_address", 1)
        assert place.heard == []


async def test_a_call_in_the_middle_of_a_send_loses_nothing(front: Front, place: Platform) -> None:
    line = await front.connect(place.url)
    conversation_id = await _spoken_to(front, line)
    place.awake.clear()
    await front.reply(conversation_id, "0", client_id="g-0")
    await _events(place, 1)
    await asyncio.gather(*(front.reply(conversation_id, f"{n}", client_id=f"g-{n}") for n in range(1, 10)))
    place.awake.set()
    heard = await _events(place, 10)
    seqs = [one.event["message"]["seq"] for one in heard]
    assert seqs == sorted(seqs)
    assert len(set(seqs)) == 10


async def test_who_may_not_manage_channels_sends_nothing_again(front: Front, place: Platform) -> None:
    line, other = await front.connect(place.url), await front.connect()
    conversation_id = await _spoken_to(front, line)
    await front.reply(conversation_id, "once")
    (row,) = await _settled(front, line, "sent")
    path = f"/api/channels/{line.account_id}/deliveries/{row['id']}/replay"
    assert (await (await front.agent()).post(path)).status_code == 403
    assert (await (await front.stranger()).post(path)).status_code == 404
    crossed = path.replace(str(line.account_id), str(other.account_id))
    assert (await front.owner.post(crossed)).status_code == 404
    assert (await front.owner.post(path.replace(row["id"], str(new_id())))).status_code == 404
    assert len(place.heard) == 1
