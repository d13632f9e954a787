"""What the room tells the house. Ids and small facts only."""

from uuid import UUID

from kezhan.kit.outbox import Event


class ExportAsked(Event, frozen=True, kw_only=True, tag="search.export_asked"):
    export_id: UUID
