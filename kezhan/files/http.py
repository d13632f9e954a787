"""Routes: the agents' upload and the signed addresses."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.response import Stream

from kezhan.files import address
from kezhan.files.receive import receive
from kezhan.files.schemas import FileLinked
from kezhan.files.serve import serve
from kezhan.files.service import holder_of, owner_of
from kezhan.files.upload import UploadOperation, first_file
from kezhan.kit.clock import now
from kezhan.kit.http import public
from kezhan.workspaces.authenticate import Caller, needs
from kezhan.workspaces.permissions import Permission


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


routes = [upload, read]
