"""What the doctor says of backups."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from kezhan.backup import keys
from kezhan.backup.places import Place
from kezhan.backup.schemas import About, BackupPlan, Run, Standing
from kezhan.backup.sealed import Sealer
from kezhan.backup.work import begun
from kezhan.doctor.backup import check_place, check_standing
from kezhan.settings import Settings

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ON, OFF = BackupPlan(), BackupPlan(enabled=False)
NEXT = NOW + timedelta(hours=7)


def run(days: int, kind: str = "backup") -> Run:
    at = NOW - timedelta(days=days)
    return msgspec.structs.replace(begun(kind, "schedule"), state="done", started_at=at, ended_at=at)  # type: ignore[arg-type]


def standing(
    backup: Run | None, rehearsal: Run | None, plan: BackupPlan = ON, *, late: bool = False
) -> Standing:
    return Standing(
        plan=plan,
        backup=backup,
        rehearsal=rehearsal,
        failures=int(late),
        late=late,
        next_at=NEXT if plan.enabled else None,
    )


@pytest.mark.parametrize(
    ("how", "told"),
    [
        (standing(None, None), [("ok", "backup_first")]),
        (standing(None, None, late=True), [("fault", "backup_never")]),
        (standing(None, None, OFF), [("warn", "backup_off"), ("warn", "backup_never")]),
        (standing(run(0), None), [("ok", "backup"), ("warn", "backup_unproven")]),
        (standing(run(0), run(9, "rehearsal")), [("ok", "backup")]),
        (standing(run(0), run(99, "rehearsal")), [("ok", "backup"), ("warn", "backup_proven_long_ago")]),
        (standing(run(3), run(9, "rehearsal"), late=True), [("fault", "backup_late")]),
        (standing(run(30), run(30, "rehearsal"), OFF), [("warn", "backup_off"), ("ok", "backup")]),
    ],
)
def test_how_old_the_last_is_and_whether_one_was_proven(how: Standing, told: list[tuple[str, str]]) -> None:
    assert [(one.level, one.code) for one in check_standing(how, NOW)] == told
    for one in check_standing(how, NOW):
        assert "{" not in one.line("en") + one.line("zh-CN")


def test_place_room_and_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "_COST", 2)
    data, vault = tmp_path / "data", tmp_path / "vault"

    def told(to: Path | None = None) -> list[tuple[str, str]]:
        settings = Settings(data=data, backup_to=str(to) if to else "").resolved()
        return [(one.level, one.code) for one in check_place(settings)]

    assert told() == [] and not data.exists(), "nothing is made by looking"
    assert told(vault) == [("fault", "backup_place")]
    (data / "backups").mkdir(parents=True)
    assert told() == [("warn", "backup_near")]
    vault.mkdir()
    assert told(vault) == []
    about = About(made_at=NOW, version="1", revision="0032", server=18, cause="command")
    with Place.local(vault).writing("kezhan-20261123T120000Z-0a0a0a.kzb", 0) as out:
        Sealer(out, "river stone and tea", about).close()
    assert told(vault) == [("fault", "backup_key")]
    keys.keep(data, "another stone and tea")
    assert told(vault) == [("fault", "backup_key_other")]
    (data / keys.FILE).write_text("river stone and tea\n")
    assert told(vault) == []
    monkeypatch.setattr(Place, "room", lambda place: 1000)
    assert told(vault) == [("warn", "backup_room")]
