"""That somebody here writes or has read, shown to customers on platforms that can show it. Nothing of it is
kept, and what goes wrong is of no consequence."""

import asyncio
from collections import OrderedDict
from collections.abc import Coroutine
from time import monotonic
from typing import Any, NamedTuple
from uuid import UUID

from kezhan.channels import store
from kezhan.channels.accounts import Account, opened_account
from kezhan.channels.base import Channel, Seen, Typing
from kezhan.channels.customers import store as customers
from kezhan.channels.lines import Lines
from kezhan.channels.registry import channels
from kezhan.conversations.desk import Desk
from kezhan.kit.log import log

EVERY_SECONDS = 4.0
AT_ONCE = 20
_PATIENCE_SECONDS = 5.0
_REMEMBERED = 10_000


class _Place(NamedTuple):
    """Where the customer is, and how she is to be named there."""

    channel: Channel
    account: Account
    named: dict[str, str]


class Typist:
    """One per process. A conversation whose customer cannot be shown it rests for a minute."""

    def __init__(self, desk: Desk, lines: Lines) -> None:
        self._desk = desk
        self._lines = lines
        self._next: OrderedDict[UUID, float] = OrderedDict()
        self._seen: OrderedDict[UUID, str] = OrderedDict()
        """The newest message of hers that was shown as read."""
        self._tasks: set[asyncio.Task[None]] = set()
        desk.on_typing.append(self.on_typing)
        desk.on_seen.append(self.on_seen)

    def on_typing(self, workspace_id: UUID, conversation_id: UUID) -> None:
        if monotonic() < self._next.get(conversation_id, 0) or len(self._tasks) >= AT_ONCE:
            return
        self._rest(conversation_id, EVERY_SECONDS)
        self._begin(self._show(workspace_id, conversation_id))

    def on_seen(self, workspace_id: UUID, conversation_id: UUID) -> None:
        if len(self._tasks) < AT_ONCE:
            self._begin(self._show_seen(workspace_id, conversation_id))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name="typing")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        self._desk.on_typing.remove(self.on_typing)
        self._desk.on_seen.remove(self.on_seen)
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
        place = await self._place(workspace_id, conversation_id)
        if place is None or (show := place.channel.typing) is None:
            return False
        shown = Typing(**place.named)
        await self._lines.speak(place.account, lambda _, line: show(line, shown))
        return True

    async def _show_seen(self, workspace_id: UUID, conversation_id: UUID) -> None:
        """Once for each newest message, whoever has read it."""
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                place = await self._place(workspace_id, conversation_id)
                if place is None or (show := place.channel.seen) is None:
                    return
                shown = Seen(**place.named)
                if self._seen.get(conversation_id) == shown.last_message_id:
                    return
                self._seen[conversation_id] = shown.last_message_id
                self._seen.move_to_end(conversation_id)
                if len(self._seen) > _REMEMBERED:
                    self._seen.popitem(last=False)
                await self._lines.speak(place.account, lambda _, line: show(line, shown))
        except Exception as fault:
            log.debug("channels.seen_not_shown", fault=type(fault).__name__)

    async def _place(self, workspace_id: UUID, conversation_id: UUID) -> _Place | None:
        async with self._desk.db.tx(workspace_id) as tx:
            place = await store.place_of(tx, conversation_id)
            channel = channels().get(place.channel)
            if channel is None or (channel.typing is None and channel.seen is None):
                return None
            account = await opened_account(tx, self._desk.keyring, place.account_id)
            window = await customers.window(tx, account.id, place.identity_id)
            ticket = self._lines.opened_text(account.id, "ticket", window["ticket"]) if window else ""
        newest = window["last_message_id"] if window else ""
        named = {"external_id": place.external_id, "ticket": ticket, "last_message_id": newest}
        return _Place(channel, account, named)
