"""Accounts: connected, changed, archived; their secrets made, sealed and rotated. And found, quickly, by the
key the outside knows them by."""

import asyncio
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

import msgspec
from msgspec import UNSET, Struct, structs
from sqlalchemy import Row

from kezhan.audit.service import record
from kezhan.channels import base, store
from kezhan.channels.base import Channel, MadeSecrets
from kezhan.channels.events import ChannelChanged
from kezhan.channels.registry import channels, find
from kezhan.channels.schemas import (
    AutoReplies,
    ChannelEdit,
    ChannelMade,
    ChannelMake,
    ChannelView,
    Switch,
    Values,
)
from kezhan.channels.standing.refusal import forgive
from kezhan.kit import clock
from kezhan.kit.changes import Change, between
from kezhan.kit.crypto import KeyRing
from kezhan.kit.db import Database, Tx
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.ids import new_id
from kezhan.kit.outbox import emit
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.schemas import logo_address

CACHE_SECONDS = 5.0
_CACHED = 10_000


class Account(Struct, frozen=True, kw_only=True):
    """One connected door as it is stored, secrets opened: plain values in the shape of the adapter's Structs.
    `secrets` is None where the adapter has none, or where the finder was not given the key ring;
    the workspace's looks are known to who found it by its public key, `workspace_logo` being an address."""

    id: UUID
    workspace_id: UUID
    adapter: str
    name: str
    public_key: str
    settings: Values
    secrets: Values | None
    archived: bool = False
    share: int = 100
    forward_url: str = ""
    auto_replies: AutoReplies = AutoReplies()
    switch: Switch = Switch()
    workspace_accent: str | None = None
    workspace_logo: str | None = None


class _Detail(Struct, frozen=True, kw_only=True, tag_field="v", tag=1):
    """For the audit log: which kind, and which fields a change touched."""

    adapter: str
    fields: list[str] = []


def as_adapter(channel: Channel, account: Account) -> base.Account:
    """The account in the adapter's own types."""
    kept = channel.secrets and account.secrets is not None
    return base.Account(
        id=account.id,
        workspace_id=account.workspace_id,
        settings=msgspec.convert(account.settings, channel.settings),
        secrets=msgspec.convert(account.secrets, channel.secrets) if kept else None,
    )


# Found by the outside


class _Cache:
    """What was found a few seconds ago, misses too: this stands on the hot path of every hook. Whoever asks
    while another looks waits for her answer."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Any, tuple[float, Account | None]] = OrderedDict()
        self._looking: dict[Any, asyncio.Task[Account | None]] = {}

    async def find(self, key: Any, look: Callable[[], Coroutine[Any, Any, Account | None]]) -> Account | None:
        at, found = self._kept.get(key, (0.0, None))
        if time.monotonic() - at < CACHE_SECONDS:
            return found
        looking = self._looking.get(key)
        if looking is None:
            looking = self._looking[key] = asyncio.create_task(look())
            looking.add_done_callback(partial(self._put, key))
        return await asyncio.shield(looking)

    def _put(self, key: Any, looked: "asyncio.Task[Account | None]") -> None:
        if self._looking.get(key) is not looked:
            return  # a change was told meanwhile
        del self._looking[key]
        if looked.cancelled() or looked.exception() is not None:
            return
        self._kept[key] = (time.monotonic(), looked.result())
        self._kept.move_to_end(key)
        if len(self._kept) > _CACHED:
            self._kept.popitem(last=False)

    def forget(self, account_id: UUID) -> None:
        self._looking.clear()
        for key in [key for key, (_, found) in self._kept.items() if found and found.id == account_id]:
            del self._kept[key]

    def clear(self) -> None:
        self._looking.clear()
        self._kept.clear()


_caches: WeakKeyDictionary[Database, _Cache] = WeakKeyDictionary()


def _cache(db: Database) -> _Cache:
    return _caches.setdefault(db, _Cache())


def forget_account(db: Database, account_id: UUID) -> None:
    """A change has been committed: this process looks again. Others are told, and look after CACHE_SECONDS
    even where they have not heard."""
    _cache(db).forget(account_id)


def forget_accounts(db: Database) -> None:
    """Any of them may have changed."""
    _cache(db).clear()


async def account_by_key(db: Database, keyring: KeyRing, public_key: str) -> Account | None:
    """The account behind a public key, secrets opened. None where there is none or it is archived."""

    async def look() -> Account | None:
        async with db.system_tx() as tx:
            row = await store.account_by_key(tx, public_key)
        if row is None:
            return None
        logo = logo_address(row.workspace_id, row.workspace_logo)
        return structs.replace(
            _account(row, keyring), workspace_accent=row.workspace_accent, workspace_logo=logo
        )

    return await _cache(db).find(public_key, look)


async def account_by_id(db: Database, workspace_id: UUID, account_id: UUID) -> Account:
    """A workspace's account, without its secrets. Raises NotFound where there is none or it is archived."""

    async def look() -> Account | None:
        async with db.tx(workspace_id) as tx:
            row = await store.account(tx, account_id)
        return _account(row, None) if row is not None and row.archived_at is None else None

    found = await _cache(db).find((workspace_id, account_id), look)
    if found is None:
        raise NotFound("channels.not_found")
    return found


