"""What comes in by a call is on every screen at once; the demo's door; what is remembered of accounts."""

import base64
import contextlib
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from kezhan.channels.accounts import (
    Account,
    account_by_id,
    account_by_key,
    as_adapter,
    forget_account,
    opened_account,
)
from kezhan.channels.first_run import ensure_demo_shop
from kezhan.channels.links import LIFE, check_link, file_link
from kezhan.channels.registry import find
from kezhan.channels.tests.front import Front
from kezhan.channels.tests.platform import PNG, said
from kezhan.kit.clock import now
from kezhan.kit.crypto import BadSeal
from kezhan.kit.errors import Forbidden, NotFound
from kezhan.kit.ids import new_id
from kezhan.kit.testing import queries, until
from kezhan.simulate.client import Agent
from kezhan.testing import Running
from kezhan.workspaces.first_run import ensure_demo_people
from kezhan.workspaces.tests.factories import make_workspace


class Desk:
    """The agents of a test, at their screens."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self._open: list[Agent] = []

    async def agent(self, role: str = "agent") -> Agent:
        http = await self._front.agent(role)
        (cookie,) = http.cookies.jar
        agent = await Agent.with_cookie(self._front.running.url, f"{cookie.name}={cookie.value}", http)
        await agent.open()
        self._open.append(agent)
        return agent

    async def close(self) -> None:
        for agent in self._open:
            with contextlib.suppress(Exception):
                await agent.close()


@pytest.fixture
async def desk(front: Front) -> AsyncIterator[Desk]:
    desk = Desk(front)
    yield desk
    await desk.close()


def only(agent: Agent) -> dict[str, Any]:
    (row,) = agent.rows.values()
    return row


async def test_a_call_shows_on_every_agents_list_and_on_no_strangers(front: Front, desk: Desk) -> None:
    line = await front.connect()
    agents = [await desk.agent(role) for role in ("agent", "supervisor")]
    elsewhere = Front(front.running, front.channels, await make_workspace(front.running.db), front.owner)
    other_desk = Desk(elsewhere)
    stranger = await other_desk.agent("owner")
    await line.post(said("龙井有货吗？"))
    await until(lambda: all(agent.rows and only(agent)["inbound_count"] for agent in agents))
    for agent in agents:
        row = only(agent)
        assert (row["channel"], row["state"], row["inbound_count"]) == ("open", "queued", 1)
        assert (row["contact_name"], row["preview"]["text"]) == ("陈平", "龙井有货吗？")
    assert stranger.rows == {}
    await other_desk.close()


async def test_each_kind_of_call_shows_as_what_it_is_on_an_open_screen(front: Front, desk: Desk) -> None:
    line, agent = await front.connect(), await desk.agent()
    await line.post(said("first"))
    await until(lambda: agent.rows)
    thread = await agent.watch(only(agent)["id"])
    file = {"base64": base64.b64encode(PNG).decode(), "name": "茶.png"}
    await line.post({**said(), "message": {"kind": "image", "text": "看图", "file": file}})
    await line.post({**said(), "message": {"kind": "gift", "text": "玫瑰"}})
    await until(lambda: len(thread.messages) == 4)
    kinds = [message["kind"] for _, message in sorted(thread.messages.items())]
    assert kinds == ["event", "text", "image", "unsupported"]
    assert thread.messages[3]["payload"]["media_type"] == "image/png"
    assert thread.messages[4]["payload"]["original_kind"] == "gift"
    await until(lambda: only(agent)["preview"]["seq"] == 4)
    assert (only(agent)["inbound_count"], thread.rev) == (3, 4)


async def test_a_repeated_call_shows_nothing_a_second_time(front: Front, desk: Desk) -> None:
    line, agent = await front.connect(), await desk.agent()
    event = said("once")
    for _ in range(3):
        await line.post(event)
    await line.post(said("after"))
    await until(lambda: agent.rows and only(agent)["inbound_count"] == 2)
    assert only(agent)["last_seq"] == 3


async def test_an_answer_taken_and_closed_by_one_agent_is_seen_by_the_other(front: Front, desk: Desk) -> None:
    line, one, two = await front.connect(), await desk.agent(), await desk.agent("supervisor")
    await line.post(said("hello"))
    await until(lambda: one.rows and two.rows)
    conversation_id = only(one)["id"]
    await one.request("PUT", f"/api/conversations/{conversation_id}/assignment", {})
    await one.watch(conversation_id)
    thread = await two.watch(conversation_id)
    await one.say(conversation_id, "answer")
    await until(lambda: any(m.get("body") == "answer" for m in thread.messages.values()))
    await one.request("PUT", f"/api/conversations/{conversation_id}/closure")
    await until(lambda: only(two)["state"] == "closed")


# What is remembered of accounts


async def test_an_account_is_read_once_and_afresh_after_a_change(front: Front) -> None:
    line = await front.connect()
    db, keyring = front.running.db, front.running.house.keyring
    first = await account_by_key(db, keyring, line.public_key)
    assert first is not None
    assert await account_by_key(db, keyring, line.public_key) is first
    await front.owner.patch(f"/api/channels/{line.account_id}", json={"name": "New"})
    changed = await account_by_key(db, keyring, line.public_key)
    assert changed is not None
    assert (changed.name, changed.secrets == first.secrets) == ("New", True)


async def test_a_change_elsewhere_counts_once_this_process_hears_of_it(front: Front) -> None:
    line = await front.connect()
    db = front.running.db
    known = await account_by_id(db, front.workspace_id, line.account_id)
    async with db.tx(front.workspace_id) as tx:
        await tx.run(text("update channel_accounts set name = 'elsewhere'"))
    assert await account_by_id(db, front.workspace_id, line.account_id) is known
    forget_account(db, new_id())
    assert await account_by_id(db, front.workspace_id, line.account_id) is known
    forget_account(db, line.account_id)
    assert (await account_by_id(db, front.workspace_id, line.account_id)).name == "elsewhere"


async def test_an_account_is_found_in_its_own_workspace_only(front: Front) -> None:
    line = await front.connect()
    db, keyring = front.running.db, front.running.house.keyring
    elsewhere = await make_workspace(db)
    for _ in range(2):
        with pytest.raises(NotFound):
            await account_by_id(db, elsewhere, line.account_id)
    async with db.tx(elsewhere) as tx:
        with pytest.raises(NotFound):
            await opened_account(tx, keyring, line.account_id)
    assert (await account_by_id(db, front.workspace_id, line.account_id)).secrets is None


async def test_secrets_are_opened_for_the_hook_and_sealed_to_their_account(front: Front) -> None:
    line, other = await front.connect(), await front.connect()
    db, keyring = front.running.db, front.running.house.keyring
    async with db.tx(front.workspace_id) as tx:
        with queries(tx) as sent:
            opened = await opened_account(tx, keyring, line.account_id)
        assert len(sent) == 1
        assert as_adapter(find("open"), opened).secrets.current == line.secret
        crossed = "select secrets from channel_accounts where id = :b"
        moved = f"update channel_accounts set secrets = ({crossed}) where id = :a"  # noqa: S608
        await tx.run(text(moved), {"a": line.account_id, "b": other.account_id})
        with pytest.raises(BadSeal) as caught:
            await opened_account(tx, keyring, line.account_id)
    assert line.secret not in str(caught.value)


@pytest.mark.parametrize("spoil", ["e", "s", "file", "account", "over"])
async def test_a_files_address_is_good_for_one_file_one_account_and_one_hour(
    front: Front, spoil: str
) -> None:
    keyring, file_id, at = front.running.house.keyring, new_id(), now()
    account = Account(
        id=new_id(), workspace_id=front.workspace_id, adapter="open", name="A", public_key="kzp_a",
        settings={}, secrets=None,
    )  # fmt: skip
    address = file_link(keyring, "https://house.example", account, file_id, at)
    query = dict(pair.split("=", 1) for pair in address.partition("?")[2].split("&"))
    check_link(keyring, account, file_id, query, at)
    check_link(keyring, account, file_id, query, at + LIFE * 0.99)
    if spoil in query:
        query[spoil] = query[spoil][:-1]
    elsewhere = _with_id(account, new_id()) if spoil == "account" else account
    other = new_id() if spoil == "file" else file_id
    with pytest.raises(Forbidden):
        check_link(keyring, elsewhere, other, query, at + LIFE if spoil == "over" else at)


def _with_id(account: Account, other: UUID) -> Account:
    return Account(
        id=other, workspace_id=account.workspace_id, adapter="open", name="B", public_key="kzp_b",
        settings={}, secrets=None,
    )  # fmt: skip


# The demo's door


async def test_without_a_demo_no_door_is_made(own_house: Running) -> None:
    house = own_house
    await make_workspace(house.db)
    assert await ensure_demo_shop(house.db, house.house.keyring) is None
    await ensure_demo_people(house.db, house.house.settings)
    key = await ensure_demo_shop(house.db, house.house.keyring)
    assert key
    assert await ensure_demo_shop(house.db, house.house.keyring) == key
    site = (await (await house.client()).get(f"/w/v1/sites/{key}")).json()
    assert (site["title"], site["languages"]) == ("山间茶铺", ["zh-CN", "en"])
    async with house.db.system_tx() as tx:
        account = (await tx.rows(text("select * from channel_accounts")))[0]
    async with house.db.tx(account.workspace_id) as tx:
        await tx.run(text("update channel_accounts set archived_at = now()"))
    again = await ensure_demo_shop(house.db, house.house.keyring)
    assert again not in {key, None}
