"""Whether a rule fits a visitor: what her visit says, without a clock and without the database."""

from urllib.parse import unquote
from uuid import UUID

from msgspec import Struct

from kezhan.proactive.schemas import Conditions
from kezhan.visits.schemas import Device, Source


class Standing(Struct, frozen=True, kw_only=True):
    """What is known of a visitor on the site. `visits` counts this one; `language` is her browser's tag."""

    account_id: UUID
    pages: int
    visits: int
    source: Source
    campaign: str
    device: Device
    language: str


def fits(conditions: Conditions, she: Standing) -> bool:
    """All but the page, the pages of this visit and the time on it, which change while she looks on."""
    return (
        (not conditions.account_ids or she.account_id in conditions.account_ids)
        and she.visits >= conditions.min_visits
        and (not conditions.sources or she.source in conditions.sources)
        and conditions.campaign.strip().lower() in she.campaign.lower()
        and (not conditions.devices or she.device in conditions.devices)
        and (not conditions.languages or any(_begins(she.language, tag) for tag in conditions.languages))
    )


def on_page(patterns: list[str], url: str) -> bool:
    """Whether `url` contains one of the patterns, `*` standing for anything; none fits every page. The widget
    asks the same (`widget/src/panel/later/invites.ts`)."""
    read = unquote(url).lower()
    return not patterns or any(_contains(read, unquote(pattern).strip().lower()) for pattern in patterns)


def _contains(text: str, pattern: str) -> bool:
    at = 0
    for part in pattern.split("*"):
        found = text.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return True


def _begins(language: str, tag: str) -> bool:
    return f"{language.lower()}-".startswith(f"{tag.lower()}-")
