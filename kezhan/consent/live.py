"""What is asked, and who has consented, in memory: a visitor's message asks here, and where nothing is
required no statement is made for it."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

from kezhan.consent import store
from kezhan.consent.events import ConsentTextsChanged, ConsentWithdrawn
from kezhan.consent.schemas import ConsentState
from kezhan.contacts.events import ContactsParted
from kezhan.contacts.schemas import Visitor
from kezhan.kit.db import Database, Tx
from kezhan.kit.errors import Forbidden
from kezhan.kit.outbox import Published
from kezhan.realtime.across import Across
from kezhan.realtime.hints import Hint

_REMEMBERED = 20_000
_CHANGES = ConsentTextsChanged | ConsentWithdrawn | ContactsParted


class ConsentMoved(Hint, frozen=True, kw_only=True, tag="consent"):
    """What is asked in the workspace has changed, or somebody's consent no longer stands."""

    workspace_id: UUID


class _Asked(NamedTuple):
    version: int
    required: bool


class Consents:
    """One per process."""

    def __init__(self, db: Database, across: Across) -> None:
        self._db = db
        self._across = across
        self._asked: dict[UUID, dict[UUID, _Asked]] = {}
        self._stale: set[UUID] = set()
        self._lost = True
        self._turn = 0
        """How often something has changed: what was read before is not the last word."""
        self._fine: OrderedDict[UUID, None] = OrderedDict()
        """Contacts who have consented to all that is required."""
        across.on(ConsentMoved, lambda hint: self._again(hint.workspace_id))
        across.on_missed(self._all_again)

    async def start(self) -> None:
        """What is asked is known before the first visitor."""
        await self._read()

    def knows(self, visitor: Visitor) -> bool:
        """Whether it is known without asking that nothing required of her is missing."""
        if self._lost or visitor.workspace_id in self._stale:
            return False
        if visitor.workspace_id not in self._asked or visitor.contact_id in self._fine:
            return True
        return not self._required(visitor.workspace_id)

    async def check(self, visitor: Visitor) -> None:
        """Raises Forbidden where something required of her is missing."""
        if self.knows(visitor):
            return
        await self._read()
        async with self._db.tx(visitor.workspace_id) as tx:
            due = await self._due(tx, visitor)
        if due:
            raise Forbidden("consent.needed")

    async def state(self, tx: Tx, contact_id: UUID) -> ConsentState:
        """What she is to be asked when she comes."""
        if self._lost or self._stale:
            await self._read()
        if not self._asked.get(tx.workspace):
            return "none"
        missing = await _missing(tx, contact_id, self._required(tx.workspace))
        return "due" if missing else "open"

    def on_commit(self, workspace_id: UUID, published: list[Published]) -> None:
        if any(isinstance(event, _CHANGES) for event, _ in published):
            self._again(workspace_id)
            self._across.tell(ConsentMoved(workspace_id=workspace_id))

    async def _due(self, tx: Tx, visitor: Visitor) -> bool:
        turn, required = self._turn, self._required(visitor.workspace_id)
        if await _missing(tx, visitor.contact_id, required):
            return True
        # What has been withdrawn while it was read is read again.
        if required and turn == self._turn:
            self._fine[visitor.contact_id] = None
            if len(self._fine) > _REMEMBERED:
                self._fine.popitem(last=False)
        return False

    def _required(self, workspace_id: UUID) -> Mapping[UUID, int]:
        known = self._asked.get(workspace_id, {})
        return {text_id: one.version for text_id, one in known.items() if one.required}

    def _again(self, workspace_id: UUID) -> None:
        self._turn += 1
        self._stale.add(workspace_id)
        # Whose it was is not asked: it happens seldom.
        self._fine.clear()

    async def _all_again(self) -> None:
        self._turn += 1
        self._lost = True
        self._fine.clear()

    async def _read(self) -> None:
        """Until it has been read what nobody has changed meanwhile, nothing is taken to be known."""
        while self._lost or self._stale:
            turn = self._turn
            async with self._db.system_tx() as tx:
                rows = await store.asked(tx)
            found: dict[UUID, dict[UUID, _Asked]] = {}
            for row in rows:
                found.setdefault(row.workspace_id, {})[row.id] = _Asked(row.version, row.required)
            if turn == self._turn:
                self._lost, self._asked = False, found
                self._stale.clear()


async def _missing(tx: Tx, contact_id: UUID, required: Mapping[UUID, int]) -> bool:
    if not required:
        return False
    given = {(row.text_id, row.version) for row in await store.standing(tx, contact_id, required)}
    return not given.issuperset(required.items())
