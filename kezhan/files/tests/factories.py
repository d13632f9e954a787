"""Workspaces, people and customers for tests, and pictures to send."""

import contextlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx2
from PIL import Image
from sqlalchemy import event, text

from kezhan.kit.crypto import new_token, token_digest
from kezhan.kit.db import Database, Tx
from kezhan.kit.ids import new_id
from kezhan.testing import Running
from kezhan.workspaces.authenticate import CSRF_HEADER, cookie_name, csrf_of


@dataclass
class Person:
    """Somebody signed in: her client sends cookie and CSRF value by itself."""

    client: httpx2.AsyncClient
    workspace_id: UUID
    membership_id: UUID
    session_id: UUID


async def make_workspace(db: Database) -> UUID:
    workspace_id = new_id()
    async with db.system_tx() as tx:
        await tx.run(text("insert into workspaces (id, name) values (:id, '测试')"), {"id": workspace_id})
    return workspace_id


async def sign_in(house: Running, workspace_id: UUID, role: str = "agent") -> Person:
    user_id, membership_id, session_id = new_id(), new_id(), new_id()
    token = new_token("kzs_")
    values = {
        "ws": workspace_id,
        "user": user_id,
        "member": membership_id,
        "session": session_id,
        "role": role,
        "email": f"{user_id}@example.com",
        "digest": token_digest(token),
    }
    async with house.db.system_tx() as tx:
        for statement in (_USER, _MEMBER, _SESSION):
            await tx.run(statement, values)
    client = await house.client()
    client.cookies.set(cookie_name(house.house.settings), token)
    client.headers[CSRF_HEADER] = csrf_of(house.house.keyring, session_id)
    return Person(client, workspace_id, membership_id, session_id)


async def make_account(db: Database, workspace_id: UUID) -> UUID:
    account_id = new_id()
    async with db.tx(workspace_id) as tx:
        await tx.run(_ACCOUNT, {"ws": workspace_id, "id": account_id, "key": account_id.hex})
    return account_id


@dataclass
class Customer:
    workspace_id: UUID
    account_id: UUID
    contact_id: UUID
    identity_id: UUID
    session_id: UUID


async def make_customer(db: Database, workspace_id: UUID) -> Customer:
    """A contact with one identity and one open visitor session, written straight into the tables."""
    account_id = await make_account(db, workspace_id)
    made = Customer(workspace_id, account_id, new_id(), new_id(), new_id())
    values = {
        "ws": workspace_id,
        "account": account_id,
        "contact": made.contact_id,
        "identity": made.identity_id,
        "session": made.session_id,
        "external": made.identity_id.hex,
        "digest": token_digest(made.session_id.hex),
    }
    async with db.tx(workspace_id) as tx:
        for statement in (_CONTACT, _IDENTITY, _VISITOR_SESSION):
            await tx.run(statement, values)
    return made


@contextlib.contextmanager
def counted(tx: Tx) -> Iterator[list[str]]:
    """Every statement of `tx` inside the block."""
    seen: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        seen.append(statement)

    event.listen(tx.conn.sync_connection, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(tx.conn.sync_connection, "before_cursor_execute", note)


def picture(kind: str = "PNG", size: tuple[int, int] = (60, 40), **options: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(out, kind, **options)
    return out.getvalue()


_USER = text("insert into users (id, email, email_key) values (:user, :email, :email)")
_MEMBER = text(
    "insert into memberships (workspace_id, id, user_id, email, name, sort_key, role)"
    " values (:ws, :member, :user, :email, '林晚晴', 'lin wan qing', :role)"
)
_SESSION = text(
    "insert into sessions (workspace_id, id, membership_id, token_digest, peer, user_agent, expires_at)"
    " values (:ws, :session, :member, :digest, '127.0.0.1', '', now() + interval '1 day')"
)
_ACCOUNT = text(
    "insert into channel_accounts (workspace_id, id, adapter, name, public_key, settings)"
    " values (:ws, :id, 'web', '网站', :key, '{}')"
)
_CONTACT = text("insert into contacts (workspace_id, id) values (:ws, :contact)")
_IDENTITY = text(
    "insert into identities (workspace_id, id, contact_id, account_id, external_id)"
    " values (:ws, :identity, :contact, :account, :external)"
)
_VISITOR_SESSION = text(
    "insert into visitor_sessions (workspace_id, id, identity_id, account_id, token_digest, expires_at)"
    " values (:ws, :session, :identity, :account, :digest, now() + interval '1 day')"
)
