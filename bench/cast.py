"""The people of a benchmark: a workspace with agents at their conversations and customers in them."""

from uuid import UUID

import msgspec
from sqlalchemy import text

from bench.load import Party
from kezhan.channels.accounts import create_account
from kezhan.channels.first_run import ADAPTER
from kezhan.channels.schemas import ChannelMake
from kezhan.contacts.identify import anonymous
from kezhan.contacts.service import open_session as open_visitor
from kezhan.conversations.receive import Customer, open_conversation
from kezhan.kit.crypto import KeyRing
from kezhan.kit.db import Database, Tx
from kezhan.kit.ids import new_id
from kezhan.kit.postgres import Access
from kezhan.settings import Settings
from kezhan.shield import store as shield
from kezhan.shield.schemas import UNBOUND
from kezhan.wiring import wiring
from kezhan.workspaces import store as people
from kezhan.workspaces.authenticate import cookie_name
from kezhan.workspaces.credentials import store as credentials
from kezhan.workspaces.first_run import create_workspace
from kezhan.workspaces.sessions import Visit, open_session

_CHUNK = 100
_ASSIGN = text("update conversations set state = 'assigned', assignee_id = :member where id = :id")


class Cast(msgspec.Struct, frozen=True, kw_only=True):
    """Visitor n is served by agent n modulo the agents; `tokens` and `conversations` belong together."""

    tokens: list[str]
    conversations: list[str]
    cookies: list[str]

    def visitors(self, base: str, count: int) -> list[Party]:
        hello = [[frame({"type": "auth", "token": token})] for token in self.tokens[:count]]
        return [Party(url=f"{base}/w/v1/ws", hello=frames) for frames in hello]

    def agents(self, base: str, count: int, visitors: int) -> list[Party]:
        """The first `count` agents, watching those of their conversations that the visitors write in."""
        parties = []
        for number, cookie in enumerate(self.cookies[:count]):
            mine = self.conversations[number : visitors : len(self.cookies)]
            hello = [{"type": "lists", "epoch": "", "rev": 0}]
            hello += [{"type": "watch", "conversation_id": one, "rev": 0} for one in mine]
            parties.append(Party(url=f"{base}/ws", cookie=cookie, hello=[frame(one) for one in hello]))
        return parties


def bare_visitors(base: str, count: int, agents: int) -> list[Party]:
    """The same people for the limit."""
    tokens = [f"v:{n}:{n % agents}" for n in range(count)]
    return [Party(url=base, hello=[frame({"type": "auth", "token": token})]) for token in tokens]


def bare_agents(base: str, count: int) -> list[Party]:
    return [Party(url=base, hello=[frame({"type": "auth", "token": f"a:{n}"})]) for n in range(count)]


def frame(fields: dict[str, object]) -> str:
    return msgspec.json.encode(fields).decode()


async def make_cast(access: Access, settings: Settings, visitors: int, agents: int) -> Cast:
    """Made through the rooms' own verbs, in transactions of a hundred."""
    db = Database(access, wiring(), pool=2)
    try:
        async with db.system_tx() as tx:
            workspace_id = await create_workspace(tx, name="bench")
        async with db.tx(workspace_id) as tx:
            # What a bound would refuse is what is measured here.
            await shield.put_settings(tx, UNBOUND, 0)
            keyring = KeyRing.open(settings.data / "keys.json")
            form = ChannelMake(adapter=ADAPTER, name="bench", settings={})
            account_id = (await create_account(tx, keyring, None, form)).channel.id
        staff = [await make_agent(db, workspace_id, n, settings) for n in range(agents)]
        tokens, conversations = [], []
        for first in range(0, visitors, _CHUNK):
            async with db.tx(workspace_id) as tx:
                for n in range(first, min(first + _CHUNK, visitors)):
                    token, conversation = await _visitor(tx, account_id, staff[n % agents][0])
                    tokens.append(token)
                    conversations.append(conversation)
        return Cast(tokens=tokens, conversations=conversations, cookies=[cookie for _, cookie in staff])
    finally:
        await db.close()


async def make_agent(
    db: Database, workspace_id: UUID, number: int, settings: Settings, role: str = "agent"
) -> tuple[UUID, str]:
    """Her membership and the cookie of her session."""
    member_id, user_id = new_id(), new_id()
    email = f"{user_id.hex}@example.com"
    async with db.system_tx() as tx:
        user = {"id": user_id, "email": email, "email_key": email, "password_hash": None, "language": "en"}
        await credentials.add_user(tx, user)
    async with db.tx(workspace_id) as tx:
        row = {"id": member_id, "user_id": user_id, "email": email, "name": f"Agent {number}"}
        await people.put_member(tx, {**row, "sort_key": f"{number:05}", "role": role})
        opened = await open_session(tx, member_id, Visit("127.0.0.1", "bench", "en"))
    return member_id, f"{cookie_name(settings)}={opened.secret}"


async def _visitor(tx: Tx, account_id: UUID, member_id: UUID) -> tuple[str, str]:
    """Her token and her conversation, which the member serves."""
    identity = await anonymous(tx, account_id)
    session = await open_visitor(tx, identity)
    customer = Customer(
        workspace_id=tx.workspace, account_id=account_id, channel=ADAPTER, identity_id=identity.id,
        contact_id=identity.contact_id,
    )  # fmt: skip
    conversation_id = await open_conversation(tx, customer)
    await tx.run(_ASSIGN, {"id": conversation_id, "member": member_id})
    return session.token, str(conversation_id)
