"""A house and the platforms themselves, each on a real socket."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import pytest

from fakes.base import Platform
from fakes.phone import Phone, Said, Shown
from fakes.serve import standing
from kezhan.channels.registry import find
from kezhan.channels.tests.front import Front, in_motion, workspace_front
from kezhan.kit.testing import TestCluster, free_port, until
from kezhan.testing import Running
from tests.platforms.doors import DOORS

Json = dict[str, Any]


@dataclass
class Talk:
    """One platform's account, connected to a workspace of its own, and one customer of it (none given: the
    platform's first). `known`: the conversations that are not of this talk."""

    front: Front
    platform: Platform
    account_id: UUID
    hook: str
    door: str = ""
    customer: Phone | None = None
    known: frozenset[str] = frozenset()

    @property
    def phone(self) -> Phone:
        return self.customer or next(iter(self.platform.phones.values()))

    async def conversations(self) -> list[Json]:
        """The heads of this talk's, newest activity first."""
        return [head for head in await self.front.conversations() if head["id"] not in self.known]

    async def says(self, text: str = "你好，在吗？", **more: Any) -> str:
        return await self.platform.say(self.phone.id, Said(text=text, **more))

    async def heard(self, count: int) -> list[Json]:
        """Wait until the newest conversation has `count` messages of people; these."""

        async def look() -> list[Json]:
            heads = await self.conversations()
            messages = await self.front.messages(heads[0]["id"]) if heads else []
            return messages if len(messages) >= count else []

        return await until(look)

    async def answer(self, text: str, **more: Any) -> None:
        (head, *_) = await self.conversations()
        await self.front.reply(head["id"], text, **more)

    async def shown(self, count: int = 1) -> list[Shown]:
        """What her phone shows of ours, once there is so much."""

        async def look() -> list[Shown]:
            found = [one for one in self.platform.seen(self.phone.id) if one.by == "us"]
            return found if len(found) >= count else []

        return await until(look)

    def words(self, shown: Shown) -> str:
        """What we wrote, without what a template has put before it."""
        return shown.text.removeprefix(DOORS[self.door].frame)

    async def copied(self) -> None:
        """Somebody copies what stands in the console now into our form, and tries it until it works."""
        settings, secrets = filled(self.platform, self.door)
        form = {"settings": settings, "secrets": secrets}
        path = f"/api/channels/{self.account_id}"
        answer = await self.front.owner.patch(path, json=form)
        assert answer.status_code == 200, answer.text

        async def works() -> bool:
            return bool((await self.front.owner.post(f"{path}/test")).json()["working"])

        await until(works)

    async def deliveries(self) -> list[Json]:
        answer = await self.front.owner.get(f"/api/channels/{self.account_id}/deliveries")
        items: list[Json] = answer.json()["items"]
        return [one for one in reversed(items) if one["conversation_id"] not in self.known]


@pytest.fixture(scope="package")
async def house(cluster: TestCluster, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    # Platforms that are told our address by a call come there at once.
    folder = tmp_path_factory.mktemp("platforms")
    async with in_motion(cluster.fresh(), folder, port=free_port(), haste=20) as served:
        yield served


def filled(platform: Platform, door: str) -> tuple[Json, Json]:
    """Our form's settings and secrets, from the platform's console."""
    known = DOORS[door]
    return known.fill({**platform.form, **known.entered}, f"{platform.base}/{platform.name}")


async def connect(front: Front, platform: Platform, door: str) -> Talk:
    """As a person does it: the console's values into our form, our address into the console, tried once
    where there is something to try."""
    known = DOORS[door]
    settings, secrets = filled(platform, door)
    form = {"adapter": known.adapter, "name": door, "settings": settings, "secrets": secrets}
    made = await front.owner.post("/api/channels", json=form)
    assert made.status_code == 201, made.text
    channel = made.json()["channel"]
    http = await front.running.client()
    hook = f"{str(http.base_url).rstrip('/')}/hooks/{channel['public_key']}{known.query}"
    linked = await platform.connect({"webhook": hook, **known.entered})
    assert linked.ok, linked
    if find(known.adapter).probe is not None:
        tried = (await front.owner.post(f"/api/channels/{channel['id']}/test")).json()
        assert tried["working"], str(tried)
    if platform.form["webhook"] != hook:  # what the platform was told by call is our public address
        platform.form["webhook"] = hook
    await until(lambda: platform.ready)
    return Talk(front, platform, UUID(channel["id"]), hook, door)


@pytest.fixture(scope="package", params=list(DOORS))
async def door(request: pytest.FixtureRequest, house: Running) -> AsyncIterator[Talk]:
    """Each platform in its turn, for all the tests it is in."""
    async with standing(DOORS[request.param].adapter) as platform, workspace_front(house) as front:
        yield await connect(front, platform, request.param)


@pytest.fixture
async def talk(door: Talk) -> AsyncIterator[Talk]:
    """A customer whom nobody has met yet, on wires without faults."""
    platform = door.platform
    known = frozenset(head["id"] for head in await door.front.conversations())
    customer = platform.welcome(f"客人{len(platform.phones)}")
    yield replace(door, customer=customer, known=known)
    platform.switch({"duplicate": 0, "reorder": False})


@pytest.fixture(params=list(DOORS))
async def own_talk(request: pytest.FixtureRequest, house: Running) -> AsyncIterator[Talk]:
    """Each platform in its turn, with an account of its own: for what takes its credentials away."""
    async with standing(DOORS[request.param].adapter) as platform, workspace_front(house) as front:
        yield await connect(front, platform, request.param)
