"""Rounds: what waits is done together, each hears only of its own, nobody waits for a timer."""

import asyncio
from collections.abc import Sequence

from kezhan.kit.errors import Refused
from kezhan.kit.rounds import AT_ONCE, MOST, Rounds


class Work:
    """Doubles numbers, a round at a time while `gate` is open; negative ones fail, zero is refused to all."""

    def __init__(self) -> None:
        self.done: list[tuple[str, list[int]]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.at_work = self.most_at_work = 0
        self.rounds: Rounds[str, int, int] = Rounds(self._carry_out)

    async def _carry_out(self, key: str, asked: Sequence[int]) -> Sequence[int | Exception]:
        self.at_work += 1
        self.most_at_work = max(self.most_at_work, self.at_work)
        try:
            await self.gate.wait()
        finally:
            self.at_work -= 1
        self.done.append((key, list(asked)))
        if 0 in asked:
            raise Refused("kit.no_database", 503)
        if any(one < 0 for one in asked):
            raise ValueError("negative")
        return [ArithmeticError("odd") if one % 2 else 2 * one for one in asked]


async def test_one_alone_is_done_at_once() -> None:
    work = Work()
    assert await work.rounds.ask("a", 4) == 8
    assert await work.rounds.ask("a", 6) == 12
    assert work.done == [("a", [4]), ("a", [6])]


async def test_what_comes_during_a_round_makes_the_next_in_order_and_bounded() -> None:
    work = Work()
    work.gate.clear()
    asking = [asyncio.ensure_future(work.rounds.ask("a", 2 * n)) for n in range(1, MOST + 50)]
    await asyncio.sleep(0)
    late = [asyncio.ensure_future(work.rounds.ask("a", 1000 + 2 * n)) for n in range(3)]
    await asyncio.sleep(0)
    work.gate.set()
    assert await asyncio.gather(*asking) == [4 * n for n in range(1, MOST + 50)]
    assert await asyncio.gather(*late) == [2000, 2004, 2008]
    sizes = [len(asked) for _, asked in work.done]
    assert max(sizes) == MOST
    assert [one for _, asked in work.done for one in asked][-3:] == [1000, 1002, 1004]


async def test_an_exception_among_the_answers_is_raised_to_its_own_asker() -> None:
    work = Work()
    found = await asyncio.gather(*(work.rounds.ask("a", n) for n in (2, 3, 4)), return_exceptions=True)
    assert [found[0], found[2]] == [4, 8]
    assert isinstance(found[1], ArithmeticError)


async def test_a_fault_is_told_to_the_guilty_one_alone() -> None:
    work = Work()
    asked = (2, 4, -1, 6, 8)
    found = await asyncio.gather(*(work.rounds.ask("a", n) for n in asked), return_exceptions=True)
    assert [one for one in found if not isinstance(one, BaseException)] == [4, 8, 12, 16]
    assert isinstance(found[2], ValueError)


async def test_a_refusal_is_for_all_of_the_round_and_the_next_goes_on() -> None:
    work = Work()
    found = await asyncio.gather(*(work.rounds.ask("a", n) for n in (2, 0, 4)), return_exceptions=True)
    assert [type(one) for one in found] == [Refused] * 3
    assert len(work.done) == 1
    assert await work.rounds.ask("a", 2) == 4


async def test_whoever_gave_up_is_passed_over() -> None:
    work = Work()
    work.gate.clear()
    gone, stays = (asyncio.ensure_future(work.rounds.ask("a", n)) for n in (2, 4))
    await asyncio.sleep(0)
    gone.cancel()
    work.gate.set()
    assert await stays == 8
    assert gone.cancelled()


async def test_a_crowd_under_one_key_does_not_keep_the_others_waiting() -> None:
    work = Work()
    work.gate.clear()
    crowd = [asyncio.ensure_future(work.rounds.ask("crowd", 2)) for _ in range(3 * MOST)]
    others = [asyncio.ensure_future(work.rounds.ask(f"other {n}", 2)) for n in range(2 * AT_ONCE)]
    while work.at_work < AT_ONCE:
        await asyncio.sleep(0)
    work.gate.set()
    await asyncio.gather(*crowd, *others)
    assert work.most_at_work == AT_ONCE
    keys = [key for key, _ in work.done]
    assert keys.index(f"other {2 * AT_ONCE - 1}") < len(keys) - 1
    assert keys[-1] == "crowd"
