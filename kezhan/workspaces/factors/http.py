"""Routes: the steps of signing in with a second factor, one's own factors, other people's."""

from typing import Any
from uuid import UUID

from litestar import Response, delete, get, post, put
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler

from kezhan.workspaces import sign_in
from kezhan.workspaces.authenticate import Caller, needs, own_pages, peer_of, signed_in
from kezhan.workspaces.factors import others, own, steps
from kezhan.workspaces.factors import schemas as s
from kezhan.workspaces.permissions import Permission
from kezhan.workspaces.profile import view_workspace
from kezhan.workspaces.schemas import Me
from kezhan.workspaces.welcome import Asked, cookie, site, visit_of, welcome

_HERS = signed_in(held=True)


@post("/api/session/second", guards=[own_pages("signing in")], operation_id="workspaces_sign_in_second")
async def second(request: Asked, state: State, data: s.StepForm) -> Response[Me]:
    opened = await sign_in.sign_in_second(state.db, data, visit_of(request), site(request))
    return await welcome(state, opened)


@post(
    "/api/session/passkey-options",
    guards=[own_pages("signing in")],
    operation_id="workspaces_begin_passkey_sign_in",
)
async def begin_passkey_sign_in(request: Asked, state: State) -> s.PasskeyStep:
    return await steps.begin_passkey(state.db, site(request), peer_of(request))


@post(
    "/api/session/passkey",
    guards=[own_pages("signing in")],
    operation_id="workspaces_sign_in_with_passkey",
)
async def sign_in_with_passkey(request: Asked, state: State, data: s.PasskeySignIn) -> Response[Me]:
    opened = await sign_in.sign_in_with_passkey(state.db, data, visit_of(request), site(request))
    return await welcome(state, opened)


@get("/api/me/factors", guards=[_HERS], operation_id="workspaces_get_factors")
async def get_factors(request: Asked, state: State, caller: Caller) -> s.FactorsView:
    return await own.view(state.db, caller, site(request))


@put("/api/me/proof", guards=[_HERS], operation_id="workspaces_prove", status_code=204)
async def prove(state: State, caller: Caller, data: s.Proof) -> Response[None]:
    secret = await own.prove(state.db, caller, data.password)
    return Response(None, status_code=204, cookies=[cookie(state, secret)])


@post("/api/me/totp", guards=[_HERS], operation_id="workspaces_offer_totp")
async def offer_totp(state: State, caller: Caller) -> s.TotpOffer:
    async with state.db.tx(caller.workspace_id) as tx:
        issuer = (await view_workspace(tx)).name
    return await own.offer_totp(state.db, caller, issuer)


def _given(state: State, made: tuple[s.RecoveryCodes, str]) -> Response[Any]:
    codes, secret = made
    return Response(codes, cookies=[cookie(state, secret)])


@put("/api/me/totp", guards=[_HERS], operation_id="workspaces_confirm_totp")
async def confirm_totp(state: State, caller: Caller, data: s.TotpCode) -> Response[s.RecoveryCodes]:
    return _given(state, await own.confirm_totp(state.db, caller, data.code))


@delete("/api/me/totp", guards=[_HERS], operation_id="workspaces_remove_totp")
async def remove_totp(state: State, caller: Caller) -> None:
    await own.remove_totp(state.db, caller)


@post("/api/me/passkey-options", guards=[_HERS], operation_id="workspaces_begin_passkey")
async def begin_passkey(request: Asked, state: State, caller: Caller) -> s.PasskeyStep:
    return await own.begin_passkey(state.db, caller, site(request))


@post("/api/me/passkeys", guards=[_HERS], operation_id="workspaces_add_passkey", status_code=200)
async def add_passkey(
    request: Asked, state: State, caller: Caller, data: s.PasskeyMake
) -> Response[s.RecoveryCodes]:
    return _given(state, await own.add_passkey(state.db, caller, data, site(request)))


@delete("/api/me/passkeys/{passkey_id:uuid}", guards=[_HERS], operation_id="workspaces_remove_passkey")
async def remove_passkey(state: State, caller: Caller, passkey_id: UUID) -> None:
    await own.remove_passkey(state.db, caller, passkey_id)


@post("/api/me/recovery-codes", guards=[_HERS], operation_id="workspaces_renew_codes")
async def renew_codes(state: State, caller: Caller) -> s.RecoveryCodes:
    return await own.renew_codes(state.db, caller)


@delete(
    "/api/members/{member_id:uuid}/factors",
    guards=[needs(Permission.MEMBER_MANAGE)],
    operation_id="workspaces_reset_factors",
)
async def reset_factors(state: State, caller: Caller, member_id: UUID) -> None:
    await others.reset(state.db, caller, member_id)


routes: list[HTTPRouteHandler] = [
    second,
    begin_passkey_sign_in,
    sign_in_with_passkey,
    get_factors,
    prove,
    offer_totp,
    confirm_totp,
    remove_totp,
    begin_passkey,
    add_passkey,
    remove_passkey,
    renew_codes,
    reset_factors,
]
