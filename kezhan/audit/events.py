"""What the room tells the house. Ids and small facts only."""

from uuid import UUID

from kezhan.kit.outbox import Event


class AuditExportAsked(Event, frozen=True, kw_only=True, tag="audit.export_asked"):
    export_id: UUID
