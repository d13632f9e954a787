"""How long the conversations of a channel live, as its people decide it. Silence is watched by `routing`."""

from uuid import UUID

import msgspec
from msgspec import Struct

from kezhan.audit.service import record
from kezhan.channels import store
from kezhan.channels.accounts import as_adapter, held, opened_account
from kezhan.channels.events import ChannelChanged
from kezhan.channels.registry import find
from kezhan.channels.replies import check_texts, stripped
from kezhan.conversations.life import service as life
from kezhan.conversations.life.schemas import LifeRules
from kezhan.kit.changes import between
from kezhan.kit.crypto import KeyRing
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound
from kezhan.kit.outbox import emit
from kezhan.workspaces.authenticate import Caller

KNOWN = {"warning": frozenset({"minutes"}), "closing": frozenset[str]()}
"""Which variables each of the texts may have."""


class _Detail(Struct, frozen=True, kw_only=True, tag_field="v", tag=1):
    """For the audit log."""

    adapter: str
    idle: bool
    warn_minutes: int
    close_minutes: int
    reopen_hours: int


async def get_life(tx: Tx, account_id: UUID) -> LifeRules:
    if await store.account(tx, account_id) is None:
        raise NotFound("channels.not_found")
    return await life.rules_of(tx, account_id)


async def put_life(tx: Tx, keyring: KeyRing, caller: Caller, account_id: UUID, form: LifeRules) -> LifeRules:
    """From now on this holds. The same again changes nothing. Raises NotFound; Refused 409 where the channel
    is archived, 400 for a text it cannot carry."""
    row = await held(tx, account_id)
    channel = find(row.adapter)
    account = await opened_account(tx, keyring, account_id)
    texts = {name: stripped(getattr(form, name)) for name in KNOWN}
    form = msgspec.structs.replace(form, **texts)
    check_texts(texts, KNOWN, channel.able(as_adapter(channel, account)))
    before = await life.rules_of(tx, account_id)
    if form == before:
        return form
    await life.put_rules(tx, account_id, form)
    detail = _Detail(
        adapter=row.adapter,
        idle=form.idle,
        warn_minutes=form.warn_minutes,
        close_minutes=form.close_minutes,
        reopen_hours=form.reopen_hours,
    )
    told = between(before, form)
    await record(tx, caller, "channel.life", "channel", account_id, detail=detail, changes=told)
    await emit(tx, ChannelChanged(account_id=account_id), topics=[f"workspace:{tx.workspace}"])
    return form
