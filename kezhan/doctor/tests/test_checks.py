"""Each check on its own: what is good, what is a warning, what a fault."""

import os
import resource
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from kezhan.backup.schemas import BackupPlan, Standing
from kezhan.channels.queues import Queue
from kezhan.doctor import folder, machine
from kezhan.doctor.database import check_connections, check_durable, check_standby, judge_clock
from kezhan.doctor.door import check_callers, check_door
from kezhan.doctor.folder import check_folder, check_keys
from kezhan.doctor.machine import check_descriptors, check_packages, check_pages, check_python
from kezhan.doctor.outbox import check_outbox
from kezhan.kit import disk, webbuild
from kezhan.kit.crypto import KeyRing
from kezhan.settings import Settings
from kezhan.watch.sample import Sample


def codes(findings: Any) -> list[tuple[str, str]]:
    return [(one.level, one.code) for one in findings]


def test_a_python_before_3_11_is_a_fault() -> None:
    assert check_python((3, 10, 14)).level == "fault"
    assert check_python((3, 11, 0)).level == check_python().level == "ok"


def test_packages_are_compared_with_the_pins_meant_for_this_machine(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.lock"
    assert check_packages(lock).code == "packages_unlocked"
    installed = machine._installed("msgspec")
    good = f"msgspec=={installed} \\\n    --hash=sha256:00\nno-such-package==1 ; sys_platform == 'win32' \\\n"
    lock.write_text(good)
    assert check_packages(lock).params == {"count": 1}
    lock.write_text(f"{good}msgspec==0.0.1 ; python_version >= '3.11' \\\n")
    assert "0.0.1" in check_packages(lock).line("en")
    lock.write_text("".join(f"no-such-package-{n}==1\n" for n in range(9)))
    wrong = check_packages(lock)
    assert (wrong.level, wrong.params["names"].endswith("+4")) == ("fault", True)


def test_open_files_are_counted_for_the_server_that_runs_else_for_this_shell() -> None:
    own = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    assert machine._limit_of(os.getpid()) in {own, None}
    assert check_descriptors(10, None).level == "ok"
    few = check_descriptors(own, os.getpid())
    assert (few.level, few.params["need"]) == ("warn", own + machine.OWN_FILES)
    assert check_descriptors(10, 99_999_999).level == "ok"


def test_pages_are_current_stale_missing_or_not_wanted(tmp_path: Path) -> None:
    assert check_pages(tmp_path, wanted=False).code == "pages_off"
    assert check_pages(tmp_path, wanted=True).code == "pages_missing"
    assets = tmp_path / "kezhan" / "assets"
    for app in webbuild.APPS:
        (assets / app).mkdir(parents=True)
    assert check_pages(tmp_path, wanted=True).code == "pages", "a wheel brings them and no sources"
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "package.json").write_text("{}")
    assert check_pages(tmp_path, wanted=True).code == "pages_stale"
    (assets / ".digest").write_text(webbuild.source_digest(tmp_path))
    assert check_pages(tmp_path, wanted=True).code == "pages"


OUTSIDE = {"host": "192.168.1.5", "demo": False}
BEHIND = {"public_url": "https://a.example", "trusted_proxies": ("10.0.0.0/8",)}
DOORS: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    ({}, [("ok", "address")]),
    ({**OUTSIDE, **BEHIND}, [("ok", "address")]),
    (BEHIND, [("ok", "address")]),
    ({"host": "0.0.0.0"}, [("fault", "unfit_demo")]),  # noqa: S104
    (OUTSIDE, [("fault", "unfit_plain")]),
    ({"public_url": "https://a.example"}, [("warn", "proxy_unknown")]),
    ({**BEHIND, "public_url": "http://a.example"}, [("warn", "public_plain")]),
    ({**BEHIND, "trusted_proxies": ("0.0.0.0/0",)}, [("fault", "proxy_anyone")]),
    ({**BEHIND, "trusted_proxies": ("8.8.0.0/16",)}, [("warn", "proxy_wide"), ("ok", "address")]),
    ({"metrics_networks": ("::/0",)}, [("warn", "metrics_anyone"), ("ok", "address")]),
]


@pytest.mark.parametrize(("given", "told"), DOORS)
def test_address_tls_and_proxies_must_go_together(given: dict[str, Any], told: list[tuple[str, str]]) -> None:
    assert codes(check_door(Settings(**given))) == told


@pytest.mark.parametrize(
    ("seen", "told"),
    [
        ((19, 1, "203.0.113.7"), []),
        ((20, 1, "203.0.113.7"), [("warn", "one_address")]),
        ((20, 0, ""), [("warn", "no_address")]),
        ((20, 2, "203.0.113.7"), [("ok", "callers")]),
    ],
)
def test_many_visitors_who_share_one_address_stand_behind_something(
    seen: tuple[int, int, str], told: list[tuple[str, str]]
) -> None:
    found = list(check_callers(*seen))
    assert codes(found) == told
    assert all(one.line("zh-CN") != one.line("en") for one in found)


