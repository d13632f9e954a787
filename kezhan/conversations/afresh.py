"""When hints may have been lost: this process's own listeners compared with what the database says now."""

import asyncio
from collections import defaultdict
from uuid import UUID

from kezhan.contacts.schemas import Visitor
from kezhan.conversations.desk import Desk, caller_of
from kezhan.conversations.read import standing
from kezhan.conversations.schemas import ListsReady
from kezhan.kit.errors import Refused
from kezhan.kit.sockets import Close
from kezhan.realtime.session import UNAUTHORIZED, SocketSession
from kezhan.workspaces.authenticate import Caller

_CHUNK = 500
_SPREAD_SECONDS = 0.005
"""Between two agents who are told to read their lists afresh."""


async def resync(desk: Desk) -> None:
    """Sockets of people who are no longer who they were end; the others hear where their conversations stand
    and ask for what they lack; lists are read afresh. A query for each agent, two for each 500 conversations.
    Raises Refused 503 without a database."""
    desk.known.forget_all()
    people = sessions(desk)
    for session in people:
        if isinstance(session.who, Caller):
            await _check_caller(desk, session)
    await _check_conversations(desk, people)
    for stream in desk.live.inboxes.streams.everyone():
        stream.renew()
        for listener in tuple(stream.listeners):
            if isinstance(listener, SocketSession):
                listener.tell(ListsReady(epoch=stream.epoch, rev=stream.rev, resync=True))
        if stream.listeners:
            await asyncio.sleep(_SPREAD_SECONDS)


def sessions(desk: Desk) -> list[SocketSession]:
    """The sockets of this process that have shown who they are."""
    return [one for one in desk.hub.everybody() if isinstance(one, SocketSession) and one.who is not None]


async def _check_caller(desk: Desk, session: SocketSession) -> None:
    was: Caller = session.who
    try:
        now = await caller_of(desk, session.link.handshake)
    except Refused as refused:
        if refused.status == 503:
            raise
        session.close(UNAUTHORIZED)
    else:
        if (now.permissions, now.team_ids) != (was.permissions, was.team_ids):
            session.close(Close.RESTART)


async def _check_conversations(desk: Desk, people: list[SocketSession]) -> None:
    followed: defaultdict[UUID, set[UUID]] = defaultdict(set)
    customers: defaultdict[UUID, set[UUID]] = defaultdict(set)
    for session in people:
        followed[session.who.workspace_id].update(session.following)
        if isinstance(session.who, Visitor):
            customers[session.who.workspace_id].add(session.who.identity_id)
    for workspace_id, ids in followed.items():
        wanted, identities = list(ids), list(customers[workspace_id])
        for start in range(0, max(len(wanted), len(identities)), _CHUNK):
            end = start + _CHUNK
            async with desk.db.tx(workspace_id) as tx:
                heads = await standing(tx, wanted[start:end], identities[start:end])
            for head in heads:
                desk.live.stands(head)
