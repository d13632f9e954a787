"""Cards: the switch, what is to be fetched, what is shown."""

import base64
import hashlib
import re
from collections.abc import Sequence
from uuid import UUID

import msgspec

from kezhan.audit.service import record
from kezhan.conversations.events import MessageAppended, MessageChanged
from kezhan.conversations.read import seen_head, visitor_seen
from kezhan.kit.changes import Change
from kezhan.kit.clock import now
from kezhan.kit.db import Tx
from kezhan.kit.fetch import web_address
from kezhan.kit.ids import new_id
from kezhan.kit.jobs import Jobs
from kezhan.kit.outbox import Event, Handler
from kezhan.kit.reading import ReadRow
from kezhan.unfurl import store
from kezhan.unfurl.schemas import LinkCards, LinkPreview, LinkSettings
from kezhan.workspaces.authenticate import Caller

FETCH = "unfurl.fetch"
MOST = 3
"""Links of one message that get a card."""
_SPOKEN = frozenset({"text", "note"})
# As the workbench and the widget find them in a text.
_ADDRESS = re.compile(r"https?://[^\s<>\"'，。；：！？、（）《》【】“”‘’]+", re.IGNORECASE)
_CLOSERS = ".,;:!?)]}"


class _Detail(msgspec.Struct, frozen=True, kw_only=True, tag_field="v", tag=1):
    """For the audit log."""

    enabled: bool


async def put_settings(tx: Tx, caller: Caller, form: LinkSettings) -> LinkSettings:
    """From now on; the same again changes nothing. What was fetched before is not shown while it is off."""
    if await store.put_settings(tx, {"enabled": form.enabled, "changed_at": now()}):
        detail = _Detail(enabled=form.enabled)
        told = [Change(field="enabled", before=not form.enabled, after=form.enabled)]
        await record(tx, caller, "links.edit", "workspace", tx.workspace, detail=detail, changes=told)
    return form


async def get_settings(tx: Tx) -> LinkSettings:
    return LinkSettings(enabled=await store.enabled(tx))


def addresses(text: str) -> list[str]:
    """The first few in a text, each once."""
    found = (one.rstrip(_CLOSERS) for one in _ADDRESS.findall(text))
    return list(dict.fromkeys(one for one in found if web_address(one)))[:MOST]


def _digest(address: str) -> bytes:
    return hashlib.sha256(address.encode("utf-8", "replace")).digest()


def handler(jobs: Jobs) -> Handler:
    """Looks for addresses in what is said and has them fetched."""

    async def run(tx: Tx, events: Sequence[Event]) -> None:
        for card_id in await find(tx, events):
            await jobs.defer(FETCH, tx.workspace, card_id, once=f"{FETCH}:{card_id}")

    return Handler("unfurl.find", (MessageAppended, MessageChanged), run, pause=0.3)


async def find(tx: Tx, events: Sequence[Event]) -> Sequence[UUID]:
    """The cards to be fetched for what was said or changed; where it is off, none."""
    places = {
        (event.conversation_id, event.seq)
        for event in events
        if (isinstance(event, MessageAppended) and event.kind in _SPOKEN)
        or (isinstance(event, MessageChanged) and not event.recalled)
    }
    if not places or not await store.enabled(tx):
        return ()
    found = {one: None for row in await store.said(tx, sorted(places)) for one in addresses(row["body"])}
    if not found:
        return ()
    await store.drop_expired(tx)
    return await store.want(tx, [(new_id(), _digest(address), address) for address in found])


async def for_agent(tx: Tx, caller: Caller, conversation_id: UUID, seqs: Sequence[int]) -> LinkCards:
    """Raises NotFound for a conversation out of sight."""
    await seen_head(tx, caller, conversation_id)
    return await _cards(tx, conversation_id, seqs, notes=True)


async def for_visitor(tx: Tx, identity_id: UUID, conversation_id: UUID, seqs: Sequence[int]) -> LinkCards:
    """Of her own conversation, without notes. Raises NotFound."""
    await visitor_seen(tx, identity_id, conversation_id)
    return await _cards(tx, conversation_id, seqs, notes=False)


async def _cards(tx: Tx, conversation_id: UUID, seqs: Sequence[int], *, notes: bool) -> LinkCards:
    if not await store.enabled(tx):
        return LinkCards(enabled=False)
    said = await store.shown(tx, conversation_id, seqs, notes=notes)
    wanted = [(row, _digest(address)) for row in said for address in addresses(row["body"])]
    if not wanted:
        return LinkCards(enabled=True)
    rows = {bytes(row.digest): row for row in await store.cards(tx, [digest for _, digest in wanted])}
    pending = any(_pending(row, digest in rows and rows[digest].state) for row, digest in wanted)
    items = [
        LinkPreview(
            seq=row["seq"],
            address=card.address,
            title=card.title,
            about=card.about,
            site=card.site,
            picture=_shown(card.picture),
        )
        for row, digest in wanted
        if (card := rows.get(digest)) is not None and card.state == "found"
    ]
    return LinkCards(enabled=True, pending=pending, items=items)


def _pending(row: ReadRow, state: str | bool) -> bool:
    """Being fetched, or said so lately that nobody has looked yet."""
    return state == "waiting" or (not state and bool(row["fresh"]))


def _shown(picture: bytes | None) -> str:
    return f"data:image/webp;base64,{base64.b64encode(picture).decode()}" if picture else ""
