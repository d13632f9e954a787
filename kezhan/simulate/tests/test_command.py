"""The command from the inside: what it needs, whom it signs in and out, when it ends and with which code."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import typer
from sqlalchemy import text

from kezhan.channels.tests.people import Shop
from kezhan.conversations.tests.factories import make_session
from kezhan.kit.testing import PATIENCE, until
from kezhan.simulate import command
from kezhan.simulate.client import Agent
from kezhan.simulate.command import Unfit, simulate
from kezhan.simulate.demo import MARKER, fill_demo
from kezhan.simulate.ledger import Ledger, Totals, Verdict
from kezhan.simulate.play import Tempo
from kezhan.simulate.stage import Plan
from kezhan.simulate.tests.factories import QUICK
from kezhan.testing import Running
from kezhan.workspaces.tests.factories import PASSWORD, make_person, member_client

FEW = Plan(customers=1, rate=600, minutes=1 / 600, tempo=QUICK, language="en", seed=2)


@pytest.fixture
async def free_sigint() -> AsyncIterator[None]:
    """The command keeps its handler until its process ends; a test gives it back."""
    yield
    asyncio.get_running_loop().remove_signal_handler(signal.SIGINT)


async def account(house: Running, shop: Shop, role: str = "owner") -> tuple[str, str]:
    return (await make_person(house.db, shop.workspace_id, role)).email, PASSWORD


@pytest.fixture
async def known(house: Running, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """The owner's e-mail and password. She signs in without its hash being reckoned: that is proved below."""
    person = await make_person(house.db, shop.workspace_id, "owner")

    async def sign_in(base: str, email: str, _: str, http: httpx2.AsyncClient) -> Agent:
        assert email == person.email
        token = await make_session(shop.db, shop.workspace_id, person.id)
        return await Agent.with_cookie(base, f"kz_session={token}", http)

    monkeypatch.setattr(Agent, "sign_in", sign_in)
    return [(person.email, PASSWORD)]


async def live_sessions(shop: Shop) -> int:
    async with shop.db.tx(shop.workspace_id) as tx:
        found: int = await tx.value(text("select count(*) from sessions where revoked_at is null"))
    return found


# Exit codes


def summed(**faults: list[str]) -> Totals:
    totals = Totals()
    totals.add(Ledger(), Verdict(**faults))
    return totals


@pytest.mark.parametrize(
    ("outcome", "code", "said"),
    [
        (summed(), 0, "lost 0, doubled 0, unseen 0, moved 0"),
        (summed(lost=["m1"]), 1, "  lost: m1"),
        (summed(doubled=["m1"]), 1, "doubled 1"),
        (summed(unseen=["seq 4"]), 1, "  unseen: seq 4"),
        (summed(moved=["m1"]), 1, "  moved: m1"),
        (Unfit("There is no such thing."), 2, "kezhan: There is no such thing."),
        (httpx2.ConnectError("refused"), 2, "kezhan: http://127.0.0.1:8700: refused"),
        (httpx2.ReadTimeout(""), 2, "ReadTimeout"),
        (OSError("no route"), 2, "no route"),
    ],
)
async def test_the_exit_code_says_what_became_of_it(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], outcome: Any, code: int, said: str
) -> None:
    async def played(*_: Any) -> Totals:
        if isinstance(outcome, Exception):
            raise outcome
        assert isinstance(outcome, Totals)
        return outcome

    monkeypatch.setattr(command, "_simulate", played)
    with pytest.raises(typer.Exit) as ended:
        await asyncio.to_thread(simulate, data=Path("/nonexistent"))
    heard = capfd.readouterr()
    assert (ended.value.exit_code, said in heard.out + heard.err) == (code, True)
    assert (said in heard.err) is (code == 2)


async def test_a_fault_in_the_words_themselves_is_not_called_a_fault_of_the_server(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def broken(*_: Any) -> Totals:
        raise KeyError("a fault of ours")

    monkeypatch.setattr(command, "_simulate", broken)
    with pytest.raises(KeyError):
        await asyncio.to_thread(simulate, data=Path("/nonexistent"))


# Accounts and the site


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (None, []),
        ("", []),
        ("a heading\n", []),
        ("Owner\n", []),
        ("a@b\tpw\n", [("a@b", "pw")]),
        ("a@b\tpw\tOwner\tmore\nc@d\tpw 2\n\n", [("a@b", "pw"), ("c@d", "pw 2")]),
        ("# heading\na@b\tp\u4e2d\n", [("a@b", "p\u4e2d")]),
    ],
)
def test_accounts_are_the_lines_with_a_password(
    tmp_path: Path, lines: str | None, found: list[tuple[str, str]]
) -> None:
    path = tmp_path / "demo-accounts.txt"
    if lines is not None:
        path.write_text(lines, encoding="utf-8")
    assert command._accounts(path) == found


