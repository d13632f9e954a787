"""Who comes with a directory's token."""

from typing import Any

from litestar.connection import ASGIConnection

from kezhan.kit.crypto import token_digest
from kezhan.kit.db import Database
from kezhan.kit.errors import Refused
from kezhan.kit.http import Guard, language_of
from kezhan.kit.rates import Rates
from kezhan.workspaces.authenticate import Caller, peer_of
from kezhan.workspaces.permissions import Permission
from kezhan.workspaces.provisioning import store

_calls = Rates(per_minute=1500, burst=300)
"""Of one token: Entra ID alone asks for 25 a second."""
_wrong = Rates(per_minute=30, burst=30)
"""Of one address that comes with no good token."""


async def admit(connection: ASGIConnection[Any, Any, Any, Any]) -> None:
    """Raises Refused 401 without a good token, 429 for too many calls."""
    peer = peer_of(connection)
    scheme, _, secret = connection.headers.get("authorization", "").partition(" ")
    db: Database = connection.app.state.db
    found = None
    if scheme.lower() == "bearer":
        async with db.system_tx() as tx:
            found = await store.token_by_digest(tx, token_digest(secret.strip()))
            if found is not None and found.stale:
                await store.touch_token(tx, found.workspace_id, found.id)
    if found is None:
        _wrong.spend(peer)
        raise Refused("workspaces.bad_token", 401)
    _calls.spend(str(found.id))
    connection.scope["state"]["caller"] = Caller(
        kind="token",
        id=found.id,
        # It is no member's, and goes on when whoever made it has left.
        membership_id=found.id,
        workspace_id=found.workspace_id,
        user_id=None,
        session_id=None,
        name=found.name,
        role=None,
        permissions=frozenset(Permission),
        team_ids=frozenset(),
        peer=peer,
        language=language_of(connection.headers, {}),
    )


PROVISIONING = Guard("provisioning token", admit)
