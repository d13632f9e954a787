"""What every platform has: an account under test, customers with phones, calls both ways. See `Platform`."""

import asyncio
import base64
import secrets
import string
import time
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from litestar.types import ControllerRouterHandler
from msgspec import Struct

from fakes.deliver import Courier, Log, Manners, Post
from fakes.phone import Act, Box, File, Phone, Said, Shown, Words
from fakes.wire import Asked, Refused, Route, Told, told
from fakes.world import World

_LETTERS = string.ascii_letters + string.digits


class Misused(Exception):
    """The test or the page wants what this platform has not."""


class Connected(Struct, kw_only=True):
    """Whether the account's webhook answered the platform's handshake, and what it said."""

    ok: bool
    status: int = 0
    answer: str = ""


def letters(size: int, of: str = _LETTERS) -> str:
    """A random word."""
    return "".join(secrets.choice(of) for _ in range(size))


def digits(size: int) -> str:
    """A random number without a leading zero, as text."""
    return secrets.choice("123456789") + letters(size - 1, string.digits)


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


class Platform:
    """One platform with one account.

    A subclass says `name` (its folder in every address), `label`, `rank` (place on the page), `kinds` a
    customer can send, `hint` (what to put where in Kezhan), and gives `boxes()` (what its own console shows,
    with good random values), `routes()`, `said()`, `handshake()`, and where it has them `acts()` with one
    `act_<name>(phone, given)` each.
    """

    name: ClassVar[str]
    label: ClassVar[Words]
    rank: ClassVar[int] = 100
    kinds: ClassVar[tuple[str, ...]] = ("text",)
    quotes: ClassVar[bool] = True
    """Customers can answer one message of the chat."""
    hooked: ClassVar[bool] = True
    """It calls a webhook of ours."""
    hint: ClassVar[Words] = Words("", "")
    people: ClassVar[tuple[str, ...]] = ("林小满", "Tom Baker")

    def __init__(self) -> None:
        self.world = World()
        self.log = Log()
        self.courier = Courier(self.world, self.log)
        self.form = {"webhook": "", **{box.name: box.value for box in self.boxes()}}
        self.connected: Connected | None = None
        self.phones: dict[str, Phone] = {}
        self.files: dict[str, File] = {}
        self.base = ""
        self._routes = list(self.routes())
        for name in self.people:
            self.welcome(name)

    # What a platform says of itself.

    def boxes(self) -> list[Box]:
        return []

    def routes(self) -> list[Route]:
        return []

    def sockets(self) -> Sequence[ControllerRouterHandler]:
        """Litestar handlers with their whole path, for platforms that speak WebSocket."""
        return ()

    def acts(self) -> list[Act]:
        return []

    def customer_id(self) -> str:
        """A new customer's id in the platform's shape."""
        return letters(16)

    async def said(self, phone: Phone, shown: Shown, said: Said) -> None:
        """Bring to the account what she said; `shown.id` may still be set to the platform's own."""
        raise NotImplementedError

    async def handshake(self) -> Connected:
        """Ask the webhook what the platform asks when it is entered; without one, all is well."""
        return Connected(ok=True)

    def void_tokens(self) -> None:
        """Every token so far is worthless."""

    def refuse_rate(self) -> Told:
        return told({"error": "too many requests"}, 429)

    def refuse_fault(self) -> Told:
        return told({"error": "internal error"}, 503)

    def refuse_code(self, code: str) -> Told:
        """What a call that sends gets while `Switches.error` is `code`."""
        return told({"error": code}, 400)

    def refuse_shape(self, why: str) -> Told:
        """What a call gets whose values are of a shape the platform does not know."""
        return told({"error": f"bad request: {why}"}, 400)

    def no_such_path(self) -> Told:
        return told({"error": "not found"}, 404)

    # What tests and the page do.

    async def connect(self, form: dict[str, str]) -> Connected:
        """Keep webhook and credentials; the platform's handshake follows."""
        if unknown := set(form) - set(self.form):
            raise Misused(f"no such field: {', '.join(sorted(unknown))}")
        self.form.update(form)
        self.connected = await self.handshake()
        return self.connected

    def switch(self, changes: dict[str, Any]) -> None:
        changes = dict(changes)
        if changes.pop("token_expired", False):
            self.void_tokens()
        try:
            self.world.set(changes)
        except ValueError as fault:
            raise Misused(str(fault)) from None
        if not self.world.switches.reorder:
            self.courier.release()

    async def say(self, customer: str, said: Said) -> str:
        """She sends something. Its id; the callback is on its way."""
        if said.kind not in self.kinds:
            raise Misused(f"{self.name} customers cannot send {said.kind}")
        phone = self.phone(customer)
        file = self.keep(said.data, said.media_type, said.name) if said.data else ""
        shown = phone.show(
            letters(20),
            "customer",
            said.kind,
            said.text,
            file=file,
            name=said.name,
            quote=said.quote,
            fate="on its way",
        )
        await self.said(phone, shown, said)
        return shown.id

    async def act(self, customer: str, name: str, given: dict[str, str]) -> None:
        if name not in {act.name for act in self.acts()}:
            raise Misused(f"{self.name} customers cannot {name}")
        phone = self.phone(customer)
        if (message := given.get("message")) and phone.find(message) is None:
            raise Misused("no such message")
        await getattr(self, f"act_{name}")(phone, given)

    def seen(self, customer: str) -> list[Shown]:
        return self.phone(customer).chat

    def phone(self, customer: str) -> Phone:
        """Hers; a customer never heard of is a new one."""
        if customer not in self.phones:
            self.phones[customer] = Phone(id=customer, name=customer)
        return self.phones[customer]

    def welcome(self, name: str) -> Phone:
        """A new customer."""
        phone = Phone(id=self.customer_id(), name=name)
        self.phones[phone.id] = phone
        return phone

    async def settled(self) -> None:
        await self.courier.settled()

    async def listen(self, beside: int) -> None:
        """Called once, before anybody comes. What speaks something else than HTTP listens from this port on
        if that is free; 0: on any."""

    @property
    def ready(self) -> bool:
        """What is said now is heard."""
        return True

    async def close(self) -> None:
        await self.courier.close()

    # What subclasses use.

    def now(self) -> float:
        return self.world.clock.now()

    def url(self, path: str) -> str:
        """The address of one of our own paths, as others see it."""
        return f"{self.base}/{self.name}{path}"

    def keep(self, data: bytes, media_type: str, name: str = "", seconds: float = float("inf")) -> str:
        """Keep a file; its id."""
        id = letters(32)
        self.files[id] = File(
            data=data,
            media_type=media_type or "application/octet-stream",
            name=name,
            until=self.now() + seconds,
        )
        return id

    def bring(
        self, make: Callable[[], Post], manners: Manners, shown: Shown | None = None
    ) -> "asyncio.Task[bool]":
        """Deliver a callback; `shown` tells on the phone what has become of it. True once it was heard."""
        task = self.courier.send(make, manners)
        if shown is not None:
            task.add_done_callback(lambda done: self._fate(shown, done))
        return task

    @staticmethod
    def _fate(shown: Shown, done: "asyncio.Task[bool]") -> None:
        if shown.fate == "on its way" and not done.cancelled() and done.exception() is None:
            shown.fate = "delivered" if done.result() else "lost"

    async def handle(self, asked: Asked) -> Told:
        """Answer a call to one of the routes, with the trouble that is switched on."""
        begun = time.monotonic()
        answer = await self._answer(asked)
        line = f"{asked.method} {asked.path}" + (
            f"?{'&'.join(f'{k}={v}' for k, v in asked.query)}" if asked.query else ""
        )
        self.log.note("in", line, asked.body, answer.status, answer.body, begun, ok=answer.status < 400)
        return answer

    async def _answer(self, asked: Asked) -> Told:
        await asyncio.sleep(self.world.switches.delay)
        if self.world.too_many():
            return self.refuse_rate()
        for route in self._routes:
            given = route.match(asked.method, asked.path)
            if given is not None:
                break
        else:
            return self.no_such_path()
        asked.given = given
        if route.sends and (code := self.world.switches.error):
            return self.refuse_code(code)
        faulty = self.world.faulty()
        if faulty and self.world.dice.random() < 0.5:
            return self.refuse_fault()
        try:
            answer = await route.run(asked)
        except Refused as refused:
            answer = refused.told
        except (AttributeError, KeyError, TypeError, ValueError) as fault:
            # Values of another shape than the route reads: no platform takes them either.
            answer = self.refuse_shape(f"{type(fault).__name__}: {fault}")
        # Done, and nobody hears of it: no platform has words of its own for that.
        return told({"error": "bad gateway"}, 502) if faulty else answer