async def test_the_site_is_the_first_website_channel_in_use(
    house: Running, shop: Shop, known: list[tuple[str, str]]
) -> None:
    _, owner = await member_client(house, "owner", shop.workspace_id)
    await owner.post("/api/channels", json={"adapter": "open", "name": "Open"})
    second = (await owner.post("/api/channels", json={"adapter": "webchat", "name": "Second"})).json()
    assert await command._first_site(shop.url, known, shop.http) == shop.site_key
    await owner.delete(f"/api/channels/{shop.account_id}")
    assert await command._first_site(shop.url, known, shop.http) == second["channel"]["public_key"]
    await owner.delete(f"/api/channels/{second['channel']['id']}")
    with pytest.raises(Unfit, match="no website channel"):
        await command._first_site(shop.url, known, shop.http)
    with pytest.raises(Unfit, match="Which website channel"):
        await command._first_site(shop.url, [], shop.http)


async def test_whoever_was_signed_in_is_signed_out_also_where_the_next_one_cannot_be(
    house: Running, shop: Shop
) -> None:
    good = await account(house, shop, "agent")
    before = await live_sessions(shop)
    with pytest.raises(httpx2.HTTPStatusError):
        async with command._signed_in(shop.url, [good, (good[0], "wrong")], shop.http):
            raise AssertionError("nobody may come this far")
    async with command._signed_in(shop.url, [good], shop.http) as (agent,):
        assert agent.connected.is_set()
        assert await live_sessions(shop) == before + 1
    assert await live_sessions(shop) == before


# A run


async def test_a_run_signs_in_plays_checks_and_signs_out(
    shop: Shop, known: list[tuple[str, str]], free_sigint: None, capfd: pytest.CaptureFixture[str]
) -> None:
    before = await live_sessions(shop)
    totals = await command._simulate(shop.url, "", known, 1, FEW)
    assert totals.good, totals.lines()
    assert (totals.conversations, totals.delivered) == (1, totals.addressed)
    assert f"1 customers come to {shop.url}, at most 1 at a time." in capfd.readouterr().out
    assert await live_sessions(shop) == before


@pytest.mark.parametrize(
    ("site", "agents", "sentence"),
    [("kzp_nobody", 0, "no website channel with the key kzp_nobody"), ("", 1, "need as many accounts")],
)
async def test_what_does_not_go_together_begins_nothing(
    shop: Shop, free_sigint: None, site: str, agents: int, sentence: str
) -> None:
    with pytest.raises(Unfit, match=sentence):
        await command._simulate(shop.url, site, [], agents, FEW)


async def test_the_first_ctrl_c_ends_the_run_with_its_check(
    shop: Shop, free_sigint: None, capfd: pytest.CaptureFixture[str]
) -> None:
    watching = await shop.agent("owner")
    slow = Plan(customers=3, rate=6000, minutes=1, tempo=Tempo(speed=0, patience=600), language="en")
    run = asyncio.create_task(command._simulate(shop.url, shop.site_key, [], 0, slow))
    await until(lambda: len(watching.rows) == 3)
    os.kill(os.getpid(), signal.SIGINT)
    totals = await asyncio.wait_for(run, 30)
    assert totals.good, totals.lines()
    assert (totals.conversations, totals.sent == totals.acknowledged) == (3, True)
    assert capfd.readouterr().out.count("Stopping …") == 1


async def test_the_second_ctrl_c_is_not_held_back(free_sigint: None) -> None:
    stop = command._until_interrupted()
    os.kill(os.getpid(), signal.SIGINT)
    await asyncio.wait_for(stop.wait(), PATIENCE)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


# The demo's morning


async def test_the_morning_is_not_begun_without_people_and_not_twice_after_a_fault(
    shop: Shop, tmp_path: Path
) -> None:
    assert await fill_demo(shop.url, shop.site_key, [], tmp_path) is None
    assert not (tmp_path / MARKER).exists()
    unknown = [("nobody@example.com", "wrong")]
    with pytest.raises(httpx2.HTTPStatusError):
        await fill_demo(shop.url, shop.site_key, unknown, tmp_path)
    assert (tmp_path / MARKER).exists()
    assert await fill_demo(shop.url, shop.site_key, unknown, tmp_path) is None
