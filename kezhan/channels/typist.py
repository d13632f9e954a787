"""That somebody here writes, shown to customers on platforms that can show it. Nothing of it is kept, and
what goes wrong is of no consequence."""

import asyncio
from collections import OrderedDict
from time import monotonic
from uuid import UUID

from kezhan.channels import store
from kezhan.channels.accounts import opened_account
from kezhan.channels.base import Typing
from kezhan.channels.customers import store as customers
from kezhan.channels.lines import Lines
from kezhan.channels.registry import channels
from kezhan.conversations.desk import Desk
from kezhan.kit.log import log

EVERY_SECONDS = 4.0
AT_ONCE = 20
_PATIENCE_SECONDS = 5.0
_REMEMBERED = 10_000


class Typist:
    """One per process. A conversation whose customer cannot be shown it rests for a minute."""

    def __init__(self, desk: Desk, lines: Lines) -> None:
        self._desk = desk
        self._lines = lines
        self._next: OrderedDict[UUID, float] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()
        desk.on_typing.append(self.on_typing)

    def on_typing(self, workspace_id: UUID, conversation_id: UUID) -> None:
        if monotonic() < self._next.get(conversation_id, 0) or len(self._tasks) >= AT_ONCE:
            return
        self._rest(conversation_id, EVERY_SECONDS)
        task = asyncio.create_task(self._show(workspace_id, conversation_id), name="typing")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        self._desk.on_typing.remove(self.on_typing)
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _rest(self, conversation_id: UUID, seconds: float) -> None:
        self._next[conversation_id] = monotonic() + seconds
        self._next.move_to_end(conversation_id)
        if len(self._next) > _REMEMBERED:
            self._next.popitem(last=False)

    async def _show(self, workspace_id: UUID, conversation_id: UUID) -> None:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                if not await self._shown(workspace_id, conversation_id):
                    self._rest(conversation_id, 60)
        except Exception as fault:
            log.debug("channels.typing_not_shown", fault=type(fault).__name__)
            self._rest(conversation_id, 60)

    async def _shown(self, workspace_id: UUID, conversation_id: UUID) -> bool:
        """Whether the platform can show it."""
        async with self._desk.db.tx(workspace_id) as tx:
            place = await store.place_of(tx, conversation_id)
            channel = channels().get(place.channel)
            if channel is None or (show := channel.typing) is None:
                return False
            account = await opened_account(tx, self._desk.keyring, place.account_id)
            window = await customers.window(tx, account.id, place.identity_id)
            ticket = self._lines.opened_text(account.id, "ticket", window["ticket"]) if window else ""
        shown = Typing(
            external_id=place.external_id,
            ticket=ticket,
            last_message_id=window["last_message_id"] if window else "",
        )
        await self._lines.speak(account, lambda _, line: show(line, shown))
        return True
