"""What the room tells the house."""

from uuid import UUID

from kezhan.kit.outbox import Event


class PrivacyWorkAsked(Event, frozen=True, kw_only=True, tag="privacy.work_asked"):
    """Somebody's copy is to be made, or she is to be erased."""

    request_id: UUID


class WorkspaceExportAsked(Event, frozen=True, kw_only=True, tag="privacy.export_asked"):
    """The whole workspace is to be taken out."""

    export_id: UUID
