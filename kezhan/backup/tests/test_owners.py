"""The routes: who may, what may be said, and what runs but once."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from kezhan.backup import service, store, work
from kezhan.backup.live import Backups
from kezhan.backup.places import Place
from kezhan.backup.schemas import BackupPlan, Run
from kezhan.backup.tests.factories import KEY
from kezhan.kit.clock import now
from kezhan.kit.postgres import Access
from kezhan.kit.testing import until
from kezhan.testing import Running, running
from kezhan.workspaces.tests.factories import actions, make_workspace, member_client

PLAN: dict[str, Any] = msgspec.to_builtins(BackupPlan())


async def add(served: Running, **facts: Any) -> Run:
    """A run that ended as `facts` say."""
    run = msgspec.structs.replace(work.begun("backup", "schedule"), state="done", ended_at=now())
    run = msgspec.structs.replace(run, **facts)
    async with served.db.system_tx() as tx:
        await store.add_run(tx, run)
    return run


async def aged(served: Running, days: int, at: datetime | None = None) -> None:
    """The installation is that old, now or `at`."""
    async with served.db.system_tx() as tx:
        await tx.run(text("update workspaces set created_at = :since"), {"since": (at or now()) - days * DAY})


async def test_the_first_workspaces_owners_see_and_set_backups_and_nobody_else(
    access: Access, tmp_path: Path
) -> None:
    async with running(access, tmp_path, backup_key=KEY) as served:
        demo = await make_workspace(served.db, "演示")
        async with served.db.system_tx() as tx:
            await tx.run(text("update workspaces set demo = true where id = :id"), {"id": demo})
        _, guest = await member_client(served, "owner", demo)
        assert (await guest.get("/api/backup")).status_code == 200, "until there is another owner"
        home = await make_workspace(served.db)
        owner, first = await member_client(served, "owner", home)
        _, second = await member_client(served, "owner", await make_workspace(served.db))
        _, admin = await member_client(served, "admin", home)
        machine = await served.client()
        made = await first.post("/api/tokens", json={"name": "接口", "scopes": ["workspace.own"]})
        machine.headers["authorization"] = f"Bearer {made.json()['secret']}"
        stranger = await served.client()
        for who, status, code in (
            (guest, 403, "backup.installation_only"),
            (second, 403, "backup.installation_only"),
            (admin, 403, "workspaces.not_permitted"),
            (machine, 403, "workspaces.people_only"),
            (stranger, 401, "workspaces.sign_in_needed"),
        ):
            for answer in (
                await who.get("/api/backup"),
                await who.put("/api/backup/plan", json={**PLAN, "enabled": False}),
                await who.post("/api/backup/runs", json={"kind": "backup"}),
            ):
                assert (answer.status_code, answer.json()["code"]) == (status, code)
        seen = (await first.get("/api/backup")).json()
        assert (seen["plan"], seen["runs"], seen["backup"]) == (PLAN, [], None)
        assert (seen["key"], seen["apart"], seen["late"]) == ("given", False, False)
        for wrong in (
            {"minute": 1440}, {"minute": -1}, {"keep_daily": 0}, {"keep_monthly": 9999}, {"enabled": "yes"},
            {"time_zone": ""}, {"time_zone": "Moon/Sea"}, {"time_zone": "../../x"}, {"rehearse_days": -1},
        ):  # fmt: skip
            assert (await first.put("/api/backup/plan", json={**PLAN, **wrong})).status_code == 400, wrong
        assert (await first.post("/api/backup/runs", json={"kind": "wish"})).status_code == 400
        off = {**PLAN, "enabled": False, "minute": 90, "time_zone": "Europe/Berlin"}
        for _ in range(2):
            kept = await first.put("/api/backup/plan", json=off)
            assert (kept.status_code, kept.json()["plan"], kept.json()["next_at"]) == (200, off, None)
        log = await actions(served, owner.workspace_id)
        assert [action for action in log if action.startswith("backup.")] == ["backup.plan"] * 2


async def test_one_is_made_by_hand_at_a_time_and_tells_how_it_ended(access: Access, tmp_path: Path) -> None:
    async with running(access, tmp_path, backup_key=KEY) as served:
        _, owner = await member_client(served)
        await add(served, state="running", ended_at=None)  # its program was killed

        async def begin() -> tuple[int, str]:
            answer = await owner.post("/api/backup/runs", json={"kind": "backup"})
            return answer.status_code, answer.json().get("code", "")

        assert sorted(await asyncio.gather(begin(), begin())) == [(202, ""), (409, "backup.under_way")]

        async def ended() -> dict[str, Any] | None:
            seen: dict[str, Any] = (await owner.get("/api/backup")).json()
            return seen if all(run["state"] != "running" for run in seen["runs"]) else None

        await until(ended)
        seen = (await owner.get("/api/backup")).json()  # it may have ended between two statements of the look
        new, killed = seen["runs"]
        assert (new["state"], new["cause"], new["rows"] > 0, new["bytes"] > 0) == ("done", "hand", True, True)
        assert (killed["state"], killed["fault"]) == ("failed", "在完成之前被中断。")
        assert seen["backup"] == new
        (archive,) = Place.local(tmp_path / "backups").archives()
        assert (archive.name, archive.bytes) == (new["archive"], new["bytes"])
        (tmp_path / "backups" / archive.name).unlink()
        assert (await owner.post("/api/backup/runs", json={"kind": "rehearsal"})).status_code == 202
        failed = (await until(ended))["runs"][0]
        assert (failed["kind"], failed["state"]) == ("rehearsal", "failed")
        assert failed["fault"].startswith("没有这个备份")
        figures = (await owner.get("/metrics")).text
        assert f"\nkezhan_backup_bytes {float(new['bytes'])}\n" in figures
        assert "\nkezhan_backup_failures 0.0\n" in figures, "the one that was killed came before the good one"
        assert "\nkezhan_backup_late 0.0\n" in figures
        assert "\nkezhan_backup_rehearsal_timestamp_seconds 0.0\n" in figures


DAY = timedelta(days=1)
WHEN: dict[str, tuple[BackupPlan, int, list[tuple[str, timedelta]], bool, bool]] = {
    "new installation": (BackupPlan(), 0, [], False, False),
    "never": (BackupPlan(), 5, [], True, True),
    "a good one today": (BackupPlan(), 5, [("done", timedelta())], False, False),
    "a good one long ago": (BackupPlan(), 9, [("done", 3 * DAY)], True, True),
    "just failed": (BackupPlan(), 5, [("done", 3 * DAY), ("failed", timedelta())], False, True),
    "failed an hour ago": (BackupPlan(), 5, [("done", 3 * DAY), ("failed", timedelta(hours=1))], True, True),
    "switched off": (BackupPlan(enabled=False), 9, [], False, False),
}


async def test_when_one_is_due_and_when_its_absence_is_an_alarm(own_house: Running) -> None:
    at = now().replace(hour=12, minute=0)
    await make_workspace(own_house.db)
    for case, (plan, days, runs, due, late) in WHEN.items():
        await aged(own_house, days, at)
        async with own_house.db.system_tx() as tx:
            await tx.run(text("delete from backup_runs"))
            await store.save_plan(tx, msgspec.structs.replace(plan, time_zone="UTC", minute=300))
        for state, ago in runs:
            await add(own_house, state=state, started_at=at - ago)
        async with own_house.db.system_tx() as tx:
            assert await service.is_due(tx, at) == due, case
            assert (await service.standing(tx, at)).late == late, case


async def test_what_is_due_is_made_once_whoever_looks_and_the_newest_is_rehearsed(
    own_house: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_workspace(own_house.db)
    await aged(own_house, 3)
    done: list[tuple[str, str]] = []

    async def worked(kind: str, *words: Any) -> Run:
        done.append((kind, words[2]))
        await asyncio.sleep(0)
        return await add(own_house, kind=kind, cause=words[2])

    monkeypatch.setattr(work, "back_up", lambda *words: worked("backup", *words))
    monkeypatch.setattr(work, "rehearse", lambda *words: worked("rehearsal", *words))
    one, other = (Backups(own_house.db, own_house.house.settings) for _ in range(2))
    await asyncio.gather(one.step(), other.step(), return_exceptions=True)
    await one.step()
    assert done == [("backup", "schedule"), ("rehearsal", "schedule")]


async def test_an_archive_no_plan_keeps_goes_with_the_next_good_one(access: Access, tmp_path: Path) -> None:
    async with running(access, tmp_path, backup_key=KEY) as served:
        await make_workspace(served.db)
        folder = tmp_path / "backups"
        folder.mkdir()
        for name in ("kezhan-20200101T000000Z-000000.kzb", "kezhan-20200102T000000Z-000000.kzb", "mine.kzb"):
            (folder / name).write_bytes(b"x" * 100)
        few = BackupPlan(keep_daily=1, keep_weekly=0, keep_monthly=0)
        async with served.db.system_tx() as tx:
            await store.save_plan(tx, few)
        await served.house.backups.begin("backup")
        await until(lambda: len(list(folder.glob("*.kzb"))) == 2)
        names = sorted(path.name for path in folder.iterdir())
        assert names[1] == "mine.kzb" and "kezhan-2020" not in names[0]
