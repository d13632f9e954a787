"""The access token, from a refresh token that may change with every use and is kept."""

import hashlib

import msgspec
from msgspec import Struct

from kezhan.channels.adapters.xiaohongshu.call import called
from kezhan.channels.adapters.xiaohongshu.settings import Secrets
from kezhan.channels.base import Line, Probed, Token, Turned

GRANT = "grant"
_SECONDS = 3600.0
"""Where the platform does not say how long a token lasts."""


class Grant(Struct, frozen=True, kw_only=True):
    """`begun` tells which code or token it began with: a new one in the form replaces it."""

    refresh_token: str
    begun: str


async def issue(line: Line) -> Token:
    """Raises Retry, Turned and Expired."""
    settings, secrets = line.account.settings, line.account.secrets
    begun, text = _begun(secrets), await line.load(GRANT)
    kept = msgspec.json.decode(text, type=Grant) if text else None
    body = {"app_id": settings.app_id, "secret": secrets.app_secret}
    refresh = "" if secrets.auth_code else secrets.refresh_token
    if kept is not None and kept.begun == begun:
        refresh = kept.refresh_token
    if refresh:
        path, body = f"{settings.oauth_path}/refresh_token", {**body, "refresh_token": refresh}
    elif secrets.auth_code:
        path, body = f"{settings.oauth_path}/access_token", {**body, "auth_code": secrets.auth_code}
    else:
        raise Turned("the account has not been authorised", fault="token_expired")
    data = await called(line, path, body)
    if not data.access_token:
        raise Turned("no access token was given", fault="token_expired")
    grant = Grant(refresh_token=data.refresh_token or refresh, begun=begun)
    await line.save(GRANT, msgspec.json.encode(grant).decode())
    return Token(value=data.access_token, seconds=data.access_token_expires_in or _SECONDS)


async def probe(line: Line) -> Probed:
    """A token is given to a good app whose operator has authorised it."""
    if not line.account.secrets.aes_key or not line.account.settings.app_id:
        raise Turned("the app ID or the encryption key is not set", fault="not_allowed")
    await line.token()
    return Probed(name=line.account.settings.user_id)


def _begun(secrets: Secrets) -> str:
    return hashlib.sha256(f"{secrets.auth_code}\n{secrets.refresh_token}".encode()).hexdigest()
