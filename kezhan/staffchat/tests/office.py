"""Colleagues of one workspace on two processes, each with her rooms as her screen keeps them."""

from dataclasses import dataclass, field
from typing import Any

import msgspec

from kezhan.channels.tests.pair import Pair
from kezhan.conversations.tests.factories import make_member, make_session
from kezhan.kit.ids import new_id
from kezhan.kit.testing import until
from kezhan.simulate.client import Agent
from kezhan.testing import Running

Json = dict[str, Any]
ROOMS = "/api/staff-rooms"


class Screen:
    """What one device shows of a room: the merge rule of the workbench, with its questions counted."""

    def __init__(self, agent: Agent, room_id: str) -> None:
        self._agent = agent
        self.id = room_id
        self.rev = 0
        self.messages: dict[int, Json] = {}
        self.gaps = 0
        agent.heard.append(self._hear)

    async def open(self) -> "Screen":
        return self.take(await self._agent.get(f"{ROOMS}/{self.id}"))

    async def resume(self) -> "Screen":
        return self.take(await self._agent.get(f"{ROOMS}/{self.id}?since={self.rev}"))

    def take(self, snapshot: Json) -> "Screen":
        if snapshot["whole"]:
            self.messages.clear()
        self._merge(snapshot["messages"])
        self.rev = max(self.rev, snapshot["room"]["rev"])
        return self

    @property
    def bodies(self) -> list[str]:
        said = sorted(self.messages.items())
        return [message.get("body", "") for _, message in said if message["kind"] != "event"]

    def _hear(self, frame: Json) -> None:
        if frame["type"] != "staff_changed" or frame["room_id"] != self.id or frame["rev"] <= self.rev:
            return
        if frame["from_rev"] > self.rev:
            self.gaps += 1
            return
        self._merge(frame["messages"])
        self.rev = frame["rev"]

    def _merge(self, messages: list[Json]) -> None:
        for message in messages:
            if self.messages.get(message["seq"], {"rev": 0})["rev"] < message["rev"]:
                self.messages[message["seq"]] = message


@dataclass
class Colleague:
    id: str
    name: str
    agent: Agent
    cookie: str
    heard: list[Json] = field(default_factory=list)

    async def do(self, method: str, path: str, body: Any = None, *, status: int = 0) -> Json:
        """What a route answers; `status` 0 is any success."""
        answer = await self.agent.request(method, path, body)
        fine = answer.status_code == status if status else answer.status_code < 300
        assert fine, (method, path, answer.status_code, answer.text)
        found: Json = msgspec.json.decode(answer.content) if answer.content else {}
        return found

    async def open(self, **form: Any) -> str:
        room_id: str = (await self.do("POST", ROOMS, form))["room"]["id"]
        return room_id

    async def say(self, room_id: str, body: str = "", *, client_id: str = "", **more: Any) -> Json:
        said = {"client_id": client_id or str(new_id()), "body": body, **more}
        return await self.do("POST", f"{ROOMS}/{room_id}/messages", said)

    async def rooms(self) -> dict[str, Json]:
        return {room["id"]: room for room in (await self.agent.get(ROOMS))["rooms"]}

    async def screen(self, room_id: str) -> Screen:
        return await Screen(self.agent, room_id).open()

    def frames(self, kind: str, room_id: str) -> list[Json]:
        return [one for one in self.heard if one["type"] == kind and one.get("room_id") == room_id]


class Office:
    def __init__(self, pair: Pair) -> None:
        self.pair = pair

    async def colleague(self, role: str, name: str, house: Running | None = None) -> Colleague:
        db, workspace_id = self.pair.shop.db, self.pair.shop.workspace_id
        member_id = await make_member(db, workspace_id, role, name)
        cookie = f"kz_session={await make_session(db, workspace_id, member_id)}"
        return await self.device(Colleague(str(member_id), name, None, cookie), house)  # type: ignore[arg-type]

    async def device(self, who: Colleague, house: Running | None = None) -> Colleague:
        """The same person at another screen."""
        agent = await self.pair.again(who.cookie, house)
        seated = Colleague(who.id, who.name, agent, who.cookie)
        agent.heard.append(seated.heard.append)
        return seated


async def shows(screen: Screen, *bodies: str) -> None:
    await until(lambda: screen.bodies == list(bodies))
