"""A new key while everybody works: nothing sealed is lost, and nothing is under the old key afterwards."""

import asyncio
import itertools
import json
from pathlib import Path

import psycopg
import pytest

from kezhan.channels.tests.people import Shop, make_shop
from kezhan.kit import crypto
from kezhan.kit.crypto import KeyRing
from kezhan.kit.postgres import SUPERUSER, Access
from kezhan.rekey import work
from kezhan.rekey.places import BYTES, OF_THE_HOUSE, OF_WORKSPACES
from kezhan.testing import running
from tests.catalogue import rows

LOOK = 0.05


async def secrets(shop: Shop, boss: object, number: int) -> None:
    """One of each kind of thing that programs and people keep sealed."""
    ask = boss.request  # type: ignore[attr-defined]
    hook = {"name": f"CRM {number}", "address": "https://crm.example/k", "events": ["message.received"]}
    assert (await ask("POST", "/api/webhooks", hook)).status_code == 201
    form = {"adapter": "open", "name": f"自建 {number}", "settings": {}, "secrets": {}}
    await ask("POST", "/api/channels", form)
    contact = next(iter(boss.rows.values()))["contact_id"]  # type: ignore[attr-defined]
    edited = await ask(
        "PATCH", f"/api/contacts/{contact}", {"tier": f"V{number}", "fields": {"s": f"甲{number}"}}
    )
    assert edited.is_success


def under(access: Access) -> dict[str, set[bytes]]:
    """By place, the ids of the keys its values are under."""
    found = {}
    with psycopg.connect(access.psycopg(SUPERUSER)) as connection:
        for place in (*OF_WORKSPACES, *OF_THE_HOUSE):
            values = connection.execute(
                f"select {place.column} from {place.table} where length({place.column}) > 0"  # noqa: S608
            ).fetchall()
            if values:
                found[f"{place.table}.{place.column}"] = {value[0].partition(b":")[0] for value in values}
    return found


async def test_under_load_a_new_key_loses_nothing(
    access: Access, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crypto, "LOOK_SECONDS", LOOK)
    monkeypatch.setattr(work, "LOOK_SECONDS", LOOK)
    monkeypatch.setattr(work, "_PIECE", 3)  # several pieces of each
    async with running(access, tmp_path) as house:
        shop = await make_shop(house)
        boss = await shop.agent("admin")
        visitor = await shop.visitor()
        talk = (await visitor.say("你好"))["conversation_id"]
        while talk not in boss.rows:
            await asyncio.sleep(0.01)
        fields = [{"id": "s", "kind": "text", "label": "证", "sealed": True}]
        made = await boss.request("PUT", "/api/fields/contact", {"version": 0, "fields": fields})
        assert made.is_success, made.text
        for number in range(5):
            await secrets(shop, boss, number)
        assert set().union(*under(access).values()) == {b"k1"}
        turning = asyncio.create_task(work.rotate(house.db, house.house.settings, lambda line: None))
        for number in itertools.count(5):
            await secrets(shop, boss, number)
            if turning.done():
                break
        done = await turning
        assert done.lost == 0 and done.sealed >= 7
        assert {"webhook_endpoints.secret", "person_keys.sealed"} <= under(access).keys()
        assert set().union(*under(access).values()) == {b"k2"}
        with psycopg.connect(access.psycopg(SUPERUSER)) as connection:
            within = connection.execute(
                "select fields::text from contacts where fields is not null"
            ).fetchall()
        assert within and all("kz-sealed:k2:" in told and ":k1:" not in told for (told,) in within)
        contact = next(iter(boss.rows.values()))["contact_id"]
        (own,) = (await boss.get(f"/api/contacts/{contact}"))["fields"]
        assert own["value"] == f"甲{number}"
        # What was sealed before is still opened, by those who run and by those who start.
        audit = (await boss.get("/api/audit?subject=contact"))["items"]
        told = {change["after"] for one in audit for change in one["changes"] if change["field"] == "tier"}
        assert {"V0", "V4", f"V{number}"} <= told
        assert (
            await work.reseal(house.db, KeyRing.open(tmp_path / "keys.json"), lambda line: None)
        ).sealed == 0
        await shop.close()


def test_every_column_of_bytes_is_sealed_anew_or_known_for_none(access: Access) -> None:
    found = rows(
        access,
        "select table_name, column_name from information_schema.columns c where table_schema = 'public'"
        " and data_type = 'bytea' and not exists (select 1 from pg_class p where p.relname = c.table_name"
        " and p.relispartition)",
    )
    sealed = {(place.table, place.column) for place in (*OF_WORKSPACES, *OF_THE_HOUSE)}
    assert {*found} == sealed | BYTES
    assert not sealed & BYTES


def test_a_ring_learns_of_a_new_key_while_it_is_open(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    here, there = KeyRing.open(path), KeyRing.open(path)
    before, signed = here.seal(b"tea", "c"), here.sign("m", "p")
    assert [KeyRing.add(path), KeyRing.add(path)] == ["k2", "k3"]
    fresh = KeyRing.open(path)
    sealed, name = fresh.seal(b"oolong", "c"), fresh.sign("m", "p")
    assert sealed.startswith(b"k3:")
    # One that has not looked yet opens and knows what another has made with the new key.
    assert (here.unseal(sealed, "c"), there.verify("m", "p", name)) == (b"oolong", True)
    assert here.current == "k3"
    assert (fresh.unseal(before, "c"), fresh.verify("m", "p", signed)) == (b"tea", True)
    assert fresh.blind("a", "x") == here.blind("a", "x")
    assert path.stat().st_mode & 0o077 == 0
    assert set(json.loads(path.read_bytes())["keys"]) == {"k1", "k2", "k3"}
    with pytest.raises(crypto.BadSeal):
        fresh.unseal(b"k9:" + sealed[3:], "c")
