"""The servers' wrong clock: ahead by what the file says, and of the kinds the product works with."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kezhan.kit import clock, ids
from tests.faults.clocked import shift


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(clock, "datetime", datetime)
    monkeypatch.setattr(ids, "time", time)
    file = tmp_path / "offset"
    shift(file)
    return file


@pytest.mark.parametrize("said", ["", "0", "soon"])
def test_without_a_number_in_the_file_the_clock_is_right(file: Path, said: str) -> None:
    file.write_text(said)
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=1)


@pytest.mark.parametrize("hours", [-1, 1])
def test_times_and_new_ids_are_as_wrong_as_the_file_says_and_travel_all_the_same(
    file: Path, hours: int
) -> None:
    file.write_text(str(hours * 3600))
    at, wrong = clock.now(), datetime.now(UTC) + timedelta(hours=hours)
    assert abs(at - wrong) < timedelta(seconds=1)
    assert clock.wire(at) == at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert abs((ids.new_id().int >> 80) / 1000 - wrong.timestamp()) < 1
