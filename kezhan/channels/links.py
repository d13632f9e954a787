"""Addresses without a session behind them: of files for platforms, signed for one account and an hour; of a
survey, for the customer who was invited."""

import base64
import binascii
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from kezhan.channels.accounts import Account
from kezhan.files.address import Address
from kezhan.files.objects import Store
from kezhan.files.schemas import Holder
from kezhan.files.serve import Served, serve
from kezhan.kit.crypto import KeyRing
from kezhan.kit.db import Database, Tx
from kezhan.kit.errors import Forbidden

LIFE = timedelta(hours=1)
CUSTOMERS_LIFE = timedelta(days=30)
"""Of an address that a customer gets in the place of a file."""
_PURPOSE = "channels.file"
_SURVEY = "channels.survey"
_ID, _SEAL = 16, 16
"""Bytes of an id, and of what proves that the house has made a token."""


def file_link(
    keyring: KeyRing, address: str, account: Account, file_id: UUID, at: datetime, *, life: timedelta = LIFE
) -> str:
    """Where a file can be fetched until `life` after `at`. `address` is the house's own."""
    ends = int((at + life).timestamp())
    signature = keyring.sign(f"{account.id}:{file_id}:{ends}", _PURPOSE)
    return f"{address}/hooks/{account.public_key}/files/{file_id}?e={ends}&s={signature}"


def check_link(
    keyring: KeyRing, account: Account, file_id: UUID, query: Mapping[str, str], at: datetime
) -> None:
    """Raises Forbidden where the address is forged, another account's, or over."""
    ends, signature = query.get("e", ""), query.get("s", "")
    if not keyring.verify(f"{account.id}:{file_id}:{ends}", _PURPOSE, signature):
        raise Forbidden("files.forged")
    if int(ends) <= at.timestamp():
        raise Forbidden("files.expired")


async def served(
    db: Database, files: Store, account: Account, file_id: UUID, headers: Mapping[str, str]
) -> Served:
    """The file, for a checked address. Raises NotFound where it is gone."""
    address = Address(account.workspace_id, file_id, Holder("visitor", account.id))
    return await serve(db, files, _account_lives, address, thumbnail=False, headers=headers)


async def _account_lives(tx: Tx, account_id: UUID) -> bool:
    # The account behind the key has just been found; archived ones are not.
    return True


def survey_token(keyring: KeyRing, workspace_id: UUID, invite_id: UUID) -> str:
    """Whoever has it may answer the invitation. It is made anew each time it is sent and kept nowhere."""
    named = workspace_id.bytes + invite_id.bytes
    seal = keyring.blind(named.hex(), _SURVEY)[:_SEAL]
    return base64.urlsafe_b64encode(named + seal).decode()


def opened_token(keyring: KeyRing, token: str) -> tuple[UUID, UUID] | None:
    """(workspace, invitation) of a token of ours; None for any other."""
    try:
        raw = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(raw) != 2 * _ID + _SEAL:
        return None
    named, seal = raw[: 2 * _ID], raw[2 * _ID :]
    if not hmac.compare_digest(seal, keyring.blind(named.hex(), _SURVEY)[:_SEAL]):
        return None
    return UUID(bytes=named[:_ID]), UUID(bytes=named[_ID:])


def survey_link(keyring: KeyRing, address: str, workspace_id: UUID, invite_id: UUID) -> str:
    """Where the survey can be answered. `address` is the house's own."""
    return f"{address}/s/{survey_token(keyring, workspace_id, invite_id)}"
