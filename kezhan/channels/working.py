"""Whether an account's connection works: what was last seen of it, told to people when it changes."""

from datetime import datetime
from uuid import UUID
from weakref import WeakKeyDictionary

from kezhan.channels.accounts import Account
from kezhan.channels.base import Fault, Probed
from kezhan.channels.events import ChannelWorking
from kezhan.channels.standing import store
from kezhan.channels.standing.refusal import forgive, refuse
from kezhan.kit.db import Database, Tx
from kezhan.kit.outbox import emit

_seen: WeakKeyDictionary[Database, dict[UUID, str]] = WeakKeyDictionary()
_sending: WeakKeyDictionary[Database, set[UUID]] = WeakKeyDictionary()
"""Accounts of which nothing is known to be refused."""


def forget_seen(db: Database, account_id: UUID | None = None) -> None:
    """Another process has seen something else of the account (None: perhaps of any): what this one sees next
    is written down."""
    seen, sending = _seen.get(db, {}), _sending.get(db, set())
    sending.difference_update([account_id] if account_id is not None else list(sending))
    for known in [account_id] if account_id is not None else list(seen):
        seen.pop(known, None)


async def note_sent(db: Database, workspace_id: UUID, account_id: UUID) -> None:
    """A message of ours was taken. Said again it costs nothing."""
    sending = _sending.setdefault(db, set())
    if account_id in sending:
        return
    sending.add(account_id)  # before: what is refused meanwhile takes it out again
    try:
        async with db.tx(workspace_id) as tx:
            await forgive(tx, account_id)
    except BaseException:
        sending.discard(account_id)
        raise


async def note_refused(tx: Tx, db: Database, account: Account, why: str, mark: bytes) -> None:
    """What was sent was refused for good for its credentials; `mark`: the same, sealed."""
    await refuse(tx, account.id, why, mark)
    forget_seen(db, account.id)


async def note_working(db: Database, account: Account, probed: Probed | None = None) -> None:
    """It works. Said again it costs nothing. While what is sent is refused, only a trial of the whole
    connection says so."""
    seen = _seen.setdefault(db, {})
    if probed is None:
        if seen.get(account.id) == "":
            return
        async with db.tx(account.workspace_id) as tx:
            if await store.is_refused(tx, account.id):
                return
    name = probed.name if probed is not None else None
    await _note(db, account, True, "", "", name, probed.expires_at if probed is not None else None)
    seen[account.id] = ""


async def note_fault(db: Database, account: Account, fault: Fault, why: str) -> None:
    """It does not, and why."""
    await _note(db, account, False, fault, why, None, None)
    _seen.setdefault(db, {})[account.id] = fault


async def _note(
    db: Database, account: Account, working: bool, fault: str, why: str, name: str | None,
    expires_at: datetime | None,
) -> None:  # fmt: skip
    async with db.tx(account.workspace_id) as tx:
        values = {"working": working, "fault": fault, "why": why.replace("\0", "")[:500]}
        if working:
            await store.unmark_refused(tx, account.id)
        if name is not None:
            values |= {"name": name.replace("\0", "")[:200], "expires_at": expires_at}
        if await store.note_health(tx, account.id, values):
            event = ChannelWorking(account_id=account.id, working=working)
            await emit(tx, event, topics=[f"workspace:{tx.workspace}"])
