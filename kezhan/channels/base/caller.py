"""Who calls, where the platform signs nothing: its calls are known by a key that only it was given, in the
query of the hook's address, and by where they come from."""

import hmac
from collections.abc import Sequence

from kezhan.channels.base.incoming import Forged, Request
from kezhan.kit.http import within

CALLER_KEY = "key"


def check_caller(request: Request, key: str, allowed: Sequence[str]) -> None:
    """`allowed`: addresses and networks; none: any. Raises Forged."""
    given = request.query.get(CALLER_KEY, "")
    if not key:
        raise Forged("no callback key is set")
    if not hmac.compare_digest(key.encode(), given.encode("utf-8", "replace")):
        raise Forged("wrong key")
    if allowed and not within(request.peer, tuple(allowed)):
        raise Forged("not from an allowed address")
