"""Files on their way out: signed addresses, their holders, ranges; and what is forgotten."""

from collections.abc import AsyncIterator
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from sqlalchemy import text

from kezhan.files import jobs
from kezhan.files.address import read, sign
from kezhan.files.receive import receive
from kezhan.files.schemas import FileOut, Holder, HolderKind, Incoming, Owner
from kezhan.files.serve import _Found, _wanted
from kezhan.files.service import attach, drop_unattached, erase, get
from kezhan.files.tests.factories import Person, make_customer, make_workspace, picture, sign_in
from kezhan.kit.clock import now
from kezhan.kit.db import Database
from kezhan.kit.errors import Forbidden, NotFound, Refused
from kezhan.kit.ids import new_id
from kezhan.kit.timers import TimerRunner
from kezhan.testing import Running

TEXT = bytes(range(256)) * 4


@pytest.fixture
async def agent(house: Running) -> Person:
    return await sign_in(house, await make_workspace(house.db))


async def _keep(house: Running, person: Person, data: bytes = TEXT, name: str = "笔记.bin") -> FileOut:
    async def chunks() -> AsyncIterator[bytes]:
        yield data

    owner = Owner("member", person.membership_id)
    incoming = Incoming(name, "", chunks())
    return await receive(house.db, house.house.store, person.workspace_id, owner=owner, incoming=incoming)


def _address(
    house: Running, person: Person, file: FileOut, kind: HolderKind = "session", by: UUID | None = None
) -> str:
    holder = Holder(kind, by or person.session_id)
    return sign(house.house.keyring, person.workspace_id, file.id, holder, now())


async def test_an_address_works_without_a_cookie(house: Running, agent: Person) -> None:
    file = await _keep(house, agent)
    stranger = await house.client()
    answer = await stranger.get(_address(house, agent, file))
    assert (answer.status_code, answer.content) == (200, TEXT)
    assert answer.headers["content-length"] == str(len(TEXT))
    assert answer.headers["cache-control"] == "private, max-age=600"
    assert answer.headers["content-disposition"] == (
        "attachment; filename=\"__.bin\"; filename*=UTF-8''%E7%AC%94%E8%AE%B0.bin"
    )


async def test_an_altered_address_is_refused_in_every_part(house: Running, agent: Person) -> None:
    file, other = await _keep(house, agent), await _keep(house, agent, b"other")
    url = _address(house, agent, file)
    query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    colleague = await sign_in(house, agent.workspace_id)
    altered = {
        "w": [str(await make_workspace(house.db)), "", "nonsense"],
        "h": [f"session.{colleague.session_id}", f"visitor.{agent.session_id}", "", "x.y"],
        "e": [str(int(query["e"]) + 1), "", "-1", "nonsense"],
        "s": [query["s"][:-1] + ("A" if query["s"][-1] != "A" else "B"), "", "é"],
    }
    for part, values in altered.items():
        for value in values:
            answer = await agent.client.get(f"/f/{file.id}", params={**query, part: value})
            assert (answer.status_code, answer.json()["code"]) == (403, "files.forged"), (part, value)
    assert (await agent.client.get(f"/f/{other.id}", params=query)).status_code == 403
    assert (await agent.client.get(f"/f/{file.id}")).status_code == 403
    assert (await agent.client.get("/f/nonsense", params=query)).status_code == 404


async def test_an_address_ends_after_ten_minutes(house: Running, agent: Person) -> None:
    file = await _keep(house, agent)
    holder, keyring = Holder("session", agent.session_id), house.house.keyring
    old = sign(keyring, agent.workspace_id, file.id, holder, now() - timedelta(minutes=12))
    answer = await agent.client.get(old)
    assert (answer.status_code, answer.json()["code"]) == (403, "files.expired")
    query = {name: values[0] for name, values in parse_qs(urlsplit(old).query).items()}
    read(keyring, file.id, query, now() - timedelta(minutes=2, seconds=1))
    with pytest.raises(Forbidden):
        read(keyring, file.id, query, now() - timedelta(minutes=1))


