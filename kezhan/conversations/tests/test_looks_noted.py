"""Who looks at and for customers: a line of the log each, one in ten minutes, written after the answer."""

from typing import Any
from uuid import UUID

import pytest

from kezhan.audit import lookups as noted
from kezhan.conversations.tests.place import Place
from kezhan.kit.ids import new_id
from kezhan.kit.testing import until

_LOOKS = ("contact.look", "contact.search", "conversation.look", "search.run")


async def _written(place: Place, least: int) -> list[tuple[str, UUID, UUID | None]]:
    """All looks there are, once there are so many: action, who, at what."""

    async def look() -> Any:
        await place.house.house.desk.lookups.write()
        rows = await place.rows(
            "select action, actor_id, subject_id from audit_log where action = any(:looks) order by at, id",
            looks=list(_LOOKS),
        )
        return [tuple(row) for row in rows] if len(rows) >= least else None

    return await until(look)


async def test_looks_are_lines_once_in_a_while_and_only_where_something_was_seen(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(noted, "WINDOW_SECONDS", 10**9)
    agent, auditor = await place.member("supervisor"), await place.member("auditor")
    talk = await place.talk("春茶到了吗")
    (row,) = await place.rows("select contact_id from conversations where id = :id", id=talk)
    contact = row.contact_id
    seen = (
        *(f"/api/contacts/{contact}{more}" for more in ("", "/notes", "/messages", "/card", "/tags")),
        *("/api/contacts?q=a", "/api/search?q=ab", "/api/search/message?q=ab"),
        *(f"/api/conversations/{talk}", f"/api/conversations/{talk}/messages?before=9"),
    )
    for _ in range(2):
        for path in seen:
            assert (await agent.ask("GET", path)).status_code == 200, path
    for path, status in ((f"/api/contacts/{new_id()}", 404), (f"/api/conversations/{new_id()}", 404)):
        assert (await agent.ask("GET", path)).status_code == status
    for path in seen:
        assert (await auditor.ask("GET", path)).status_code == 403, path
    once = {
        ("contact.look", agent.id, contact),
        ("contact.search", agent.id, None),
        ("search.run", agent.id, None),
        ("conversation.look", agent.id, talk),
    }
    found = await _written(place, 4)
    assert set(found) == once and len(found) == 4
    # Another process, or this one begun anew, knows the same look by its id.
    place.house.house.desk.lookups._written.clear()
    await agent.ask("GET", seen[0])
    assert len(await _written(place, 4)) == 4
    other = await place.talk("龙井")
    await (await agent.line()).watch(other)
    assert ("conversation.look", agent.id, other) in await _written(place, 5)
    monkeypatch.setattr(noted, "WINDOW_SECONDS", 7)
    await agent.ask("GET", seen[0])
    assert len([one for one in await _written(place, 6) if one[0] == "contact.look"]) == 2
