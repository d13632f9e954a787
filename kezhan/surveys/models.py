"""Tables of the room; see migration 0020 for constraints, indexes and policies."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from kezhan.kit.db import StructColumn, Table
from kezhan.surveys.schemas import Answer, SurveyDefinition


class Survey(Table):
    """`version` is the one that is asked from now on."""

    __tablename__ = "surveys"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    active: Mapped[bool]
    version: Mapped[int]
    created_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]


class SurveyVersion(Table):
    __tablename__ = "survey_versions"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    survey_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    definition: Mapped[SurveyDefinition] = mapped_column(StructColumn(SurveyDefinition))
    created_at: Mapped[datetime]


class SurveyInvite(Table):
    """`agent_id` and `team_id` are who served last; `csat`, `resolved`, `nps` and `comment` are taken out of
    `answer` for figures."""

    __tablename__ = "survey_invites"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    conversation_id: Mapped[UUID]
    survey_id: Mapped[UUID]
    version: Mapped[int]
    account_id: Mapped[UUID]
    identity_id: Mapped[UUID]
    agent_id: Mapped[UUID | None]
    team_id: Mapped[UUID | None]
    by_id: Mapped[UUID | None]
    language: Mapped[str]
    sent_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    changed_at: Mapped[datetime | None]
    via: Mapped[str | None]
    answer: Mapped[Answer | None] = mapped_column(StructColumn(Answer))
    csat: Mapped[int | None]
    resolved: Mapped[bool | None]
    nps: Mapped[int | None]
    comment: Mapped[str]


class FollowUp(Table):
    __tablename__ = "survey_follow_ups"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    invite_id: Mapped[UUID] = mapped_column(primary_key=True)
    responsible_id: Mapped[UUID | None]
    made_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    done_by: Mapped[UUID | None]
