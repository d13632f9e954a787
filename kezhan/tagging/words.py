"""Whose words a message holds, found as sensitive words are. Pure."""

from collections.abc import Callable, Mapping
from uuid import UUID

from kezhan.screening.match import Listed, Matcher
from kezhan.screening.schemas import Tier
from kezhan.tagging.schemas import Wrote


def finder(wrote: Mapping[UUID, Wrote]) -> Callable[[str], frozenset[UUID]]:
    """Which of these rules wait for a word that a text holds."""
    matcher = Matcher(
        Listed(rule_id, "", Tier.RECORD, Tier.OFF, list(when.words)) for rule_id, when in wrote.items()
    )
    return lambda text: frozenset(found.listed.id for found in matcher.find("customers", text))
