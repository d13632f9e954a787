"""A platform made of plain data: whatever a call says has come, and whatever the test wants it to answer."""

import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import httpx2
import msgspec
import pytest

from kezhan.channels import registry
from kezhan.channels.adapters.open.manifest import CHANNEL as OPEN
from kezhan.channels.base import (
    Account,
    Admitted,
    Call,
    Came,
    Capabilities,
    Channel,
    Due,
    Edited,
    Happened,
    Inbound,
    Keep,
    Line,
    Media,
    Outbound,
    Person,
    Probed,
    Progress,
    Pulled,
    Reacted,
    Recalled,
    Receipt,
    Request,
    Token,
    Unreadable,
)
from kezhan.channels.tests.front import Front
from kezhan.kit.ids import new_id

_KINDS: dict[str, Any] = {
    "inbound": Inbound,
    "edited": Edited,
    "reacted": Reacted,
    "recalled": Recalled,
    "progress": Progress,
    "happened": Happened,
}
Json = dict[str, Any]


@dataclass
class Box:
    """One kind of channel. `does` is used up by sends: an exception is raised, an event waited for, a pair of
    them waited for and raised; so are `names`, what it calls them; `people`, `speakers`, `media`, `pulls` are
    what the platform has to give."""

    name: str = field(default_factory=lambda: f"box{new_id().hex[-12:]}")
    brought: list[Outbound] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    does: list[Any] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    people: dict[str, Person] = field(default_factory=dict)
    asked_for: list[str] = field(default_factory=list)
    speakers: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    media: dict[str, Any] = field(default_factory=dict)
    pulls: list[Any] = field(default_factory=list)
    cursors: list[str] = field(default_factory=list)
    heard: asyncio.Queue[Call] = field(default_factory=asyncio.Queue)
    probed: Any = field(default_factory=lambda: Probed(name="The box"))
    hooks: list[str] = field(default_factory=list)

    async def send(self, line: Line, outbound: Outbound) -> Receipt:
        self.brought.append(outbound)
        next_up = self.does.pop(0) if self.does else None
        event, fault = next_up if isinstance(next_up, tuple) else (next_up, next_up)
        if isinstance(event, asyncio.Event):
            await event.wait()
        if isinstance(fault, Exception):
            raise fault
        name = self.names.pop(0) if self.names else f"out-{len(self.brought)}"
        return Receipt(external_id=name, status=200)

    async def token_send(self, line: Line, outbound: Outbound) -> Receipt:
        self.tokens.append(await line.token())
        return await self.send(line, outbound)

    async def issue(self, line: Line) -> Token:
        return Token(value=f"t{new_id().hex[-6:]}", seconds=7200)

    async def person(self, line: Line, external_id: str) -> Person:
        self.asked_for.append(external_id)
        found = self.people[external_id]
        if isinstance(found, Exception):
            raise found
        return found

    async def speaker(self, line: Line, group_id: str, speaker_id: str) -> str:
        self.asked.append(f"{group_id}/{speaker_id}")
        found = self.speakers[speaker_id]
        if isinstance(found, Exception):
            raise found
        return str(found)

    async def get_media(self, line: Line, ref: str) -> Media:
        found = self.media[ref]
        if isinstance(found, Exception):
            raise found
        return Media(data=found, media_type="text/plain", name="told.txt")

    async def pull(self, line: Line, cursor: str) -> Pulled:
        self.cursors.append(cursor)
        found = self.pulls.pop(0) if self.pulls else Pulled(calls=[], cursor=cursor)
        if isinstance(found, Exception):
            raise found
        assert isinstance(found, Pulled)
        return found

    async def listen(self, line: Line, cursor: str, keep: Keep) -> None:
        self.cursors.append(cursor)
        while True:
            call = await self.heard.get()
            if call.dedup_key == "break":
                raise ConnectionError("cut")
            await keep([call], call.dedup_key)

    async def probe(self, line: Line) -> Probed:
        if isinstance(self.probed, Exception):
            raise self.probed
        assert isinstance(self.probed, Probed)
        return self.probed

    async def connect(self, line: Line, hook: str) -> None:
        self.hooks.append(hook)

    def channel(self, able: Capabilities | None = None, **more: Any) -> Channel:
        return replace(
            OPEN,
            name=self.name,
            capabilities=able or Capabilities(receives=frozenset({"text", "file"})),
            settings=_Settings,
            secrets=None,
            fields={},
            verify=lambda request, account, at: Admitted(dedup_key=request.query["key"]),
            parse=_parse,
            send=self.send,
            **more,
        )


class _Settings(msgspec.Struct, frozen=True, kw_only=True):
    v: int = 1


def _parse(request: Request, account: Account) -> Sequence[Came] | Unreadable:
    found: list[Came] = []
    for one in msgspec.json.decode(request.body):
        kind = one.pop("is")
        found.append(Due() if kind == "due" else msgspec.convert(one, _KINDS[kind]))
    return found


@dataclass
class Connected:
    """An account of the box, and its platform's hand."""

    box: Box
    http: httpx2.AsyncClient
    account_id: UUID
    public_key: str

    async def bring(self, *items: Json, key: str = "") -> None:
        path = f"/hooks/{self.public_key}?key={key or new_id()}"
        answer = await self.http.post(path, content=msgspec.json.encode(items))
        assert answer.status_code == 200, answer.text

    async def say(self, text: str = "hello", customer: str = "c-1", **more: Any) -> None:
        await self.bring(said(text, customer, **more))


def said(text: str = "hello", customer: str = "c-1", **more: Any) -> Json:
    known = {"is": "inbound", "external_id": customer, "dedup_key": str(new_id()), "kind": "text"}
    return {**known, "text": text, **more}


@contextlib.contextmanager
def installed(box: Box, channel: Channel) -> Iterator[Box]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(registry.channels(), box.name, channel)
        yield box


async def connected(front: Front, box: Box, name: str = "Box") -> Connected:
    answer = await front.owner.post("/api/channels", json={"adapter": box.name, "name": name})
    assert answer.status_code == 201, answer.text
    channel = answer.json()["channel"]
    client = await front.running.client()
    return Connected(box, client, UUID(channel["id"]), channel["public_key"])
