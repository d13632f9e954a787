"""What the room tells the house."""

from uuid import UUID

from kezhan.kit.outbox import Event


class PageViewed(Event, frozen=True, kw_only=True, tag="visits.page_viewed"):
    """A visitor opened another page. Live topic: `contact:<contact_id>`."""

    visit_id: UUID
    contact_id: UUID
