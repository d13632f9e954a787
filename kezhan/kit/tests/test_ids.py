"""Ids and times: made here, read back by everybody else alike."""

import time
from datetime import UTC, datetime, timedelta
from uuid import RFC_4122, UUID

import pytest

from kezhan.kit.clock import now, wire, wire_or_none
from kezhan.kit.ids import new_id, parse_id


def test_an_id_is_a_version_seven_of_this_moment() -> None:
    before = time.time_ns() // 1_000_000
    ids = [new_id() for _ in range(500)]
    after = time.time_ns() // 1_000_000
    assert len(set(ids)) == 500
    assert {(one.version, one.variant) for one in ids} == {(7, RFC_4122)}
    assert all(before <= one.int >> 80 <= after for one in ids)


def test_all_that_is_free_in_an_id_is_random() -> None:
    ids = [new_id().int for _ in range(300)]
    for bit in [*range(62), *range(64, 76)]:
        ones = sum(one >> bit & 1 for one in ids)
        assert 60 < ones < 240, f"bit {bit} is 1 in {ones} of 300"


def test_ids_of_different_milliseconds_sort_by_time() -> None:
    first = new_id()
    while time.time_ns() // 1_000_000 <= first.int >> 80:
        pass
    assert str(first) < str(new_id())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "1",
        "0" * 31,
        "0" * 33,
        "0" * 10_000,
        "g" * 32,
        "00000000-0000-7000-8000-00000000000z",
        "null",
        "🍵" * 32,
    ],
)
def test_what_is_no_id_is_none(text: str) -> None:
    assert parse_id(text) is None


def test_an_id_is_read_in_every_usual_spelling() -> None:
    one = new_id()
    assert {parse_id(text) for text in (str(one), str(one).upper(), one.hex)} == {one}
    assert parse_id(str(UUID(int=0))) == UUID(int=0)


def test_a_moment_is_stored_and_sent_alike() -> None:
    at = now()
    assert at.tzinfo is UTC
    assert at.microsecond % 1000 == 0
    assert datetime.fromisoformat(wire(at)) == at
    assert abs(datetime.now(UTC) - at) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (datetime(2026, 11, 22, 8, 30, tzinfo=UTC), "2026-11-22T08:30:00.000Z"),
        (datetime(2026, 1, 2, 3, 4, 5, 999999, tzinfo=UTC), "2026-01-02T03:04:05.999Z"),
        (datetime(2026, 1, 2, 3, 4, 5, 1000, tzinfo=UTC), "2026-01-02T03:04:05.001Z"),
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00.000Z"),
    ],
)
def test_a_moment_travels_with_milliseconds_and_z(at: datetime, text: str) -> None:
    assert wire(at) == wire_or_none(at) == text


def test_no_moment_travels_as_nothing() -> None:
    assert wire_or_none(None) is None
