"""One platform on a real socket, an account's webhook beside it, and a client that calls: what every test
of a fake stands on."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Generic, NamedTuple, TypeVar

import httpx2
import msgspec

from fakes.base import Platform
from fakes.deliver import Post
from fakes.phone import Phone, Said
from fakes.serve import running
from fakes.tests.hook import Hook, hooked
from fakes.wire import Asked, Told, plain, told

PACE = 100
Heard = Callable[[int, bytes], bool]
P = TypeVar("P", bound=Platform)


class Stage(NamedTuple, Generic[P]):
    platform: P
    hook: Hook
    client: httpx2.AsyncClient
    """Its base is the platform's own."""

    @property
    def phone(self) -> Phone:
        """The first customer's."""
        return next(iter(self.platform.phones.values()))

    async def say(self, text: str = "你好", **more: Any) -> Asked:
        """The last call to the webhook after the first customer said this."""
        await self.platform.say(self.phone.id, Said(text=text, **more))
        return await self.last()

    async def act(self, name: str, /, **given: str) -> Asked:
        await self.platform.act(self.phone.id, name, given)
        return await self.last()

    async def last(self) -> Asked:
        await self.platform.settled()
        return self.hook.calls[-1]

    def bodies(self) -> list[Any]:
        """What the webhook was sent, parsed."""
        return [msgspec.json.decode(call.body) for call in self.hook.calls]

    def answers(self, value: object, status: int = 200) -> None:
        """From now on the webhook answers this: text, or JSON."""
        answer: Told = plain(value, status) if isinstance(value, str) else told(value, status)
        self.hook.answer = lambda _: answer


def _be_patient(platform: Platform) -> None:
    """Pauses pass quickly; time-outs do not, for a machine under load answers late."""
    call = platform.courier.call

    async def calling(post: Post, timeout: float, heard: Heard, attempt: int = 1) -> tuple[int, bytes, bool]:
        return await call(post, timeout * PACE, heard, attempt)

    platform.courier.call = calling  # type: ignore[method-assign]


@asynccontextmanager
async def staged(platform: P, *, patient: bool = True) -> AsyncIterator[Stage[P]]:
    """The account's webhook is entered already, without a handshake."""
    platform.switch({"pace": PACE})
    if patient:
        _be_patient(platform)
    async with (
        running([platform]) as base,
        hooked() as hook,
        httpx2.AsyncClient(base_url=f"{base}/{platform.name}", trust_env=False) as client,
    ):
        platform.form["webhook"] = hook.url
        yield Stage(platform, hook, client)


def first(platform: Platform) -> Phone:
    """The platform's first customer."""
    return next(iter(platform.phones.values()))
