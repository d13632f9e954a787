"""`/metrics`: true figures, nobody's name in them, for listed networks alone."""

import asyncio
from collections.abc import Sequence
from typing import Any

import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text as sql

from kezhan.channels.tests.people import make_shop
from kezhan.conversations.tests.factories import make_member
from kezhan.kit.db import Tx
from kezhan.kit.figures import Histogram
from kezhan.kit.http import within
from kezhan.kit.ids import new_id
from kezhan.kit.postgres import Access
from kezhan.kit.testing import until
from kezhan.routing.tests.factories import Lobby
from kezhan.testing import Running
from kezhan.watch import sample as sampling
from kezhan.watch.sample import Sampler, gather

Found = dict[tuple[str, frozenset[tuple[str, str]]], float]


def read(text: str) -> Found:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def figures(served: Running) -> Found:
    answer = await (await served.client()).get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return read(answer.text)


def of(found: Found, name: str, **labels: str) -> float:
    return found[f"kezhan_{name}", frozenset(labels.items())]


async def test_a_talk_shows_in_the_figures_message_by_message(own_house: Running) -> None:
    before = await figures(own_house)
    assert of(before, "appends_total", outcome="new") == 0
    shop = await make_shop(own_house)
    visitor = await shop.visitor()
    for _ in range(2):
        await visitor.say("在吗", client_id="one")
    await visitor.say("有人吗")
    after = await figures(own_house)
    assert of(after, "appends_total", outcome="new") == 2
    assert of(after, "appends_total", outcome="known") == 1, "the repeat"
    assert of(after, "appends_total", outcome="refused") == 0
    assert of(after, "append_batch_size_count") == of(after, "commit_seconds_count") > 0
    assert of(after, "append_batch_size_sum") == 3
    assert of(after, "commit_seconds_sum") > 0
    assert of(after, "append_batch_size_bucket", le="+Inf") == of(after, "append_batch_size_count")
    assert (of(after, "lane_queue"), of(after, "lane_connected"), of(after, "ready")) == (0, 1, 1)
    assert of(after, "sockets", kind="visitor", transport="picows") == 1
    assert of(after, "frames_total", direction="in") >= 4
    assert of(after, "frames_total", direction="out") >= 4
    assert of(after, "hub_topics") > 0
    assert of(after, "database_pool_size", pool="app") == own_house.house.settings.database_pool
    assert of(after, "timers_waiting") == 0
    assert after["process_resident_memory_bytes", frozenset()] > 0
    await shop.close()

    async def hung_up() -> bool:
        return not of(await figures(own_house), "sockets", kind="visitor", transport="picows")

    await until(hung_up)


async def test_who_waits_and_what_the_net_of_reception_finds_show_in_the_figures(own_house: Running) -> None:
    shop = await make_shop(own_house)
    lobby = await Lobby(shop).open()
    await lobby.customer()
    found = await figures(own_house)
    assert of(found, "reception_waiting") == 1
    assert 0 <= of(found, "reception_oldest_seconds") < 60
    assert of(found, "reception_net_found_total") == 0
    member_id = await make_member(own_house.db, shop.workspace_id, "agent", "周小满")
    # Put online behind reception's back, so that only the net can find what waits beside her.
    await lobby.rows(
        "insert into seats (workspace_id, membership_id, since, state) values ($1, $2, now(), 'online')",
        shop.workspace_id,
        member_id,
    )
    assert await own_house.house.reception.sweep() == 1
    assert own_house.house.reception.found == 1
    await shop.close()


async def test_each_handler_that_has_begun_tells_how_far_behind_it_is(own_house: Running) -> None:
    async def begun() -> dict[str, float]:
        return (await gather(own_house.db)).lag

    lag = await until(begun)
    assert set(lag) <= {handler.name for handler in own_house.db.wiring.later}
    assert all(0 <= seconds < 60 for seconds in lag.values())


async def test_no_label_tells_a_workspace_a_person_or_a_word_that_was_said(own_house: Running) -> None:
    shop = await make_shop(own_house)
    visitor = await shop.visitor()
    await visitor.say("我的手机号是 13800000000")
    text = (await (await own_house.client()).get("/metrics")).text
    await shop.close()
    assert "13800000000" not in text
    labels = {name for _, pairs in read(text) for name, _ in pairs}
    ours = {"channel", "direction", "handler", "job", "kind", "outcome", "pool", "transport", "version"}
    ours |= {"carrier"}
    assert labels <= ours | {"le", "generation", "implementation", "major", "minor", "patchlevel"}
    async with own_house.db.system_tx() as tx:
        for row in await gather_ids(tx):
            assert str(row) not in text


async def gather_ids(tx: Tx) -> Sequence[Any]:
    return [row[0] for row in await tx.rows(sql("select id from workspaces"))]


STRANGERS: list[dict[str, str]] = [
    {"x-forwarded-for": "203.0.113.9"},
    {"x-forwarded-for": "203.0.113.9, 127.0.0.1"},
    {"x-forwarded-for": "127.0.0.1, 203.0.113.9"},
    {"x-forwarded-for": "unknown"},
    {"x-real-ip": "203.0.113.9"},
    {"forwarded": "for=203.0.113.9;proto=https"},
    {"forwarded": 'for=127.0.0.1, for="[2001:db8::1]:4711"'},
    {"forwarded": "for=_hidden"},
    {"x-forwarded-for": "127.0.0.1", "x-real-ip": "203.0.113.9"},
]


