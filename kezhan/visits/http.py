"""The visitor card."""

from uuid import UUID

from litestar import get

from kezhan.kit.db import Tx
from kezhan.visits import service
from kezhan.visits.schemas import VisitorCard
from kezhan.workspaces.authenticate import needs
from kezhan.workspaces.permissions import Permission

_CARD = "/api/contacts/{contact_id:uuid}/card"


@get(_CARD, guards=[needs(Permission.CONTACT_READ)], operation_id="visits_card")
async def card(tx: Tx, contact_id: UUID) -> VisitorCard:
    """Where a customer comes from and where she has been."""
    return await service.card(tx, contact_id)


routes = [card]
