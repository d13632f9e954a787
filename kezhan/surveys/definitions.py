"""Surveys: made, changed, archived. What is asked is kept version by version."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row
from sqlalchemy.exc import IntegrityError

from kezhan.audit.service import record
from kezhan.kit.changes import between
from kezhan.kit.clock import now, wire
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.ids import new_id
from kezhan.surveys import store
from kezhan.surveys.schemas import (
    MAX_OWN,
    MAX_SURVEYS,
    NamedSurvey,
    SurveyDefinition,
    SurveyForm,
    SurveyList,
    SurveyQuestion,
    SurveyTexts,
    SurveyView,
)
from kezhan.workspaces.authenticate import Caller

DAYS = 30
RATED = frozenset({"csat", "resolved", "nps"})
_CHOICES = frozenset({"one", "many"})
_LEAST_OPTIONS = 2


async def list_surveys(tx: Tx) -> SurveyList:
    """The oldest first, with the counts of the last month."""
    counts = await store.counts(tx, now() - timedelta(days=DAYS))
    return SurveyList(items=[_view(row, *counts.get(row.id, (0, 0))) for row in await store.surveys(tx)])


async def create_survey(tx: Tx, caller: Caller | None, form: SurveyForm) -> SurveyView:
    """`caller` None is the house itself. Raises Refused: 409 for a name that is taken or one survey too
    many, 400 for one that cannot be asked."""
    form = await _checked(tx, form)
    await store.hold_surveys(tx)
    if len(await store.surveys(tx)) >= MAX_SURVEYS:
        raise Refused("surveys.too_many", 409, most=MAX_SURVEYS)
    survey_id = new_id()
    values = {"id": survey_id, "name": form.name, "active": form.active, "version": 1, "created_at": now()}
    try:
        await store.add_survey(tx, values)
    except IntegrityError as fault:
        raise Refused("surveys.name_taken", 409, field="name") from fault
    await store.add_version(tx, {"survey_id": survey_id, "version": 1, "definition": form.definition})
    await _recorded(tx, caller, "create", survey_id, form, 1, None)
    return _view(await _held(tx, survey_id), 0, 0)


async def change_survey(tx: Tx, caller: Caller, survey_id: UUID, form: SurveyForm) -> SurveyView:
    """What is asked becomes another version; who was invited already answers what she was asked. The same
    again changes nothing. Raises as `create_survey`, NotFound."""
    before = await _held(tx, survey_id)
    form = await _checked(tx, form)
    version = before.version + (form.definition != before.definition)
    if (before.name, before.active, before.version) != (form.name, form.active, version):
        if version != before.version:
            values = {"survey_id": survey_id, "version": version, "definition": form.definition}
            await store.add_version(tx, values)
        try:
            await store.change_survey(
                tx, survey_id, {"name": form.name, "active": form.active, "version": version}
            )
        except IntegrityError as fault:
            raise Refused("surveys.name_taken", 409, field="name") from fault
        await _recorded(tx, caller, "edit", survey_id, form, version, before)
    return next(view for view in (await list_surveys(tx)).items if view.id == survey_id)


async def archive_survey(tx: Tx, caller: Caller, survey_id: UUID) -> None:
    """Nobody is invited by it any more; answers stay. A second time changes nothing."""
    row = await store.survey(tx, survey_id)
    if row is None:
        raise NotFound("surveys.no_such_survey")
    if row.archived_at is None:
        await store.change_survey(tx, survey_id, {"archived_at": now()})
        detail = NamedSurvey(row.name, False, row.version)
        await record(tx, caller, "survey.archive", "survey", survey_id, detail=detail)


async def _checked(tx: Tx, form: SurveyForm) -> SurveyForm:
    definition = _stripped(form.definition)
    for text in _texts(definition):
        if "\0" in text:
            raise Refused("kit.bad_text", 400, field="definition")
    _check_questions(definition.questions)
    channels = [
        *definition.account_ids,
        *definition.by_hand_on,
        *(one.account_id for one in definition.wordings),
    ]
    members = [definition.follow_id] if definition.follow_id else []
    if await store.strangers(tx, channels, definition.team_ids, members):
        raise Refused("surveys.stranger", 400, field="definition")
    return SurveyForm(name=form.name.strip(), active=form.active, definition=definition)


def _check_questions(questions: list[SurveyQuestion]) -> None:
    """The first is answered by one tap; each kind with a number is asked once."""
    if questions[0].kind not in RATED:
        raise Refused("surveys.first_rated", 400, field="definition.questions")
    rated = [one.kind for one in questions if one.kind in RATED]
    if len(rated) != len(set(rated)) or len({one.key for one in questions}) != len(questions):
        raise Refused("surveys.asked_twice", 400, field="definition.questions")
    if len(questions) - len(rated) > MAX_OWN:
        raise Refused("surveys.too_many_own", 400, field="definition.questions", most=MAX_OWN)
    for at, one in enumerate(questions):
        if one.kind not in RATED and not (one.text.zh or one.text.en):
            raise Refused("surveys.no_text", 400, field=f"definition.questions.{at}")
        empty = any(not (option.zh or option.en) for option in one.options)
        if one.kind in _CHOICES and (len(one.options) < _LEAST_OPTIONS or empty):
            raise Refused("surveys.few_options", 400, field=f"definition.questions.{at}")
        if one.kind not in _CHOICES and one.options:
            raise Refused("surveys.no_options", 400, field=f"definition.questions.{at}")


def _stripped(definition: SurveyDefinition) -> SurveyDefinition:
    replaced = msgspec.structs.replace
    questions = [
        replaced(one, text=_bare(one.text), options=[_bare(option) for option in one.options])
        for one in definition.questions
    ]
    wordings = [replaced(one, ask=_bare(one.ask), thanks=_bare(one.thanks)) for one in definition.wordings]
    kept = [one for one in wordings if one.ask != SurveyTexts() or one.thanks != SurveyTexts()]
    ask, thanks = _bare(definition.ask), _bare(definition.thanks)
    return replaced(definition, questions=questions, wordings=kept, ask=ask, thanks=thanks)


def _bare(texts: SurveyTexts) -> SurveyTexts:
    return SurveyTexts(zh=texts.zh.strip(), en=texts.en.strip())


def _texts(definition: SurveyDefinition) -> Iterator[str]:
    every = [definition.ask, definition.thanks]
    for question in definition.questions:
        every += [question.text, *question.options]
    for wording in definition.wordings:
        every += [wording.ask, wording.thanks]
    for texts in every:
        yield from (texts.zh, texts.en)


async def _held(tx: Tx, survey_id: UUID) -> Row[Any]:
    row = await store.survey(tx, survey_id)
    if row is None or row.archived_at is not None:
        raise NotFound("surveys.no_such_survey")
    return row


async def _recorded(
    tx: Tx,
    caller: Caller | None,
    verb: str,
    survey_id: UUID,
    form: SurveyForm,
    version: int,
    before: Row[Any] | None,
) -> None:
    detail, told = NamedSurvey(form.name, form.active, version), between(before, form, _TOLD)
    await record(tx, caller, f"survey.{verb}", "survey", survey_id, detail=detail, changes=told)


_TOLD = ("name", "active", "definition")


def _view(row: Row[Any], invited: int, answered: int) -> SurveyView:
    return SurveyView(
        id=row.id,
        name=row.name,
        active=row.active,
        version=row.version,
        definition=row.definition,
        created_at=wire(row.created_at),
        invited=invited,
        answered=answered,
    )