async def opened_account(tx: Tx, keyring: KeyRing, account_id: UUID) -> Account:
    """A workspace's account, archived or not, secrets opened. Raises NotFound."""
    row = await store.account(tx, account_id)
    if row is None:
        raise NotFound("channels.not_found")
    return _account(row, keyring)


def _account(row: Row[Any], keyring: KeyRing | None) -> Account:
    return Account(
        id=row.id,
        workspace_id=row.workspace_id,
        adapter=row.adapter,
        name=row.name,
        public_key=row.public_key,
        settings=row.settings,
        secrets=_unsealed(row, keyring) if keyring is not None else None,
        archived=row.archived_at is not None,
        share=row.share,
        forward_url=row.forward_url,
        auto_replies=msgspec.convert(row.auto_replies, AutoReplies),
        switch=msgspec.convert(row.switch, Switch),
    )


def _unsealed(row: Row[Any], keyring: KeyRing) -> Values | None:
    if row.secrets is None:
        return None
    return msgspec.json.decode(keyring.unseal(row.secrets, secrets_context(row.id)), type=Values)


def _sealed(keyring: KeyRing, account_id: UUID, kept: Struct | None) -> bytes | None:
    return None if kept is None else keyring.seal(msgspec.json.encode(kept), secrets_context(account_id))


def secrets_context(account_id: UUID) -> str:
    return f"channels.secrets:{account_id}"


# Administered by the workspace


async def list_accounts(tx: Tx) -> list[ChannelView]:
    """The ones in use, oldest first."""
    return [_view(row) for row in await store.accounts(tx)]


async def get_account(tx: Tx, account_id: UUID) -> ChannelView:
    """Archived ones too: their logs stay readable."""
    row = await store.account(tx, account_id)
    if row is None:
        raise NotFound("channels.not_found")
    return _view(row)


async def create_account(tx: Tx, keyring: KeyRing, caller: Caller | None, form: ChannelMake) -> ChannelMade:
    """Connect a door; `caller` None is the system itself. Raises Refused where the adapter does not know the
    settings or secrets."""
    channel = channels().get(form.adapter)
    if channel is None:
        raise Refused("channels.no_such_kind", 400, field="adapter")
    account_id = new_id()
    settings = _checked(form.settings, channel.settings, "settings")
    kept = _first_secrets(channel, form.secrets)
    values = {
        "id": account_id,
        "adapter": channel.name,
        "name": form.name.strip(),
        "public_key": "kzp_" + secrets.token_urlsafe(18),
        "settings": msgspec.to_builtins(settings),
        "secrets": _sealed(keyring, account_id, kept),
        "created_at": clock.now(),
    }
    await store.add_account(tx, values)
    told = between(None, values, ("adapter", "name", "settings"))
    await changed(tx, caller, "channel.create", account_id, channel.name, told=told)
    shown = kept.current if isinstance(kept, MadeSecrets) else None
    return ChannelMade(channel=await get_account(tx, account_id), secret=shown)


async def change_account(
    tx: Tx, keyring: KeyRing, caller: Caller, account_id: UUID, form: ChannelEdit
) -> ChannelView:
    """Change the given parts; with other settings or secrets goes out what was refused for those before.
    Raises NotFound, Refused (409 for an archived one)."""
    row = await held(tx, account_id)
    channel = find(row.adapter)
    values: dict[str, Any] = {}
    fields: list[str] = []
    if form.name is not UNSET:
        values["name"] = form.name.strip()
        fields.append("name")
    if form.settings is not UNSET:
        settings = _checked({**row.settings, **form.settings}, channel.settings, "settings")
        values["settings"] = msgspec.to_builtins(settings)
        fields += [f"settings.{name}" for name in sorted(form.settings)]
    if form.secrets is not UNSET:
        values["secrets"] = _sealed(keyring, account_id, _given_secrets(channel, form.secrets))
        fields.append("secrets")
    if values:
        await store.change_account(tx, account_id, values)
        if "secrets" in values or "settings" in values:
            await store.revive_refused(tx, account_id)
            await forgive(tx, account_id)
        told = between(row, values, values.keys() - {"secrets"})
        await changed(tx, caller, "channel.edit", account_id, channel.name, fields, told)
    return await get_account(tx, account_id)


