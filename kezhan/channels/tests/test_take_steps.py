"""Whatever breaks between a kept call and its message: nothing is lost, nothing doubled, the log says why."""

import asyncio
import base64
import math
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from kezhan.channels import registry, store
from kezhan.channels.adapters.open.manifest import CHANNEL as OPEN
from kezhan.channels.base import Account, Admitted, Capabilities, Channel, Inbound, InboundFile, Request
from kezhan.channels.customers import bring as bringing
from kezhan.channels.take import ATTEMPTS, KEPT
from kezhan.channels.tests.front import Front, Json, age_inbox
from kezhan.channels.tests.platform import PNG, Answer, Line, Platform, said
from kezhan.contacts import service
from kezhan.files.scan import Scanner
from kezhan.files.tests.clamd import EICAR, clamd_at
from kezhan.kit.ids import new_id
from kezhan.kit.testing import until


async def row_of(front: Front, line: Line, state: str) -> Json:
    """Wait until the newest call is in this state."""

    async def look() -> Json | None:
        rows = await front.inbox(line)
        return rows[0] if rows and rows[0]["state"] == state else None

    return await until(look)


async def again(front: Front, line: Line, row: Json) -> Json:
    answer = await front.owner.post(f"/api/channels/{line.account_id}/inbox/{row['id']}/replay")
    assert answer.status_code == 201, answer.text
    seen: Json = answer.json()
    return seen


async def count(front: Front, table: str) -> int:
    async with front.running.db.tx(front.workspace_id) as tx:
        found: int = await tx.value(text(f"select count(*) from {table}"))  # noqa: S608
    return found


def failing(times: int, real: Callable[..., Any]) -> Callable[..., Any]:
    """`real`, which breaks off the first `times` times."""
    left = [times]

    async def broken(*args: Any, **more: Any) -> Any:
        if left[0]:
            left[0] -= 1
            raise ConnectionError("the database is gone")
        return await real(*args, **more)

    return broken


# Between the steps


