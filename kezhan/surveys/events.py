"""What the room tells the house."""

from uuid import UUID

from kezhan.kit.outbox import Event


class SurveyInvited(Event, frozen=True, kw_only=True, tag="survey.invited"):
    """A customer was asked to answer; `by` None: by the house itself."""

    invite_id: UUID
    conversation_id: UUID
    by: UUID | None


class SurveyAnswered(Event, frozen=True, kw_only=True, tag="survey.answered"):
    """An answer was given, or (`first` false) changed. `bad`: one to be followed up."""

    invite_id: UUID
    conversation_id: UUID
    csat: int | None
    resolved: bool | None
    nps: int | None
    bad: bool
    first: bool


class FollowUpChanged(Event, frozen=True, kw_only=True, tag="survey.follow_up"):
    """A follow-up was made, given to somebody, done, or is no longer called for."""

    invite_id: UUID
