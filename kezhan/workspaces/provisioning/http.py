"""Routes: how a directory keeps the people here, and its tokens."""

from uuid import UUID

from litestar import delete, get, post, put
from litestar.handlers import HTTPRouteHandler

from kezhan.kit.db import Tx
from kezhan.workspaces.authenticate import Caller, needs
from kezhan.workspaces.permissions import Permission
from kezhan.workspaces.provisioning import schemas as s
from kezhan.workspaces.provisioning import settings
from kezhan.workspaces.provisioning.scim_http import routes as scim_routes
from kezhan.workspaces.welcome import Asked, site

_OWNS = needs(Permission.WORKSPACE_OWN)
_PATH = "/api/workspace/provisioning"


@get(_PATH, guards=[_OWNS], operation_id="workspaces_get_provisioning")
async def get_provisioning(request: Asked, tx: Tx) -> s.ProvisioningView:
    return await settings.view(tx, site(request).origin)


@put(_PATH, guards=[_OWNS], operation_id="workspaces_edit_provisioning")
async def edit_provisioning(
    request: Asked, tx: Tx, caller: Caller, data: s.ProvisioningEdit
) -> s.ProvisioningView:
    return await settings.edit(tx, caller, data, site(request).origin)


@post(f"{_PATH}/tokens", guards=[_OWNS], operation_id="workspaces_make_provisioning_token")
async def make_token(
    request: Asked, tx: Tx, caller: Caller, data: s.ProvisioningTokenMake
) -> s.ProvisioningTokenMade:
    return await settings.make_token(tx, caller, data, site(request).origin)


@delete(
    f"{_PATH}/tokens/{{provisioning_token_id:uuid}}",
    guards=[_OWNS],
    operation_id="workspaces_revoke_provisioning_token",
)
async def revoke_token(tx: Tx, caller: Caller, provisioning_token_id: UUID) -> None:
    await settings.revoke_token(tx, caller, provisioning_token_id)


routes: list[HTTPRouteHandler] = [
    get_provisioning,
    edit_provisioning,
    make_token,
    revoke_token,
    *scim_routes,
]
