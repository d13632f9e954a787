"""Routes: administration of channels, their logs, and the hooks platforms call."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, delete, get, patch, post, put, route
from litestar.datastructures import State
from litestar.enums import HttpMethod
from litestar.params import Parameter
from litestar.response import Stream

from kezhan.channels import accounts, health, life, logs, replies
from kezhan.channels import schemas as s
from kezhan.channels.checks import run as checks
from kezhan.channels.checks.schemas import CheckList, CheckView
from kezhan.channels.customers import switch
from kezhan.channels.customers.reach import reach_of
from kezhan.channels.hook import called
from kezhan.channels.kinds import list_kinds
from kezhan.channels.links import check_link, served
from kezhan.channels.live import Channels
from kezhan.channels.quick import offer
from kezhan.conversations.life.schemas import LifeRules
from kezhan.conversations.schemas import MAX_TYPING, Ack
from kezhan.kit.clock import now
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound
from kezhan.kit.http import language_of, public
from kezhan.kit.paging import Page
from kezhan.quick.schemas import MAX_QUERY, QuickOffers, QuickTake, QuickTaken
from kezhan.workspaces.authenticate import Caller, needs, peer_of
from kezhan.workspaces.permissions import Permission

_READ = needs(Permission.CHANNEL_READ)
_SEES = needs(Permission.CONVERSATION_READ)
_REPLY = needs(Permission.CONVERSATION_REPLY)
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


@get("/api/channels/{account_id:uuid}/switch", guards=[_READ], operation_id="channels_get_switch")
async def get_switch(tx: Tx, caller: Caller, account_id: UUID) -> s.SwitchView:
    return await switch.get_switch(tx, account_id)


@put("/api/channels/{account_id:uuid}/switch", guards=[_MANAGE], operation_id="channels_put_switch")
async def put_switch(tx: Tx, caller: Caller, account_id: UUID, data: s.SwitchForm) -> s.SwitchView:
    return await switch.put_switch(tx, caller, account_id, data)


@put("/api/channels/{account_id:uuid}/switch/return", guards=[_MANAGE], operation_id="channels_turn_back")
async def put_return(tx: Tx, caller: Caller, account_id: UUID) -> s.SwitchView:
    return await switch.turn_back(tx, caller, account_id)


@post("/api/channels/{account_id:uuid}/secret", guards=[_MANAGE], operation_id="channels_rotate_secret")
async def post_secret(tx: Tx, caller: Caller, state: State, account_id: UUID) -> s.ChannelMade:
    return await accounts.rotate_secret(tx, state.keyring, caller, account_id)


_REPLIES = "/api/channels/{account_id:uuid}/auto-replies"


@get(_REPLIES, guards=[_READ], operation_id="channels_auto_replies")
async def get_auto_replies(tx: Tx, caller: Caller, account_id: UUID) -> s.AutoReplies:
    return await replies.get_replies(tx, account_id)


@put(_REPLIES, guards=[_MANAGE], operation_id="channels_put_auto_replies")
async def put_auto_replies(
    tx: Tx, caller: Caller, state: State, account_id: UUID, data: s.AutoReplies
) -> s.AutoReplies:
    return await replies.put_replies(tx, state.keyring, caller, account_id, data)


_LIFE = "/api/channels/{account_id:uuid}/life"


@get(_LIFE, guards=[_READ], operation_id="channels_life")
async def get_life(tx: Tx, caller: Caller, account_id: UUID) -> LifeRules:
    return await life.get_life(tx, account_id)


@put(_LIFE, guards=[_MANAGE], operation_id="channels_put_life")
async def put_life(tx: Tx, caller: Caller, state: State, account_id: UUID, data: LifeRules) -> LifeRules:
    return await life.put_life(tx, state.keyring, caller, account_id, data)


@get("/api/channels/{account_id:uuid}/inbox", guards=[_MANAGE], operation_id="channels_inbox")
async def get_inbox(
    tx: Tx,
    caller: Caller,
    account_id: UUID,
    after: str | None = None,
    limit: Limit = 50,
    unsettled: bool = False,
) -> Page[s.InboxView]:
    return await logs.list_inbox(tx, account_id, after, limit, unsettled=unsettled)


@post(
    "/api/channels/{account_id:uuid}/inbox/{event_id:uuid}/replay",
    guards=[_MANAGE],
    operation_id="channels_replay_inbox",
)
async def post_inbox_replay(state: State, caller: Caller, account_id: UUID, event_id: UUID) -> s.InboxView:
    return await logs.replay_inbox(state.channels, caller, account_id, event_id)


@put(
    "/api/channels/{account_id:uuid}/inbox/{event_id:uuid}/dismissal",
    guards=[_MANAGE],
    operation_id="channels_dismiss_inbox",
)
async def put_inbox_dismissal(tx: Tx, caller: Caller, account_id: UUID, event_id: UUID) -> s.InboxView:
    return await logs.dismiss_inbox(tx, caller, account_id, event_id)


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


_CHECKS = "/api/channels/{account_id:uuid}/checks"


@get(_CHECKS, guards=[_READ], operation_id="channels_checks")
async def get_checks(tx: Tx, caller: Caller, account_id: UUID) -> CheckList:
    """How the channel was tried from end to end."""
    return await checks.list_checks(tx, account_id)


@post(_CHECKS, guards=[_MANAGE], operation_id="channels_begin_check")
async def post_check(tx: Tx, caller: Caller, account_id: UUID) -> CheckView:
    return await checks.begin(tx, caller, account_id)


@post(
    "/api/channels/{account_id:uuid}/checks/{check_id:uuid}/look",
    guards=[_MANAGE],
    operation_id="channels_look_at_check",
    status_code=200,
)
async def post_look(state: State, caller: Caller, account_id: UUID, check_id: UUID) -> CheckView:
    """How far it has come; what is to be sent next is sent."""
    return await checks.look(state.channels, caller, account_id, check_id)


@put(
    "/api/channels/{account_id:uuid}/checks/{check_id:uuid}/end",
    guards=[_MANAGE],
    operation_id="channels_end_check",
)
async def put_check_end(tx: Tx, caller: Caller, account_id: UUID, check_id: UUID) -> CheckView:
    return await checks.end(tx, caller, account_id, check_id)


@get("/api/channels/health", guards=[_READ], operation_id="channels_health")
async def get_health(tx: Tx, caller: Caller) -> s.HealthList:
    return await health.list_health(tx)


@post("/api/channels/{account_id:uuid}/test", guards=[_MANAGE], operation_id="channels_test", status_code=200)
async def post_test(state: State, caller: Caller, account_id: UUID) -> s.ChannelTested:
    return await health.test_account(state.channels, caller, account_id)


@post(
    "/api/channels/{account_id:uuid}/deliveries/replay",
    guards=[_MANAGE],
    operation_id="channels_replay_failed",
    status_code=200,
)
async def post_replay_failed(tx: Tx, caller: Caller, account_id: UUID) -> s.Replayed:
    return await logs.replay_failed(tx, caller, account_id)


@post(
    "/api/conversations/{conversation_id:uuid}/messages/{seq:int}/delivery",
    guards=[_MANAGE],
    operation_id="channels_resend",
    status_code=200,
)
async def post_resend(tx: Tx, caller: Caller, conversation_id: UUID, seq: int) -> s.DeliveryView:
    return await logs.resend(tx, caller, conversation_id, seq)


@get("/api/conversations/{conversation_id:uuid}/reach", guards=[_SEES], operation_id="channels_reach")
async def get_reach(tx: Tx, caller: Caller, state: State, conversation_id: UUID) -> s.ReachView:
    return await reach_of(tx, state.keyring, caller, conversation_id)


@get(
    "/api/conversations/{conversation_id:uuid}/templates", guards=[_REPLY], operation_id="channels_templates"
)
async def get_templates(
    request: _Request, caller: Caller, state: State, conversation_id: UUID, *, fresh: bool = False
) -> s.TemplateList:
    """What the platform lets be said at any time. `fresh` asks it anew."""
    channels: Channels = state.channels
    language = language_of(request.headers, request.cookies)
    return await channels.templates.offered(caller, conversation_id, language, fresh=fresh)


@post(
    "/api/conversations/{conversation_id:uuid}/templates",
    guards=[_REPLY],
    operation_id="channels_send_template",
)
async def post_template(
    request: _Request, caller: Caller, state: State, conversation_id: UUID, data: s.TemplateSend
) -> Ack:
    """Say a template as a message; a repeat of the same client_id answers the same."""
    channels: Channels = state.channels
    language = language_of(request.headers, request.cookies)
    return await channels.templates.send(caller, conversation_id, data, language)


_QUICK = "/api/conversations/{conversation_id:uuid}/quick-replies"


@get(_QUICK, guards=[_REPLY], operation_id="channels_quick_replies")
async def get_quick_replies(
    tx: Tx,
    caller: Caller,
    conversation_id: UUID,
    q: Annotated[str, Parameter(max_length=MAX_QUERY)] = "",
) -> QuickOffers:
    """Quick replies by short code, title, pinyin or text, filled for this conversation."""
    return await offer.search(tx, caller, conversation_id, q)


@get(f"{_QUICK}/suggested", guards=[_REPLY], operation_id="channels_suggest_quick_replies")
async def get_suggested(
    tx: Tx,
    caller: Caller,
    conversation_id: UUID,
    text: Annotated[str, Parameter(max_length=MAX_TYPING)] = "",
) -> QuickOffers:
    """Those that fit what the customer is typing (`text`) or has said last."""
    return await offer.suggest(tx, caller, conversation_id, text)


@post(
    f"{_QUICK}/{{reply_id:uuid}}", guards=[_REPLY], operation_id="channels_take_quick_reply", status_code=200
)
async def post_quick_reply(
    tx: Tx, caller: Caller, state: State, conversation_id: UUID, reply_id: UUID, data: QuickTake
) -> QuickTaken:
    """One for the composer: its text filled, its files; it counts as used."""
    return await offer.take(tx, state.keyring, caller, conversation_id, reply_id, data)


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
        url=_as_called(request, channels.desk.settings.address),
        caller=peer_of(request),
    )
    return Response(answer.body, status_code=answer.status, media_type=answer.media_type)


def _as_called(request: _Request, address: str) -> str:
    """What the platform has called, byte for byte, at the address it knows us by."""
    query = request.scope["query_string"].decode("latin-1")
    return f"{address}{request.scope['path']}" + (f"?{query}" if query else "")


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
    get_switch,
    put_switch,
    put_return,
    post_secret,
    get_auto_replies,
    put_auto_replies,
    get_life,
    put_life,
    get_inbox,
    post_inbox_replay,
    put_inbox_dismissal,
    get_deliveries,
    post_delivery_replay,
    get_checks,
    post_check,
    post_look,
    put_check_end,
    get_health,
    post_test,
    post_replay_failed,
    post_resend,
    get_reach,
    get_templates,
    post_template,
    get_quick_replies,
    get_suggested,
    post_quick_reply,
    hook,
    get_file,
]
