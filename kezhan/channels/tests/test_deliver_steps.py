"""From the outbox to the platform, step by step: what is queued, claimed, sent again, given up."""

import asyncio
import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from kezhan.channels import base, dispatch, registry, store
from kezhan.channels.adapters.open.manifest import CHANNEL as OPEN
from kezhan.channels.base import Outbound, Receipt, Retry, Turned
from kezhan.channels.deliver import Courier
from kezhan.channels.tests.front import BACKOFF, Front, Json
from kezhan.channels.tests.platform import Line, said
from kezhan.conversations.change import edit
from kezhan.conversations.events import ConversationClosed, MessageAppended, MessageChanged
from kezhan.kit.testing import queries, until


class Post:
    """A platform in the adapter's place: what it was brought, and what it does with it."""

    def __init__(self) -> None:
        self.brought: list[Outbound] = []
        self.does: list[Any] = []

    async def send(self, _: base.Line, outbound: Outbound) -> Receipt:
        self.brought.append(outbound)
        next_up = self.does.pop(0) if self.does else None
        if isinstance(next_up, Exception):
            raise next_up
        if isinstance(next_up, asyncio.Event):
            await next_up.wait()
        return Receipt(external_id=f"p-{len(self.brought)}", status=202)


@pytest.fixture
def post(monkeypatch: pytest.MonkeyPatch) -> Post:
    """The open channel, with its last step in the test's hand."""
    post = Post()
    monkeypatch.setitem(registry.channels(), "open", dataclasses.replace(OPEN, send=post.send))
    return post


async def spoken(front: Front, customer: str = "c-1", line: Line | None = None) -> tuple[Line, str]:
    line = line or await front.connect("https://platform.example/")
    known = {head["id"] for head in await front.conversations()}
    await line.post(said("hello", customer=customer))

    async def fresh() -> list[str]:
        return [head["id"] for head in await front.conversations() if head["id"] not in known]

    (conversation_id,) = await until(fresh)
    return line, conversation_id


async def settled(front: Front, line: Line, *states: str) -> list[Json]:
    async def look() -> list[Json]:
        rows = await front.deliveries(line)
        return rows if [row["state"] for row in rows] == list(states) else []

    return await until(look)


# Queue


def appended(conversation_id: str, seq: int, author: str = "agent", kind: str = "text") -> MessageAppended:
    return MessageAppended(conversation_id=UUID(conversation_id), seq=seq, author_kind=author, kind=kind)


async def test_the_same_events_again_queue_nothing_more(front: Front, post: Post) -> None:
    line, conversation_id = await spoken(front)
    ack = (await front.reply(conversation_id, "answer")).json()
    await front.close(conversation_id)
    rows = await settled(front, line, "sent", "sent")
    closed = ConversationClosed(conversation_id=UUID(conversation_id), by=None)
    for _ in range(2):
        async with front.running.db.tx(front.workspace_id) as tx:
            await dispatch.queue(tx, [appended(conversation_id, ack["seq"]), closed])
    assert await front.deliveries(line) == rows
    assert [one.what for one in post.brought] == ["message", "closed"]


async def test_what_is_none_of_a_platforms_business_costs_no_statement(front: Front, post: Post) -> None:
    _, conversation_id = await spoken(front)
    events = [
        appended(conversation_id, 2, author="visitor"),
        appended(conversation_id, 1, author="system", kind="event"),
        appended(conversation_id, 3, kind="note"),
    ]
    async with front.running.db.tx(front.workspace_id) as tx:
        with queries(tx) as sent:
            await dispatch.queue(tx, events)
    assert sent == []


async def test_a_full_batch_is_looked_up_at_once_and_only_agents_words_are_queued(
    front: Front, post: Post
) -> None:
    _, conversation_id = await spoken(front)
    events: list[Any] = [appended(conversation_id, seq) for seq in range(1, 200)]
    events.append(MessageChanged(conversation_id=UUID(conversation_id), seq=2, rev=9, recalled=False))
    async with front.running.db.tx(front.workspace_id) as tx:
        with queries(tx) as sent:
            await dispatch.queue(tx, events)
    assert len(sent) == 1
    assert post.brought == []


async def test_a_website_visitors_answers_are_not_posted_anywhere(front: Front, post: Post) -> None:
    site = (await front.owner.post("/api/channels", json={"adapter": "webchat", "name": "S"})).json()
    asked = {"site_key": site["channel"]["public_key"]}
    session = (await front.owner.post("/w/v1/sessions", json=asked)).json()
    bearer = {"Authorization": f"Bearer {session['token']}"}
    form = {"type": "send", "client_id": "1", "body": "hello"}
    ack = (await front.owner.post("/w/v1/messages", json=form, headers=bearer)).json()
    await front.reply(ack["conversation_id"], "answer")
    await front.close(ack["conversation_id"])
    line, conversation_id = await spoken(front)
    await front.reply(conversation_id, "this one goes out")
    await settled(front, line, "sent")
    path = f"/api/channels/{site['channel']['id']}/deliveries"
    assert (await front.owner.get(path)).json()["items"] == []


