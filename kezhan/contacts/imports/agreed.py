"""What a list says of consents. They are kept by a room above, which hands in how (`wiring`)."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol
from uuid import UUID

from kezhan.contacts.imports.schemas import CONSENT, ImportPlan, Listing
from kezhan.kit.db import Tx
from kezhan.kit.errors import Refused


class Agreements(Protocol):
    """Whoever keeps consents; see `consent.lists` for each."""

    async def asked(self, tx: Tx) -> Mapping[UUID, str]: ...

    async def known(
        self, tx: Tx, people: Sequence[UUID], texts: Sequence[UUID]
    ) -> Mapping[tuple[UUID, UUID], bool]: ...

    async def give(self, tx: Tx, listing: Listing, given: Sequence[tuple[UUID, UUID]]) -> None: ...

    async def take_back(self, tx: Tx, listing: Listing, people: Sequence[UUID]) -> set[UUID]: ...

    async def remove(self, tx: Tx, listing: Listing, people: Sequence[UUID]) -> None: ...


def texts_of(plan: ImportPlan) -> list[UUID]:
    """Which of them the columns of a list are."""
    return [UUID(one.removeprefix(CONSENT)) for one in plan.targets if one.startswith(CONSENT)]


class Agreed:
    """Of some rows, in one transaction."""

    def __init__(self, tx: Tx, agreements: Agreements, plan: ImportPlan) -> None:
        self._tx, self._agreements, self._texts = tx, agreements, texts_of(plan)
        self._asked: Mapping[UUID, str] = {}
        self._known: dict[tuple[UUID, UUID], bool] = {}
        self._given: list[tuple[UUID, UUID]] = []

    async def look(self, people: Collection[UUID]) -> None:
        """How those stand to the texts whom the rows are about, as far as they are there."""
        if self._texts:
            self._asked = await self._agreements.asked(self._tx)
            self._known |= await self._agreements.known(self._tx, list(people), self._texts)

    def refused(self, contact_id: UUID | None, texts: Collection[UUID]) -> Refused | None:
        """Why she cannot be said to consent to these: that one is asked no more, or she has withdrawn it."""
        for text_id in texts:
            if text_id not in self._asked:
                return Refused("contacts.import.consent_gone")
            if contact_id is not None and self._known.get((contact_id, text_id)) is False:
                return Refused("contacts.import.consent_withdrawn", name=self._asked[text_id])
        return None

    def take(self, contact_id: UUID, texts: Collection[UUID]) -> bool:
        """She consents to these; whether that is new of one of them."""
        fresh = [(contact_id, one) for one in texts if (contact_id, one) not in self._known]
        self._known |= dict.fromkeys(fresh, True)
        self._given += fresh
        return bool(fresh)

    async def write(self, listing: Listing) -> None:
        await self._agreements.give(self._tx, listing, self._given)
