"""Routes: surveys, what was answered and what is followed up; the widget's side; the page behind a link."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, delete, get, post, put
from litestar.datastructures import State

from kezhan.channels.visitor_http import visitor_guard
from kezhan.contacts.schemas import Visitor
from kezhan.conversations.desk import Desk
from kezhan.kit.db import Tx
from kezhan.kit.errors import Refused
from kezhan.kit.http import Connection, Guard, language_of
from kezhan.kit.paging import Page
from kezhan.kit.rates import Rates
from kezhan.kit.reading import Reader
from kezhan.surveys import answer, definitions, invite, results
from kezhan.surveys import schemas as s
from kezhan.surveys.choose import language_of as ours
from kezhan.surveys.page import visit
from kezhan.workspaces.authenticate import Caller, needs, peer_of
from kezhan.workspaces.permissions import Permission

_SURVEYS = "/api/surveys"
_SURVEY = "/api/surveys/{survey_id:uuid}"
_OF_CONVERSATION = "/api/conversations/{conversation_id:uuid}/survey"
_FOLLOW_UP = "/api/follow-ups/{invite_id:uuid}"
_HERS = "/w/v1/surveys/{invite_id:uuid}"
_Request = Request[Any, Any, Any]
_READ = needs(Permission.SURVEY_READ)
_MANAGE = needs(Permission.SURVEY_MANAGE)
_REPLY = needs(Permission.CONVERSATION_REPLY)
_answered = Rates(per_minute=30, burst=20)
_visits = Rates(per_minute=60, burst=30)


async def _limited(connection: Connection) -> None:
    _visits.spend(peer_of(connection))


_PAGE = Guard("public: whoever has the token of an invitation; counted per address", _limited)


@get(_SURVEYS, guards=[_MANAGE], operation_id="surveys_list")
async def get_surveys(tx: Tx, caller: Caller) -> s.SurveyList:
    return await definitions.list_surveys(tx)


@post(_SURVEYS, guards=[_MANAGE], operation_id="surveys_create")
async def post_survey(tx: Tx, caller: Caller, data: s.SurveyForm) -> s.SurveyView:
    return await definitions.create_survey(tx, caller, data)


@put(_SURVEY, guards=[_MANAGE], operation_id="surveys_change")
async def put_survey(tx: Tx, caller: Caller, survey_id: UUID, data: s.SurveyForm) -> s.SurveyView:
    return await definitions.change_survey(tx, caller, survey_id, data)


@delete(_SURVEY, guards=[_MANAGE], operation_id="surveys_archive")
async def delete_survey(tx: Tx, caller: Caller, survey_id: UUID) -> None:
    await definitions.archive_survey(tx, caller, survey_id)


@get(_OF_CONVERSATION, guards=[_READ], operation_id="surveys_of_conversation")
async def get_result(
    request: _Request, tx: Tx, caller: Caller, conversation_id: UUID
) -> s.ConversationSurvey:
    """What the customer was asked and has answered."""
    language = ours(language_of(request.headers, request.cookies), "")
    return await results.of_conversation(tx, caller, conversation_id, language)


@get("/api/contacts/{contact_id:uuid}/ratings", guards=[_READ], operation_id="surveys_of_contact")
async def get_ratings(reader: Reader, caller: Caller, contact_id: UUID) -> s.Ratings:
    """How a customer has rated her conversations."""
    return await results.of_contact(reader, caller, contact_id)


@put(_OF_CONVERSATION, guards=[_REPLY], operation_id="surveys_invite")
async def put_invite(tx: Tx, caller: Caller, conversation_id: UUID) -> None:
    """Ask the customer now."""
    await invite.invite_by_hand(tx, caller, conversation_id)


@get("/api/follow-ups", guards=[_READ], operation_id="surveys_list_follow_ups")
async def get_follow_ups(
    reader: Reader,
    caller: Caller,
    done: bool = False,
    mine: bool = False,
    after: str | None = None,
    limit: int = 50,
) -> Page[s.AnswerLine]:
    """Bad answers that somebody is to see to."""
    return await results.list_follow_ups(reader, caller, done=done, mine=mine, after=after, limit=limit)


@put(_FOLLOW_UP + "/done", guards=[_REPLY], operation_id="surveys_finish_follow_up")
async def put_done(tx: Tx, caller: Caller, invite_id: UUID) -> None:
    await results.finish(tx, caller, invite_id, done=True)


@delete(_FOLLOW_UP + "/done", guards=[_REPLY], operation_id="surveys_reopen_follow_up")
async def delete_done(tx: Tx, caller: Caller, invite_id: UUID) -> None:
    await results.finish(tx, caller, invite_id, done=False)


@put(_FOLLOW_UP + "/responsible", guards=[_REPLY], operation_id="surveys_assign_follow_up")
async def put_responsible(tx: Tx, caller: Caller, invite_id: UUID, data: s.ResponsibleForm) -> None:
    await results.give_to(tx, caller, invite_id, data.responsible_id)


# The widget's side


def _visitor(request: _Request) -> Visitor:
    visitor: Visitor = request.state.visitor
    return visitor


@get(_HERS, guards=[visitor_guard], operation_id="visitor_survey")
async def get_hers(request: _Request, desk: Desk, invite_id: UUID) -> s.AskedSurvey:
    """A survey she was invited to, with her answer as far as there is one."""
    visitor, language = _visitor(request), ours(language_of(request.headers, {}), "")
    async with desk.db.tx(visitor.workspace_id) as tx:
        return await answer.shown(tx, invite_id, visitor.identity_id, language)


@put(_HERS + "/answer", guards=[visitor_guard], operation_id="visitor_answer_survey")
async def put_answer(
    request: _Request, desk: Desk, invite_id: UUID, data: s.SurveyAnswerForm
) -> s.AskedSurvey:
    """All she has answered up to now; until the survey is over it may be changed."""
    visitor, language = _visitor(request), ours(language_of(request.headers, {}), "")
    _answered.spend(str(visitor.identity_id))
    async with desk.db.tx(visitor.workspace_id) as tx:
        return await answer.give(tx, invite_id, visitor.identity_id, data, "widget", language)


# The page behind a link


@get("/s/{token:str}", guards=[_PAGE], include_in_schema=False)
async def get_page(request: _Request, state: State, token: str) -> Response[str]:
    return await visit(state.db, state.keyring, token, None, language_of(request.headers, {}))


@post("/s/{token:str}", guards=[_PAGE], include_in_schema=False, status_code=200)
async def post_page(request: _Request, state: State, token: str) -> Response[str]:
    try:
        sent = await request.form()
    except (ValueError, UnicodeDecodeError) as fault:
        raise Refused("kit.bad_text") from fault
    fields = [(str(name), value) for name, value in sent.multi_items() if isinstance(value, str)]
    return await visit(state.db, state.keyring, token, fields, language_of(request.headers, {}))


routes: list[Any] = [
    get_surveys,
    post_survey,
    put_survey,
    delete_survey,
    get_result,
    get_ratings,
    put_invite,
    get_follow_ups,
    put_done,
    delete_done,
    put_responsible,
    get_hers,
    put_answer,
    get_page,
    post_page,
]