def test_a_data_folder_is_there_closed_and_has_its_keys(tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert codes(check_folder(data)) == [("warn", "folder_missing")]
    data.mkdir(mode=0o700)
    assert ("ok", "keys_none") in codes(check_folder(data))
    KeyRing.open(data / "keys.json")
    assert ("ok", "keys") in codes(check_folder(data))
    data.chmod(0o777)
    assert ("fault", "folder_open") in codes(check_folder(data))
    (tmp_path / "file").write_text("tea")
    assert codes(check_folder(tmp_path / "file")) == [("fault", "folder_unusable")]
    assert codes(check_folder(tmp_path / "file" / "deeper")) == [("fault", "folder_unusable")]


def test_keys_that_others_read_that_are_lost_or_unreadable_are_faults(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    KeyRing.open(path)
    for mode, code in ((0o600, "keys"), (0o400, "keys"), (0o640, "keys_open"), (0o604, "keys_open")):
        path.chmod(mode)
        assert check_keys(tmp_path).code == code
    path.chmod(0o600)
    path.write_text('{"current": "k1", "keys": ')
    assert check_keys(tmp_path).code == "keys_unreadable"
    path.unlink()
    (tmp_path / "files").mkdir()
    assert (check_keys(tmp_path).level, check_keys(tmp_path).code) == ("fault", "keys_lost")
    assert not path.exists(), "a look makes no keys"


@pytest.mark.parametrize(
    ("room", "told"),
    [
        (disk.FULL_BYTES - 1, ("fault", "disk_full")),
        (disk.FULL_BYTES, ("warn", "disk_low")),
        (folder.LOW_BYTES, ("ok", "folder")),
    ],
)
def test_a_disk_that_fills_is_told_before_it_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int, told: tuple[str, str]
) -> None:
    monkeypatch.setattr(folder, "free", lambda _: room)
    assert told in codes(check_folder(tmp_path))


def server(**changes: object) -> Any:
    well = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "standbys": 0}
    return SimpleNamespace(**{**well, "standby_names": "", "in_sync": 0, "unseen": 0, **changes})


@pytest.mark.parametrize("setting", ["fsync", "synchronous_commit", "full_page_writes"])
def test_a_database_that_forgets_with_the_power_is_a_fault(setting: str) -> None:
    assert codes(check_durable(server())) == [("ok", "durable")]
    assert codes(check_durable(server(**{setting: "off"}))) == [("fault", "not_durable")]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, []),
        ({"standby_names": "ANY 1 (*)"}, [("fault", "standby_away")]),
        ({"standbys": 2}, [("warn", "standby_none")]),
        ({"standbys": 2, "standby_names": "ANY 1 (*)", "in_sync": 1}, [("ok", "standby")]),
        ({"standbys": 2, "standby_names": "ANY 1 (*)", "unseen": 2}, [("ok", "standby")]),
        ({"standbys": 1, "standby_names": "other"}, [("fault", "standby_away")]),
        (
            {"standbys": 1, "standby_names": "*", "in_sync": 1, "synchronous_commit": "local"},
            [("warn", "standby_local")],
        ),
        (
            {"standbys": 1, "standby_names": "*", "in_sync": 1, "synchronous_commit": "remote_apply"},
            [("ok", "standby")],
        ),
    ],
)
def test_replicas_that_nobody_waits_for_are_told(given: dict[str, Any], told: list[tuple[str, str]]) -> None:
    assert codes(check_standby(server(**given))) == told


@pytest.mark.parametrize(
    ("most", "used", "code"),
    [(14, 0, "connections_few"), (20, 6, "connections_tight"), (20, 5, "connections")],
)
def test_connections_must_do_for_a_process_and_for_one_more(most: int, used: int, code: str) -> None:
    assert check_connections(most, used, 15).code == code


@pytest.mark.parametrize(
    ("skew", "level"), [(0, "ok"), (0.9, "ok"), (1, "warn"), (59, "warn"), (60, "fault")]
)
def test_clocks_apart_are_told(skew: float, level: str) -> None:
    assert judge_clock(skew).level == level


@pytest.mark.parametrize(
    ("age", "working", "told"),
    [
        (59, True, [("ok", "outbox")]),
        (60, True, [("warn", "outbox_late")]),
        (3600, True, [("fault", "outbox_late")]),
        (3600, False, [("warn", "outbox_idle")]),
    ],
)
def test_events_that_wait_are_a_fault_only_where_somebody_should_pass_them(
    age: float, working: bool, told: list[tuple[str, str]]
) -> None:
    sample = Sample(
        lag={"h": age},
        dead_letters={},
        jobs={},
        timers=Queue(),
        reception=Queue(),
        channels={},
        backup=Standing(plan=BackupPlan(), backup=None, rehearsal=None, failures=0, late=False, next_at=None),
    )
    assert codes(check_outbox(sample, working=working)) == told
