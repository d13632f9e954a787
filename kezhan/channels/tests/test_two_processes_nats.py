"""Two processes with NATS between them: what they are over the database they are here, and without it too."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from kezhan.channels.tests.pair import Pair
from kezhan.channels.tests.people import make_shop
from kezhan.channels.tests.test_two_processes import (
    bodies,
    frames,
    test_a_hint_nobody_can_use_disturbs_nothing,
    test_a_message_goes_across_and_its_answer_back,
    test_a_note_does_not_go_across_to_the_customer,
    test_a_revoked_session_ends_on_the_other_process,
    test_a_session_revoked_while_hints_were_lost_ends_after_all,
    test_a_shop_hears_nothing_of_another_one_across,
    test_an_archived_channel_lets_its_customers_go_on_the_other_process,
    test_edits_recalls_and_marks_go_across,
    test_lists_hear_of_a_message_on_the_other_process,
    test_presence_is_of_all_processes,
    test_taking_and_closing_go_across_to_thread_lists_and_customer,
    test_the_same_message_sent_to_both_processes_is_stored_once,
    test_typing_goes_across_with_its_preview_and_only_to_those_who_follow,
    test_what_an_agent_may_no_longer_see_is_taken_from_her_on_the_other_process,
    test_what_was_said_while_hints_were_lost_is_seen_after_all,
)
from kezhan.kit.testing import NatsServer, TestCluster, running_nats, until
from kezhan.realtime import across
from kezhan.testing import Running, running

__all__ = [
    "test_a_hint_nobody_can_use_disturbs_nothing",
    "test_a_message_goes_across_and_its_answer_back",
    "test_a_note_does_not_go_across_to_the_customer",
    "test_a_revoked_session_ends_on_the_other_process",
    "test_a_session_revoked_while_hints_were_lost_ends_after_all",
    "test_a_shop_hears_nothing_of_another_one_across",
    "test_an_archived_channel_lets_its_customers_go_on_the_other_process",
    "test_edits_recalls_and_marks_go_across",
    "test_lists_hear_of_a_message_on_the_other_process",
    "test_presence_is_of_all_processes",
    "test_taking_and_closing_go_across_to_thread_lists_and_customer",
    "test_the_same_message_sent_to_both_processes_is_stored_once",
    "test_typing_goes_across_with_its_preview_and_only_to_those_who_follow",
    "test_what_an_agent_may_no_longer_see_is_taken_from_her_on_the_other_process",
    "test_what_was_said_while_hints_were_lost_is_seen_after_all",
]


class NatsPair(Pair):
    nats: NatsServer

    async def cut_buses(self) -> None:
        """The server is killed and comes back."""
        await self.take_nats()
        await self.bring_nats()

    async def take_nats(self) -> None:
        await asyncio.to_thread(self.nats.kill)
        await until(lambda: not any(house.house.bus.up for house in self.houses))

    async def bring_nats(self) -> None:
        await asyncio.to_thread(self.nats.start)
        await until(lambda: all(house.house.bus.up for house in self.houses))


@pytest.fixture(scope="module")
def nats() -> Iterator[NatsServer]:
    with running_nats() as server:
        yield server


@pytest.fixture(scope="module")
async def houses(
    cluster: TestCluster, nats: NatsServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Running, Running]]:
    access, folder = cluster.fresh(), tmp_path_factory.mktemp("two")
    async with (
        running(access, folder, nats_url=nats.url) as one,
        running(access, folder, nats_url=nats.url) as two,
    ):
        yield one, two


@pytest.fixture
async def pair(houses: tuple[Running, Running], nats: NatsServer) -> AsyncIterator[Pair]:
    one, two = houses
    pair = NatsPair(one, two, await make_shop(one))
    pair.nats = nats
    yield pair
    await pair.close()
    await pair.shop.close()


async def shown(house: Running) -> tuple[int, str, list[str]]:
    """What one process says of itself and of its bus."""
    client = await house.client()
    health, figures = await client.get("/healthz"), await client.get("/metrics")
    lines = [line for line in figures.text.splitlines() if line.startswith("kezhan_bus_up{")]
    return health.status_code, health.text, lines


async def test_without_nats_messages_are_stored_and_shown_late_and_with_it_again_everybody_agrees(
    pair: NatsPair, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor, agent, conversation_id = await pair.talk()
    up = ['kezhan_bus_up{carrier="nats"} 1.0']
    for house in pair.houses:
        assert await shown(house) == (200, "ok", up)
    await pair.take_nats()
    for house in pair.houses:
        down = ['kezhan_bus_up{carrier="nats"} 0.0']
        assert await shown(house) == (200, "degraded: kit.bus_lost", down)
    said = ["hello"]
    for n in range(3):
        said.append(f"unheard {n}")
        assert (await visitor.say(said[-1]))["seq"]
        assert (await visitor.say(said[-1], client_id=f"again {n}"))["seq"]
        said.append(said[-1])
    await asyncio.sleep(0.05)
    assert bodies(agent, conversation_id) == ["hello"]
    monkeypatch.setattr(across, "BEAT_SECONDS", 0.1)
    monkeypatch.setattr(across, "SILENCE_SECONDS", 0.3)
    await until(lambda: bodies(agent, conversation_id) == said)
    monkeypatch.undo()
    said.append("last")
    await visitor.say("last")
    seen = frames(agent, "presence")
    await visitor.close()
    await pair.bring_nats()
    await until(lambda: bodies(agent, conversation_id) == said)
    # What is read afresh meanwhile still says that she is there.
    await until(lambda: seen and not seen[-1]["online"])
    assert {frame["id"] for frame in seen} == {visitor.id}
    for house in pair.houses:
        assert await shown(house) == (200, "ok", up)


async def test_a_house_starts_without_nats_and_its_customers_are_served(
    cluster: TestCluster, tmp_path_factory: pytest.TempPathFactory
) -> None:
    absent = NatsServer()
    async with running(cluster.fresh(), tmp_path_factory.mktemp("alone"), nats_url=absent.url) as house:
        shop = await make_shop(house)
        visitor, agent = await shop.visitor(), await shop.agent("supervisor")
        conversation_id = (await visitor.say("hello"))["conversation_id"]
        await until(lambda: conversation_id in agent.rows)
        assert (await shown(house))[:2] == (200, "degraded: kit.bus_lost")
        await shop.close()
