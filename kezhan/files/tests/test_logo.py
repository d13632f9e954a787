"""The workspace's logo: chosen by who manages it, read by anybody, forgotten with the next."""

import io
from typing import Any
from uuid import UUID

import pytest
from PIL import Image
from sqlalchemy import text

from kezhan.files.schemas import LIMITS
from kezhan.files.tests.factories import Person, make_workspace, picture, sign_in
from kezhan.kit.ids import new_id
from kezhan.testing import Running

PATH = "/api/workspace/logo"


@pytest.fixture
async def owner(house: Running) -> Person:
    return await sign_in(house, await make_workspace(house.db), "owner")


async def _upload(person: Person, data: bytes | None = None, name: str = "logo.png") -> str:
    answer = await person.client.post("/api/files", files={"file": (name, data or picture())})
    assert answer.status_code == 201, answer.text
    file_id: str = answer.json()["id"]
    return file_id


async def _set(person: Person, file_id: str | None) -> Any:
    return await person.client.put(PATH, json={"file_id": file_id})


async def _edits(house: Running, person: Person) -> list[Any]:
    async with house.db.tx(person.workspace_id) as tx:
        found = await tx.rows(
            text("select detail from audit_log where action = 'workspace.edit' order by at, id")
        )
    return [row.detail["fields"] for row in found]


async def test_a_logo_is_read_by_anybody_as_its_small_copy_for_ever(house: Running, owner: Person) -> None:
    file_id = await _upload(owner, picture(size=(2000, 1000)))
    for _ in range(2):
        answer = await _set(owner, file_id)
        assert answer.status_code == 200, answer.text
        assert answer.json()["logo"] == f"/f/logo/{owner.workspace_id}/{file_id}"
    assert await _edits(house, owner) == [["logo_id"]], "the same again is no change"
    stranger = await house.client()
    shown = await stranger.get(answer.json()["logo"])
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/webp")
    assert (
        "immutable" in shown.headers["cache-control"] and shown.headers["x-content-type-options"] == "nosniff"
    )
    with Image.open(io.BytesIO(shown.content)) as image:
        assert max(image.size) <= 512


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
async def test_other_kinds_of_picture_do_as_well(owner: Person, kind: str) -> None:
    assert (await _set(owner, await _upload(owner, picture(kind)))).status_code == 200


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>x()</script></svg>', "logo.svg"),
        (picture("GIF"), "logo.gif"),
        (b"words", "logo.txt"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "logo.png"),
    ],
)
async def test_what_is_no_such_picture_is_refused(owner: Person, data: bytes, name: str) -> None:
    answer = await _set(owner, await _upload(owner, data, name))
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (
        400,
        "files.no_logo",
        "file_id",
    )
    assert (await owner.client.get("/api/workspace")).json()["logo"] is None


async def test_one_that_is_too_large_is_refused_and_says_how_large_it_may_be(owner: Person) -> None:
    answer = await _set(owner, await _upload(owner, picture() + b"\0" * LIMITS.logo_bytes))
    assert (answer.status_code, answer.json()["code"]) == (413, "files.too_large")
    assert "1 MB" in answer.json()["title"]


async def test_the_next_one_and_none_end_the_one_before(house: Running, owner: Person) -> None:
    first = await _upload(owner)
    before = (await _set(owner, first)).json()["logo"]
    after = (await _set(owner, await _upload(owner))).json()["logo"]
    stranger = await house.client()
    assert ((await stranger.get(before)).status_code, (await stranger.get(after)).status_code) == (404, 200)
    for _ in range(2):
        assert (await _set(owner, None)).json()["logo"] is None
    assert (await stranger.get(after)).status_code == 404
    assert len(await _edits(house, owner)) == 3
    async with house.db.tx(owner.workspace_id) as tx:
        assert await tx.value(text("select count(*) from files")) == 0


@pytest.mark.parametrize("role", ["supervisor", "agent", "inspector", "auditor"])
async def test_who_does_not_manage_the_workspace_gives_it_none(
    house: Running, owner: Person, role: str
) -> None:
    other = await sign_in(house, owner.workspace_id, role)
    for file_id in (None, str(new_id())):
        assert (await _set(other, file_id)).status_code == 403


async def test_only_ones_own_upload_becomes_it(house: Running, owner: Person) -> None:
    colleague = await sign_in(house, owner.workspace_id, "admin")
    elsewhere = await sign_in(house, await make_workspace(house.db), "owner")
    for stranger in (colleague, elsewhere):
        assert (await _set(owner, await _upload(stranger))).status_code == 404
    assert (await _set(owner, str(new_id()))).status_code == 404
    assert (await owner.client.put(PATH, json={})).status_code == 400


async def test_no_other_file_is_read_by_that_address(house: Running, owner: Person) -> None:
    secret, logo = await _upload(owner), await _upload(owner)
    await _set(owner, logo)
    other = await make_workspace(house.db)
    stranger = await house.client()

    async def read(workspace_id: UUID, file_id: str) -> int:
        return (await stranger.get(f"/f/logo/{workspace_id}/{file_id}")).status_code

    assert await read(owner.workspace_id, logo) == 200
    for place, file_id in ((owner.workspace_id, secret), (other, logo), (new_id(), logo)):
        assert await read(place, file_id) == 404
