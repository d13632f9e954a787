"""Who is on the site now, and from which countries. Who is online is known to every process; what is shown of
her is read from her visit."""

from collections import Counter
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from kezhan.contacts.values import visitor_number
from kezhan.conversations.desk import Desk
from kezhan.conversations.schemas import State
from kezhan.conversations.see import may_see
from kezhan.conversations.views import state_of
from kezhan.kit.clock import wire
from kezhan.kit.errors import Refused
from kezhan.kit.paging import Page, decode_cursor, encode_cursor, page_size
from kezhan.kit.reading import Reader, ReadRow
from kezhan.proactive import store
from kezhan.proactive.schemas import (
    Country,
    CountryCount,
    Geography,
    InviteState,
    OnSite,
    OnSiteConversation,
    OnSiteFilter,
    OnSiteInvite,
    Talk,
)
from kezhan.visits.country import UNKNOWN, country_of, zones_of
from kezhan.visits.schemas import Device, Source, Utm
from kezhan.workspaces.authenticate import Caller

TOPIC = "visitors"
_STATES = {Talk.FREE: "free", Talk.WAITING: State.QUEUED, Talk.SERVED: State.ASSIGNED}


async def now_on_site(
    desk: Desk, reader: Reader, caller: Caller, wanted: OnSiteFilter, after: str | None, limit: int
) -> Page[OnSite]:
    """Those who fit, the newest visits first."""
    here = desk.presence.present(caller.workspace_id, "visitor")
    size = page_size(limit)
    start = decode_cursor(after, tuple[datetime, UUID]) if after else (None, None)
    asked = *_zones(wanted.country), wanted.source, wanted.page.strip()[:200] or None
    talk = _STATES[wanted.talk] if wanted.talk else None
    rows = await store.on_site(reader, here, *asked, talk, *start, size + 1) if here else []
    shown = rows[:size]
    more = encode_cursor(shown[-1].started_at, shown[-1].id) if len(rows) > size else None
    return Page(items=[_on_site(row, caller) for row in shown], next=more)


async def geography(desk: Desk, reader: Reader, workspace_id: UUID) -> Geography:
    """How many visitors of each country are on the site now."""
    here = desk.presence.present(workspace_id, "visitor")
    visitors, waiting = Counter[str](), Counter[str]()
    for row in await store.zones(reader, here) if here else ():
        visitors[country_of(row.time_zone)] += row.visitors
        waiting[country_of(row.time_zone)] += row.waiting
    items = [
        CountryCount(country=country, visitors=count, waiting=waiting[country])
        for country, count in sorted(visitors.items(), key=lambda one: (-one[1], one[0]))
    ]
    return Geography(visitors=visitors.total(), items=items)


def _zones(country: str) -> tuple[list[str] | None, bool]:
    """The zones to look for, or those that are not to be there; None for every country."""
    if not country:
        return None, True
    try:
        code = msgspec.convert(country, Country)
    except msgspec.ValidationError as fault:
        raise Refused("proactive.bad_country", 400, field="country") from fault
    return zones_of(code), code != UNKNOWN


def _on_site(row: ReadRow, caller: Caller) -> OnSite:
    utm = msgspec.convert(row.utm, Utm) if row.utm else Utm()
    return OnSite(
        identity_id=row.id,
        contact_id=row.contact_id,
        account_id=row.account_id,
        number=visitor_number(row.contact_id),
        name=row.name,
        tier=row.tier,
        url=row.url or "",
        title=row.title or "",
        since=wire(row.since),
        started_at=wire(row.started_at),
        pages=row.pages,
        visits=row.visits,
        source=Source(row.source),
        campaign=utm.campaign or utm.source,
        search_word=row.search_word,
        device=Device(row.device),
        browser=row.browser,
        system=row.system,
        language=row.language,
        time_zone=row.time_zone,
        country=country_of(row.time_zone),
        conversation=_conversation(row, caller) if row.conversation_id else None,
        invite=_invite(row) if row.sent_at else None,
    )


def _conversation(row: ReadRow, caller: Caller) -> OnSiteConversation:
    return OnSiteConversation(
        id=row.conversation_id if may_see(caller, row) else None,
        state=state_of(row.state),
        agent_name=row.agent_name,
    )


def _invite(row: ReadRow) -> OnSiteInvite:
    return OnSiteInvite(
        state=invite_state(row.answer, row.over), sent_at=wire(row.sent_at), by_rule=row.rule_id is not None
    )


def invite_state(answer: str | None, over: Any) -> InviteState:
    """What is known of an invitation when it is read: no clock runs for it."""
    if answer is not None:
        return InviteState(answer)
    return InviteState.IGNORED if over else InviteState.SENT
