"""Routes: the switch, and the cards of a conversation for either side."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, get, put
from litestar.params import Parameter

from kezhan.channels.visitor_http import visitor_guard
from kezhan.contacts.schemas import Visitor
from kezhan.conversations.desk import Desk
from kezhan.kit.db import Tx
from kezhan.unfurl import cards
from kezhan.unfurl.schemas import MAX_SEQS, LinkCards, LinkSettings
from kezhan.workspaces.authenticate import Caller, needs
from kezhan.workspaces.permissions import Permission

_SETTINGS = "/api/link-previews"
_MANAGE = needs(Permission.WORKSPACE_MANAGE)
_READ = needs(Permission.CONVERSATION_READ)
Seqs = Annotated[list[int], Parameter(min_items=1, max_items=MAX_SEQS)]
_MOST = 2**31 - 1


@get(_SETTINGS, guards=[_MANAGE], operation_id="links_settings")
async def get_settings(tx: Tx, caller: Caller) -> LinkSettings:
    return await cards.get_settings(tx)


@put(_SETTINGS, guards=[_MANAGE], operation_id="links_put_settings")
async def put_settings(tx: Tx, caller: Caller, data: LinkSettings) -> LinkSettings:
    return await cards.put_settings(tx, caller, data)


@get("/api/conversations/{conversation_id:uuid}/link-cards", guards=[_READ], operation_id="links_list")
async def get_cards(tx: Tx, caller: Caller, conversation_id: UUID, seq: Seqs) -> LinkCards:
    """The cards of the links in these messages."""
    return await cards.for_agent(tx, caller, conversation_id, _known(seq))


@get(
    "/w/v1/conversations/{conversation_id:uuid}/link-cards",
    guards=[visitor_guard],
    operation_id="visitor_links",
)
async def get_hers(
    request: Request[Any, Any, Any], desk: Desk, conversation_id: UUID, seq: Seqs
) -> LinkCards:
    """The same of the customer's own conversation."""
    visitor: Visitor = request.state.visitor
    async with desk.db.tx(visitor.workspace_id) as tx:
        return await cards.for_visitor(tx, visitor.identity_id, conversation_id, _known(seq))


def _known(seqs: list[int]) -> list[int]:
    return [seq for seq in seqs if 0 < seq <= _MOST]


routes: list[Any] = [get_settings, put_settings, get_cards, get_hers]
