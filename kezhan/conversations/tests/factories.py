"""Rows to talk with: a workspace, a shop's channel, customers and agents."""

from uuid import UUID

from sqlalchemy import text

from kezhan.conversations.items import Append
from kezhan.conversations.receive import Customer
from kezhan.kit.crypto import new_token, token_digest
from kezhan.kit.db import Database
from kezhan.kit.ids import new_id


async def make_workspace(db: Database) -> UUID:
    workspace_id = new_id()
    async with db.system_tx() as tx:
        await tx.run(
            text("insert into workspaces (id, name) values (:id, 'Tea house')"), {"id": workspace_id}
        )
    return workspace_id


async def make_account(db: Database, workspace_id: UUID) -> UUID:
    account_id = new_id()
    async with db.tx(workspace_id) as tx:
        await tx.run(
            text(
                "insert into channel_accounts (workspace_id, id, adapter, name, public_key, settings)"
                " values (:ws, :id, 'webchat', 'Shop', :key, '{}')"
            ),
            {"ws": workspace_id, "id": account_id, "key": account_id.hex},
        )
    return account_id


async def make_customer(db: Database, workspace_id: UUID, account_id: UUID) -> Customer:
    contact_id, identity_id = new_id(), new_id()
    async with db.tx(workspace_id) as tx:
        await tx.run(
            text(
                "with made as (insert into contacts (workspace_id, id) values (:ws, :contact))"
                " insert into identities (workspace_id, id, contact_id, account_id, external_id)"
                " values (:ws, :id, :contact, :account, :external)"
            ),
            {
                "ws": workspace_id,
                "id": identity_id,
                "contact": contact_id,
                "account": account_id,
                "external": f"visitor:{identity_id}",
            },
        )
    return Customer(
        workspace_id=workspace_id,
        account_id=account_id,
        channel="webchat",
        identity_id=identity_id,
        contact_id=contact_id,
    )


async def make_member(db: Database, workspace_id: UUID, role: str = "agent", name: str = "Lin") -> UUID:
    user_id, member_id = new_id(), new_id()
    async with db.system_tx() as tx:
        email = f"{user_id.hex}@example.com"
        await tx.run(
            text(
                "with made as (insert into users (id, email, email_key) values (:user, :email, :email))"
                " insert into memberships (workspace_id, id, user_id, email, name, sort_key, role)"
                " values (:ws, :id, :user, :email, :name, :name, :role)"
            ),
            {
                "ws": workspace_id,
                "id": member_id,
                "user": user_id,
                "email": email,
                "name": name,
                "role": role,
            },
        )
    return member_id


async def make_session(
    db: Database, workspace_id: UUID, member_id: UUID, session_id: UUID | None = None
) -> str:
    """A sign-in's cookie value."""
    token = new_token("kzs_")
    async with db.system_tx() as tx:
        await tx.run(
            text(
                "insert into sessions (workspace_id, id, membership_id, token_digest, peer, user_agent,"
                " expires_at)"
                " values (:ws, :id, :member, :digest, '127.0.0.1', 'test', now() + interval '1 day')"
            ),
            {
                "ws": workspace_id,
                "id": session_id or new_id(),
                "member": member_id,
                "digest": token_digest(token),
            },
        )
    return token


def message(
    customer: Customer, client_id: str, body: str = "hello", conversation: UUID | None = None
) -> Append:
    """A customer's message, as her socket makes it."""
    return Append(
        workspace_id=customer.workspace_id,
        conversation_id=conversation or UUID(int=0),
        sender_id=customer.identity_id,
        client_id=client_id,
        author_kind="visitor",
        author_id=customer.identity_id,
        kind="text",
        body=body,
    )
