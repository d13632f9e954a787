"""How long a channel takes, as the figures have it."""

import dataclasses
from datetime import timedelta

import pytest

from kezhan.channels import registry
from kezhan.channels.adapters.open.manifest import CHANNEL as OPEN
from kezhan.channels.base import Line, Outbound, Receipt, Turned
from kezhan.channels.figures import ChannelFigures
from kezhan.channels.tests.front import Front, Json
from kezhan.channels.tests.platform import said
from kezhan.kit.clock import now
from kezhan.kit.testing import until


async def test_a_call_taken_in_and_a_reply_sent_are_counted_once_each_and_one_refused_is_not(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    does: list[Exception] = [Turned("no")]

    async def send(line: Line, outbound: Outbound) -> Receipt:
        if does:
            raise does.pop()
        return Receipt(external_id="p", status=200)

    monkeypatch.setitem(registry.channels(), "open", dataclasses.replace(OPEN, send=send))
    figures = front.channels.figures
    before = sum(figures.inbound["open"].counts), sum(figures.outbound["open"].counts)
    line = await front.connect("https://platform.example/")
    for _ in range(2):
        await line.post(said("hello", customer="c-1", event_id="one"))
    (head,) = await until(front.conversations)
    for text in ("refused", "sent"):
        await front.reply(head["id"], text)

    async def over() -> list[Json]:
        rows = await front.deliveries(line)
        return rows if len(rows) == 2 and all(row["state"] != "waiting" for row in rows) else []

    await until(over)
    after = sum(figures.inbound["open"].counts), sum(figures.outbound["open"].counts)
    assert (after[0] - before[0], after[1] - before[1]) == (1, 1)


def test_a_clock_that_went_back_gives_no_negative_time() -> None:
    figures = ChannelFigures()
    figures.taken("open", now() + timedelta(seconds=5))
    figures.sent("open", now() - timedelta(seconds=1))
    assert figures.inbound["open"].total == 0
    assert figures.outbound["open"].total >= 1
