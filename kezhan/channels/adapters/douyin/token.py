"""Access tokens. They last 15 days and come from a refresh token of 30, which is renewed five times at most;
then the operator has to authorise again. A second kind, the app's own, lasts two hours and opens uploads."""

import hashlib

import msgspec
from msgspec import Struct, structs

from kezhan.channels.adapters.douyin.call import RENEWED_TOO_OFTEN, AnswerIn, DouyinTurned, called
from kezhan.channels.adapters.douyin.settings import Secrets
from kezhan.channels.base import Line, Token, Turned
from kezhan.kit.clock import now

GRANT, UPLOADS = "grant", "client_token"
_DAY = 24 * 3600.0
_ACCESS, _REFRESH, _CLIENT = 15 * _DAY, 30 * _DAY, 2 * 3600.0
_RENEWALS = 5
_SOON = _ACCESS + _DAY
"""A refresh token that ends within this would not see the next access token end."""


class Grant(Struct, frozen=True, kw_only=True):
    """What the operator has granted. `until` in Unix seconds; `begun` tells which code or token it began
    with, so that a new one entered in the form replaces it."""

    refresh_token: str
    until: float
    begun: str
    renewals: int = 0


class Uploads(Struct, frozen=True, kw_only=True):
    token: str
    until: float


async def issue(line: Line) -> Token:
    """From the refresh token that is kept; at first from what the form has."""
    at, begun = now().timestamp(), _begun(line.account.secrets)
    grant = await kept_grant(line)
    if grant is None or grant.begun != begun:
        if line.account.secrets.code:
            return await _first(line, begun, at)
        grant = Grant(refresh_token=line.account.secrets.refresh_token, until=at + _REFRESH, begun=begun)
    if not grant.refresh_token:
        raise Turned("the account has not been authorised", fault="token_expired")
    if grant.until - at < _SOON and grant.renewals < _RENEWALS:
        grant = await _renewed(line, grant, at)
    form = {**_app(line), "grant_type": "refresh_token", "refresh_token": grant.refresh_token}
    answer = await called(line, "POST", "/oauth/refresh_token/", data=form)
    return await _kept(line, grant, answer, at)


async def kept_grant(line: Line) -> Grant | None:
    text = await line.load(GRANT)
    return msgspec.json.decode(text, type=Grant) if text else None


async def uploads_token(line: Line) -> str:
    """The app's own token, kept from one upload to the next."""
    at, text = now().timestamp(), await line.load(UPLOADS)
    kept = msgspec.json.decode(text, type=Uploads) if text else None
    if kept is not None and kept.until - at > 60:
        return kept.token
    body = {**_app(line), "client_secret": line.account.secrets.client_secret}
    answer = await called(
        line, "POST", "/oauth/client_token/", json={**body, "grant_type": "client_credential"}
    )
    fresh = Uploads(token=answer.data.access_token, until=at + (answer.data.expires_in or _CLIENT))
    await line.save(UPLOADS, msgspec.json.encode(fresh).decode())
    return fresh.token


async def _first(line: Line, begun: str, at: float) -> Token:
    secrets = line.account.secrets
    body = {**_app(line), "client_secret": secrets.client_secret, "code": secrets.code}
    answer = await called(
        line, "POST", "/oauth/access_token/", json={**body, "grant_type": "authorization_code"}
    )
    grant = Grant(refresh_token=answer.data.refresh_token, until=at + _REFRESH, begun=begun)
    return await _kept(line, grant, answer, at)


async def _renewed(line: Line, grant: Grant, at: float) -> Grant:
    form = {**_app(line), "refresh_token": grant.refresh_token}
    try:
        answer = await called(line, "POST", "/oauth/renew_refresh_token/", data=form)
    except DouyinTurned as fault:
        if fault.code != RENEWED_TOO_OFTEN:
            raise
        return structs.replace(grant, renewals=_RENEWALS)
    until = at + (answer.data.refresh_expires_in or answer.data.expires_in or _REFRESH)
    fresh = structs.replace(
        grant, refresh_token=answer.data.refresh_token, until=until, renewals=grant.renewals + 1
    )
    # Kept before it is used: the one before may be worth nothing from now on.
    await line.save(GRANT, msgspec.json.encode(fresh).decode())
    return fresh


async def _kept(line: Line, grant: Grant, answer: AnswerIn, at: float) -> Token:
    data = answer.data
    if not data.access_token:
        raise Turned("no access token was given", fault="token_expired")
    until = at + data.refresh_expires_in if data.refresh_expires_in else grant.until
    fresh = structs.replace(grant, refresh_token=data.refresh_token or grant.refresh_token, until=until)
    await line.save(GRANT, msgspec.json.encode(fresh).decode())
    return Token(value=data.access_token, seconds=data.expires_in or _ACCESS)


def _app(line: Line) -> dict[str, str]:
    return {"client_key": line.account.settings.client_key}


def _begun(secrets: Secrets) -> str:
    return hashlib.sha256(f"{secrets.code}\n{secrets.refresh_token}".encode()).hexdigest()
