"""The calendars that come with the product: one file each in `data/`."""

import functools
from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from kezhan.hours.schemas import SpecialDay
from kezhan.kit.words import DEFAULT_LANGUAGE

_FOLDER = Path(__file__).parent / "data"


class ReadyCalendar(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`notice` says where the days were published; both by language."""

    name: dict[str, str]
    notice: dict[str, str]
    days: list[SpecialDay]

    def name_in(self, language: str) -> str:
        return self.name.get(language, self.name[DEFAULT_LANGUAGE])

    def notice_in(self, language: str) -> str:
        return self.notice.get(language, self.notice[DEFAULT_LANGUAGE])


@functools.cache
def ready_calendars() -> Mapping[str, ReadyCalendar]:
    """By key, such as `cn-2026`."""
    decode = msgspec.json.Decoder(ReadyCalendar).decode
    return {path.stem: decode(path.read_bytes()) for path in sorted(_FOLDER.glob("*.json"))}