async def archive_account(tx: Tx, caller: Caller, account_id: UUID) -> None:
    """Close the door: nothing comes in any more, what was said stays. A second time changes nothing."""
    row = await store.lock_account(tx, account_id)
    if row is None:
        raise NotFound("channels.not_found")
    if row.archived_at is None:
        await store.change_account(tx, account_id, {"archived_at": clock.now()})
        await changed(tx, caller, "channel.archive", account_id, row.adapter)


async def rotate_secret(tx: Tx, keyring: KeyRing, caller: Caller, account_id: UUID) -> ChannelMade:
    """A new secret, shown this once; the one before stays good for a day."""
    row = await held(tx, account_id)
    channel = find(row.adapter)
    if channel.secrets is None or not issubclass(channel.secrets, MadeSecrets):
        raise Refused("channels.secret_not_ours", 409)
    new = msgspec.convert(_unsealed(row, keyring), channel.secrets).rotate(clock.now())
    await store.change_account(tx, account_id, {"secrets": _sealed(keyring, account_id, new)})
    await changed(tx, caller, "channel.rotate_secret", account_id, channel.name)
    return ChannelMade(channel=await get_account(tx, account_id), secret=new.current)


async def held(tx: Tx, account_id: UUID) -> Row[Any]:
    """Its row, held until the transaction ends. Raises NotFound, Refused 409 for an archived one."""
    row = await store.lock_account(tx, account_id)
    if row is None:
        raise NotFound("channels.not_found")
    if row.archived_at is not None:
        raise Refused("channels.archived", 409)
    return row


async def changed(
    tx: Tx,
    caller: Caller | None,
    action: str,
    account_id: UUID,
    adapter: str,
    fields: list[str] | None = None,
    told: Sequence[Change] = (),
) -> None:
    """Written into the audit log, and told to every process."""
    detail = _Detail(adapter=adapter, fields=fields or [])
    await record(tx, caller, action, "channel", account_id, detail=detail, changes=told)
    archived = action == "channel.archive"
    event = ChannelChanged(account_id=account_id, archived=archived)
    await emit(tx, event, topics=[f"workspace:{tx.workspace}"])


def _first_secrets(channel: Channel, given: Values | None) -> Struct | None:
    if channel.secrets is not None and issubclass(channel.secrets, MadeSecrets):
        if given is not None:
            raise Refused("channels.secret_made_here", 400, field="secrets")
        return channel.secrets.make()
    if channel.secrets is None and given is None:
        return None
    return _given_secrets(channel, given or {})


def _given_secrets(channel: Channel, given: Values) -> Struct:
    if channel.secrets is None or channel.makes_secret:
        raise Refused("channels.secret_made_here", 400, field="secrets")
    return _checked(given, channel.secrets, "secrets")


def _checked(values: Values, shape: type[Struct], field: str) -> Struct:
    try:
        return msgspec.convert(values, shape)
    except msgspec.ValidationError as fault:
        # The first line names field and rule; a secret's value is never in it.
        why, _, path = str(fault).partition(" - at ")
        where = path.strip("`").removeprefix("$").lstrip(".")
        raise Refused("channels.bad_settings", 400, field=f"{field}.{where}".rstrip("."), why=why) from fault


def _view(row: Row[Any]) -> ChannelView:
    channel = channels().get(row.adapter)
    hooked = channel is not None and channel.verify is not None
    return ChannelView(
        id=row.id,
        adapter=row.adapter,
        name=row.name,
        public_key=row.public_key,
        settings=row.settings,
        hook=f"/hooks/{row.public_key}" if hooked else None,
        has_secret=row.secrets is not None,
        working=channel is not None,
        share=row.share,
        forward_url=row.forward_url,
        created_at=clock.wire(row.created_at),
        archived_at=clock.wire_or_none(row.archived_at),
    )
