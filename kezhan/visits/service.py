"""Follow a visitor over the site, and show where she has been."""

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Row

from kezhan.kit.clock import wire, wire_or_none
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound
from kezhan.kit.ids import new_id
from kezhan.kit.outbox import emit
from kezhan.visits import store
from kezhan.visits.agent import read_agent
from kezhan.visits.events import PageViewed
from kezhan.visits.origin import MAX_TITLE, kept_url, origin_of, plain
from kezhan.visits.schemas import Device, PageOut, Source, VisitorCard, VisitOut

KEPT_PAGES = 200
CARD_PAGES = 20
_SHORT = 64
_RELOAD = timedelta(minutes=1)
_AGENT = 512


class Arrival(Struct, frozen=True, kw_only=True):
    """What a browser tells when it comes; everything is cut to size and nothing of it is believed.

    `address` is the checked IP address, `device_key` the visitor's browser, `language` a tag
    or an Accept-Language header, `screen` as `390x844`.
    """

    address: str
    user_agent: str = ""
    language: str = ""
    time_zone: str = ""
    screen: str = ""
    referrer: str = ""
    landing_url: str = ""
    device_key: str = ""


async def start(tx: Tx, *, identity_id: UUID, contact_id: UUID, account_id: UUID, arrival: Arrival) -> UUID:
    """The id of the visit: the one seen less than half an hour ago, else a new one."""
    await store.hold_identity(tx, identity_id)
    visit_id = await store.going_on(tx, identity_id)
    if visit_id:
        return visit_id
    visit_id = new_id()
    agent = read_agent(plain(arrival.user_agent, _AGENT))
    origin = origin_of(arrival.referrer, arrival.landing_url)
    values = {
        "id": visit_id,
        "identity_id": identity_id,
        "contact_id": contact_id,
        "account_id": account_id,
        "address": plain(arrival.address, _SHORT),
        "user_agent": plain(arrival.user_agent, _AGENT),
        "browser": agent.browser,
        "system": agent.system,
        "device": agent.device,
        "device_key": arrival.device_key,
        "language": _language(arrival.language),
        "time_zone": plain(arrival.time_zone, _SHORT),
        "screen": plain(arrival.screen, _SHORT),
        "referrer": kept_url(arrival.referrer),
        "source": origin.source,
        "search_word": origin.search_word,
        "utm": origin.utm,
    }
    await store.add(tx, values)
    return visit_id


def _language(text: str) -> str:
    """The first language of what may be an Accept-Language header."""
    return plain(re.split("[,;]", text, maxsplit=1)[0], _SHORT).strip("*")


async def view(tx: Tx, visit_id: UUID, *, url: str, title: str, at: datetime) -> None:
    """The visitor opened a page. The same address again is the same page, perhaps under its final title.

    Raises NotFound where there is no such visit.
    """
    visit = await store.touch(tx, visit_id, at)
    if visit is None:
        raise NotFound("visits.not_found")
    url, title = kept_url(url), plain(title, MAX_TITLE)
    before = await store.page(tx, visit_id, visit.pages) if visit.pages else None
    # Time away, from the closing of the last page to this, belongs to no page; a reload is no time away.
    stayed = visit.left_at is None or at - visit.left_at < _RELOAD
    if before is not None and visit.left_at is None:
        await store.close_page(tx, visit_id, visit.pages, at)
    if before is not None and stayed and before.url == url:
        if title and before.title != title:
            await store.rename_page(tx, visit_id, visit.pages, title)
        return
    no = visit.pages + 1
    values = {"no": no, "url": url, "title": title, "entered_at": at, "dwell_ms": 0}
    await store.add_page(tx, visit_id, values)
    if no > KEPT_PAGES:
        await store.drop_pages(tx, visit_id, no - KEPT_PAGES)
    event = PageViewed(visit_id=visit_id, contact_id=visit.contact_id)
    await emit(tx, event, topics=[f"contact:{visit.contact_id}"])


async def leave(tx: Tx, visit_id: UUID, at: datetime) -> None:
    """The visitor's last page is closed. A second time does nothing."""
    pages = await store.end(tx, visit_id, at)
    if pages:
        await store.close_page(tx, visit_id, pages, at)


async def card(tx: Tx, contact_id: UUID) -> VisitorCard:
    """In two queries. Raises NotFound where there is no such contact."""
    row = await store.summary(tx, contact_id)
    if row is None:
        raise NotFound("visits.no_contact")
    pages = await store.last_pages(tx, contact_id, CARD_PAGES) if row.visits else []
    return VisitorCard(
        contact_id=contact_id,
        visits=row.visits,
        first_seen_at=wire_or_none(row.first_seen_at),
        visit=_visit(row) if row.visits else None,
        pages=[_page(page) for page in pages],
    )


def _visit(row: Row[Any]) -> VisitOut:
    return VisitOut(
        id=row.id,
        address=row.address,
        browser=row.browser,
        system=row.system,
        device=Device(row.device),
        device_key=row.device_key,
        language=row.language,
        time_zone=row.time_zone,
        screen=row.screen,
        referrer=row.referrer,
        source=Source(row.source),
        search_word=row.search_word,
        utm=row.utm,
        started_at=wire(row.started_at),
        seen_at=wire(row.seen_at),
        ended_at=wire_or_none(row.ended_at),
    )


def _page(row: Row[Any]) -> PageOut:
    return PageOut(
        visit_id=row.visit_id,
        url=row.url,
        title=row.title,
        entered_at=wire(row.entered_at),
        dwell_ms=None if row.open else row.dwell_ms,
    )
