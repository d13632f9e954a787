"""Credentials that were refused for good while something was sent: the account does not work until it has
others, is tried with success, or something is sent after all. That its platform can be listened to says
nothing of it."""

from uuid import UUID

from kezhan.channels.events import ChannelWorking
from kezhan.channels.standing import store
from kezhan.kit.db import Tx
from kezhan.kit.outbox import emit

_FAULT = "token_expired"


async def refuse(tx: Tx, account_id: UUID, why: str, mark: bytes) -> None:
    """The account does not work, and why; `mark`: the same, sealed."""
    await store.mark_refused(tx, account_id, mark)
    await _note(tx, account_id, working=False, fault=_FAULT, why=why.replace("\0", "")[:500])


async def forgive(tx: Tx, account_id: UUID) -> None:
    """The account works again, unless something else is seen to hinder it."""
    if await store.unmark_refused(tx, account_id) and await store.fault(tx, account_id) == _FAULT:
        await _note(tx, account_id, working=True, fault="", why="")


async def _note(tx: Tx, account_id: UUID, *, working: bool, fault: str, why: str) -> None:
    if await store.note_health(tx, account_id, {"working": working, "fault": fault, "why": why}):
        event = ChannelWorking(account_id=account_id, working=working)
        await emit(tx, event, topics=[f"workspace:{tx.workspace}"])