@pytest.mark.parametrize("headers", STRANGERS)
async def test_who_comes_through_a_proxy_on_this_machine_is_told_there_is_nothing(
    house: Running, headers: dict[str, str]
) -> None:
    client = await house.client()
    for _ in range(2):
        answer = await client.get("/metrics", headers=headers)
        nothing = await client.get("/nothing/here", headers=headers)
        assert (answer.status_code, answer.json()) == (404, nothing.json())
    assert (await client.get("/metrics", headers={"x-forwarded-for": "127.0.0.1"})).status_code == 200
    assert (await client.post("/metrics")).status_code == 405


async def test_an_address_that_is_not_listed_is_told_there_is_nothing(
    own_house: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await own_house.client()
    for networks, status in (((), 404), (("10.0.0.0/8",), 404), (("10.0.0.0/8", "127.0.0.1/32"), 200)):
        settings = own_house.house.settings.model_copy(update={"metrics_networks": networks})
        monkeypatch.setitem(own_house.house.app.state._state, "settings", settings)
        assert (await client.get("/metrics")).status_code == status


def test_an_address_is_within_a_network_or_it_is_none() -> None:
    assert within("::ffff:127.0.0.1", ("127.0.0.0/8",))
    assert not any(within(address, ("127.0.0.0/8",)) for address in ("", "tea", "127.0.0.1:80", "::1"))


async def test_the_database_is_asked_once_for_all_who_look_within_ten_seconds(
    house: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = 0

    async def counted(db: Any) -> Any:
        nonlocal asked
        asked += 1
        return await gather(db)

    monkeypatch.setattr(sampling, "gather", counted)
    sampler = Sampler(house.db)
    await asyncio.gather(*(sampler.look() for _ in range(20)))
    await sampler.look()
    assert asked == 1
    assert sampler.last is not None
    assert sampler.age < 10


async def test_without_a_database_the_figures_of_the_process_are_still_told(
    own_house: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(_: Any) -> Any:
        raise OSError("away")

    monkeypatch.setattr(sampling, "gather", away)
    found = await figures(own_house)
    assert of(found, "lane_connected") == 1
    assert not any(name in {"kezhan_relay_lag_seconds", "kezhan_sample_age_seconds"} for name, _ in found)


async def test_what_waits_in_the_database_is_counted_and_its_age_told(
    own_house: Running, access: Access
) -> None:
    house = own_house.house
    for task in house.work:
        task.cancel()  # nobody works on what is put there now
    await asyncio.gather(*house.work, return_exceptions=True)
    shop = await make_shop(own_house)
    with psycopg.connect(access.psycopg("postgres"), autocommit=True) as admin:
        ws, account = admin.execute("select workspace_id, id from channel_accounts").fetchall()[0]
        admin.execute("delete from outbox")
        admin.execute("insert into outbox_cursors (handler) values ('test.late') on conflict do nothing")
        admin.execute(
            "insert into outbox (workspace_id, kind, body, created_at)"
            " values (%s, 'x', '{}', now() - interval '90 seconds'), (%s, 'x', '{}', now())",
            (ws, ws),
        )
        for _ in range(2):
            admin.execute(
                "insert into dead_letters (workspace_id, handler, kind, body, fault)"
                " values (%s, 'test.late', 'x', '{}', 'y')",
                (ws,),
            )
        admin.execute("insert into timers values (%s, 'x', %s, now() - interval '40 seconds')", (ws, ws))
        admin.execute("insert into timers values (%s, 'y', %s, now() + interval '40 seconds')", (ws, ws))
        admin.execute(
            "insert into procrastinate_jobs (task_name, queue_name) values ('files.remove', 'default')"
        )
        admin.execute("update procrastinate_events set at = now() - interval '20 seconds'")
        admin.execute(
            "insert into procrastinate_jobs (task_name, queue_name, scheduled_at)"
            " values ('files.remove', 'default', now() + interval '1 hour')"
        )
        admin.execute(
            "insert into channel_inbox (workspace_id, id, account_id, dedup_key, sealed, due_at, received_at)"
            " values (%s, %s, %s, 'k', '', now(), now() - interval '70 seconds')",
            (ws, new_id(), account),
        )
    sample = await gather(house.db)
    await shop.close()
    assert 89 < sample.lag["test.late"] < 200
    assert sample.dead_letters == {"test.late": 2}
    assert (sample.timers.waiting, sample.timers.seconds > 39) == (1, True)
    assert (sample.jobs["files.remove"].waiting, sample.jobs["files.remove"].seconds > 19) == (1, True)
    assert sample.channels["webchat", "in"].waiting == 1
    assert sample.channels["webchat", "in"].seconds > 69
    found = await figures(own_house)
    assert of(found, "dead_letters", handler="test.late") == 2
    assert of(found, "channel_waiting", channel="webchat", direction="in") == 1
    assert of(found, "jobs_oldest_seconds", job="files.remove") > 19


def test_a_histogram_counts_a_value_at_its_bound_and_everything_above_the_last() -> None:
    one = Histogram((1, 10))
    for value in (0, 1, 1.5, 10, 11):
        one.observe(value)
    assert one.cumulative() == [("1", 2), ("10", 4), ("+Inf", 5)]
    assert one.total == 23.5
