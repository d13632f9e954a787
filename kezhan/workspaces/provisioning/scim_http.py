"""SCIM 2.0 on the wire. What a directory sends is read tolerantly, what it gets is as the RFCs say."""

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, delete, get, patch, post, put
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.http import language_of, on_fault
from kezhan.kit.words import say
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.provisioning import groups, people, resources, said, told
from kezhan.workspaces.provisioning.admit import PROVISIONING
from kezhan.workspaces.provisioning.matching import Match, names
from kezhan.workspaces.provisioning.settings import PATH
from kezhan.workspaces.welcome import Asked, site

_MOST = 200
_BODY = 1024 * 1024
_Resource = dict[str, Any]
Filter = Annotated[str | None, QueryParameter(name="filter", max_length=2000)]
Start = Annotated[int, QueryParameter(name="startIndex", ge=-1_000_000, le=1_000_000)]
Count = Annotated[int, QueryParameter(name="count", ge=-1_000_000, le=1_000_000)]
Only = Annotated[str, QueryParameter(name="attributes", max_length=1000)]
Without = Annotated[str, QueryParameter(name="excludedAttributes", max_length=1000)]


def _answer(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response[bytes]:
    return Response(
        msgspec.json.encode(body), status_code=status, media_type=resources.MEDIA_TYPE, headers=headers
    )


def _refused(request: Request[Any, Any, Any], refused: Refused) -> Response[bytes]:
    retry = refused.params.get("retry_after")
    headers = {"retry-after": str(retry)} if retry else {}
    if refused.status == 401:
        headers["www-authenticate"] = "Bearer"
    detail = say(language_of(request.headers, {}), refused.code, **refused.params)
    return _answer(resources.refusal(refused, detail), refused.status, headers)


def _on_http(request: Request[Any, Any, Any], fault: HTTPException) -> Response[bytes]:
    known = {413: Refused("kit.too_large", 413)}
    return _refused(request, known.get(fault.status_code, Refused("workspaces.scim_bad_body", 400)))


def _on_fault(request: Request[Any, Any, Any], fault: Exception) -> Response[bytes]:
    status = on_fault(request, fault).status_code or 500
    return _refused(request, Refused("kit.bad_text" if status == 400 else "kit.fault", status))


_ROUTE: dict[str, Any] = {
    "guards": [PROVISIONING],
    "include_in_schema": False,
    "exception_handlers": {Refused: _refused, HTTPException: _on_http, Exception: _on_fault},
}


def _base(request: Asked) -> str:
    return site(request).origin + PATH


def _id(value: str) -> UUID:
    try:
        return UUID(value)
    except ValueError as fault:
        raise NotFound() from fault


async def _body(request: Asked) -> _Resource:
    """Raises Refused 413 for more than a megabyte, 400 for what is no object."""
    raw = await request.body()
    if len(raw) > _BODY:
        raise Refused("kit.too_large", 413)
    try:
        found: _Resource = msgspec.json.decode(raw, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError) as fault:
        raise Refused("workspaces.scim_bad_body", 400) from fault
    return found


def _attributes(listed: str) -> set[str]:
    """The first parts of their names, in lower case."""
    return {one.strip().rpartition(":")[2].partition(".")[0].lower() for one in listed.split(",")} - {""}


def _one(request: Asked, resource: _Resource, status: int = 200) -> Response[bytes]:
    meta, asked = resource["meta"], request.query_params
    headers = {"etag": meta["version"], "location": meta["location"]}
    if request.method == "GET" and names(request.headers.get("if-none-match", ""), resource):
        return Response(b"", status_code=304, headers=headers)
    only = _attributes(asked.get("attributes", "")), _attributes(asked.get("excludedAttributes", ""))
    return _answer(resources.trimmed(resource, *only), status, headers)


def _match(request: Asked) -> Match:
    return Match(request.headers.get("if-match", ""))


_Find = Callable[..., Any]


async def _listed(
    request: Asked, tx: Tx, find: _Find, wanted: str | None, start: int, count: int, only: str, without: str
) -> Response[bytes]:
    first, most = max(start, 1), min(max(count, 0), _MOST)
    total, found = await find(tx, wanted, start=first, count=most, base=_base(request))
    return _answer(resources.listed(total, first, found, _attributes(only), _attributes(without)))


# What there is


@get(f"{PATH}/ServiceProviderConfig", operation_id="provisioning_get_config", **_ROUTE)
async def get_config(request: Asked) -> Response[bytes]:
    return _answer(told.config(_base(request), _MOST))


@get(f"{PATH}/ResourceTypes", operation_id="provisioning_list_types", **_ROUTE)
async def list_types(request: Asked) -> Response[bytes]:
    found = told.resource_types(_base(request))
    return _answer(resources.listed(len(found), 1, found, (), ()))


@get(f"{PATH}/ResourceTypes/{{name:str}}", operation_id="provisioning_get_type", **_ROUTE)
async def get_type(request: Asked, name: str) -> Response[bytes]:
    return _answer(told.named(told.resource_types(_base(request)), name))


@get(f"{PATH}/Schemas", operation_id="provisioning_list_schemas", **_ROUTE)
async def list_schemas(request: Asked) -> Response[bytes]:
    found = told.schemas(_base(request))
    return _answer(resources.listed(len(found), 1, found, (), ()))


@get(f"{PATH}/Schemas/{{name:str}}", operation_id="provisioning_get_schema", **_ROUTE)
async def get_schema(request: Asked, name: str) -> Response[bytes]:
    return _answer(told.named(told.schemas(_base(request)), name))


# People


@get(f"{PATH}/Users", operation_id="provisioning_list_users", **_ROUTE)
async def list_users(
    request: Asked,
    tx: Tx,
    wanted: Filter = None,
    start: Start = 1,
    count: Count = 100,
    only: Only = "",
    without: Without = "",
) -> Response[bytes]:
    return await _listed(request, tx, people.find, wanted, start, count, only, without)


@post(f"{PATH}/Users", operation_id="provisioning_add_user", **_ROUTE)
async def add_user(request: Asked, state: State, caller: Caller) -> Response[bytes]:
    wanted = said.person(await _body(request))
    return _one(request, await people.create(state.db, caller, wanted, _base(request)), 201)


@get(f"{PATH}/Users/{{person:str}}", operation_id="provisioning_get_user", **_ROUTE)
async def get_user(request: Asked, tx: Tx, person: str) -> Response[bytes]:
    return _one(request, await people.get(tx, _id(person), _base(request)))


async def _change_user(
    request: Asked, state: State, caller: Caller, person: str, say_of: _Find
) -> Response[bytes]:
    asked = _id(person), say_of, _match(request), _base(request)
    return _one(request, await people.change(state.db, caller, *asked))


@put(f"{PATH}/Users/{{person:str}}", operation_id="provisioning_put_user", **_ROUTE)
async def put_user(request: Asked, state: State, caller: Caller, person: str) -> Response[bytes]:
    body = await _body(request)
    return await _change_user(request, state, caller, person, lambda before: said.person(body, before))


@patch(f"{PATH}/Users/{{person:str}}", operation_id="provisioning_edit_user", **_ROUTE)
async def edit_user(request: Asked, state: State, caller: Caller, person: str) -> Response[bytes]:
    body = await _body(request)
    return await _change_user(
        request, state, caller, person, lambda before: said.changed_person(before, body)
    )


@delete(f"{PATH}/Users/{{person:str}}", operation_id="provisioning_remove_user", **_ROUTE)
async def remove_user(request: Asked, tx: Tx, caller: Caller, person: str) -> None:
    await people.part(tx, caller, _id(person), _match(request), _base(request))


# Groups


@get(f"{PATH}/Groups", operation_id="provisioning_list_groups", **_ROUTE)
async def list_groups(
    request: Asked,
    tx: Tx,
    wanted: Filter = None,
    start: Start = 1,
    count: Count = 100,
    only: Only = "",
    without: Without = "",
) -> Response[bytes]:
    return await _listed(request, tx, groups.find, wanted, start, count, only, without)


@post(f"{PATH}/Groups", operation_id="provisioning_add_group", **_ROUTE)
async def add_group(request: Asked, tx: Tx, caller: Caller) -> Response[bytes]:
    wanted = said.group(await _body(request))
    return _one(request, await groups.create(tx, caller, wanted, _base(request)), 201)


@get(f"{PATH}/Groups/{{group:str}}", operation_id="provisioning_get_group", **_ROUTE)
async def get_group(request: Asked, tx: Tx, group: str) -> Response[bytes]:
    return _one(request, await groups.get(tx, _id(group), _base(request)))


async def _change_group(request: Asked, tx: Tx, caller: Caller, group: str, say_of: _Find) -> Response[bytes]:
    asked = _id(group), say_of, _match(request), _base(request)
    return _one(request, await groups.change(tx, caller, *asked))


@put(f"{PATH}/Groups/{{group:str}}", operation_id="provisioning_put_group", **_ROUTE)
async def put_group(request: Asked, tx: Tx, caller: Caller, group: str) -> Response[bytes]:
    body = await _body(request)
    return await _change_group(request, tx, caller, group, lambda before: said.group(body, before))


@patch(f"{PATH}/Groups/{{group:str}}", operation_id="provisioning_edit_group", **_ROUTE)
async def edit_group(request: Asked, tx: Tx, caller: Caller, group: str) -> Response[bytes]:
    body = await _body(request)
    return await _change_group(request, tx, caller, group, lambda before: said.changed_group(before, body))


@delete(f"{PATH}/Groups/{{group:str}}", operation_id="provisioning_remove_group", **_ROUTE)
async def remove_group(request: Asked, tx: Tx, caller: Caller, group: str) -> None:
    await groups.remove(tx, caller, _id(group), _match(request), _base(request))


routes: list[HTTPRouteHandler] = [
    get_config,
    list_types,
    get_type,
    list_schemas,
    get_schema,
    list_users,
    add_user,
    get_user,
    put_user,
    edit_user,
    remove_user,
    list_groups,
    add_group,
    get_group,
    put_group,
    edit_group,
    remove_group,
]
