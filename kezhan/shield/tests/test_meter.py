"""Sliding windows, and how long to wait until one more keeps within them."""

from uuid import UUID

import pytest

from kezhan.kit.errors import Refused
from kezhan.kit.ids import new_id
from kezhan.shield.addresses import Sources, household, network
from kezhan.shield.meter import Key, Meter
from kezhan.shield.schemas import Blocked, Bound, Counted

_KEY: Key = (UUID(int=1), Counted.MESSAGES, "visitor", "she")


@pytest.mark.parametrize("start", [0.0, 59.0, 30.5])
def test_who_waits_as_long_as_she_is_told_may_go_on_and_no_sooner(start: float) -> None:
    meter, bound, at = Meter(), Bound(3, 6), 6000.0 + start
    levels = [meter.add(_KEY, bound, at) for _ in range(6)]
    assert levels == ["", "", "soft", "", "", "hard"]
    wait = meter.wait(_KEY, 6, at)
    assert 0 < wait <= 120
    assert meter.wait(_KEY, 6, at + wait) == 0
    assert meter.wait(_KEY, 6, at + wait - 2) > 0
    assert meter.amount(_KEY, at + 120) == 0


def test_what_comes_nowhere_near_a_bound_is_told_to_nobody() -> None:
    meter, bound = Meter(), Bound(40, 80)
    for _ in range(9):
        meter.add(_KEY, bound, 6000.0)
    assert meter.take() == {}
    meter.add(_KEY, bound, 6000.0)
    ((workspace_id, (flush,)),) = meter.take().items()
    assert (workspace_id, flush.n, flush.starts_at, flush.level) == (UUID(int=1), 10, 6000.0, "")
    assert meter.take() == {}
    # What could not be told is told another time; what others have counted counts here too.
    meter.back(workspace_id, [flush])
    assert meter.take()[workspace_id] == [flush]
    meter.hear(_KEY, 6000.0, 70)
    assert meter.amount(_KEY, 6000.0) == 70
    assert meter.add(_KEY, bound, 6000.0) == "soft"
    meter.forget(6000.0 + 200)
    assert meter.amount(_KEY, 6000.0) == 0


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("127.0.0.1", ""),
        ("::1", ""),
        ("nobody", ""),
    ],
)
def test_what_is_counted_of_an_address(address: str, counted: str) -> None:
    assert household(address) == counted


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("203.0.113.9", "203.0.113.9"),
        (" 203.0.113.9/24", "203.0.113.0/24"),
        ("2001:DB8::1", "2001:db8::1"),
        ("2001:db8::1/32", "2001:db8::/32"),
        ("203.0.113.9/32", "203.0.113.9"),
        ("0.0.0.0/0", "shield.wide_network"),
        ("2000::/3", "shield.wide_network"),
        ("example.com", "shield.no_address"),
        ("::ffff:1.2.3.4", "shield.no_address"),
        ("1.2.3", "shield.no_address"),
    ],
)
def test_how_a_network_is_kept(written: str, kept: str) -> None:
    if kept.startswith("shield."):
        with pytest.raises(Refused, match=kept):
            network(written)
    else:
        assert network(written) == kept


def test_a_blocked_source_is_found_by_address_network_and_device_while_it_counts() -> None:
    one, wide, six, device = (new_id() for _ in range(4))
    sources = Sources(
        [
            Blocked(one, "address", "203.0.113.9", 100.0),
            Blocked(wide, "address", "198.51.0.0/16", None),
            Blocked(six, "address", "2001:db8::/32", None),
            Blocked(device, "device", "00ff", 100.0),
        ]
    )
    asked = [
        ("203.0.113.9", "", 99.0, one),
        ("203.0.113.9", "", 100.0, None),
        ("203.0.113.8", "", 99.0, None),
        ("198.51.77.1", "", 1e9, wide),
        ("2001:db8:ffff::1", "", 1e9, six),
        ("2001:db9::1", "", 1e9, None),
        ("", "00ff", 99.0, device),
        ("", "00ff", 101.0, None),
        ("rubbish", "", 1.0, None),
    ]
    for address, key, at, found in asked:
        assert sources.find(address, key, at) == found, (address, key, at)
