"""For tests: an account of this channel, and its platform's hand."""

import os
from datetime import datetime
from typing import Any

import msgspec
from msgspec import structs

from kezhan.channels.adapters.feishu.crypto import sealed, signature
from kezhan.channels.adapters.feishu.inbound import NONCE, SIGNATURE, STAMP
from kezhan.channels.adapters.feishu.settings import Secrets, Settings
from kezhan.channels.base import Account, Request
from kezhan.kit.crypto import new_token
from kezhan.kit.ids import new_id


def account(base_url: str = "", *, plain: bool = False) -> Account:
    """One whose platform listens at `base_url`; `plain`: without an encrypt key."""
    settings = Settings(app_id="cli_a1", api_url=base_url)
    secrets = Secrets(
        app_secret="s3cret",  # noqa: S106 — the fake's own
        verification_token=new_token("v_"),
        encrypt_key="" if plain else new_token("e_"),
    )
    return Account(id=new_id(), workspace_id=new_id(), settings=settings, secrets=secrets)


def signed(request: Request, account: Account, at: datetime) -> Request:
    """The call as the platform would make it at `at`: with the token, sealed and signed where there is a key;
    the first one, which asks for the challenge, is never signed."""
    secrets = account.secrets
    body, hello = _with_token(request.body, secrets.verification_token)
    if not secrets.encrypt_key:
        return structs.replace(request, body=body)
    raw = msgspec.json.encode({"encrypt": sealed(body, secrets.encrypt_key, os.urandom(16))})
    if hello:
        return structs.replace(request, body=raw)
    stamp, nonce = str(int(at.timestamp())), new_token("n")
    headers = {SIGNATURE: signature(stamp, nonce, secrets.encrypt_key, raw), STAMP: stamp, NONCE: nonce}
    return structs.replace(request, body=raw, headers={**request.headers, **headers})


def _with_token(body: bytes, token: str) -> tuple[bytes, bool]:
    try:
        event: Any = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeError):
        return body, False
    if not isinstance(event, dict):
        return body, False
    if isinstance(event.get("header"), dict):
        event = {**event, "header": {**event["header"], "token": token}}
    else:
        event = {**event, "token": token}
    return msgspec.json.encode(event), event.get("type") == "url_verification"
