"""Process accounts, on processes whose use is known."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench import account
from bench.account import Account

_BURN = "import time\nwhile time.process_time() < 0.05: pass\n"


def test_the_difference_of_two_accounts_is_what_was_used_between_them() -> None:
    assert Account(5.0, 3.0) - Account(4.5, 1.0) == Account(0.5, 2.0)


def test_a_process_that_works_is_charged_and_one_that_sleeps_is_not() -> None:
    before = account.cpu_seconds(os.getpid())
    time.sleep(0.03)
    slept = account.cpu_seconds(os.getpid()) - before
    until = time.process_time() + 0.06
    while time.process_time() < until:
        pass
    # The system counts in hundredths; a difference of two long counts is off by less than that.
    assert round(account.cpu_seconds(os.getpid()) - before - slept, 2) >= 0.04
    assert slept <= 0.02


def test_children_that_have_ended_count_where_asked_for() -> None:
    alone, together = account.cpu_seconds(os.getpid()), account.cpu_seconds(os.getpid(), reaped=True)
    subprocess.run([sys.executable, "-S", "-c", _BURN], check=True)  # noqa: S603 - our own words
    grown = account.cpu_seconds(os.getpid(), reaped=True) - together
    assert round(grown - (account.cpu_seconds(os.getpid()) - alone), 2) >= 0.04


def test_children_are_found_and_strangers_are_not() -> None:
    child = subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(9)"])
    try:
        found = account.children(os.getpid())
    finally:
        child.kill()
        child.wait()
    assert child.pid in found
    assert os.getpid() not in found
    assert 1 not in found


def test_a_program_with_spaces_and_brackets_in_its_name_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fields = " ".join(["S", "7", *["0"] * 9, "200", "100", "40", "60", *["0"] * 30])
    monkeypatch.setattr(account, "Path", lambda path: tmp_path / Path(path).name)
    (tmp_path / "stat").write_text(f"9 (a ) (b) c) {fields}", encoding="ascii")
    ticks = os.sysconf("SC_CLK_TCK")
    assert account.cpu_seconds(9) == 300 / ticks
    assert account.cpu_seconds(9, reaped=True) == 400 / ticks


def test_memory_is_in_bytes_and_the_peak_is_no_less_than_what_is_held() -> None:
    held = account.resident_bytes(os.getpid())
    assert 5_000_000 < held <= account.peak_bytes(os.getpid()) + 4_000_000
    with pytest.raises(OSError, match="No such"):
        account.resident_bytes(2**22 + 1)


def test_the_machine_is_as_busy_as_a_process_that_works_at_least() -> None:
    before, until = account.busy_seconds(), time.process_time() + 0.05
    while time.process_time() < until:
        pass
    assert account.busy_seconds() - before >= 0.03
