"""Keyset pages: the cursor goes round unharmed, and a forged or foreign one is a refusal, never a fault."""

import base64
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import httpx2
import pytest

from kezhan.kit.errors import Refused
from kezhan.kit.ids import new_id
from kezhan.kit.paging import MAX_PAGE, decode_cursor, encode_cursor, page_size
from kezhan.testing import Running
from kezhan.workspaces.tests.factories import make_person, member_client

AT, ID = datetime(2026, 11, 22, 8, 30, 0, 125000, tzinfo=UTC), UUID(int=7)
EAST = timezone(timedelta(hours=8))


@pytest.mark.parametrize(
    ("key", "shape"),
    [
        ((AT, ID), tuple[datetime, UUID]),
        ((AT.astimezone(EAST), ID), tuple[datetime, UUID]),
        (("shen'qing shan 沈青山 🍵", ID), tuple[str, UUID]),
        (("", ID), tuple[str, UUID]),
        ((2**63 - 1,), tuple[int]),
        ((-1,), tuple[int]),
    ],
)
def test_a_cursor_brings_back_the_key_it_was_made_of(key: tuple[Any, ...], shape: Any) -> None:
    cursor = encode_cursor(*key)
    assert decode_cursor(cursor, shape) == key
    assert cursor.replace("-", "").replace("_", "").isalnum(), "it travels in an address unchanged"


def raw(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


U = str(ID)
FORGED = {
    "nothing": "",
    "padding": "====",
    "one letter": "a",
    "no base64": "é!?",
    "no json": raw("tea"),
    "cut off": encode_cursor(AT, ID)[:-6],
    "with more": encode_cursor(AT, ID, 1),
    "with less": encode_cursor(AT),
    "another list's": encode_cursor("shen", ID),
    "a number's": encode_cursor(5),
    "an object": raw("{}"),
    "null": raw("null"),
    "null inside": raw(f'[null,"{U}"]'),
    "no id": raw('["2026-11-22T08:30:00Z","x"]'),
    "no time": raw(f'["yesterday","{U}"]'),
    "before time": raw(f'["0001-01-01T00:00:00+23:59","{U}"]'),
    "after time": raw(f'["9999-12-31T23:59:59-23:59","{U}"]'),
    "half a character": raw(f'["\\ud800","{U}"]'),
    "deep": raw("[" * 5_000),
}


@pytest.mark.parametrize("cursor", FORGED.values(), ids=FORGED)
def test_a_forged_or_foreign_cursor_is_refused_by_its_field(cursor: str) -> None:
    with pytest.raises(Refused) as refused:
        decode_cursor(cursor, tuple[datetime, UUID])
    assert (refused.value.code, refused.value.status, refused.value.field) == ("kit.bad_cursor", 400, "after")


@pytest.mark.parametrize(
    ("asked", "size"), [(-5, 1), (0, 1), (1, 1), (50, 50), (100, 100), (101, MAX_PAGE), (10**30, MAX_PAGE)]
)
def test_a_page_has_at_least_one_row_and_never_too_many(asked: int, size: int) -> None:
    assert page_size(asked) == size


@pytest.fixture(scope="module")
async def admin(house: Running) -> httpx2.AsyncClient:
    """The owner of a workspace of eight people, three of one name."""
    person, client = await member_client(house)
    for name in ("沈青山", "沈青山", "沈青山", "林晚晴", "周小满", "Zoë", "阿福"):
        await make_person(house.db, person.workspace_id, name=name)
    return client


LISTS = {
    "/api/members": "name",
    "/api/tokens": "time",
    "/api/audit": "time",
    "/api/workspace/invitations": "time",
}


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("kind", ["no base64", "deep", "null inside", "a number's", "half a character"])
async def test_no_list_breaks_on_a_cursor_somebody_made_up(
    admin: httpx2.AsyncClient, path: str, kind: str
) -> None:
    answer = await admin.get(path, params={"after": FORGED[kind]})
    assert (answer.status_code, answer.json()["code"]) == (400, "kit.bad_cursor")
    assert answer.json()["field"] == "after"


@pytest.mark.parametrize("path", LISTS)
async def test_a_cursor_of_another_kind_of_list_is_refused(admin: httpx2.AsyncClient, path: str) -> None:
    foreign = encode_cursor(AT, ID) if LISTS[path] == "name" else encode_cursor("a", ID)
    if LISTS[path] == "name":
        # A time reads as a name: the page is merely one that nobody asked for.
        assert (await admin.get(path, params={"after": foreign})).status_code == 200
    else:
        assert (await admin.get(path, params={"after": foreign})).status_code == 400


async def _walk(client: httpx2.AsyncClient, size: int) -> list[str]:
    seen: list[str] = []
    after: str | None = None
    while True:
        page = (
            await client.get("/api/members", params={"limit": size, **({"after": after} if after else {})})
        ).json()
        assert len(page["items"]) <= size
        seen += [item["id"] for item in page["items"]]
        after = page["next"]
        if after is None:
            return seen
        assert len(page["items"]) == size, "only the last page is short"


@pytest.mark.parametrize("size", [3, 7, 8])
async def test_pages_of_any_size_hold_everybody_once_though_names_are_equal(
    admin: httpx2.AsyncClient, size: int
) -> None:
    whole = await _walk(admin, 100)
    assert len(whole) == len(set(whole)) == 8
    assert await _walk(admin, size) == whole


async def test_a_page_after_a_row_that_is_gone_goes_on_behind_its_place(admin: httpx2.AsyncClient) -> None:
    everybody = (await admin.get("/api/members")).json()["items"]
    assert (await admin.get("/api/members", params={"after": encode_cursor("", new_id())})).json()[
        "items"
    ] == everybody
    beyond = await admin.get("/api/members", params={"after": encode_cursor("\U0010ffff", new_id())})
    assert beyond.json() == {"items": [], "next": None}


async def test_a_cursor_of_another_workspace_shows_nothing_of_it(
    house: Running, admin: httpx2.AsyncClient
) -> None:
    first = (await admin.get("/api/members", params={"limit": 1})).json()
    owner, stranger = await member_client(house)
    seen = (await stranger.get("/api/members", params={"after": first["next"]})).json()
    assert {item["id"] for item in seen["items"]} <= {str(owner.id)}
    key = json.loads(base64.urlsafe_b64decode(first["next"] + "=="))
    assert key[1] == first["items"][0]["id"], "a cursor says no more than the page did"
