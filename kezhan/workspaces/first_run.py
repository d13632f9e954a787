"""The first start: the link by which the first owner comes in, and the people of the demo tea shop."""

import asyncio
import os
import secrets
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from kezhan.kit import clock
from kezhan.kit.crypto import new_token, token_digest
from kezhan.kit.db import Database, Tx
from kezhan.kit.ids import new_id
from kezhan.kit.outbox import emit
from kezhan.settings import Settings
from kezhan.workspaces.credentials import store
from kezhan.workspaces.events import PeopleChanged
from kezhan.workspaces.factors.store import drop_old_steps
from kezhan.workspaces.joining import OWNER_PREFIX
from kezhan.workspaces.names import email_key, person_sort_key
from kezhan.workspaces.passwords import hash_password
from kezhan.workspaces.permissions import Role

ACCOUNTS_FILE = "demo-accounts.txt"
_LINK_LIFE = timedelta(hours=24)
_UNNAMED = "客栈"
_DEMO_NAME = "山间茶铺"
_DEMO_PEOPLE = (
    ("沈青山", "qingshan@teahouse.example", Role.OWNER),
    ("林晚晴", "wanqing@teahouse.example", Role.SUPERVISOR),
    ("周小满", "xiaoman@teahouse.example", Role.AGENT),
)


class DemoAccount(msgspec.Struct, frozen=True):
    email: str
    password: str
    role: str
    name: str


class FirstRun(msgspec.Struct, frozen=True, kw_only=True):
    """`owner_link` (24 h, one use) while no real workspace has an owner; `demo` accounts to print."""

    owner_link: str | None
    demo: list[DemoAccount]


async def ensure_first_run(db: Database, settings: Settings, demo: bool) -> FirstRun:
    """Make the people of a new installation. Each call makes a fresh link and ends the one before."""
    async with db.system_tx() as tx:
        await store.lock_first_run(tx)
        await store.drop_old_attempts(tx)
        await drop_old_steps(tx)
        owned = await store.has_owner(tx)
        waiting = None if owned else await store.workspace_awaiting_owner(tx)
        made = None
        if not owned and waiting is None:
            waiting = made = await create_workspace(tx, name=_UNNAMED)
        link = None if waiting is None else await _owner_link(tx, waiting, settings)
    if made is not None:
        await _tell_created(db, made)
    return FirstRun(owner_link=link, demo=await ensure_demo_people(db, settings) if demo else [])


async def create_workspace(tx: Tx, *, name: str, demo: bool = False) -> UUID:
    """A workspace without people, in a `system_tx`."""
    workspace_id = new_id()
    await store.add_workspace(tx, {"id": workspace_id, "name": name, "demo": demo})
    return workspace_id


async def _owner_link(tx: Tx, workspace_id: UUID, settings: Settings) -> str:
    secret = new_token(OWNER_PREFIX)
    row = {
        "workspace_id": workspace_id,
        "id": new_id(),
        "email": "",
        "role": str(Role.OWNER),
        "token_digest": token_digest(secret),
        "expires_at": clock.now() + _LINK_LIFE,
    }
    await store.replace_owner_link(tx, row)
    return f"{settings.address}/setup?token={secret}"


async def ensure_demo_people(db: Database, settings: Settings) -> list[DemoAccount]:
    """The tea shop's accounts; made once, later read from the file in the data folder, the only place that
    knows their passwords."""
    path = settings.data / ACCOUNTS_FILE
    async with db.system_tx() as tx:
        if await store.demo_workspace(tx) is not None:
            return await asyncio.to_thread(_read_accounts, path)
    accounts = [
        DemoAccount(email, secrets.token_urlsafe(12), str(role), name) for name, email, role in _DEMO_PEOPLE
    ]
    hashes = await asyncio.gather(*(hash_password(account.password) for account in accounts))
    async with db.system_tx() as tx:
        await store.lock_first_run(tx)
        if await store.demo_workspace(tx) is not None:
            return await asyncio.to_thread(_read_accounts, path)
        workspace_id = await create_workspace(tx, name=_DEMO_NAME, demo=True)
        for account, password_hash in zip(accounts, hashes, strict=True):
            await _add_demo_person(tx, workspace_id, account, password_hash)
        # Before the commit: accounts whose passwords nobody knows must not come to be.
        await asyncio.to_thread(_write_accounts, path, accounts)
    await _tell_created(db, workspace_id)
    return accounts


async def demo_workspace(db: Database) -> UUID | None:
    """The tea shop's workspace, if this installation has one."""
    async with db.system_tx() as tx:
        return await store.demo_workspace(tx)


async def _add_demo_person(tx: Tx, workspace_id: UUID, account: DemoAccount, password_hash: str) -> None:
    user: dict[str, Any] = {
        "id": new_id(),
        "email": account.email,
        "email_key": email_key(account.email),
        "password_hash": password_hash,
        "language": "zh-CN",
    }
    if not await store.add_user(tx, user):
        known = await store.user_by_email(tx, user["email_key"])
        user["id"] = known.id if known is not None else user["id"]
        await store.set_password(tx, user["id"], password_hash)
    membership = {
        "workspace_id": workspace_id,
        "id": new_id(),
        "user_id": user["id"],
        "email": account.email,
        "name": account.name,
        "sort_key": person_sort_key(account.name),
        "role": account.role,
    }
    await store.add_membership(tx, membership)


async def _tell_created(db: Database, workspace_id: UUID) -> None:
    event = PeopleChanged(
        action="workspace.create",
        actor_kind="system",
        actor_id=None,
        subject_kind="workspace",
        subject_id=workspace_id,
        peer=None,
    )
    async with db.tx(workspace_id) as tx:
        await emit(tx, event)


def _write_accounts(path: Path, accounts: Sequence[DemoAccount]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        for account in accounts:
            out.write(f"{account.email}\t{account.password}\t{account.role}\t{account.name}\n")
        out.flush()
        os.fsync(out.fileno())
    unfinished.rename(path)


def _read_accounts(path: Path) -> list[DemoAccount]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    fields = [line.split("\t") for line in lines]
    return [DemoAccount(*field) for field in fields if len(field) == len(DemoAccount.__struct_fields__)]
