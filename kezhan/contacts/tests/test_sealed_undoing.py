"""A merge is parted, a list taken back, while a field is being sealed or opened, or has been since: what
comes back is kept as the field is by then."""

import asyncio
import json
from typing import Any
from uuid import UUID

import pytest

from kezhan.contacts.imports.tests.test_imports import brought_in, comes_to, put
from kezhan.contacts.join import join
from kezhan.contacts.schemas import How, Profile
from kezhan.contacts.sealing import work as sealing
from kezhan.contacts.tests.test_join import agent, meet
from kezhan.fields.tests.test_fields import SETS, asked, put_fields
from kezhan.files.tests.factories import Person, make_account, sign_in
from kezhan.kit.testing import until
from kezhan.testing import Running

__all__ = ["agent"]
OURS, THEIRS, LISTED = "护照甲申", "护照乙酉", "护照丙戌"
ORDERS = [
    ("sealed", "before"),
    ("sealed", "after"),
    ("opened", "before"),
    ("opened", "after"),
]


class Gate:
    """Holds back the sealing of what stands, as a process does that is busy."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._open, piece = asyncio.Event(), sealing._piece
        self._open.set()

        async def waits(*given: Any) -> bool:
            await self._open.wait()
            return await piece(*given)

        patch.setattr(sealing, "_piece", waits)

    def shut(self) -> None:
        self._open.clear()

    def open(self) -> None:
        self._open.set()


class Scene:
    def __init__(self, house: Running, boss: Person) -> None:
        self.house, self.boss, self.version = house, boss, 0

    async def flag(self, *, sealed: bool) -> None:
        await put_fields(self.boss, asked("p", sealed=sealed), version=self.version)
        self.version += 1

    async def settled(self) -> None:
        async def done() -> bool:
            return not (await self.boss.client.get(SETS)).json()["sealing"]

        await until(done)

    async def say(self, contact_id: str, value: str) -> None:
        answer = await self.boss.client.patch(f"/api/contacts/{contact_id}", json={"fields": {"p": value}})
        assert answer.status_code == 200, answer.text

    async def reads(self, contact_id: str) -> Any:
        (field,) = (await self.boss.client.get(f"/api/contacts/{contact_id}")).json()["fields"]
        return field["value"]

    async def kept(self, contact_id: str) -> str:
        """As it stands in the database."""
        async with self.house.db.tx(self.boss.workspace_id) as tx:
            (row,) = await tx.fetch(
                "select fields::text as fields from contacts where id = $1", UUID(contact_id)
            )
        return str(json.loads(row["fields"] or '{"values": {}}')["values"].get("p", ""))

    async def traces(self) -> set[str]:
        """Where one of the values stands plain."""
        found = set()
        async with self.house.db.tx(self.boss.workspace_id) as tx:
            for table in ("contacts", "contact_merges", "contact_import_rows", "field_keys"):
                statement = f"select 1 from {table} t where t::text ~ $1"  # noqa: S608 - names of ours
                if await tx.fetch(statement, "|".join((OURS, THEIRS, LISTED))):
                    found.add(table)
        return found

    async def found(self, value: str) -> list[str]:
        rows = (await self.boss.client.get("/api/contacts", params={"q": value})).json()["items"]
        return [row["id"] for row in rows]


@pytest.fixture
async def scene(house: Running, agent: Person) -> Scene:
    return Scene(house, await sign_in(house, agent.workspace_id, "admin"))


@pytest.mark.parametrize(("to", "when"), ORDERS)
async def test_what_comes_back_is_kept_as_the_field_is_by_then(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, to: str, when: str
) -> None:
    """`before`: those that stand are still to be sealed, or opened, when it is undone."""
    gate, boss, sealed = Gate(monkeypatch), scene.boss, to == "sealed"
    await scene.flag(sealed=False)
    account = await make_account(scene.house.db, boss.workspace_id)
    told = [Profile(name=name, email=f"{name}@tea.cn") for name in ("one", "two", "three")]
    kept, gone, listed = [
        str((await meet(scene.house.db, boss.workspace_id, account, one.name or "", one)).contact_id)
        for one in told
    ]
    await scene.say(gone, THEIRS)
    await scene.say(kept, OURS)
    await scene.say(listed, OURS)
    data = f"邮箱,p\nthree@tea.cn,{LISTED}\n".encode()
    done = await brought_in(boss, data, overwrite=True)
    merging = {"into": kept, "take_fields": ["p"]}
    merged = await boss.client.put(f"/api/contacts/{gone}/merger", json=merging)
    (merge,) = merged.json()["merges"]
    if not sealed:
        await scene.flag(sealed=True)
        await scene.settled()
        assert await scene.traces() == set()
    if when == "before":
        gate.shut()
    await scene.flag(sealed=sealed)
    if when == "after":
        await scene.settled()
    assert (await boss.client.delete(f"/api/contact-merges/{merge['id']}")).status_code == 200
    await put(boss, done, "undoing")
    assert (await comes_to(boss, done["id"], "undone"))["undone"] == 1
    stand = [await scene.kept(one) for one in (kept, listed)]
    assert [one.startswith("kz-sealed:") for one in stand] == [sealed, sealed]
    gate.open()
    await scene.settled()
    assert [await scene.reads(one) for one in (kept, gone, listed)] == [OURS, THEIRS, OURS]
    assert sorted(await scene.found(OURS)) == sorted([kept, listed])
    assert (await scene.found(THEIRS), await scene.found(LISTED)) == ([gone], [])
    assert (await scene.traces() == set()) is sealed
    await scene.flag(sealed=not sealed)
    await scene.settled()
    assert [await scene.reads(one) for one in (kept, gone, listed)] == [OURS, THEIRS, OURS]
    assert (await scene.traces() == set()) is not sealed


async def test_who_becomes_one_while_a_field_is_being_sealed_brings_nothing_plain_along(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one who stays has been passed by, having nothing to seal, when the other's value comes to her."""
    boss = scene.boss
    await scene.flag(sealed=False)
    account = await make_account(scene.house.db, boss.workspace_id)
    kept, gone = [
        (await meet(scene.house.db, boss.workspace_id, account, name, Profile(name=name))).contact_id
        for name in ("one", "two")
    ]
    await scene.say(str(gone), THEIRS)
    gate = Gate(monkeypatch)
    gate.shut()
    await scene.flag(sealed=True)
    async with scene.house.db.tx(boss.workspace_id) as tx:
        await join(tx, kept, gone, How.EMAIL)
    assert (await scene.kept(str(kept))).startswith("kz-sealed:")
    assert await scene.reads(str(kept)) == THEIRS
    assert await scene.traces() == {"contacts"}, "hers alone, which is to be sealed yet"
    gate.open()
    await scene.settled()
    assert await scene.traces() == set()
