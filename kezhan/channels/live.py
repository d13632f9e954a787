"""The room's living side in one object: built once in `app`, handed to the routes."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from kezhan.channels import store
from kezhan.channels.accounts import account_by_id, forget_account, forget_accounts
from kezhan.channels.connections import Connections
from kezhan.channels.customers.bring import Bringer, Overhear, deaf
from kezhan.channels.customers.copies import check_copies
from kezhan.channels.customers.forward import Forwarder
from kezhan.channels.customers.share import HasRoom, no_room
from kezhan.channels.deliver import BACKOFF, Courier
from kezhan.channels.events import AccountChanged, AccountSeen, ChannelChanged, ChannelWorking
from kezhan.channels.figures import ChannelFigures
from kezhan.channels.lines import Lines
from kezhan.channels.take import KEPT, Taker
from kezhan.channels.templates import Templates
from kezhan.channels.typist import Typist
from kezhan.channels.working import forget_seen
from kezhan.contacts.schemas import Visitor
from kezhan.contacts.service import living_sessions
from kezhan.conversations.afresh import sessions
from kezhan.conversations.desk import Desk, close_sockets
from kezhan.files.objects import Store
from kezhan.kit.db import Database
from kezhan.kit.errors import NotFound
from kezhan.kit.fetch import guarded_client
from kezhan.kit.outbox import Published
from kezhan.realtime.session import UNAUTHORIZED, SocketSession

_PURGED = 1000


class Channels:
    """One per process. `has_room`: whether reception could take one more; `overhear`: whether a message is an
    answer to what was asked. `backoff` (seconds before each
    further attempt), `haste` (by how much rates are quicker) and `allow_private_hosts` are other than usual
    in tests only."""

    def __init__(
        self,
        desk: Desk,
        files: Store,
        *,
        has_room: HasRoom = no_room,
        overhear: Overhear = deaf,
        allow_private_hosts: bool = False,
        backoff: Sequence[float] = BACKOFF,
        haste: float = 1.0,
    ) -> None:
        self.desk = desk
        self.files = files
        self.http = guarded_client(
            allow_private_hosts=allow_private_hosts, inside=desk.settings.inside_networks
        )
        self.figures = ChannelFigures()
        self.lines = Lines(desk.db, desk.keyring, files, self.http)
        bringer = Bringer(desk, files, self.http, self.lines, overhear)
        self.taker = Taker(desk, bringer, self.figures, has_room)
        self.forwarder = Forwarder(desk, self.http)
        self.taker.on_passing = self.forwarder.wake
        self.connections = Connections(desk, self.lines, self.taker)
        self.templates = Templates(desk, self.lines)
        self.courier = Courier(desk, self.lines, self.figures, backoff=backoff, haste=haste)
        self.typist = Typist(desk, self.lines)
        desk.check_copies = check_copies
        desk.across.on(AccountChanged, self._on_changed)
        desk.across.on(AccountSeen, lambda seen: forget_seen(desk.db, seen.account_id))
        desk.across.on_missed(self._resync)

    def on_commit(self, workspace_id: UUID, published: list[Published]) -> None:
        """Accounts that have changed are read afresh; the customers of one that is no more are let go."""
        for event, _ in published:
            if isinstance(event, ChannelChanged):
                changed = AccountChanged(account_id=event.account_id, archived=event.archived)
                self._on_changed(changed)
                self.desk.across.tell(changed)
            elif isinstance(event, ChannelWorking):
                self.desk.across.tell(AccountSeen(account_id=event.account_id))

    def _on_changed(self, changed: AccountChanged) -> None:
        forget_account(self.desk.db, changed.account_id)
        self.connections.changed(changed.account_id)
        self.lines.forget(changed.account_id)
        if changed.archived:
            close_sockets(self.desk, f"account:{changed.account_id}", UNAUTHORIZED)

    async def _resync(self) -> None:
        """Hints may have been lost: customers whose session or whose site is no more are let go."""
        forget_accounts(self.desk.db)
        forget_seen(self.desk.db)
        visitors: defaultdict[UUID, list[SocketSession]] = defaultdict(list)
        for session in sessions(self.desk):
            if isinstance(session.who, Visitor):
                visitors[session.who.workspace_id].append(session)
        for workspace_id, here in visitors.items():
            async with self.desk.db.tx(workspace_id) as tx:
                living = await living_sessions(tx, {session.who.session_id for session in here})
            for session in here:
                if session.who.session_id not in living:
                    session.close(UNAUTHORIZED)
            for account_id in {session.who.account_id for session in here}:
                try:
                    await account_by_id(self.desk.db, workspace_id, account_id)
                except NotFound:
                    close_sockets(self.desk, f"account:{account_id}", UNAUTHORIZED)

    async def run(self) -> None:
        """Take in what was left, send what is due, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.taker.run(), name="channels-taker")
            tasks.create_task(self.forwarder.run(), name="channels-forwarder")
            tasks.create_task(self.courier.run(), name="channels-courier")
            tasks.create_task(self.connections.run(), name="channels-connections")

    async def stop(self) -> None:
        """Before the lane stops: end what is under way."""
        await self.taker.stop()
        await self.forwarder.stop()
        await self.courier.stop()
        await self.typist.stop()
        await self.http.aclose()


async def drop_old_inbox(db: Database) -> int:
    """Forget calls kept longer than a week, in every workspace; how many. Meant to run daily."""
    dropped = 0
    while True:
        async with db.system_tx() as tx:
            count = await store.drop_inbox(tx, KEPT, _PURGED)
        dropped += count
        if count < _PURGED:
            return dropped
