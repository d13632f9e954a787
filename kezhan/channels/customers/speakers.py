"""What platforms call those who speak in groups: asked once for each, and remembered for a while."""

import asyncio
from collections import OrderedDict
from time import monotonic
from typing import NamedTuple
from uuid import UUID
from weakref import WeakValueDictionary

from kezhan.channels.accounts import Account
from kezhan.channels.base import Edited, Inbound
from kezhan.channels.lines import Lines
from kezhan.channels.registry import find
from kezhan.kit.log import log

ASK_SECONDS = 3.0
NAMED_SECONDS = 24 * 3600.0
NAMELESS_SECONDS = 600.0
"""After a failure: a platform that may not say who somebody is would hold up every message of hers."""
REMEMBERED = 20_000


class _Known(NamedTuple):
    name: str
    until: float


class Speakers:
    """One per process. Each speaker of an account is asked for once, however many groups she speaks in."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._known: OrderedDict[tuple[UUID, str], _Known] = OrderedDict()
        self._asking: WeakValueDictionary[tuple[UUID, str], asyncio.Lock] = WeakValueDictionary()

    async def name(self, account: Account, came: Inbound | Edited) -> str:
        """Who speaks, as she is shown; what the message itself says where nobody can be asked."""
        if not came.speaker_id or find(account.adapter).speaker is None:
            return came.speaker
        key = account.id, came.speaker_id
        lock = self._asking.setdefault(key, asyncio.Lock())
        async with lock:
            known = self._known.get(key)
            if known is None or known.until <= monotonic():
                known = await self._ask(account, came)
                self._known[key] = known
                if len(self._known) > REMEMBERED:
                    self._known.popitem(last=False)
        return known.name or came.speaker

    async def _ask(self, account: Account, came: Inbound | Edited) -> _Known:
        """It is not waited for long: what is said is worth more than who says it."""
        ask = find(account.adapter).speaker
        name = ""
        try:
            async with asyncio.timeout(ASK_SECONDS):
                if ask is not None:
                    name = await self._lines.speak(
                        account, lambda _, line: ask(line, came.external_id, came.speaker_id)
                    )
        except Exception as fault:
            log.info("channels.speaker_unknown", account=str(account.id), fault=type(fault).__name__)
        return _Known(name.strip(), monotonic() + (NAMED_SECONDS if name.strip() else NAMELESS_SECONDS))
