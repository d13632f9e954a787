"""Addresses of files for platforms: signed for one account and an hour, no session behind them."""

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
_PURPOSE = "channels.file"


def file_link(keyring: KeyRing, address: str, account: Account, file_id: UUID, at: datetime) -> str:
    """Where the account's platform can fetch a file until an hour from `at`. `address` is the house's own."""
    ends = int((at + LIFE).timestamp())
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
