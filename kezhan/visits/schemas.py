"""What crosses the wire and the room."""

from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from kezhan.kit.clock import Instant
from kezhan.kit.masking import Said


class Source(StrEnum):
    """How a visitor found the site. A campaign (utm_*) names itself and wins over its referrer."""

    DIRECT = "direct"
    SEARCH = "search"
    SOCIAL = "social"
    CAMPAIGN = "campaign"
    LINK = "link"


class Device(StrEnum):
    DESKTOP = "desktop"
    PHONE = "phone"
    TABLET = "tablet"
    BOT = "bot"
    OTHER = "other"


class Utm(Struct, frozen=True, kw_only=True):
    """The campaign words of the first address, each cut to 256 characters."""

    v: int = 1
    source: Said = ""
    medium: Said = ""
    campaign: Said = ""
    term: Said = ""
    content: Said = ""


class PageOut(Struct, frozen=True, kw_only=True):
    """`dwell_ms` is null while the visitor is still there. `url` may be empty and is not to be trusted."""

    visit_id: UUID
    url: Said
    title: Said
    entered_at: Instant
    dwell_ms: int | None


class VisitOut(Struct, frozen=True, kw_only=True):
    """One visit: `address` is the visitor's IP, `screen` as `390x844`; `device_key` names her browser, empty
    where it is not known."""

    id: UUID
    address: str
    browser: str
    system: str
    device: Device
    device_key: str
    language: str
    time_zone: str
    screen: str
    referrer: Said
    source: Source
    search_word: Said
    utm: Utm | None
    started_at: Instant
    seen_at: Instant
    ended_at: Instant | None


class VisitorCard(Struct, frozen=True, kw_only=True):
    """What the workbench shows beside a conversation. `visit` is the newest one, null where the customer
    never came by a site; `pages` the last 20 of all visits, newest first."""

    contact_id: UUID
    visits: int
    first_seen_at: Instant | None
    visit: VisitOut | None
    pages: list[PageOut]
