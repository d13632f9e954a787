"""Routes: the agents' upload, the signed addresses, and the logo."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post, put
from litestar.datastructures import State
from litestar.response import Stream

from kezhan.files import address
from kezhan.files.logo import read_logo, set_logo
from kezhan.files.receive import receive
from kezhan.files.schemas import FileLinked
from kezhan.files.serve import serve
from kezhan.files.service import holder_of, owner_of
from kezhan.files.upload import UploadOperation, first_file
from kezhan.kit.clock import now
from kezhan.kit.db import Tx
from kezhan.kit.http import public
from kezhan.workspaces.authenticate import Caller, needs
from kezhan.workspaces.permissions import Permission
from kezhan.workspaces.profile import view_workspace
from kezhan.workspaces.schemas import LOGO_PATH, LogoEdit, WorkspaceView

# Another logo has another address.
_LOGO_HEADERS = {
    "cache-control": "public, max-age=31536000, immutable",
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; sandbox",
}


@post(
    "/api/files",
    guards=[needs(Permission.FILE_UPLOAD)],
    operation_id="files_upload",
    operation_class=UploadOperation,
    request_max_body_size=None,  # the room counts by itself and refuses in its own words
)
async def upload(request: Request[Any, Any, Any], caller: Caller) -> FileLinked:
    state = request.app.state
    incoming = await first_file(request.headers, request.stream())
    file = await receive(
        state.db, state.store, caller.workspace_id, owner=owner_of(caller), incoming=incoming
    )
    return address.link(state.keyring, caller.workspace_id, file, holder_of(caller), now())


@get(
    "/f/{file_id:uuid}",
    guards=[public("the address is the credential: signed, short-lived, bound to a living session")],
    operation_id="files_read",
)
async def read(
    request: Request[Any, Any, Any],
    file_id: UUID,
    *,
    w: str = "",
    h: str = "",
    e: str = "",
    s: str = "",
    t: str = "",
) -> Response[Any]:
    state = request.app.state
    checked = address.read(state.keyring, file_id, {"w": w, "h": h, "e": e, "s": s}, now())
    served = await serve(
        state.db, state.store, state.visitor_lives, checked, thumbnail=t == "1", headers=request.headers
    )
    if served.body is None:
        return Response(b"", status_code=served.status, headers=served.headers)
    return Stream(served.body, status_code=served.status, headers=served.headers)


@put(
    "/api/workspace/logo",
    guards=[needs(Permission.WORKSPACE_MANAGE)],
    operation_id="files_set_logo",
)
async def put_logo(tx: Tx, caller: Caller, data: LogoEdit) -> WorkspaceView:
    await set_logo(tx, caller, data.file_id)
    return await view_workspace(tx)


@get(
    LOGO_PATH + "/{workspace_id:uuid}/{file_id:uuid}",
    guards=[public("a workspace's logo is shown to its customers")],
    operation_id="files_read_logo",
    media_type="image/webp",
)
async def get_logo(state: State, workspace_id: UUID, file_id: UUID) -> Response[bytes]:
    picture = await read_logo(state.db, state.store, workspace_id, file_id)
    return Response(picture, headers=_LOGO_HEADERS)


routes = [upload, read, put_logo, get_logo]
