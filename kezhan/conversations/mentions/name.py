"""Who may be named in a conversation: whoever sees it. To be named never lets anybody see more."""

from collections.abc import Collection, Iterable
from uuid import UUID

from msgspec import Struct

from kezhan.conversations.mentions import store
from kezhan.conversations.mentions.schemas import Colleague, Colleagues
from kezhan.conversations.read import seen_head
from kezhan.conversations.schemas import Head, Send
from kezhan.conversations.see import Placed, may_see
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.reading import ReadRow
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.permissions import Permission, permissions_of


class Person(Struct, frozen=True, kw_only=True):
    """A colleague who answers customers, as far as it says what she sees."""

    membership_id: UUID
    name: str
    permissions: frozenset[str]
    team_ids: frozenset[UUID]

    def may(self, permission: str, /) -> bool:
        return permission in self.permissions


def person_of(row: ReadRow) -> Person:
    return Person(
        membership_id=row["id"], name=row["name"], permissions=permissions_of(row["role"], row["rights"]),
        team_ids=frozenset(row["team_ids"]),
    )  # fmt: skip


async def check_names(tx: Tx, head: Head, send: Send) -> None:
    """Raises NotFound for somebody there is not, Refused 409 for one who does not see the conversation, or a
    team of whom nobody does."""
    people = [person_of(row) for row in await store.people(tx)]
    serving = {one.membership_id: one for one in people if one.may(Permission.CONVERSATION_REPLY)}
    for member_id in send.mentions:
        if member_id not in serving:
            raise NotFound("conversations.mention_nobody")
        if not may_see(serving[member_id], head):
            raise Refused("conversations.cannot_see", 409, name=serving[member_id].name)
    if send.teams:
        teams = {row["id"]: row["name"] for row in await store.teams(tx)}
        for team_id in send.teams:
            if team_id not in teams:
                raise NotFound("conversations.mention_nobody")
            if not members_who_see(serving.values(), [team_id], head):
                raise Refused("conversations.cannot_see", 409, name=teams[team_id])


def members_who_see(people: Iterable[Person], teams: Collection[UUID], placed: Placed) -> list[UUID]:
    """Of these people the members of `teams` who see the conversation."""
    named = (one for one in people if not one.team_ids.isdisjoint(teams))
    return [one.membership_id for one in named if may_see(one, placed)]


async def colleagues(tx: Tx, caller: Caller, conversation_id: UUID) -> Colleagues:
    """Everybody who may be named or invited here, each with whether she sees it as it stands. Raises NotFound
    for a conversation out of sight."""
    head = await seen_head(tx, caller, conversation_id)
    everybody = [person_of(row) for row in await store.people(tx)]
    people = [one for one in everybody if one.may(Permission.CONVERSATION_REPLY)]
    return Colleagues(
        people=[Colleague(one.membership_id, one.name, may_see(one, head)) for one in people],
        teams=[
            Colleague(row["id"], row["name"], bool(members_who_see(people, [row["id"]], head)))
            for row in await store.teams(tx)
        ],
    )