async def test_a_message_stored_whose_call_was_not_ticked_off_is_not_stored_again(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = await front.connect()
    monkeypatch.setattr(store, "taken", failing(1, store.taken))
    await line.post(said("once"))
    await front.heard()
    row = await row_of(front, line, "waiting")
    assert (await again(front, line, row))["state"] == "taken"
    assert [message["body"] for message in await front.heard()] == ["once"]
    assert (await front.conversations())[0]["inbound_count"] == 1


async def test_a_file_stored_twice_for_one_message_leaves_one_file(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = await front.connect()
    monkeypatch.setattr(store, "taken", failing(1, store.taken))
    file = {"base64": base64.b64encode(PNG).decode(), "name": "tea.png"}
    await line.post({**said(), "message": {"kind": "image", "file": file}})
    (message,) = await front.heard()
    await again(front, line, await row_of(front, line, "waiting"))
    async with front.running.db.tx(front.workspace_id) as tx:
        kept = await tx.rows(text("select id from files"))
    assert [str(row.id) for row in kept] == [message["payload"]["file_id"]]


@pytest.mark.parametrize("step", ["resolve_all", "file_payload", "receive"])
async def test_a_step_that_breaks_off_leaves_the_call_waiting_for_its_next_turn(
    front: Front, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    line = await front.connect()
    monkeypatch.setattr(bringing, step, failing(1, getattr(bringing, step)))
    file = {"base64": base64.b64encode(b"prices").decode(), "name": "prices.txt"}
    await line.post({**said(), "message": {"kind": "file", "text": "see", "file": file}})

    async def attempted() -> Json | None:
        rows = await front.inbox(line)
        return rows[0] if rows and rows[0]["attempts"] else None

    row = await until(attempted)
    assert row is not None
    assert (row["state"], row["attempts"]) == ("waiting", 1)
    assert "ConnectionError" in row["fault"]
    assert await front.conversations() == []
    assert (await again(front, line, row))["state"] == "taken"
    (message,) = await front.heard()
    assert (message["kind"], message["body"]) == ("file", "see")


async def test_a_file_nobody_can_check_waits_with_its_message_and_an_infected_one_is_only_told_of(
    front: Front,
) -> None:
    line, files = await front.connect(), front.running.house.store
    file = {"base64": base64.b64encode(b"prices").decode(), "name": "prices.txt"}
    try:
        files.scanner = Scanner("unix:/nowhere/clamd.ctl")
        await line.post({**said(), "message": {"kind": "file", "text": "see", "file": file}})

        async def attempted() -> Json | None:
            rows = await front.inbox(line)
            return rows[0] if rows and rows[0]["attempts"] else None

        row = await until(attempted)
        assert row is not None and row["state"] == "waiting"
        assert await front.conversations() == []
        async with clamd_at(None) as daemon:
            files.scanner = Scanner(daemon.place)
            assert (await again(front, line, row))["state"] == "taken"
            file = {"base64": base64.b64encode(EICAR).decode(), "name": "virus.txt"}
            await line.post({**said(), "message": {"kind": "file", "text": "and this", "file": file}})
            kept, told = await front.heard(2)
    finally:
        files.scanner = None
    assert (kept["kind"], kept["body"]) == ("file", "see")
    assert (told["kind"], told["body"], told["payload"]["summary"]) == (
        "unsupported",
        "and this",
        "virus.txt",
    )


async def test_an_outage_is_waited_out_with_growing_pauses_and_then_a_person_is_asked(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = await front.connect()
    monkeypatch.setattr(bringing, "resolve_all", failing(ATTEMPTS + 1, service.resolve_all))
    await line.post(said("patience"))

    async def attempted() -> bool:
        rows = await front.inbox(line)
        return bool(rows) and rows[0]["attempts"] == 1

    await until(attempted)
    (row,) = await front.inbox(line)
    pauses = []
    for attempt in range(1, ATTEMPTS):
        pauses.append(await _pause(front, row["id"]))
        shown = await again(front, line, row)
        assert shown["attempts"] == attempt + 1
    assert pauses == [30, 120, 480, 1920, 7680]
    assert (shown["state"], await _pause(front, row["id"])) == ("parked", None)
    assert sum(pause or 0 for pause in pauses) < KEPT.total_seconds()
    assert (await again(front, line, row))["state"] == "parked"
    assert (await again(front, line, row))["state"] == "taken"
    assert [message["body"] for message in await front.heard()] == ["patience"]


async def _pause(front: Front, row_id: str) -> float | None:
    """Seconds from the last attempt to the next, about; None: no further one."""
    async with front.running.db.tx(front.workspace_id) as tx:
        statement = "select extract(epoch from due_at - now()) from channel_inbox where id = :id"
        left = await tx.value(text(statement), {"id": UUID(row_id)})
    return None if left is None else float(math.ceil(left / 10) * 10)


async def test_a_call_whose_seal_is_broken_is_kept_and_never_ends_the_taker(front: Front) -> None:
    line = await front.connect()
    await line.post(said("sealed"))
    row = await row_of(front, line, "taken")
    async with front.running.db.tx(front.workspace_id) as tx:
        await tx.run(text("update channel_inbox set sealed = '\\x00', taken_at = null"))
    shown = await again(front, line, row)
    assert (shown["state"], shown["attempts"]) == ("waiting", 1)
    assert "BadSeal" in shown["fault"]
    await line.post(said("the next one"))
    assert [message["body"] for message in await front.heard(2)] == ["sealed", "the next one"]


async def test_a_call_moved_to_another_row_cannot_be_read_there(front: Front) -> None:
    line = await front.connect()
    await line.post(said("first"))
    await line.post(said("second"))
    await front.heard(2)
    rows = await front.inbox(line)
    async with front.running.db.tx(front.workspace_id) as tx:
        other = "select sealed from channel_inbox where id = :b"
        moved = f"update channel_inbox set taken_at = null, sealed = ({other}) where id = :a"  # noqa: S608
        await tx.run(text(moved), {"a": UUID(rows[0]["id"]), "b": UUID(rows[1]["id"])})
    shown = await again(front, line, rows[0])
    assert (shown["state"], "BadSeal" in shown["fault"]) == ("waiting", True)
    assert len(await front.heard(2)) == 2


# Claims


async def test_processes_that_wake_at_once_share_what_waits_and_double_nothing(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = await front.connect()
    taker = front.channels.taker
    monkeypatch.setattr(taker, "begin", lambda *_: None)
    for n in range(6):
        await line.post(said(f"{n}", customer=f"c-{n}"))
    await asyncio.gather(*(taker.sweep(all_waiting=True) for _ in range(3)))
    heads = await front.conversations()
    assert [head["inbound_count"] for head in heads] == [1] * 6
    assert {row["state"] for row in await front.inbox(line)} == {"taken"}


async def test_a_call_just_kept_is_left_to_the_one_who_has_it_in_hand(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = await front.connect()
    taker = front.channels.taker
    monkeypatch.setattr(taker, "begin", lambda *_: None)
    await line.post(said("in hand"))
    await taker.sweep()
    assert [row["state"] for row in await front.inbox(line)] == ["waiting"]
    async with front.running.db.tx(front.workspace_id) as tx:
        await tx.run(text("update channel_inbox set due_at = now() - interval '1 second'"))
    await taker.sweep()
    assert [message["body"] for message in await front.heard()] == ["in hand"]


async def test_only_what_is_older_than_a_week_is_forgotten(front: Front) -> None:
    line = await front.connect()
    for n in range(3):
        await line.post(said(f"{n}"))
    await front.heard(3)
    await age_inbox(front, KEPT - timedelta(minutes=5))
    dropped = []
    for older in (0, 10, 0, 0):
        await age_inbox(front, timedelta(minutes=older))
        async with front.running.db.system_tx() as tx:
            dropped.append(await store.drop_inbox(tx, KEPT, 2))
    assert dropped == [0, 2, 1, 0]
    assert await front.inbox(line) == []
    assert len(await front.heard(3)) == 3


# Several messages in one call, and odd ones


def _many(request: Request, account: Account) -> list[Inbound]:
    """One message a line: `customer key kind text`."""
    found = []
    for line in request.body.decode().splitlines():
        customer, key, kind, words = [*line.split(" ", 3), "", "", ""][:4]
        more: dict[str, Any] = {}
        if kind == "file":
            more = {"file": InboundFile(name="a\u0000b.txt", media_type="text/plain", data=b"x")}
        found.append(
            Inbound(external_id=customer, dedup_key=key, kind=kind, text=words, original_kind=kind, **more)  # type: ignore[arg-type]
        )
    return found


BATCHED = Channel(
    name="batched",
    label=OPEN.label,
    help=OPEN.help,
    capabilities=Capabilities(receives=frozenset({"text", "file"})),
    settings=OPEN.settings,
    fields=OPEN.fields,
    verify=lambda request, account, at: Admitted(dedup_key=request.query["key"]),
    parse=_many,
)


@pytest.fixture
async def batched(front: Front, monkeypatch: pytest.MonkeyPatch) -> Line:
    """A platform that brings several messages in a call."""
    monkeypatch.setitem(registry.channels(), "batched", BATCHED)
    form = {"adapter": "batched", "name": "B"}
    channel = (await front.owner.post("/api/channels", json=form)).json()["channel"]
    return Line(await front.running.client(), UUID(channel["id"]), channel["public_key"], "")


async def bring(line: Line, body: str, key: str = "k") -> None:
    answer = await line.http.post(f"/hooks/{line.public_key}?key={key}", content=body.encode())
    assert answer.status_code == 200, answer.text


async def test_all_messages_of_a_call_arrive_in_their_order_each_with_its_customer(
    front: Front, batched: Line
) -> None:
    await bring(batched, "anna 1 text one\nbo 2 text other\nanna 3 file two\nanna 4 unsupported three")
    await row_of(front, batched, "taken")
    heads = await front.conversations()
    said_by = [await front.messages(head["id"]) for head in heads]
    wanted = [["other"], ["one", "two", "three"]]
    assert sorted([m["body"] for m in one] for one in said_by) == sorted(wanted)
    (anna,) = [one for one in said_by if len(one) == 3]
    assert [message["kind"] for message in anna] == ["text", "file", "unsupported"]
    assert anna[1]["payload"]["name"] == "ab.txt"


async def test_a_call_that_breaks_off_half_way_doubles_nothing_when_it_is_taken_again(
    front: Front, batched: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = service.resolve_all
    seen: list[str] = []

    async def second_fails(tx: Any, known: Any) -> Any:
        seen.extend(one.external_id for one in known)
        if seen == ["anna", "bo"]:
            raise ConnectionError("gone")
        return await real(tx, known)

    monkeypatch.setattr(bringing, "resolve_all", second_fails)
    await bring(batched, "anna 1 text one\nbo 2 text other\nanna 3 text two")
    row = await row_of(front, batched, "waiting")

    async def attempted() -> bool:
        return bool((await front.inbox(batched))[0]["attempts"])

    await until(attempted)
    assert (await again(front, batched, row))["state"] == "taken"
    heads = await front.conversations()
    words = [[m["body"] for m in await front.messages(head["id"])] for head in heads]
    assert sorted(words) == [["one", "two"], ["other"]]


async def test_a_call_with_nothing_in_it_is_taken_and_says_nothing(front: Front, batched: Line) -> None:
    await bring(batched, "")
    await row_of(front, batched, "taken")
    assert await front.conversations() == []
    assert await count(front, "contacts") == 0


async def test_names_longer_than_we_can_hold_still_name_one_customer_and_one_message(
    front: Front, batched: Line
) -> None:
    name, key = "客" * 500, "键" * 500
    for n in range(2):
        await bring(batched, f"{name} {key} text hello", key=f"k{n}")
    await row_of(front, batched, "taken")
    assert [message["body"] for message in await front.heard()] == ["hello"]
    assert await count(front, "identities") == 1


@pytest.mark.parametrize("words", ["", " ", "\u200b", "👩‍👩‍👧", "<b>x</b>", "x" * 10_000])
async def test_any_text_a_platform_brings_is_shown(front: Front, batched: Line, words: str) -> None:
    await bring(batched, f"anna 1 text {words}")
    await row_of(front, batched, "taken")
    (message,) = await front.heard()
    assert message.get("body", "") == words


# Files by their address


async def test_a_file_that_never_comes_leaves_its_place_after_the_last_attempt(
    front: Front, place: Platform
) -> None:
    line = await front.connect()
    place.always = lambda _: Answer(503)
    file = {"url": f"{place.url}/late.png?token=secret", "name": ""}
    await line.post({**said(), "message": {"kind": "image", "text": "see", "file": file}})
    row = await row_of(front, line, "waiting")

    async def attempted() -> bool:
        return bool((await front.inbox(line))[0]["attempts"])

    await until(attempted)
    assert (await again(front, line, row))["state"] == "waiting"
    assert (await again(front, line, row))["state"] == "taken"
    (message,) = await front.heard()
    assert (message["kind"], message["body"]) == ("unsupported", "see")
    assert "secret" not in str(message)
    place.always = lambda _: Answer(200, PNG)
    assert (await again(front, line, row))["state"] == "taken"
    assert len(await front.heard()) == 1


@pytest.mark.parametrize(
    "url", ["ftp://a.example/x", "file:///etc/passwd", "no address", "http://me:pw@a.example/"]
)
async def test_an_address_that_is_none_is_not_followed_and_loses_no_word(front: Front, url: str) -> None:
    line = await front.connect()
    await line.post({**said(), "message": {"kind": "file", "text": "see", "file": {"url": url}}})
    await row_of(front, line, "taken")
    (message,) = await front.heard()
    assert (message["kind"], message["body"]) == ("unsupported", "see")


async def test_an_unknown_call_is_nobodys(front: Front) -> None:
    line = await front.connect()
    path = f"/api/channels/{line.account_id}/inbox/{new_id()}/replay"
    assert (await front.owner.post(path)).json()["code"] == "channels.no_such_event"