async def test_an_address_dies_with_the_session_it_was_made_for(house: Running, agent: Person) -> None:
    file = await _keep(house, agent)
    customer = await make_customer(house.db, agent.workspace_id)
    for kind, holder, table in (
        ("session", agent.session_id, "sessions"),
        ("visitor", customer.session_id, "visitor_sessions"),
    ):
        url = _address(house, agent, file, kind, holder)  # type: ignore[arg-type]
        assert (await agent.client.get(url)).status_code == 200
        async with house.db.tx(agent.workspace_id) as tx:
            await tx.run(text(f"update {table} set revoked_at = now() where id = :id"), {"id": holder})  # noqa: S608
        answer = await agent.client.get(url)
        assert (answer.status_code, answer.json()["code"]) == (403, "files.holder_gone")
    unknown = _address(house, agent, file, "token", new_id())
    assert (await agent.client.get(unknown)).status_code == 403


async def test_an_archived_member_loses_her_addresses(house: Running, agent: Person) -> None:
    url = _address(house, agent, await _keep(house, agent))
    async with house.db.tx(agent.workspace_id) as tx:
        await tx.run(text("update memberships set archived_at = now()"))
    assert (await agent.client.get(url)).status_code == 403


async def test_another_workspaces_file_is_not_found_even_with_a_good_signature(
    house: Running, agent: Person
) -> None:
    stranger = await sign_in(house, await make_workspace(house.db), "owner")
    file = await _keep(house, agent)
    holder = Holder("session", stranger.session_id)
    url = sign(house.house.keyring, stranger.workspace_id, file.id, holder, now())
    assert (await stranger.client.get(url)).status_code == 404
    async with house.db.tx(stranger.workspace_id) as tx:
        with pytest.raises(NotFound):
            await get(tx, file.id)
        with pytest.raises(NotFound):
            await attach(tx, file.id, Owner("member", agent.membership_id), "m1")
        await erase(tx, file.id)
    assert (await agent.client.get(_address(house, agent, file))).status_code == 200


@pytest.mark.parametrize(
    ("asked", "status", "start", "end"),
    [
        ("bytes=0-0", 206, 0, 1),
        ("bytes=10-19", 206, 10, 20),
        ("bytes=1000-", 206, 1000, 1024),
        ("bytes=-24", 206, 1000, 1024),
        ("bytes=-99999", 200, 0, 1024),
        ("bytes=1000-99999", 206, 1000, 1024),
        ("bytes=0-9,20-29", 200, 0, 1024),
        ("bytes=20-10", 200, 0, 1024),
        ("bytes=-", 200, 0, 1024),
        ("lines=1-2", 200, 0, 1024),
        ("bytes=1024-", 416, 0, 0),
        ("bytes=99999999999999999999999999-", 416, 0, 0),
        ("bytes=-0", 416, 0, 0),
    ],
)
def test_a_range_is_what_was_asked_for(asked: str, status: int, start: int, end: int) -> None:
    found = _Found("", 1024, "", "", '"tag"')
    wanted = _wanted({"range": asked}, found)
    if status == 416:
        assert wanted is None
        return
    assert wanted == (start, end)
    assert ((start, end) == (0, 1024)) == (status == 200)


