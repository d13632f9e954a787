"""Routes: administration of channels, their logs, and the hooks platforms call."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, delete, get, patch, post, route
from litestar.datastructures import State
from litestar.enums import HttpMethod
from litestar.params import Parameter
from litestar.response import Stream

from kezhan.channels import accounts, logs
from kezhan.channels import schemas as s
from kezhan.channels.hook import called
from kezhan.channels.kinds import list_kinds
from kezhan.channels.links import check_link, served
from kezhan.channels.live import Channels
from kezhan.kit.clock import now
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound
from kezhan.kit.http import language_of, public
from kezhan.kit.paging import Page
from kezhan.workspaces.authenticate import Caller, needs
from kezhan.workspaces.permissions import Permission

_READ = needs(Permission.CHANNEL_READ)
_MANAGE = needs(Permission.CHANNEL_MANAGE)
_Request = Request[Any, Any, Any]
Limit = Annotated[int, Parameter(ge=1, le=100)]


@get("/api/channel-kinds", guards=[_READ], operation_id="channels_kinds")
async def get_kinds(request: _Request, caller: Caller) -> s.ChannelKinds:
    return list_kinds(language_of(request.headers, request.cookies))


@get("/api/channels", guards=[_READ], operation_id="channels_list")
async def get_channels(tx: Tx, caller: Caller) -> s.ChannelList:
    return s.ChannelList(await accounts.list_accounts(tx))


@post("/api/channels", guards=[_MANAGE], operation_id="channels_create")
async def post_channel(tx: Tx, caller: Caller, state: State, data: s.ChannelMake) -> s.ChannelMade:
    return await accounts.create_account(tx, state.keyring, caller, data)


@get("/api/channels/{account_id:uuid}", guards=[_READ], operation_id="channels_get")
async def get_channel(tx: Tx, caller: Caller, account_id: UUID) -> s.ChannelView:
    return await accounts.get_account(tx, account_id)


@patch("/api/channels/{account_id:uuid}", guards=[_MANAGE], operation_id="channels_edit")
async def patch_channel(
    tx: Tx, caller: Caller, state: State, account_id: UUID, data: s.ChannelEdit
) -> s.ChannelView:
    return await accounts.change_account(tx, state.keyring, caller, account_id, data)


@delete("/api/channels/{account_id:uuid}", guards=[_MANAGE], operation_id="channels_archive")
async def delete_channel(tx: Tx, caller: Caller, account_id: UUID) -> None:
    await accounts.archive_account(tx, caller, account_id)


@post("/api/channels/{account_id:uuid}/secret", guards=[_MANAGE], operation_id="channels_rotate_secret")
async def post_secret(tx: Tx, caller: Caller, state: State, account_id: UUID) -> s.ChannelMade:
    return await accounts.rotate_secret(tx, state.keyring, caller, account_id)


@get("/api/channels/{account_id:uuid}/inbox", guards=[_MANAGE], operation_id="channels_inbox")
async def get_inbox(
    tx: Tx, caller: Caller, account_id: UUID, after: str | None = None, limit: Limit = 50
) -> Page[s.InboxView]:
    return await logs.list_inbox(tx, account_id, after, limit)


@post(
    "/api/channels/{account_id:uuid}/inbox/{event_id:uuid}/replay",
    guards=[_MANAGE],
    operation_id="channels_replay_inbox",
)
async def post_inbox_replay(state: State, caller: Caller, account_id: UUID, event_id: UUID) -> s.InboxView:
    return await logs.replay_inbox(state.channels, caller, account_id, event_id)


@get("/api/channels/{account_id:uuid}/deliveries", guards=[_MANAGE], operation_id="channels_deliveries")
async def get_deliveries(
    tx: Tx, caller: Caller, account_id: UUID, after: str | None = None, limit: Limit = 50
) -> Page[s.DeliveryView]:
    return await logs.list_deliveries(tx, account_id, after, limit)


@post(
    "/api/channels/{account_id:uuid}/deliveries/{delivery_id:uuid}/replay",
    guards=[_MANAGE],
    operation_id="channels_replay_delivery",
)
async def post_delivery_replay(tx: Tx, caller: Caller, account_id: UUID, delivery_id: UUID) -> s.DeliveryView:
    return await logs.replay_delivery(tx, caller, account_id, delivery_id)


@route(
    "/hooks/{public_key:str}",
    http_method=[HttpMethod.GET, HttpMethod.POST],
    guards=[public("the channel's adapter checks the platform's signature")],
    operation_id="channels_hook",
    request_max_body_size=None,  # each channel has its own bound
    include_in_schema=False,
)
async def hook(request: _Request, state: State, public_key: str) -> Response[bytes]:
    channels: Channels = state.channels
    answer = await called(
        channels.desk,
        channels.taker,
        public_key,
        method=request.method,
        headers=request.headers,
        query=request.query_params,
        stream=request.stream(),
    )
    return Response(answer.body, status_code=answer.status, media_type=answer.media_type)


@get(
    "/hooks/{public_key:str}/files/{file_id:uuid}",
    guards=[public("the address is the credential: signed for one channel and an hour")],
    operation_id="channels_file",
    include_in_schema=False,
)
async def get_file(
    request: _Request, state: State, public_key: str, file_id: UUID, *, e: str = "", s: str = ""
) -> Response[Any]:
    account = await accounts.account_by_key(state.db, state.keyring, public_key)
    if account is None:
        raise NotFound("channels.no_such_hook")
    check_link(state.keyring, account, file_id, {"e": e, "s": s}, now())
    file = await served(state.db, state.store, account, file_id, request.headers)
    if file.body is None:
        return Response(b"", status_code=file.status, headers=file.headers)
    return Stream(file.body, status_code=file.status, headers=file.headers)


routes: list[Any] = [
    get_kinds,
    get_channels,
    post_channel,
    get_channel,
    patch_channel,
    delete_channel,
    post_secret,
    get_inbox,
    post_inbox_replay,
    get_deliveries,
    post_delivery_replay,
    hook,
    get_file,
]
