"""People for tests: workspaces and members made straight in the database, clients signed in by the door."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from uuid import UUID

import httpx2
import msgspec
from pwdlib import PasswordHash

from kezhan.kit.db import Database
from kezhan.kit.ids import new_id
from kezhan.kit.outbox import Published
from kezhan.workspaces import passwords
from kezhan.workspaces import store as people
from kezhan.workspaces.authenticate import CSRF_HEADER, Caller, cookie_name, csrf_of
from kezhan.workspaces.credentials import store
from kezhan.workspaces.first_run import create_workspace
from kezhan.workspaces.names import email_key, person_sort_key
from kezhan.workspaces.permissions import permissions_of
from kezhan.workspaces.sessions import Visit, open_session

if TYPE_CHECKING:
    from kezhan.testing import Running

PASSWORD = "spring water and leaves"


@functools.cache
def _hash(hasher: PasswordHash) -> str:
    return hasher.hash(PASSWORD)


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A member; her password is PASSWORD."""

    workspace_id: UUID
    id: UUID
    user_id: UUID
    email: str
    name: str
    role: str


async def make_workspace(db: Database, name: str = "茶铺") -> UUID:
    async with db.system_tx() as tx:
        return await create_workspace(tx, name=name)


async def make_person(
    db: Database, workspace_id: UUID, role: str = "agent", *, name: str = "", user: Person | None = None
) -> Person:
    """A member of the workspace; of the same `user` where one is given (then in a second workspace)."""
    user_id = new_id() if user is None else user.user_id
    person = Person(
        workspace_id=workspace_id,
        id=new_id(),
        user_id=user_id,
        email=f"{user_id.hex}@example.com" if user is None else user.email,
        name=name or f"成员{user_id.hex[-4:]}",
        role=role,
    )
    async with db.system_tx() as tx:
        if user is None:
            row = {"id": user_id, "email": person.email, "email_key": email_key(person.email)}
            await store.add_user(tx, {**row, "password_hash": _hash(passwords.hasher), "language": "en"})
    async with db.tx(workspace_id) as tx:
        row = {"id": person.id, "user_id": user_id, "email": person.email, "name": person.name}
        await people.put_member(tx, {**row, "sort_key": person_sort_key(person.name), "role": role})
    return person


async def sign_in(house: Running, person: Person) -> httpx2.AsyncClient:
    """A browser of hers: cookie in its jar, CSRF header on every request. Signing in by the door, with its
    password, is what test_sign_in is about."""
    async with house.db.tx(person.workspace_id) as tx:
        opened = await open_session(tx, person.id, Visit("127.0.0.1", "test", "zh-CN"))
    client = await house.client()
    client.cookies.set(cookie_name(house.house.settings), opened.secret, domain="127.0.0.1")
    client.headers[CSRF_HEADER] = csrf_of(house.house.keyring, opened.session_id)
    return client


async def member_client(
    house: Running, role: str = "owner", workspace_id: UUID | None = None
) -> tuple[Person, httpx2.AsyncClient]:
    """A new member (of a new workspace, unless one is given) and her browser."""
    workspace_id = workspace_id or await make_workspace(house.db)
    person = await make_person(house.db, workspace_id, role)
    return person, await sign_in(house, person)


def caller(role: str | None = "agent", **changes: Any) -> Caller:
    """A member of this role as the guards would hand her over, without a request; `changes` replace fields,
    and an `id` alone stands for the membership too."""
    who = changes.get("id") or new_id()
    fields: dict[str, Any] = {
        "kind": "member",
        "id": who,
        "membership_id": who,
        "workspace_id": new_id(),
        "user_id": None,
        "session_id": None,
        "name": "Lin",
        "role": role,
        "permissions": permissions_of(role or ""),
        "team_ids": frozenset(),
        "peer": "127.0.0.1",
        "language": "en",
    }
    return Caller(**{**fields, **changes})


@contextlib.contextmanager
def heard(db: Database, workspace_id: UUID) -> Iterator[list[Published]]:
    """What this workspace publishes while the block runs; the usual hearers hear it too."""
    usual, seen = db.on_commit, list[Published]()

    def listen(where: UUID, published: list[Published]) -> None:
        if where == workspace_id:
            seen.extend(published)
        usual(where, published)

    db.on_commit = listen
    try:
        yield seen
    finally:
        db.on_commit = usual


async def actions(house: Running, workspace_id: UUID) -> list[str]:
    """What the log says was done, oldest first."""
    async with house.db.tx(workspace_id) as tx:
        found = await tx.conn.exec_driver_sql("select action from audit_log order by at, id")
        return [row[0] for row in found]