async def test_ranges_and_tags_at_the_door(house: Running, agent: Person) -> None:
    url = _address(house, agent, await _keep(house, agent))
    part = await agent.client.get(url, headers={"range": "bytes=1020-"})
    assert (part.status_code, part.content) == (206, TEXT[1020:])
    assert part.headers["content-range"] == "bytes 1020-1023/1024"
    beyond = await agent.client.get(url, headers={"range": "bytes=5000-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, "bytes */1024")
    tag = part.headers["etag"]
    again = await agent.client.get(url, headers={"if-none-match": tag})
    assert (again.status_code, again.content) == (304, b"")
    stale = await agent.client.get(url, headers={"range": "bytes=0-1", "if-range": '"older"'})
    assert (stale.status_code, len(stale.content)) == (200, 1024)


async def test_a_picture_is_shown_in_place_and_a_thumbnail_only_where_there_is_one(
    house: Running, agent: Person
) -> None:
    shown = _address(house, agent, await _keep(house, agent, picture(), 'a"b.png'))
    answer = await agent.client.get(shown)
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-disposition"].startswith('inline; filename="a_b.png"')
    small = await agent.client.get(shown + "&t=1")
    assert (small.status_code, small.headers["content-type"]) == (200, "image/webp")
    assert small.headers["etag"] != answer.headers["etag"]
    plain = _address(house, agent, await _keep(house, agent))
    assert (await agent.client.get(plain + "&t=1")).status_code == 404


async def test_a_file_has_one_owner_and_one_use(house: Running, agent: Person) -> None:
    file = await _keep(house, agent)
    mine = Owner("member", agent.membership_id)
    async with house.db.tx(agent.workspace_id) as tx:
        with pytest.raises(NotFound):
            await attach(tx, file.id, Owner("member", new_id()), "m1")
        with pytest.raises(NotFound):
            await attach(tx, file.id, Owner("visitor", agent.membership_id), "m1")
        assert await attach(tx, file.id, mine, "m1") == file
        assert await attach(tx, file.id, mine, "m1") == file
        with pytest.raises(Refused) as refused:
            await attach(tx, file.id, mine, "m2")
    assert (refused.value.code, refused.value.status) == ("files.used_already", 409)


async def _make_due(db: Database, workspace_id: UUID) -> None:
    async with db.tx(workspace_id) as tx:
        await tx.run(text("update timers set due_at = now() - interval '1 minute'"))


async def test_only_what_nothing_used_is_forgotten_after_a_day(house: Running, agent: Person) -> None:
    used, unused = await _keep(house, agent), await _keep(house, agent)
    async with house.db.tx(agent.workspace_id) as tx:
        left = await tx.value(text("select min(due_at) - now() > interval '23 hours' from timers"))
        await attach(tx, used.id, Owner("member", agent.membership_id), "m1")
        await drop_unattached(tx, used.id)
    assert left
    await _make_due(house.db, agent.workspace_id)
    await TimerRunner(house.db).step()
    async with house.db.tx(agent.workspace_id) as tx:
        assert (await get(tx, used.id)).id == used.id
        with pytest.raises(NotFound):
            await get(tx, unused.id)


async def test_an_erased_file_is_gone_at_once_and_its_objects_soon(house: Running, agent: Person) -> None:
    file = await _keep(house, agent, picture())
    async with house.db.tx(agent.workspace_id) as tx:
        await erase(tx, file.id)
        await erase(tx, file.id)
    async with house.db.tx(agent.workspace_id) as tx:
        assert await tx.value(text("select count(*) from outbox where kind = 'files.erased'")) == 1
    assert (await agent.client.get(_address(house, agent, file))).status_code == 404
    remove = jobs.remover(house.house.store)
    await remove(agent.workspace_id, file.id)
    await remove(agent.workspace_id, file.id)
    kept = house.house.settings.data / "files" / str(agent.workspace_id)
    assert not [path for path in kept.rglob("*") if path.is_file()]


async def test_a_sweep_takes_settled_orphans_and_nothing_else(house: Running, agent: Person) -> None:
    kept, orphan = await _keep(house, agent, picture()), await _keep(house, agent, picture())
    async with house.db.tx(agent.workspace_id) as tx:
        await tx.run(text("delete from files where id = :id"), {"id": orphan.id})
    store = house.house.store
    assert await jobs.sweep(house.db, store, now() + timedelta(hours=23)) == 0
    assert await jobs.sweep(house.db, store, now() + timedelta(hours=25)) == 2
    assert await jobs.sweep(house.db, store, now() + timedelta(hours=25)) == 0
    for suffix in ("", "&t=1"):
        assert (await agent.client.get(_address(house, agent, kept) + suffix)).status_code == 200


async def test_a_row_whose_object_is_lost_is_not_found(house: Running, agent: Person) -> None:
    file = await _keep(house, agent)
    await jobs.remover(house.house.store)(agent.workspace_id, file.id)
    assert (await agent.client.get(_address(house, agent, file))).status_code == 404
