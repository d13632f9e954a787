"""Routes of customers who wait: their place, leaving the queue, being called back; and what to expect."""

from typing import Any

from litestar import Request, Response, delete, get, post, put
from litestar.datastructures import State

from kezhan.channels.visitor_http import visitor_guard
from kezhan.channels.visitor_session import site_of
from kezhan.contacts.schemas import Visitor
from kezhan.conversations.desk import Desk
from kezhan.kit.http import OR_NOTHING, language_of, public
from kezhan.kit.rates import Rates
from kezhan.routing.places.callback import ask_back
from kezhan.routing.places.live import place_of
from kezhan.routing.places.turn import stay, step_out
from kezhan.routing.schemas import CallbackIn, Outlook, PlaceFrame

_Request = Request[Any, Any, Any]
_PLACE = "/w/v1/place"
_turns = Rates(per_minute=30, burst=10)
_callbacks = Rates(per_minute=4, burst=6)


def _visitor(request: _Request) -> Visitor:
    visitor: Visitor = request.state.visitor
    return visitor


@get("/w/v1/outlook", guards=[public("how long it may take")], operation_id="visitor_outlook")
async def get_outlook(request: _Request, state: State, desk: Desk, site_key: str) -> Outlook:
    """Whether the site's shop is open, how many wait, and how long it may take."""
    account = await site_of(desk, site_key, request.headers)
    outlook: Outlook = await state.reception.outlooks.of(account, language_of(request.headers, {}))
    return outlook


@get(_PLACE, guards=[visitor_guard], operation_id="visitor_place", responses=OR_NOTHING)
async def get_place(request: _Request, desk: Desk) -> Response[PlaceFrame | None]:
    """Where she stands, as the frame `place` tells it; 204 where she does not wait."""
    visitor = _visitor(request)
    frame = await place_of(desk.db.reader(visitor.workspace_id), visitor.identity_id)
    return Response(frame, status_code=200 if frame is not None else 204)


@delete(_PLACE, guards=[visitor_guard], operation_id="visitor_leave_queue")
async def delete_place(request: _Request, desk: Desk) -> None:
    """She waits no longer: what she has written stays as a message. Twice changes nothing."""
    visitor = _visitor(request)
    _turns.spend(str(visitor.identity_id))
    await step_out(desk.db, visitor)


@put(_PLACE, guards=[visitor_guard], operation_id="visitor_wait_again", status_code=204)
async def put_place(request: _Request, desk: Desk) -> None:
    """She has thought better of it and waits in the place she had. Twice changes nothing."""
    visitor = _visitor(request)
    _turns.spend(str(visitor.identity_id))
    await stay(desk.db, visitor)


@post("/w/v1/callback", guards=[visitor_guard], operation_id="visitor_callback", status_code=204)
async def post_callback(request: _Request, desk: Desk, data: CallbackIn) -> None:
    """Have her called or written to. The same again counts once."""
    visitor = _visitor(request)
    _callbacks.spend(str(visitor.identity_id))
    await desk.consents.check(visitor)
    await ask_back(desk, visitor, data, language_of(request.headers, {}))


routes: list[Any] = [get_outlook, get_place, delete_place, put_place, post_callback]
