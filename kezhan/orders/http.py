"""Routes: a customer's orders, and where they are asked for."""

from typing import Any
from uuid import UUID

from litestar import delete, get, post, put
from litestar.datastructures import State

from kezhan.kit.db import Tx
from kezhan.kit.rates import Rates
from kezhan.orders import source
from kezhan.orders.ask import Orders
from kezhan.orders.schemas import OrdersView, SourceHolder, SourceIn
from kezhan.workspaces.authenticate import Caller, needs
from kezhan.workspaces.permissions import Permission

_READ = needs(Permission.CONTACT_READ)
_MANAGE = needs(Permission.WORKSPACE_MANAGE)
_SOURCE = "/api/order-source"
_asked = Rates(per_minute=60, burst=30)


@get("/api/contacts/{contact_id:uuid}/orders", guards=[_READ], operation_id="orders_of_contact")
async def get_orders(state: State, caller: Caller, contact_id: UUID, again: bool = False) -> OrdersView:
    """As the company's service answers now, or has within half a minute; `again` asks it anew."""
    _asked.spend(str(caller.id))
    orders: Orders = state.orders
    return await orders.of(caller.workspace_id, contact_id, again=again)


@get(_SOURCE, guards=[_MANAGE], operation_id="orders_get_source")
async def get_source(tx: Tx, caller: Caller) -> SourceHolder:
    return await source.get_source(tx)


@put(_SOURCE, guards=[_MANAGE], operation_id="orders_put_source")
async def put_source(state: State, tx: Tx, caller: Caller, data: SourceIn) -> SourceHolder:
    orders: Orders = state.orders
    return await source.put_source(tx, orders.keyring, caller, data, plain=orders.plain)


@delete(_SOURCE, guards=[_MANAGE], operation_id="orders_drop_source")
async def delete_source(tx: Tx, caller: Caller) -> None:
    await source.drop_source(tx, caller)


@post(_SOURCE + "/trial", guards=[_MANAGE], operation_id="orders_try_source", status_code=200)
async def post_trial(state: State, caller: Caller) -> OrdersView:
    """Asks the service about a made-up customer."""
    _asked.spend(str(caller.id))
    orders: Orders = state.orders
    return await orders.trial(caller.workspace_id)


routes: list[Any] = [get_orders, get_source, put_source, delete_source, post_trial]
