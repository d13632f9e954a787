"""Somebody is erased; what was said goes."""

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from kezhan.audit import keys
from kezhan.audit.keys import Of
from kezhan.contacts.events import ContactErased
from kezhan.contacts.join import changed
from kezhan.contacts.service import revoke_all
from kezhan.contacts.values import NAMELESS
from kezhan.conversations.number import bump, hold
from kezhan.conversations.rich.card import use_of
from kezhan.conversations.schemas import State
from kezhan.files import service as files
from kezhan.kit.crypto import BadSeal
from kezhan.kit.db import Tx
from kezhan.kit.errors import Refused
from kezhan.kit.outbox import emit
from kezhan.privacy import store as rows
from kezhan.privacy.wipe import store
from kezhan.privacy.wipe.store import Whose
from kezhan.workspaces.once import context_of


async def erase(tx: Tx, contact_id: UUID) -> dict[str, int]:
    """All that is kept of one customer, in one transaction; how many rows of which place. Raises Refused 409
    where she is held, or still being served."""
    people = await store.people_of(tx, contact_id)
    if await rows.held(tx, people):
        raise Refused("privacy.held", 409)
    talks = await store.talks_of(tx, people)
    if any(one["state"] != State.CLOSED for one in talks):
        raise Refused("privacy.still_served", 409)
    names = await store.names_of(tx, people)
    whose = Whose(people, names, [one["id"] for one in talks])
    for name in names:
        await revoke_all(tx, name)
    counts = Counter(await _forget_said(tx, whose, names))
    counts["files"] += await _forget_sheets(tx, people)
    counts["api_answers"] = await _forget_answers(tx, whose, await store.words_of(tx, people))
    counts.update(await store.wipe(tx, store.KNOWN, whose, NAMELESS))
    for person in people:
        await keys.destroy(tx, Of("contact", person))
        await changed(tx, person)
    await rows.forget_words(tx, people)
    await emit(tx, ContactErased(contact_id=contact_id))
    return {name: count for name, count in sorted(counts.items()) if count}


async def sweep(tx: Tx, contact_id: UUID) -> None:
    """Once more, what somebody has kept who had read it just before she was erased: words to search by,
    events to be told."""
    people = await store.people_of(tx, contact_id)
    whose = Whose(
        people, await store.names_of(tx, people), [one["id"] for one in await store.talks_of(tx, people)]
    )
    await store.wipe(tx, store.SAID, whose)
    await store.wipe(tx, store.KNOWN, whose, NAMELESS)


async def empty(tx: Tx, talks: Sequence[UUID]) -> None:
    """What was said in them; the customers stay."""
    await _forget_said(tx, Whose([], [], talks), [])


async def _forget_said(tx: Tx, whose: Whose, names: Sequence[UUID]) -> dict[str, int]:
    talks = whose.ids["talks"]
    shown = await store.files_in(tx, talks)
    hers = await store.files_of(tx, names, [one["file_id"] for one in shown])
    for one in shown:
        if one["file_id"] not in hers:
            await files.release(tx, one["file_id"], use_of(one["author_id"], one["client_id"]))
    for file_id in hers:
        await files.erase(tx, file_id)
    for talk in talks:
        await bump(tx, await hold(tx, talk), {})
    return {**await store.wipe(tx, store.SAID, whose), "files": len(hers)}


async def _forget_sheets(tx: Tx, people: Sequence[UUID]) -> int:
    """Lists in which she stands, or may stand."""
    sheets = [
        *await store.sheets_with(tx, people),
        *await store.drop_exports(tx),
        *await rows.archives(tx, people),
    ]
    for file_id in sheets:
        await files.erase(tx, file_id)
    return len(sheets)


async def _forget_answers(tx: Tx, whose: Whose, words: Sequence[str]) -> int:
    """What programs were told, kept for a day in case they ask again: by her ids, or by `words` alone."""
    marks = [str(one).encode() for ids in whose.ids.values() for one in ids]
    marks += [one.encode() for one in words]
    about = []
    for row in await store.answers(tx):
        try:
            told = tx.ring.unseal(row["sealed"], context_of(row["token_id"]))
        except BadSeal:
            continue
        if any(mark in told for mark in marks):
            about.append((row["token_id"], row["key"]))
    await store.drop_answers(tx, about)
    return len(about)
