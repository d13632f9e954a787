"""Routes: endpoints of a workspace, and the log of each."""

from typing import Any
from uuid import UUID

from litestar import delete, get, patch, post
from litestar.datastructures import State

from kezhan.integrations import endpoints, log
from kezhan.integrations import schemas as s
from kezhan.integrations.send import Webhooks
from kezhan.kit.db import Tx
from kezhan.kit.paging import Page
from kezhan.kit.rates import Rates
from kezhan.workspaces.authenticate import Caller, needs
from kezhan.workspaces.permissions import Permission

_MANAGE = needs(Permission.WEBHOOK_MANAGE)
_ROOT = "/api/webhooks"
_ONE = f"{_ROOT}/{{endpoint_id:uuid}}"
_DELIVERIES = f"{_ONE}/deliveries"
_tests = Rates(per_minute=20, burst=10)


@get(_ROOT, guards=[_MANAGE], operation_id="integrations_list_endpoints")
async def list_endpoints(tx: Tx, caller: Caller) -> s.EndpointList:
    return await endpoints.list_endpoints(tx, caller)


@post(_ROOT, guards=[_MANAGE], operation_id="integrations_make_endpoint")
async def make_endpoint(tx: Tx, state: State, caller: Caller, data: s.EndpointMake) -> s.EndpointMade:
    """The secret that signs is shown this once."""
    return await endpoints.make(tx, state.keyring, state.settings, caller, data)


@get(_ONE, guards=[_MANAGE], operation_id="integrations_get_endpoint")
async def get_endpoint(tx: Tx, endpoint_id: UUID) -> s.EndpointView:
    return await endpoints.get(tx, endpoint_id)


@patch(_ONE, guards=[_MANAGE], operation_id="integrations_edit_endpoint")
async def edit_endpoint(
    tx: Tx, state: State, caller: Caller, endpoint_id: UUID, data: s.EndpointEdit
) -> s.EndpointView:
    return await endpoints.edit(tx, state.settings, caller, endpoint_id, data)


@delete(_ONE, guards=[_MANAGE], operation_id="integrations_remove_endpoint")
async def remove_endpoint(tx: Tx, caller: Caller, endpoint_id: UUID) -> None:
    await endpoints.remove(tx, caller, endpoint_id)


@post(f"{_ONE}/secret", guards=[_MANAGE], operation_id="integrations_rotate_secret")
async def rotate_secret(tx: Tx, state: State, caller: Caller, endpoint_id: UUID) -> s.EndpointMade:
    """Another secret, shown this once; the one before it signs too for a day."""
    return await endpoints.rotate(tx, state.keyring, caller, endpoint_id)


@post(f"{_ONE}/test", guards=[_MANAGE], operation_id="integrations_test_endpoint", status_code=200)
async def test_endpoint(state: State, caller: Caller, endpoint_id: UUID) -> s.HookDeliveryDetail:
    """Sends `webhook.test` once, now, and shows what was answered."""
    _tests.spend(str(caller.workspace_id))
    webhooks: Webhooks = state.webhooks
    return await webhooks.test(caller, endpoint_id)


@get(_DELIVERIES, guards=[_MANAGE], operation_id="integrations_list_deliveries")
async def list_deliveries(
    tx: Tx,
    endpoint_id: UUID,
    of: s.HookDeliveryState | None = None,
    after: str | None = None,
    limit: int = 50,
) -> Page[s.HookDeliveryView]:
    """Of the last 30 days, newest first; `of`: in this state."""
    return await log.page(tx, endpoint_id, state=of, after=after, limit=limit)


@get(f"{_DELIVERIES}/{{delivery_id:uuid}}", guards=[_MANAGE], operation_id="integrations_get_delivery")
async def get_delivery(tx: Tx, caller: Caller, endpoint_id: UUID, delivery_id: UUID) -> s.HookDeliveryDetail:
    return await log.detail(tx, caller, endpoint_id, delivery_id)


@post(
    f"{_DELIVERIES}/{{delivery_id:uuid}}/replay",
    guards=[_MANAGE],
    operation_id="integrations_replay_delivery",
    status_code=200,
)
async def replay_delivery(tx: Tx, caller: Caller, endpoint_id: UUID, delivery_id: UUID) -> s.HookDeliveryView:
    """Sends it once more, under the same event id."""
    return await log.replay(tx, caller, endpoint_id, delivery_id)


@post(f"{_ONE}/replay", guards=[_MANAGE], operation_id="integrations_replay_span", status_code=200)
async def replay_span(tx: Tx, caller: Caller, endpoint_id: UUID, data: s.ReplaySpan) -> s.HookReplayed:
    """Sends all once more that has died of what happened in a span of time, 5,000 at a time."""
    return await log.replay_span(tx, caller, endpoint_id, data)


routes: list[Any] = [
    list_endpoints,
    make_endpoint,
    get_endpoint,
    edit_endpoint,
    remove_endpoint,
    rotate_secret,
    test_endpoint,
    list_deliveries,
    get_delivery,
    replay_delivery,
    replay_span,
]
