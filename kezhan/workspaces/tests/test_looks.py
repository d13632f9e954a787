"""The workspace's accent colour, from the door; its logo is the room `files`'."""

from typing import Any

import httpx2
import msgspec
import pytest

from kezhan.channels.tests.people import Shop
from kezhan.kit.testing import until
from kezhan.testing import Running
from kezhan.workspaces.tests.factories import actions, member_client
from kezhan.workspaces.tints import tints

PATH = "/api/workspace"


async def _set(client: httpx2.AsyncClient, accent: Any) -> Any:
    return await client.patch(PATH, json={"accent": accent})


async def test_a_colour_is_kept_shown_with_its_tints_and_taken_back(house: Running) -> None:
    _, client = await member_client(house)
    for _ in range(2):
        answer = await _set(client, "#E11D1D")
        assert answer.status_code == 200
        assert answer.json()["accent"] == "#e11d1d"
        assert answer.json()["tints"] == msgspec.to_builtins(tints("#e11d1d"))
    assert (await client.get("/api/me")).json()["workspace"] == answer.json()
    back = (await _set(client, None)).json()
    assert (back["accent"], back["tints"]) == (None, None)
    log = (await client.get("/api/audit")).json()["items"]
    edits = [row["detail"]["fields"] for row in log if row["action"] == "workspace.edit"]
    assert edits == [["accent"], ["accent"]], "the same again is no change"


@pytest.mark.parametrize(
    "accent", ["red", "#fff", "#12345g", "1d6b4b", "#1d6b4b;", "#1d6b4b\n", "", 7, ["#1d6b4b"]]
)
async def test_what_is_no_colour_is_refused_by_its_field_and_changes_nothing(
    house: Running, accent: Any
) -> None:
    owner, client = await member_client(house)
    answer = await _set(client, accent)
    assert (answer.status_code, answer.json()["field"]) == (400, "accent")
    assert (await client.get(PATH)).json()["accent"] is None
    assert "workspace.edit" not in await actions(house, owner.workspace_id)


@pytest.mark.parametrize("role", ["supervisor", "agent", "inspector", "auditor"])
async def test_who_does_not_manage_the_workspace_sees_it_and_changes_nothing(
    house: Running, role: str
) -> None:
    owner, theirs = await member_client(house)
    await _set(theirs, "#1c5fa8")
    _, client = await member_client(house, role, owner.workspace_id)
    assert (await _set(client, "#e11d1d")).status_code == 403
    assert (await client.get(PATH)).json()["accent"] == "#1c5fa8"


async def test_another_workspace_keeps_its_own(house: Running) -> None:
    (_, here), (_, there) = await member_client(house), await member_client(house)
    await _set(here, "#1c5fa8")
    assert (await there.get(PATH)).json()["accent"] is None
    await _set(there, "#e11d1d")
    assert (await here.get(PATH)).json()["accent"] == "#1c5fa8"


async def test_a_colour_can_be_looked_at_before_it_is_chosen(house: Running) -> None:
    _, client = await member_client(house, "admin")
    shown = await client.get(f"{PATH}/tints", params={"accent": "#F9E79F"})
    assert shown.json() == msgspec.to_builtins(tints("#f9e79f"))
    assert (await client.get(PATH)).json()["accent"] is None
    assert (await client.get(f"{PATH}/tints", params={"accent": "red"})).status_code == 400
    assert (await client.get(f"{PATH}/tints")).status_code == 400
    stranger = await house.client()
    assert (await stranger.get(f"{PATH}/tints", params={"accent": "#f9e79f"})).status_code == 401


async def test_every_desk_that_is_open_hears_of_it_and_no_other_workspaces(
    house: Running, shop: Shop
) -> None:
    owner, colleague = await shop.agent("owner"), await shop.agent("auditor")
    heard: list[Any] = []
    colleague.heard.append(heard.append)
    await colleague.tell({"type": "follow", "topics": ["workspace"]})
    _, elsewhere = await member_client(house)
    await _set(elsewhere, "#e11d1d")
    await owner.request("PATCH", PATH, {"accent": "#1c5fa8"})
    await until(lambda: {"type": "stale", "topic": "workspace"} in heard)
