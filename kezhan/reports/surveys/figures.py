"""The figures of surveys, in the metric dictionary's words."""

from datetime import datetime
from uuid import UUID

from kezhan.kit.clock import wire
from kezhan.kit.paging import Page, decode_cursor, encode_cursor, page_size
from kezhan.kit.reading import Reader, ReadRow
from kezhan.reports import metrics
from kezhan.reports.surveys import schemas as s
from kezhan.reports.surveys import store
from kezhan.surveys.results import commented
from kezhan.surveys.schemas import AnswerLine
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.permissions import Permission


async def survey_figures(reader: Reader, caller: Caller, days: int) -> s.SurveyFigures:
    """Of today and the days before it, `days` altogether. Without the right to read every conversation those
    of one's own."""
    rows = await store.figures(reader, days, _own(caller))
    total = next(row for row in rows if row["scope"] == "all")
    found: dict[str, list[s.SurveyLine]] = {"channel": [], "team": [], "seat": []}
    for row in rows:
        if row["scope"] in found:
            found[row["scope"]].append(_line(row))
    return s.SurveyFigures(
        since=wire(total["since"]),
        time_zone=total["zone"],
        own=_own(caller) is not None,
        total=_counts(total),
        stars=list(total["stars"]),
        days=[
            s.SurveyDay(day=row["day"].isoformat(), counts=_counts(row))
            for row in rows
            if row["scope"] == "day"
        ],
        channels=found["channel"],
        teams=found["team"],
        seats=found["seat"],
    )


async def survey_answers(
    reader: Reader, caller: Caller, asked: s.AnswersAsked, after: str | None, limit: int
) -> Page[AnswerLine]:
    """The newest first; whose answers as of `survey_figures`."""
    size = page_size(limit)
    key = decode_cursor(after, tuple[datetime, UUID]) if after else None
    scoped = (asked.account_id, asked.team_id, asked.agent_id)
    rows = await store.answers(
        reader, asked.days, _own(caller), asked.score, asked.comments, scoped, key, size + 1
    )
    last = rows[size - 1] if len(rows) > size else None
    more = encode_cursor(last["answered_at"], last["id"]) if last is not None else None
    return Page(items=[commented(row) for row in rows[:size]], next=more)


def _own(caller: Caller) -> UUID | None:
    return None if caller.may(Permission.CONVERSATION_READ_ALL) else caller.membership_id


def _counts(row: ReadRow) -> s.SurveyCounts:
    return s.SurveyCounts(
        invited=row["invited"],
        answered=row["answered"],
        participation=metrics.participation(row["answered"], row["invited"]),
        rated=row["rated"],
        csat=metrics.csat(row["satisfied"], row["rated"]),
        told=row["told"],
        resolved=metrics.confirmed(row["resolved"], row["told"]),
        asked=row["asked"],
        nps=metrics.nps(row["promoters"], row["detractors"], row["asked"]),
    )


def _line(row: ReadRow) -> s.SurveyLine:
    return s.SurveyLine(id=row["id"], name=row["name"], adapter=row["adapter"], counts=_counts(row))
