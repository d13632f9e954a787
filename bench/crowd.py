"""Many visitors at once, each with a session and an open conversation; and a desk of supervisors."""

from uuid import UUID

import asyncpg
import msgspec

from bench.cast import frame, make_agent
from bench.load import Party
from kezhan.channels.accounts import create_account
from kezhan.channels.first_run import ADAPTER
from kezhan.channels.schemas import ChannelMake
from kezhan.contacts.service import PREFIX
from kezhan.kit.crypto import KeyRing, new_token, token_digest
from kezhan.kit.db import Database
from kezhan.kit.ids import new_id
from kezhan.kit.postgres import SUPERUSER, Access
from kezhan.settings import Settings
from kezhan.shield import store as shield
from kezhan.shield.schemas import UNBOUND
from kezhan.wiring import wiring
from kezhan.workspaces.first_run import create_workspace

# One statement makes them all: through the rooms' verbs ten thousand people take a minute.
_PEOPLE = """
with who as (
    select * from unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::bytea[])
        as w(contact_id, identity_id, session_id, conversation_id, digest)
), contact as (
    insert into contacts (workspace_id, id) select $1::uuid, contact_id from who
), identity as (
    insert into identities (workspace_id, id, contact_id, account_id, external_id)
    select $1::uuid, identity_id, contact_id, $2::uuid, identity_id::text from who
), session as (
    insert into visitor_sessions (workspace_id, id, identity_id, account_id, token_digest, expires_at)
    select $1::uuid, session_id, identity_id, $2::uuid, digest, now() + interval '30 days' from who
)
insert into conversations (workspace_id, id, account_id, identity_id, contact_id, channel, state,
                           opened_at, active_at)
select $1::uuid, conversation_id, $2::uuid, identity_id, contact_id, $8, 'queued', now(), now() from who
"""


class Home(msgspec.Struct, frozen=True):
    """A workspace with its channel account, where people come to."""

    workspace_id: UUID
    account_id: UUID


class Crowd(msgspec.Struct, frozen=True, kw_only=True):
    """`tokens` and `conversations` belong together; `cookies` are the supervisors'."""

    workspace_id: UUID
    tokens: list[str]
    conversations: list[str]
    cookies: list[str]

    def visitors(self, base: str, *, again: bool = False) -> list[Party]:
        """As they come first or, with `again`, as they go on with a conversation after a break."""
        parties = []
        for token, conversation in zip(self.tokens, self.conversations, strict=True):
            known = {"conversation_id": conversation, "rev": 0} if again else {}
            hello = [frame({"type": "auth", "token": token, **known})]
            parties.append(Party(url=f"{base}/w/v1/ws", hello=hello))
        return parties

    def watchers(self, base: str) -> list[Party]:
        """Every supervisor, with the lists and with the first visitor's conversation open."""
        watch = {"type": "watch", "conversation_id": self.conversations[0], "rev": 0}
        hello = [frame({"type": "lists", "epoch": "", "rev": 0}), frame(watch)]
        return [Party(url=f"{base}/ws", cookie=cookie, hello=hello) for cookie in self.cookies]


async def make_crowd(
    access: Access, settings: Settings, visitors: int, supervisors: int = 0, home: Home | None = None
) -> Crowd:
    """At `home` or, without one, in a workspace of its own."""
    db = Database(access, wiring(), pool=2)
    try:
        home = home or await _new_home(db, settings)
        cookies = [
            (await make_agent(db, home.workspace_id, n, settings, role="supervisor"))[1]
            for n in range(supervisors)
        ]
    finally:
        await db.close()
    tokens = [new_token(PREFIX) for _ in range(visitors)]
    ids = [[new_id() for _ in range(visitors)] for _ in range(4)]
    connection = await asyncpg.connect(**access.asyncpg(SUPERUSER))
    try:
        digests = [token_digest(token) for token in tokens]
        await connection.execute(_PEOPLE, home.workspace_id, home.account_id, *ids, digests, ADAPTER)
        await connection.execute("analyze")
    finally:
        await connection.close()
    conversations = [str(one) for one in ids[3]]
    return Crowd(workspace_id=home.workspace_id, tokens=tokens, conversations=conversations, cookies=cookies)


async def _new_home(db: Database, settings: Settings) -> Home:
    async with db.system_tx() as tx:
        workspace_id = await create_workspace(tx, name="crowd")
    async with db.tx(workspace_id) as tx:
        # What a bound would refuse is what is measured here.
        await shield.put_settings(tx, UNBOUND, 0)
        keyring = KeyRing.open(settings.data / "keys.json")
        form = ChannelMake(adapter=ADAPTER, name="crowd", settings={})
        return Home(workspace_id, (await create_account(tx, keyring, None, form)).channel.id)