# Attempts


async def test_the_platforms_own_name_of_a_message_is_kept(front: Front, post: Post) -> None:
    line, conversation_id = await spoken(front)
    await front.reply(conversation_id, "answer")
    (row,) = await settled(front, line, "sent")
    assert (row["external_id"], row["status"], row["fault"]) == ("p-1", 202, None)
    assert row["sent_at"] >= row["created_at"]
    assert row["due_at"] is None


@pytest.mark.parametrize(
    ("fault", "reason", "shown"),
    [
        (Retry("HTTP 503", status=503), "transient", "HTTP 503"),
        (Retry("y" * 9000), "transient", "y" * 500),
        (KeyError("words of a customer"), "internal", ""),
        (TimeoutError(), "timed_out", ""),
        (RecursionError("deep"), "internal", ""),
    ],
)
async def test_a_fault_that_may_pass_is_noted_without_words_and_tried_again(
    front: Front, post: Post, fault: Exception, reason: str, shown: str
) -> None:
    held = asyncio.Event()
    post.does = [fault, held]
    line, conversation_id = await spoken(front)
    await front.reply(conversation_id, "answer")

    async def second() -> list[Json]:
        rows = await front.deliveries(line)
        return rows if rows and rows[0]["attempts"] == 2 else []

    (row,) = await until(second)
    held.set()
    assert (row["state"], row["reason"], row["fault"]) == ("waiting", reason, shown)
    (row,) = await settled(front, line, "sent")
    assert (row["attempts"], row["fault"]) == (2, None)
    assert len({one.event_id for one in post.brought}) == 1


async def test_a_refusal_ends_it_at_once_and_the_next_goes_on(front: Front, post: Post) -> None:
    post.does = [Turned("z" * 9000, status=403)]
    line, conversation_id = await spoken(front)
    for n in range(2):
        await front.reply(conversation_id, f"{n}")
    refused, _ = await settled(front, line, "failed", "sent")
    assert (refused["fault"], refused["status"], refused["attempts"]) == ("z" * 500, 403, 1)
    assert [one.text for one in post.brought] == ["0", "1"]


@pytest.mark.parametrize(
    ("attempts", "after", "seconds"),
    [
        (1, 0, 30),
        (2, 0, 120),
        (6, 0, 24 * 3600),
        (1, 45, 45),
        (2, 45, 120),
        (1, 10**9, 24 * 3600),
        (7, 0, None),
        (8, 10, None),
    ],
)
async def test_pauses_grow_keep_to_the_platforms_own_and_end(
    front: Front, attempts: int, after: float, seconds: float | None
) -> None:
    courier = Courier(front.channels.desk, front.channels.lines, front.channels.figures)
    row = _Row(attempts=attempts)
    outcome = courier._later(row, Retry("HTTP 503", after=after, status=503))  # type: ignore[arg-type]
    assert outcome.wait == (timedelta(seconds=seconds) if seconds is not None else None)
    assert outcome.values.get("state") == (None if seconds is not None else "failed")


@dataclasses.dataclass
class _Row:
    attempts: int
    begun: int = 0


async def test_the_pause_a_platform_asks_for_is_kept(front: Front, post: Post) -> None:
    post.does = [Retry("HTTP 429", after=3600, status=429)]
    line, conversation_id = await spoken(front)
    await front.reply(conversation_id, "answer")

    async def waits() -> list[Json]:
        return [row for row in await front.deliveries(line) if row["status"] == 429]

    (row,) = await until(waits)
    left = datetime.fromisoformat(row["due_at"]) - datetime.now(UTC)
    assert timedelta(minutes=55) < left <= timedelta(hours=1)
    assert (row["state"], len(post.brought)) == ("waiting", 1)
    again = f"/api/channels/{line.account_id}/deliveries/{row['id']}/replay"
    assert (await front.owner.post(again)).json()["attempts"] == 0
    await settled(front, line, "sent")


# Order and crashes


