"""The country of a browser's clock."""

import pytest

from kezhan.visits.country import UNKNOWN, country_of, zones_of

ZONES = [
    ("Asia/Shanghai", "CN"),
    ("Asia/Urumqi", "CN"),
    ("Asia/Chongqing", "CN"),  # given up, and still told by browsers
    ("PRC", "CN"),
    ("Asia/Hong_Kong", "HK"),
    ("Asia/Taipei", "TW"),
    ("Asia/Calcutta", "IN"),
    ("Asia/Kolkata", "IN"),
    ("Asia/Saigon", "VN"),
    ("Asia/Kathmandu", "NP"),
    ("Europe/Kiev", "UA"),
    ("Europe/Oslo", "NO"),  # the same clock as Berlin's, another country
    ("Europe/Berlin", "DE"),
    ("America/Argentina/Buenos_Aires", "AR"),
    ("America/Buenos_Aires", "AR"),
    ("US/Pacific", "US"),
    ("Australia/Lord_Howe", "AU"),
    ("UTC", UNKNOWN),
    ("Etc/GMT-8", UNKNOWN),
    ("CET", UNKNOWN),
    ("EST5EDT", UNKNOWN),
    ("", UNKNOWN),
    ("asia/shanghai", UNKNOWN),
    ("<script>", UNKNOWN),
]


@pytest.mark.parametrize(("zone", "country"), ZONES)
def test_a_zone_belongs_to_a_country_or_to_none(zone: str, country: str) -> None:
    assert country_of(zone) == country


def test_the_zones_of_a_country_are_those_that_belong_to_it() -> None:
    assert {"Asia/Shanghai", "Asia/Urumqi", "PRC"} <= set(zones_of("CN"))
    assert {country_of(zone) for zone in zones_of("DE")} == {"DE"}
    assert zones_of("XX") == []
    every = zones_of(UNKNOWN)
    assert len(every) > 400
    assert UNKNOWN not in {country_of(zone) for zone in every}
