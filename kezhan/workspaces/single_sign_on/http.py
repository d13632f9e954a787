"""Routes: the workspace's connection, and the way to its provider and back."""

from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Response, delete, get, post, put
from litestar.datastructures import Cookie, State
from litestar.handlers import HTTPRouteHandler
from litestar.params import Parameter, QueryParameter

from kezhan.kit.db import Tx
from kezhan.kit.errors import Refused
from kezhan.kit.http import public
from kezhan.kit.rates import Rates
from kezhan.workspaces.authenticate import Caller, needs, own_pages, peer_of
from kezhan.workspaces.permissions import Permission
from kezhan.workspaces.single_sign_on import come, connection
from kezhan.workspaces.single_sign_on import schemas as s
from kezhan.workspaces.welcome import Asked, cookie, site, visit_of

_OWNS = needs(Permission.WORKSPACE_OWN)
_BEGUN = "kz_sign_on"
_asked = Rates(per_minute=60, burst=60)
To = Annotated[str, Parameter(max_length=500)]
Short = Annotated[str, Parameter(max_length=4000)]


@get("/api/workspace/single-sign-on", guards=[_OWNS], operation_id="workspaces_get_single_sign_on")
async def get_connection(request: Asked, tx: Tx) -> s.ConnectionState:
    return await connection.view(tx, site(request).origin)


@put("/api/workspace/single-sign-on", guards=[_OWNS], operation_id="workspaces_edit_single_sign_on")
async def put_connection(
    request: Asked, state: State, caller: Caller, data: s.ConnectionEdit
) -> s.ConnectionState:
    return await connection.edit(state.db, state.providers, caller, data, site(request).origin)


@delete("/api/workspace/single-sign-on", guards=[_OWNS], operation_id="workspaces_remove_single_sign_on")
async def remove_connection(tx: Tx, caller: Caller) -> None:
    await connection.remove(tx, caller)


@post(
    "/api/single-sign-on/offers",
    guards=[own_pages("signing in")],
    operation_id="workspaces_offer_single_sign_on",
    status_code=200,
)
async def offers(request: Asked, state: State, data: s.OfferAsk) -> s.SignOnOffers:
    _asked.spend(peer_of(request))
    return await come.offers(state.db, data.email)


def _kept(state: State, value: str) -> Cookie:
    return Cookie(
        key=_BEGUN,
        value=value,
        max_age=600 if value else 0,
        path="/api/single-sign-on",
        httponly=True,
        secure=state.settings.secure,
        samesite="lax",
    )


def _sent(address: str, *cookies: Cookie) -> Response[Any]:
    headers = {"location": address, "cache-control": "no-store", "referrer-policy": "no-referrer"}
    return Response(None, status_code=302, headers=headers, cookies=list(cookies))


def _own_path(to: str) -> str:
    """A path of the desk, and never an address that leads elsewhere."""
    return to if to.startswith("/") and not to.startswith("//") and "\\" not in to else "/"


@get(
    "/api/single-sign-on/{workspace_id:uuid}",
    guards=[public("the way to the company's own sign-in")],
    operation_id="workspaces_begin_single_sign_on",
    include_in_schema=False,
)
async def begin(request: Asked, state: State, workspace_id: UUID, to: To = "/") -> Response[Any]:
    callback = site(request).origin + connection.CALLBACK
    try:
        _asked.spend(peer_of(request))
        sent = await come.start(
            state.db, state.keyring, state.providers, workspace_id, _own_path(to), callback
        )
    except Refused as refused:
        return _sent(f"/sign-in?{urlencode({'fault': refused.code})}")
    return _sent(sent.address, _kept(state, sent.kept))


@get(
    connection.CALLBACK,
    guards=[public("the way back from the company's own sign-in")],
    operation_id="workspaces_end_single_sign_on",
    include_in_schema=False,
)
async def end(
    request: Asked,
    state: State,
    code: Short = "",
    answered: Annotated[str, QueryParameter(name="state", max_length=200)] = "",
) -> Response[Any]:
    """Whoever comes back is in, or is told at the door why she is not."""
    try:
        begun = come.begun_of(state.keyring, request.cookies.get(_BEGUN, ""), answered)
        if not code:
            raise Refused("workspaces.not_vouched", 401)
        callback = site(request).origin + connection.CALLBACK
        opened = await come.finish(state.db, state.providers, begun, code, callback, visit_of(request))
    except Refused as refused:
        return _sent(f"/sign-in?{urlencode({'fault': refused.code})}", _kept(state, ""))
    return _sent(_own_path(begun.to), cookie(state, opened.secret), _kept(state, ""))


routes: list[HTTPRouteHandler] = [
    get_connection,
    put_connection,
    remove_connection,
    offers,
    begin,
    end,
]
