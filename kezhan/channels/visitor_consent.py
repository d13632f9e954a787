"""Routes of what a site asks its visitors to consent to."""

from typing import Any
from uuid import UUID

from litestar import Request, delete, get, put

from kezhan.channels.visitor_http import visitor_guard
from kezhan.consent import people
from kezhan.consent.schemas import AskedConsents, Chosen
from kezhan.contacts.schemas import Visitor
from kezhan.conversations.desk import Desk
from kezhan.kit.http import language_of
from kezhan.kit.rates import Rates

_Request = Request[Any, Any, Any]
_CONSENTS = "/w/v1/consents"
_choices = Rates(per_minute=30, burst=20)


def _visitor(request: _Request) -> Visitor:
    visitor: Visitor = request.state.visitor
    return visitor


@get(_CONSENTS, guards=[visitor_guard], operation_id="visitor_consents")
async def get_consents(request: _Request, desk: Desk) -> AskedConsents:
    visitor = _visitor(request)
    async with desk.db.tx(visitor.workspace_id) as tx:
        return await people.asked(tx, visitor.contact_id, language_of(request.headers, {}))


@put(_CONSENTS, guards=[visitor_guard], operation_id="visitor_consent")
async def put_consents(request: _Request, desk: Desk, data: Chosen) -> AskedConsents:
    """She consents to these versions; 409 where another one is asked by now. Twice changes nothing."""
    visitor = _visitor(request)
    _choices.spend(str(visitor.identity_id))
    async with desk.db.tx(visitor.workspace_id) as tx:
        return await people.choose(tx, visitor.contact_id, data, language_of(request.headers, {}))


@delete(
    f"{_CONSENTS}/{{text_id:uuid}}",
    guards=[visitor_guard],
    operation_id="visitor_withdraw_consent",
    status_code=200,
)
async def delete_consent(request: _Request, desk: Desk, text_id: UUID) -> AskedConsents:
    """She consents to it no more. Twice changes nothing."""
    visitor = _visitor(request)
    _choices.spend(str(visitor.identity_id))
    async with desk.db.tx(visitor.workspace_id) as tx:
        return await people.take_back(tx, visitor.contact_id, text_id, language_of(request.headers, {}))


routes: list[Any] = [get_consents, put_consents, delete_consent]
