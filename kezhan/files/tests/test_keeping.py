"""Where the bytes lie: written whole or not at all, swept, erased, and while they are out of reach."""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest
from obstore.store import MemoryStore
from sqlalchemy import text

from kezhan.files import jobs
from kezhan.files.address import expiry, sign
from kezhan.files.objects import Store, key_of, thumbnail_key
from kezhan.files.receive import receive
from kezhan.files.schemas import FileOut, Holder, Incoming, Limits, Owner
from kezhan.files.service import attach, erase
from kezhan.files.tests.factories import picture
from kezhan.kit.clock import now
from kezhan.kit.db import Database
from kezhan.kit.errors import Refused
from kezhan.kit.ids import new_id
from kezhan.kit.testing import until
from kezhan.testing import Running
from kezhan.workspaces.tests.factories import make_workspace, member_client

ME = Owner("member", new_id())


async def chunks(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def keep(db: Database, store: Store, ws: UUID, *pieces: bytes, **more: Any) -> FileOut:
    incoming = Incoming("x", "", chunks(*pieces))
    return await receive(db, store, ws, owner=ME, incoming=incoming, **more)


async def count(db: Database, ws: UUID, table: str) -> int:
    async with db.tx(ws) as tx:
        return int(await tx.value(text(f"select count(*) from {table}")))  # noqa: S608


async def keys(store: Store, ws: UUID) -> set[str]:
    return {item.key async for batch in store.listed(ws) for item in batch}


@pytest.fixture(params=["folder", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """A store of its own, in a folder and behind the calls a grown one has."""
    return Store.local(tmp_path / "files") if request.param == "folder" else Store(MemoryStore())


@pytest.fixture
async def ws(db: Database) -> UUID:
    return await make_workspace(db)


async def test_what_was_written_in_pieces_is_read_whole_and_in_parts(store: Store) -> None:
    key = key_of(new_id(), new_id())
    await store.write(key, chunks(b"ab", b"", b"c" * 300_000, b"de"))
    assert await store.size(key) == 300_004
    assert await store.read(key) == b"ab" + b"c" * 300_000 + b"de"
    for start, end in ((0, 2), (300_002, 300_004), (0, 300_004)):
        got = b"".join([piece async for piece in await store.stream(key, start, end)])
        assert got == (await store.read(key))[start:end]
    for _ in range(2):
        await store.remove([key, "never/was"])
    calls: tuple[Callable[[], Any], ...] = (
        lambda: store.read(key),
        lambda: store.size(key),
        lambda: store.stream(key, 0, 1),
    )
    for call in calls:
        with pytest.raises(FileNotFoundError):
            await call()


async def test_a_stream_that_breaks_leaves_no_object_and_no_row(db: Database, store: Store, ws: UUID) -> None:
    async def breaking() -> AsyncIterator[bytes]:
        yield picture()
        raise ConnectionError("gone")

    begun = asyncio.Event()

    async def hanging() -> AsyncIterator[bytes]:
        yield b"x" * 300_000
        begun.set()
        await asyncio.Event().wait()

    with pytest.raises(ConnectionError):
        await receive(db, store, ws, owner=ME, incoming=Incoming("x", "", breaking()))
    left = asyncio.create_task(receive(db, store, ws, owner=ME, incoming=Incoming("x", "", hanging())))
    await begun.wait()
    left.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await left
    limits = Limits(file_bytes=10, image_bytes=5)
    for pieces in ((b"x" * 11,), (b"x" * 5, b"x" * 6), (b"\xff", b"\xd8\xff___"), ()):
        with pytest.raises(Refused):
            await keep(db, store, ws, *pieces, limits=limits)
    assert await keys(store, ws) == set()
    assert (await count(db, ws, "files"), await count(db, ws, "timers")) == (0, 0)


async def test_the_limits_are_exact(db: Database, store: Store, ws: UUID) -> None:
    limits = Limits(file_bytes=10, image_bytes=len(picture()))
    assert (await keep(db, store, ws, b"x" * 5, b"x" * 5, limits=limits)).size == 10
    assert (await keep(db, store, ws, picture(), limits=limits)).thumbnail


async def test_a_workspaces_objects_lie_under_its_own_name(db: Database, store: Store, ws: UUID) -> None:
    other = await make_workspace(db)
    mine, theirs = await keep(db, store, ws, picture()), await keep(db, store, other, b"x")
    assert await keys(store, ws) == {key_of(ws, mine.id), thumbnail_key(ws, mine.id)}
    assert await keys(store, other) == {key_of(other, theirs.id)}
    assert set(await store.workspaces()) == {ws, other}


async def test_a_sweep_takes_what_no_row_knows_and_leaves_what_is_not_ours(
    db: Database, store: Store, ws: UUID
) -> None:
    kept, orphan = await keep(db, store, ws, picture()), await keep(db, store, ws, picture())
    gone, foreign = new_id(), [f"{ws}/aa/readme.txt", f"{ws}/lost+found", "notes/of/somebody", f"{ws}/x.t"]
    await store.put(key_of(gone, new_id()), b"of a workspace that is gone")
    for key in foreign:
        await store.put(key, b"x")
    async with db.tx(ws) as tx:
        await tx.run(text("delete from files where id = :id"), {"id": orphan.id})
    # A file another workspace's row names is none of this workspace's.
    stray = await keep(db, store, await make_workspace(db), b"x")
    await store.put(key_of(ws, stray.id), b"x")
    assert await jobs.sweep(db, store, now() + timedelta(hours=23)) == 0
    assert await jobs.sweep(db, store, now() + timedelta(hours=25)) == 4
    assert await keys(store, ws) == {
        key_of(ws, kept.id),
        thumbnail_key(ws, kept.id),
        *foreign[:2],
        foreign[3],
    }
    assert await keys(store, gone) == set()
    assert await jobs.sweep(db, store, now() + timedelta(hours=25)) == 0


async def test_the_day_a_file_has_to_be_used_begins_with_its_row(
    db: Database, store: Store, ws: UUID
) -> None:
    await keep(db, store, ws, b"x", limits=Limits(unattached_s=60))
    async with db.tx(ws) as tx:
        [timer] = await tx.rows(text("select kind, due_at - now() as rest from timers"))
    assert timer.kind == "files.unattached"
    assert timedelta(seconds=30) < timer.rest <= timedelta(seconds=61)


async def test_two_who_attach_one_file_at_once_give_it_one_use(db: Database, store: Store, ws: UUID) -> None:
    file = await keep(db, store, ws, b"x")

    async def use(name: str) -> str:
        try:
            async with db.tx(ws) as tx:
                return (await attach(tx, file.id, ME, name)).name
        except Refused as refused:
            return refused.code

    found = await asyncio.gather(*(use(name) for name in ("m1", "m2", "m3")))
    assert sorted(found) == ["files.used_already", "files.used_already", "x"]


# At the door


class Desk:
    """An agent of a house and where its files lie."""

    def __init__(self, house: Running, workspace_id: UUID, client: httpx2.AsyncClient) -> None:
        self.house, self.workspace_id, self.client = house, workspace_id, client
        self.folder = house.house.settings.data / "files"

    async def send(self, data: bytes) -> httpx2.Response:
        return await self.client.post("/api/files", files={"file": ("茶", data)})


async def desk_of(house: Running) -> Desk:
    person, client = await member_client(house, "agent")
    return Desk(house, person.workspace_id, client)


async def test_an_erased_files_objects_go_by_themselves(house: Running) -> None:
    desk = await desk_of(house)
    file = (await desk.send(picture())).json()
    mine = desk.folder / str(desk.workspace_id)
    assert len([path for path in mine.rglob("*") if path.is_file()]) == 2
    async with house.db.tx(desk.workspace_id) as tx:
        await erase(tx, UUID(file["id"]))
    for url in (file["url"], file["thumbnail_url"]):
        answer = await desk.client.get(url)
        assert (answer.status_code, answer.json()["code"]) == (404, "files.not_found")
    await until(lambda: not [path for path in mine.rglob("*") if path.is_file()])


async def test_while_the_store_is_away_nothing_is_taken_in_and_nothing_is_lost(own_house: Running) -> None:
    desk = await desk_of(own_house)
    before = (await desk.send(b"kept")).json()
    away = desk.folder.with_name("files-away")
    desk.folder.rename(away)
    desk.folder.write_text("no folder")
    refused = await desk.send(b"x")
    assert refused.status_code >= 500
    assert refused.headers["content-type"] == "application/problem+json"
    shown = await desk.client.get(before["url"])
    assert (shown.status_code in {404, 500, 503}, b"kept" in shown.content) == (True, False)
    assert str(desk.folder) not in refused.text + shown.text
    assert await count(own_house.db, desk.workspace_id, "files") == 1
    assert await count(own_house.db, desk.workspace_id, "timers") == 1
    desk.folder.unlink()
    away.rename(desk.folder)
    assert (await desk.client.get(before["url"])).content == b"kept"
    assert (await desk.send(b"x")).status_code == 201
    # A folder that was lost altogether is made anew.
    shutil.rmtree(desk.folder)
    assert (await desk.client.get(before["url"])).status_code == 404
    after = (await desk.send(b"again")).json()
    assert (await desk.client.get(after["url"])).content == b"again"


async def test_an_address_is_for_one_file_one_holder_and_ten_minutes(house: Running) -> None:
    desk, stranger = await desk_of(house), await desk_of(house)
    ring, at = house.house.keyring, now()
    file = (await desk.send(picture())).json()
    session = UUID((await desk.client.get("/api/me")).json()["session_id"])
    theirs = UUID((await stranger.client.get("/api/me")).json()["session_id"])
    mine, file_id = Holder("session", session), UUID(file["id"])
    assert file["url"] in {
        sign(ring, desk.workspace_id, file_id, mine, at + timedelta(minutes=n)) for n in (-1, 0)
    }
    wrong = {
        "of another workspace": sign(ring, stranger.workspace_id, file_id, mine, at),
        "for a stranger's session": sign(ring, desk.workspace_id, file_id, Holder("session", theirs), at),
        "for a visitor of the same id": sign(
            ring, desk.workspace_id, file_id, Holder("visitor", session), at
        ),
        "for a token of the same id": sign(ring, desk.workspace_id, file_id, Holder("token", session), at),
        "of yesterday": sign(ring, desk.workspace_id, file_id, mine, at - timedelta(days=1)),
        "twice the same part": file["url"] + "&w=" + str(stranger.workspace_id),
        "with a tail": file["url"] + "x",
    }
    for why, url in wrong.items():
        answer = await desk.client.get(url)
        assert (answer.status_code, answer.headers["content-type"]) == (403, "application/problem+json"), why
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert (await desk.client.request(method, file["url"])).status_code == 405
    assert timedelta(minutes=10) <= expiry(at) - at <= timedelta(minutes=11)


async def test_an_address_made_for_a_token_dies_with_the_token(house: Running) -> None:
    person, owner = await member_client(house, "owner")
    made = (await owner.post("/api/tokens", json={"name": "接口", "scopes": ["file.upload"]})).json()
    machine = await house.client()
    bearer = {"authorization": f"Bearer {made['secret']}"}
    file = await machine.post("/api/files", files={"file": ("x", b"hello")}, headers=bearer)
    url = file.json()["url"]
    assert f"h=token.{made['token']['id']}" in url
    assert (await machine.get(url)).content == b"hello"
    assert (await owner.delete(f"/api/tokens/{made['token']['id']}")).status_code == 204
    answer = await machine.get(url)
    assert (answer.status_code, answer.json()["code"]) == (403, "files.holder_gone")
    async with house.db.tx(person.workspace_id) as tx:
        assert await tx.value(text("select owner_id from files")) == person.id


RANGES = [
    ("bytes=0-99", 206, 100),
    ("bytes=-100", 206, 100),
    ("bytes=699999-", 206, 1),
    ("bytes=0-", 200, 700_000),
    ("bytes=0-9, 20-29", 200, 700_000),
    ("bytes=700000-", 416, 0),
    ("bytes=٠-٩", 200, 700_000),
    ("bytes=a-b", 200, 700_000),
    ("bytes=" + "9" * 200 + "-", 416, 0),
]


async def test_a_film_is_sent_in_the_parts_that_are_asked_for(house: Running) -> None:
    desk = await desk_of(house)
    data = bytes(range(250)) * 2800
    file = (await desk.send(data)).json()
    for asked, status, length in RANGES:
        answer = await desk.client.get(file["url"], headers=[(b"range", asked.encode())])
        assert (answer.status_code, len(answer.content)) == (status, length), asked
        assert answer.content == data or status != 200
        span = answer.headers.get("content-range", "")
        if status == 206:
            first, last = (int(text) for text in span.removeprefix("bytes ").split("/")[0].split("-"))
            assert answer.content == data[first : last + 1]
        assert span.endswith("/700000") == (status != 200)