async def test_what_was_sent_but_not_written_down_goes_out_again_under_the_same_name(
    front: Front, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, left = store.part_sent, [1]

    async def dies(*args: Any, **more: Any) -> None:
        if left[0]:
            left[0] = 0
            raise ConnectionError("the process has been killed")
        await real(*args, **more)

    monkeypatch.setattr(store, "part_sent", dies)
    line, conversation_id = await spoken(front)
    await front.reply(conversation_id, "answer")
    await until(lambda: _length(post, 1))
    (row,) = await front.deliveries(line)
    assert (row["state"], row["attempts"]) == ("waiting", 1)
    async with front.running.db.tx(front.workspace_id) as tx:
        lease = await tx.value(text("select due_at - now() from channel_deliveries"))
        assert timedelta(minutes=1) < lease <= timedelta(minutes=2)
        await tx.run(text("update channel_deliveries set due_at = now()"))
    await settled(front, line, "sent")
    assert [one.event_id for one in post.brought] == [row["id"]] * 2


async def test_what_the_platform_has_is_not_sent_again_though_the_process_died_before_it_was_settled(
    front: Front, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, left = store.settle_delivery, [1]

    async def dies(*args: Any, **more: Any) -> None:
        if left[0]:
            left[0] = 0
            raise ConnectionError("the process has been killed")
        await real(*args, **more)

    monkeypatch.setattr(store, "settle_delivery", dies)
    line, conversation_id = await spoken(front)
    await front.reply(conversation_id, "answer")

    async def noted() -> bool:
        async with front.running.db.tx(front.workspace_id) as tx:
            again = text("update channel_deliveries set due_at = now() where cardinality(parts) = 1")
            return bool(left[0] == 0 and await tx.run(again))

    await until(noted)
    await settled(front, line, "sent")
    assert len(post.brought) == 1


async def _length(post: Post, count: int) -> bool:
    return len(post.brought) >= count


async def test_one_conversation_never_has_two_under_way_and_others_do_not_wait(
    front: Front, post: Post
) -> None:
    held = asyncio.Event()
    post.does = [held]
    line, slow = await spoken(front)
    _, quick = await spoken(front, "c-2", line)
    for n in range(3):
        await front.reply(slow, f"slow {n}")
    await until(lambda: _length(post, 1))
    await front.reply(quick, "quick")
    await until(lambda: _length(post, 2))
    assert [one.text for one in post.brought] == ["slow 0", "quick"]
    claims = [await _claim(front) for _ in range(2)]
    assert claims == [[], []]
    held.set()
    await settled(front, line, *["sent"] * 4)
    assert [one.text for one in post.brought] == ["slow 0", "quick", "slow 1", "slow 2"]


async def _claim(front: Front) -> list[UUID]:
    async with front.running.db.system_tx() as tx:
        rows = await store.claim_deliveries(tx, {}, 32)
    return [row.id for row in rows if row.workspace_id == front.workspace_id]


async def test_a_failed_one_sent_by_hand_does_not_overtake_the_log(front: Front, post: Post) -> None:
    post.does = [Turned("no")]
    line, conversation_id = await spoken(front)
    for n in range(3):
        await front.reply(conversation_id, f"{n}")
    rows = await settled(front, line, "failed", "sent", "sent")
    again = f"/api/channels/{line.account_id}/deliveries/{rows[0]['id']}/replay"
    for _ in range(2):
        assert (await front.owner.post(again)).status_code == 201
        await settled(front, line, "sent", "sent", "sent")
    assert [one.text for one in post.brought] == ["0", "1", "2", "0", "0"]
    assert len({one.event_id for one in post.brought if one.text == "0"}) == 1


async def test_an_edit_after_a_message_that_was_never_told_is_not_told_either(
    front: Front, post: Post
) -> None:
    post.does = [Turned("no")]
    line, conversation_id = await spoken(front)
    ack = (await front.reply(conversation_id, "tpyo")).json()
    await settled(front, line, "failed")
    member_id = UUID((await front.owner.get("/api/me")).json()["id"])
    async with front.running.db.tx(front.workspace_id) as tx:
        await edit(tx, UUID(conversation_id), ack["seq"], author_id=member_id, body="typo")
    await settled(front, line, "failed", "dropped")
    assert len(post.brought) == 1


async def test_a_message_edited_while_it_waits_goes_out_as_it_is_now(front: Front, post: Post) -> None:
    held = asyncio.Event()
    post.does = [held]
    line, conversation_id = await spoken(front)
    await front.reply(conversation_id, "first")
    await until(lambda: _length(post, 1))
    ack = (await front.reply(conversation_id, "tpyo")).json()
    member_id = UUID((await front.owner.get("/api/me")).json()["id"])
    async with front.running.db.tx(front.workspace_id) as tx:
        await edit(tx, UUID(conversation_id), ack["seq"], author_id=member_id, body="typo")
    held.set()
    await settled(front, line, "sent", "sent", "sent")
    assert [(one.what, one.text) for one in post.brought] == [
        ("message", "first"), ("message", "typo"), ("edited", "typo"),
    ]  # fmt: skip


async def test_an_adapter_that_is_gone_waits_for_its_return(
    front: Front, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    post.does = [Turned("no", status=403)]
    line, conversation_id = await spoken(front)
    with monkeypatch.context() as gone:
        await front.reply(conversation_id, "answer")
        await settled(front, line, "failed")
        gone.delitem(registry.channels(), "open")
        again = f"/api/channels/{line.account_id}/deliveries"
        row = (await front.owner.get(again)).json()["items"][0]
        await front.owner.post(f"{again}/{row['id']}/replay")

        async def tried() -> bool:
            return bool((await front.deliveries(line))[0]["reason"] == "internal")

        await until(tried)
    (row,) = await _end(front, line)
    assert row["state"] in {"sent", "failed"}
    assert row["attempts"] <= len(BACKOFF) + 1


async def _end(front: Front, line: Line) -> list[Json]:
    async def over() -> list[Json]:
        rows = await front.deliveries(line)
        return rows if all(row["state"] != "waiting" for row in rows) else []

    return await until(over)
