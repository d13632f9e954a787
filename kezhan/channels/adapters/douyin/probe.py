"""Whether the connection stands: the account asks for its own name."""

from datetime import UTC, datetime

from kezhan.channels.adapters.douyin.call import called
from kezhan.channels.adapters.douyin.token import kept_grant
from kezhan.channels.base import Line, Probed, Turned


async def probe(line: Line) -> Probed:
    """`expires_at`: when the operator has to authorise again, unless it is renewed before."""
    settings, secrets = line.account.settings, line.account.secrets
    for value, name in (
        (settings.client_key, "client key"),
        (secrets.client_secret, "client secret"),
        (settings.open_id, "open_id"),
    ):
        if not value:
            raise Turned(f"the {name} is not set", fault="not_allowed")
    parts = {"open_id": settings.open_id, "access_token": await line.token()}
    answer = await called(line, "GET", "/oauth/userinfo/", params=parts)
    grant = await kept_grant(line)
    return Probed(
        name=answer.data.nickname,
        expires_at=datetime.fromtimestamp(grant.until, UTC) if grant is not None else None,
    )
