"""Customers who come in at the same moment, after a restart perhaps by the thousand: read together."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from kezhan.contacts.schemas import Visitor
from kezhan.contacts.service import visitors_of
from kezhan.conversations import read
from kezhan.conversations.schemas import Changed, Head, Resync
from kezhan.kit.db import Database
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.rounds import Rounds


class Past(NamedTuple):
    """What a customer finds when she comes: her latest conversation and, where she goes on with one, what
    she has missed of it."""

    latest: Head | None
    missed: Changed | Resync | None


class Return(NamedTuple):
    """Who comes, and where she goes on from; without a conversation she has missed nothing."""

    visitor: Visitor
    conversation_id: UUID | None
    rev: int


class Arrivals:
    """One per process. However many come, a few transactions are under way for them, and every workspace has
    its turn; whoever comes alone is read at once."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._bearers: Rounds[None, str, Visitor] = Rounds(self._visitors)
        self._pasts: Rounds[UUID, Return, Past] = Rounds(self._read)

    async def visitor(self, token: str) -> Visitor:
        """Who holds `token`. Raises Refused: 401 where it is unknown, over or revoked, 503."""
        return await self._bearers.ask(None, token)

    async def past(self, back: Return) -> Past:
        """Read after this call. Raises NotFound where the conversation is not hers, Refused 503."""
        return await self._pasts.ask(back.visitor.workspace_id, back)

    async def _visitors(self, _: None, tokens: Sequence[str]) -> Sequence[Visitor | Exception]:
        found = await visitors_of(self._db, tokens)
        return [visitor or Refused("contacts.session_over", 401) for visitor in found]

    async def _read(self, workspace_id: UUID, backs: Sequence[Return]) -> list[Past | Exception]:
        identities = list({back.visitor.identity_id for back in backs})
        since: dict[UUID, int] = {}
        for _, conversation_id, rev in backs:
            if conversation_id is not None:
                since.setdefault(conversation_id, rev)
        async with self._db.tx(workspace_id) as tx:
            latest = {head.identity_id: head for head in await read.standing(tx, [], identities)}
            found = _by_place(since, await read.changes_since(tx, since))
            for _, conversation_id, rev in backs:
                # Named twice, from two places: each page reads from its own.
                if conversation_id is not None and rev != since[conversation_id]:
                    other = {conversation_id: rev}
                    found |= _by_place(other, await read.changes_since(tx, other))
        return [_past(back, latest.get(back.visitor.identity_id), found) for back in backs]


_Missed = dict[tuple[UUID, int], tuple[Head, Changed | Resync | None]]


def _by_place(since: dict[UUID, int], found: list[tuple[Changed | Resync | None, Head]]) -> _Missed:
    return {(head.id, since[head.id]): (head, missed) for missed, head in found}


def _past(back: Return, latest: Head | None, found: _Missed) -> Past | Exception:
    if back.conversation_id is None:
        return Past(latest, None)
    head, missed = found.get((back.conversation_id, back.rev), (None, None))
    if head is None or head.identity_id != back.visitor.identity_id:
        return NotFound("conversations.not_found")
    return Past(latest, missed)
