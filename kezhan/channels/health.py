"""How an account is: tried on demand, and looked at."""

import asyncio
from uuid import UUID

from sqlalchemy import Row

from kezhan.audit.service import record
from kezhan.channels.accounts import Account, opened_account
from kezhan.channels.base import Channel, Fault, Line, Probed, Retry, Turned, detail, reason
from kezhan.channels.live import Channels
from kezhan.channels.registry import find
from kezhan.channels.schemas import ChannelTested, HealthList, HealthView
from kezhan.channels.standing import store
from kezhan.channels.working import note_fault, note_working
from kezhan.kit.clock import wire, wire_or_none
from kezhan.kit.db import Tx
from kezhan.kit.errors import Refused
from kezhan.kit.log import log
from kezhan.workspaces.authenticate import Caller

_TEST_SECONDS = 20


async def test_account(channels: Channels, caller: Caller, account_id: UUID) -> ChannelTested:
    """Try the connection now, and tell the platform our hook's address where it has a call for that. Raises
    NotFound; Refused 409 where the kind of channel cannot be tried."""
    desk = channels.desk
    async with desk.db.tx(caller.workspace_id) as tx:
        account = await opened_account(tx, desk.keyring, account_id)
        await record(tx, caller, "channel.test", "channel", account_id)
    if account.archived or find(account.adapter).probe is None:
        raise Refused("channels.not_testable", 409)
    hook = f"{desk.settings.address}/hooks/{account.public_key}"
    channels.lines.forget(account.id)  # what is tried is what stands in the form, not a token of before
    try:
        async with asyncio.timeout(_TEST_SECONDS):
            probed = await channels.lines.speak(account, lambda channel, line: _probe(channel, line, hook))
    except (Retry, Turned) as fault:
        return await _failed(channels, account, fault.fault, fault.why)
    except Exception as fault:
        log.warning("channels.test_failed", account=str(account.id), fault=type(fault).__name__)
        return await _failed(channels, account, reason(fault), detail(fault))
    await note_working(desk.db, account, probed)
    return ChannelTested(
        working=True, name=probed.name, expires_at=wire_or_none(probed.expires_at), fault="", why=""
    )


async def _probe(channel: Channel, line: Line, hook: str) -> Probed:
    probed = await channel.probe(line) if channel.probe is not None else Probed()
    if channel.connect is not None:
        await channel.connect(line, hook)
    return probed


async def _failed(channels: Channels, account: Account, fault: Fault, why: str) -> ChannelTested:
    await note_fault(channels.desk.db, account, fault, why)
    return ChannelTested(working=False, name="", expires_at=None, fault=fault, why=why[:500])


async def list_health(tx: Tx) -> HealthList:
    """Of each account in use."""
    return HealthList([_view(row) for row in await store.health(tx)])


def _view(row: Row[tuple[object, ...]]) -> HealthView:
    return HealthView(
        id=row.id,
        working=row.working,
        fault=row.fault or "",
        why=row.why or "",
        name=row.name or "",
        expires_at=wire_or_none(row.expires_at),
        since=wire_or_none(row.since),
        checked_at=wire_or_none(row.checked_at),
        last_in_at=wire_or_none(row.last_in),
        last_out_at=wire_or_none(row.last_out),
        received=row.received,
        parked=row.parked,
        waiting_in=row.waiting_in,
        passing=row.passing,
        unpassed=row.unpassed,
        pass_fault=row.pass_fault or "",
        delay_ms=None if row.delay_ms is None else int(row.delay_ms),
        sent=row.sent,
        failed=row.failed,
        waiting_out=row.waiting_out,
        oldest_at=wire(row.oldest) if row.oldest is not None else None,
    )
