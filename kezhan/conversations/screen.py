"""What the workspace's sensitive words do to a message on its way into the lane."""

import contextlib
from typing import cast
from uuid import UUID

from kezhan.conversations.items import Append, Appended
from kezhan.conversations.number import add_event
from kezhan.conversations.rich.schemas import CardPayload
from kezhan.conversations.schemas import EventPayload, Kind
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.ids import new_id
from kezhan.screening.events import CustomerSaidWord
from kezhan.screening.live import Screens
from kezhan.screening.match import Found, masked, sternest
from kezhan.screening.schemas import Hit, Side, Tier

_SIDES = {"visitor": "customers", "agent": "agents"}


class Screen:
    """One per process."""

    def __init__(self, screens: Screens) -> None:
        self._screens = screens

    def look(self, item: Append) -> Appended | None:
        """What becomes of `item` instead of being stored; None where it goes on, perhaps with stars in it.
        Notes are the staff's own. What a platform has taken over is never refused: it goes on masked."""
        side = cast("Side | None", _SIDES.get(item.author_kind))
        if side is None or item.kind == Kind.NOTE:
            return None
        found = self._screens.find(item.workspace_id, side, item.body)
        if not found:
            return None
        word = max(found, key=_sternness).word
        tier = sternest(found)
        stays = not item.handed_over and isinstance(item.payload, CardPayload)
        outcome = ""
        if item.elsewhere:
            pass  # her customer has read it by now
        elif (tier is Tier.BLOCK or (tier is Tier.MASK and stays)) and not item.handed_over:
            outcome = "barred"
        elif tier is Tier.WARN and side == "agents" and not item.anyway:
            outcome = "warned"
        else:
            item.body = masked(item.body, _hidden(found))
        if outcome:
            self._screens.saw(item.workspace_id, _hits(item, side, found, item.conversation_id))
            return Appended(outcome, item.conversation_id, word=word)
        self._tell_later(item, side, found)
        return None

    def _tell_later(self, item: Append, side: Side, found: list[Found]) -> None:
        """Of a message that goes on: once it is stored, so that what is said of it stands behind it."""
        told = item.done

        def done(item: Append, answer: Appended) -> None:
            if answer.outcome == "new":
                hits = _hits(item, side, found, answer.conversation_id)
                self._screens.saw(item.workspace_id, hits)
            told(item, answer)

        item.done = done

    def reworded(self, workspace_id: UUID, side: Side, body: str) -> str:
        """The new wording of a message, perhaps with stars in it. Raises Refused."""
        found = self._screens.find(workspace_id, side, body)
        if sternest(found) is Tier.BLOCK:
            raise Refused("screening.barred", 409, field="body", word=max(found, key=_sternness).word)
        return masked(body, _hidden(found))


def _sternness(found: Found) -> int:
    return list(Tier).index(found.tier)


def _hidden(found: list[Found]) -> list[Found]:
    return [one for one in found if one.tier in {Tier.MASK, Tier.BLOCK}]


def _hits(item: Append, side: Side, found: list[Found], conversation_id: UUID) -> list[Hit]:
    """One a list, with the first of its words."""
    of_lists = {one.listed.id: one for one in reversed(found)}
    return [
        Hit(
            id=new_id(),
            list_id=one.listed.id,
            word=one.word,
            tier=one.tier,
            side=side,
            conversation_id=conversation_id,
            author_id=item.author_id,
            author_name=item.author_name,
            client_id=item.client_id,
        )
        for one in of_lists.values()
    ]


async def on_customer_said(tx: Tx, event: CustomerSaidWord) -> None:
    """Wired `in_tx`: a line in the conversation that only the staff sees."""
    with contextlib.suppress(NotFound):  # erased meanwhile
        await add_event(tx, event.conversation_id, EventPayload(event="screened", reason=event.word))
