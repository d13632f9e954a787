"""What lists of people that are brought in say of consents: `contacts.imports.agreed.Agreements`."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from kezhan.consent import store
from kezhan.consent.events import ConsentGiven, ConsentWithdrawn
from kezhan.consent.schemas import Way
from kezhan.contacts.imports.schemas import Listing
from kezhan.kit.clock import now
from kezhan.kit.db import Tx
from kezhan.kit.ids import new_id
from kezhan.kit.outbox import emit


async def asked(tx: Tx) -> Mapping[UUID, str]:
    """The texts in use, by their names; they and their versions stay until the transaction ends."""
    return {row.id: row.name for row in await store.in_use(tx)}


async def known(tx: Tx, people: Sequence[UUID], texts: Sequence[UUID]) -> Mapping[tuple[UUID, UUID], bool]:
    """By customer and text: true where she consents to what is asked now, false where she has withdrawn it.
    Where she is to be asked, there is nothing."""
    rows = await store.known(tx, people, texts) if people else ()
    return {(row["contact_id"], row["text_id"]): row["stands"] for row in rows}


async def give(tx: Tx, listing: Listing, given: Sequence[tuple[UUID, UUID]]) -> None:
    """(customer, text) each, to the version that is asked now."""
    if not given:
        return
    rows = [(new_id(), *one) for one in given]
    for row in await store.give_listed(tx, rows, listing, now()):
        event = ConsentGiven(
            contact_id=row["contact_id"],
            text_id=row["text_id"],
            version=row["version"],
            way=Way.IMPORT,
            by=listing.by_id,
        )
        await emit(tx, event, [f"contact:{event.contact_id}"])


async def take_back(tx: Tx, listing: Listing, people: Sequence[UUID]) -> set[UUID]:
    """Of these customers what the list has given; what they have said themselves stands. Of whom there was
    something."""
    rows = await store.withdraw_listed(tx, listing, people, now())
    for row in rows:
        if row["stands"]:
            continue
        event = ConsentWithdrawn(
            contact_id=row["contact_id"],
            text_id=row["text_id"],
            version=row["version"],
            way=Way.IMPORT,
            by=listing.by_id,
        )
        await emit(tx, event, [f"contact:{event.contact_id}"])
    return {row["contact_id"] for row in rows}


async def remove(tx: Tx, listing: Listing, people: Sequence[UUID]) -> None:
    """Of customers who are about to go as they have come."""
    await store.remove_listed(tx, listing.import_id, people)
