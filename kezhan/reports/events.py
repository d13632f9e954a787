"""What the room tells the house."""

from uuid import UUID

from kezhan.kit.outbox import Event


class AlertBegan(Event, frozen=True, kw_only=True, tag="reports.alert_began"):
    """A threshold has been crossed. Live topic: `alerts:<workspace>`."""

    episode_id: UUID
    rule_id: UUID


class AlertEnded(Event, frozen=True, kw_only=True, tag="reports.alert_ended"):
    """All has been well again for a while, or the rule is another. Live topic: `alerts:<workspace>`."""

    episode_id: UUID
    rule_id: UUID
