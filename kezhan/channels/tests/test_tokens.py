"""Tokens that open a platform: one at a time, for the account as it is now, and never lost half-way."""

import asyncio
from collections.abc import Iterator
from typing import Any, cast

import pytest

from kezhan.channels.accounts import Account
from kezhan.channels.base import Capabilities, Channel, Expired, Line, Retry, Token, Turned
from kezhan.channels.lines import Lines
from kezhan.channels.tests.box import Box, installed
from kezhan.kit.ids import new_id

NAME = "box-of-tokens"
ID = new_id()


class Office:
    """Gives tokens; each comes when `open` is set."""

    def __init__(self) -> None:
        self.asked = self.given = 0
        self.open = asyncio.Event()
        self.open.set()
        self.refuses = 0
        self.fault: Exception = Turned("invalid_grant", fault="token_expired")
        self.fixed = False

    async def issue(self, line: Line) -> Token:
        self.asked += 1
        await self.open.wait()
        if self.refuses:
            self.refuses -= 1
            raise self.fault
        self.given += 1
        return Token(value=f"{line.account.settings.v}.{self.given}", seconds=7200, fixed=self.fixed)


@pytest.fixture
def office() -> Iterator[Office]:
    office, box = Office(), Box(name=NAME)
    with installed(box, box.channel(Capabilities(), issue=office.issue)):
        yield office


def account(version: int = 1) -> Account:
    return Account(
        id=ID,
        workspace_id=ID,
        adapter=NAME,
        name="Box",
        public_key="k",
        settings={"v": version},
        secrets=None,
    )


def lines() -> Lines:
    nothing = cast(Any, None)
    return Lines(nothing, nothing, nothing, nothing)


async def token(lines: Lines, account: Account) -> str:
    async def work(_: Channel, line: Line) -> str:
        return await line.token()

    return await lines.speak(account, work)


async def test_a_crowd_asks_for_one_token(office: Office) -> None:
    here = lines()
    found = await asyncio.gather(*(token(here, account()) for _ in range(50)))
    assert (set(found), office.asked) == ({"1.1"}, 1)


async def test_a_token_asked_for_before_the_account_was_changed_opens_nothing_afterwards(
    office: Office,
) -> None:
    here = lines()
    office.open.clear()
    before = asyncio.create_task(token(here, account(1)))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    here.forget(ID)
    after = asyncio.create_task(token(here, account(2)))
    await asyncio.sleep(0.01)
    office.open.set()
    assert [(await before)[0], (await after)[0]] == ["1", "2"]
    assert (await token(here, account(2)))[0] == "2"


async def test_who_goes_away_leaves_the_answer_to_those_who_stay(office: Office) -> None:
    here = lines()
    office.open.clear()
    impatient = asyncio.create_task(token(here, account()))
    await asyncio.sleep(0.01)
    impatient.cancel()
    await asyncio.gather(impatient, return_exceptions=True)
    office.open.set()
    await asyncio.sleep(0.01)
    assert office.given == 1, "heard to its end: a refresh token may have come with it"
    assert (await token(here, account()), office.asked) == ("1.1", 1)


@pytest.mark.parametrize("fault", [Turned("invalid_grant", fault="token_expired"), Expired("40125")])
async def test_credentials_that_another_process_has_just_renewed_are_tried_once_more(
    office: Office, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    office.fault = fault
    monkeypatch.setattr("kezhan.channels.lines._ELSEWHERE_SECONDS", 0.01)
    here = lines()
    office.refuses = 1
    assert await token(here, account()) == "1.1"
    office.refuses = 2
    here.forget(ID)
    with pytest.raises(Turned) as caught:
        await token(here, account())
    assert caught.value.fault == "token_expired"
    assert (await token(here, account())) == "1.2"


class Gate:
    """Takes the tokens that are good, and says what was tried."""

    def __init__(self, *good: str) -> None:
        self.good = set(good)
        self.tried: list[str] = []
        self.opens = asyncio.Event()
        self.opens.set()

    async def enter(self, _: Channel, line: Line) -> str:
        value = await line.token()
        self.tried.append(value)
        await self.opens.wait()
        if value not in self.good:
            raise Expired("40001")
        return value


async def test_two_who_are_refused_at_once_renew_once(office: Office) -> None:
    here, gate = lines(), Gate("1.2")
    gate.opens.clear()
    both = [asyncio.create_task(here.speak(account(), gate.enter)) for _ in range(2)]
    while len(gate.tried) < 2:
        await asyncio.sleep(0)
    gate.opens.set()
    assert await asyncio.gather(*both) == ["1.2", "1.2"]
    assert (sorted(gate.tried), office.given) == (["1.1", "1.1", "1.2", "1.2"], 2)


async def test_a_token_that_came_while_one_was_waiting_for_it_is_renewed_too(office: Office) -> None:
    here, gate = lines(), Gate("1.2")
    office.open.clear()
    waits = asyncio.create_task(here.speak(account(), gate.enter))
    await asyncio.sleep(0.01)
    office.open.set()
    assert await waits == "1.2", "asked for after the work began, and worthless all the same"


async def test_a_token_refused_twice_is_asked_for_again_later(office: Office) -> None:
    with pytest.raises(Retry) as caught:
        await lines().speak(account(), Gate().enter)
    assert (caught.value.fault, office.given) == ("token_expired", 2)


async def test_a_token_that_only_a_person_can_renew_is_refused_for_good(office: Office) -> None:
    office.fixed, gate = True, Gate()
    with pytest.raises(Turned) as caught:
        await lines().speak(account(), gate.enter)
    assert (caught.value.fault, gate.tried) == ("token_expired", ["1.1"])
