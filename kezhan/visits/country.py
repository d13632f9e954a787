"""The country a browser's time zone belongs to, by the zone tables that come with `tzdata`. No address is
looked up anywhere: of a visitor behind a proxy the clock says more than her address does."""

import functools
from importlib.resources import files

UNKNOWN = "ZZ"
"""What ISO 3166 leaves free, and the browsers' own tables call an unknown region."""
# Names of offsets, which the tables give to one country of the many that keep them.
_OFFSETS = {"CET", "CST6CDT", "EET", "EST", "EST5EDT", "HST", "MET", "MST", "MST7MDT", "PST8PDT", "WET"}


def country_of(time_zone: str) -> str:
    """Two capital letters (ISO 3166); UNKNOWN for a zone of no country, such as UTC."""
    return _countries().get(time_zone, UNKNOWN)


def zones_of(country: str) -> list[str]:
    """The zones whose clocks are of this country, former names too; for UNKNOWN every zone that has one."""
    known = _countries()
    return [zone for zone, where in known.items() if country in {where, UNKNOWN}]


@functools.cache
def _countries() -> dict[str, str]:
    found = {zone: country for country, _, zone, *_ in _rows("zone.tab", "\t")}
    # Browsers go on using names that were given up: L <the zone> <its other name>.
    links = {row[2]: row[1] for row in _rows("tzdata.zi", " ") if row[0] == "L"}
    for other in links.keys() - found.keys() - _OFFSETS:
        if (zone := _followed(links, other)) in found:
            found[other] = found[zone]
    return found


def _followed(links: dict[str, str], name: str) -> str:
    for _ in range(len(links)):
        if name not in links:
            break
        name = links[name]
    return name


def _rows(name: str, between: str) -> list[list[str]]:
    text = (files("tzdata") / "zoneinfo" / name).read_text("utf-8")
    return [line.split(between) for line in text.splitlines() if line and not line.startswith("#")]
