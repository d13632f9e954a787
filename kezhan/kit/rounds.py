"""Work that many ask for at once, done in rounds: while one round is under way the next gathers."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from kezhan.kit.errors import Refused

K = TypeVar("K")
T = TypeVar("T")
R = TypeVar("R")

MOST = 200
AT_ONCE = 3


class Rounds(Generic[K, T, R]):
    """`carry_out` gets up to `most` of those that wait under one key (mostly a workspace), oldest first, and
    answers in the same order; an exception among its answers is raised to the one it belongs to. AT_ONCE keys
    are at work at a time, each for one round, then it is the next one's turn. No timer, so one alone is not
    delayed.

    Where `carry_out` raises, the round is halved until the guilty one alone hears of it; a Refused is for all
    of them.
    """

    def __init__(
        self, carry_out: Callable[[K, Sequence[T]], Awaitable[Sequence[R | Exception]]], most: int = MOST
    ) -> None:
        self._carry_out = carry_out
        self._most = most
        self._waiting: dict[K, deque[tuple[T, asyncio.Future[R]]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._few = asyncio.Semaphore(AT_ONCE)

    async def ask(self, key: K, one: T) -> R:
        answer: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        waiting = self._waiting.get(key)
        if waiting is None:
            waiting = self._waiting[key] = deque()
            task = asyncio.create_task(self._run(key, waiting))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        waiting.append((one, answer))
        return await answer

    async def _run(self, key: K, waiting: deque[tuple[T, asyncio.Future[R]]]) -> None:
        try:
            while waiting:
                async with self._few:
                    await self._settle(key, [waiting.popleft() for _ in range(min(self._most, len(waiting)))])
        finally:
            del self._waiting[key]

    async def _settle(self, key: K, asked: list[tuple[T, asyncio.Future[R]]]) -> None:
        answers: Sequence[R | Exception]
        try:
            answers = await self._carry_out(key, [one for one, _ in asked])
        except Exception as fault:
            if len(asked) > 1 and not isinstance(fault, Refused):
                half = len(asked) // 2
                await self._settle(key, asked[:half])
                await self._settle(key, asked[half:])
                return
            answers = [fault] * len(asked)
        except BaseException:
            for _, answer in asked:
                answer.cancel()
            raise
        for (_, answer), found in zip(asked, answers, strict=True):
            if answer.done():
                continue  # whoever asked has gone
            if isinstance(found, Exception):
                answer.set_exception(found)
            else:
                answer.set_result(found)
