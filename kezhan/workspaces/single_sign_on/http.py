"""Routes: the workspace's connection, and the way to its provider and back."""

import re
from typing import Annotated, Any
from urllib.parse import parse_qs, urlencode
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
# Signs that are seen, of ASCII, and no backslash.
_PATH = re.compile(r"/(?!/)[!-\[\]-~]*")
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


def _at_the_door(refused: Refused, *cookies: Cookie) -> Response[Any]:
    return _sent(f"/sign-in?{urlencode({'fault': refused.code})}", *cookies)


def _own_path(to: str) -> str:
    """A path of the desk, and never an address that leads elsewhere: browsers pass over tabs and line ends,
    and a header takes neither."""
    return to if _PATH.fullmatch(to) else "/"


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
        return _at_the_door(refused)
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
        return _at_the_door(refused, _kept(state, ""))
    return _sent(_own_path(begun.to), cookie(state, opened.secret), _kept(state, ""))


_ANSWERS = "/api/single-sign-on/{workspace_id:uuid}/saml"
_MOST = 1024 * 1024


@get(
    f"{_ANSWERS}/metadata",
    guards=[public("what a SAML provider reads to know us")],
    operation_id="workspaces_get_saml_metadata",
    include_in_schema=False,
)
async def get_metadata(request: Asked, state: State, workspace_id: UUID) -> Response[str]:
    _asked.spend(peer_of(request))
    text = await connection.metadata_of(state.db, workspace_id, site(request).origin)
    return Response(text, media_type="application/samlmetadata+xml")


@post(
    _ANSWERS,
    guards=[public("a SAML provider answers through the browser; its signature is the credential")],
    operation_id="workspaces_hear_saml",
    include_in_schema=False,
)
async def hear(request: Asked, state: State, workspace_id: UUID) -> Response[Any]:
    """Another site has posted it, so the browser comes once more, with its cookie."""
    try:
        _asked.spend(peer_of(request))
        body = await request.body()
        if len(body) > _MOST:
            raise Refused("workspaces.not_vouched", 401)
        said = {name: values[0] for name, values in parse_qs(body.decode(), max_num_fields=10).items()}
        response, answered = said.get("SAMLResponse", ""), said.get("RelayState", "")[:200]
        ticket = await come.hear(state.db, state.keyring, workspace_id, response, visit_of(request))
    except (Refused, ValueError) as fault:
        refused = fault if isinstance(fault, Refused) else Refused("workspaces.not_vouched", 401)
        return _at_the_door(refused)
    back = urlencode({"ticket": ticket, "state": answered})
    return _sent(f"/api/single-sign-on/saml?{back}")


@get(
    "/api/single-sign-on/saml",
    guards=[public("the way back from the company's own sign-in")],
    operation_id="workspaces_end_saml",
    include_in_schema=False,
)
async def end_saml(
    request: Asked,
    state: State,
    ticket: Annotated[str, Parameter(max_length=12_000)] = "",
    answered: Annotated[str, QueryParameter(name="state", max_length=200)] = "",
) -> Response[Any]:
    try:
        begun = come.begun_of(state.keyring, request.cookies.get(_BEGUN, ""), answered)
        opened = await come.finish_heard(state.db, state.keyring, begun, ticket, visit_of(request))
    except Refused as refused:
        return _at_the_door(refused, _kept(state, ""))
    return _sent(_own_path(begun.to), cookie(state, opened.secret), _kept(state, ""))


routes: list[HTTPRouteHandler] = [
    get_connection,
    put_connection,
    remove_connection,
    offers,
    begin,
    end,
    get_metadata,
    hear,
    end_saml,
]
