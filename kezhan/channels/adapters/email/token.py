"""The access token of a mailbox that is opened by OAuth 2 (RFC 6749, section 6)."""

import hashlib

import msgspec
from msgspec import Struct

from kezhan.channels.base import Fault, Line, Retry, Token, Turned, reaching

_KEPT = "refresh_token"
_SECONDS = 3600.0


class Granted(Struct, frozen=True, kw_only=True):
    access_token: str
    expires_in: float = _SECONDS
    refresh_token: str = ""


class Kept(Struct, frozen=True, kw_only=True):
    """A refresh token that came with a later answer; `instead_of` is the digest of the one somebody typed in:
    once she types another, this is over."""

    instead_of: str
    token: str


async def issue(line: Line) -> Token:
    """Ask for a new one. Servers may give a new refresh token with it, and forget the old one."""
    settings, secrets = line.account.settings, line.account.secrets
    if not settings.token_url or not secrets.refresh_token:
        raise Turned("no token address or no refresh token is set", fault="token_expired")
    form = {
        "grant_type": "refresh_token",
        "client_id": settings.client_id,
        "client_secret": secrets.client_secret,
        "refresh_token": await _newest(line),
        "scope": settings.scope,
    }
    with reaching(sure=True):
        response = await line.http.post(
            settings.token_url, data={key: one for key, one in form.items() if one}
        )
    granted = _granted(response.status_code, response.content)
    if granted.refresh_token and granted.refresh_token != form["refresh_token"]:
        kept = Kept(instead_of=_digest(secrets.refresh_token), token=granted.refresh_token)
        await line.save(_KEPT, msgspec.json.encode(kept).decode())
    return Token(value=granted.access_token, seconds=granted.expires_in)


def _granted(status: int, body: bytes) -> Granted:
    if status >= 500 or status in {408, 429}:
        passing: Fault = "rate_limited" if status == 429 else "transient"
        raise Retry(f"token: HTTP {status}", status=status, fault=passing, sure=True)
    if status != 200:
        raise Turned(f"token: HTTP {status} {_why(body)}".strip(), status=status, fault="token_expired")
    try:
        return msgspec.json.decode(body, type=Granted)
    except (msgspec.MsgspecError, UnicodeError) as fault:
        raise Retry("token: not the answer of a token address", status=status, sure=True) from fault


def _why(body: bytes) -> str:
    try:
        said = msgspec.json.decode(body, type=dict[str, object])
    except (msgspec.MsgspecError, UnicodeError):
        return ""
    return str(said.get("error", ""))[:100]


async def _newest(line: Line) -> str:
    typed = line.account.secrets.refresh_token
    text = await line.load(_KEPT)
    try:
        kept = msgspec.json.decode(text, type=Kept)
    except msgspec.MsgspecError:
        return str(typed)
    return kept.token if kept.instead_of == _digest(typed) else str(typed)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()[:32]
