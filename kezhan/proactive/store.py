"""Every statement of the room. It joins what visits, contacts and conversations own; only invites and their
rules are written here."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, insert, select, text, update

from kezhan.kit.db import Tx
from kezhan.kit.reading import Reader, ReadRow
from kezhan.proactive.models import InviteRow, InviteRule

LASTS = "2 minutes"
"""An invitation that nobody has answered for so long is taken to be ignored."""

# Who is on the site


async def on_site(reader: Reader, identity_ids: Collection[UUID], *asked: Any) -> list[ReadRow]:
    """Of these visitors a page of those that fit, the newest visits first. `asked`: time zones (None: all),
    whether she is in one of them, source, page, talk (each None: any), where to go on (moment, identity),
    how many."""
    return await reader.rows(_ON_SITE, list(identity_ids), *asked)


async def zones(reader: Reader, identity_ids: Collection[UUID]) -> list[ReadRow]:
    """(time_zone, visitors, waiting)"""
    return await reader.rows(_ZONES, list(identity_ids))


async def identity(tx: Tx, identity_id: UUID) -> Row[Any] | None:
    """(account_id, page, talking) of a visitor. Until the transaction ends nobody else invites her."""
    await tx.run(_HOLD, {"name": f"invite:{identity_id}"})
    return await tx.row(_IDENTITY, {"identity_id": identity_id})


async def standing(tx: Tx, identity_id: UUID) -> Row[Any] | None:
    """What rules ask of a visitor: the facts of her visit, `visits`, `talking`, the page she is on."""
    return await tx.row(_STANDING, {"identity_id": identity_id})


# Rules


async def rules(tx: Tx) -> Sequence[Row[Any]]:
    wanted = select(InviteRule.__table__).where(InviteRule.archived_at.is_(None))
    return await tx.rows(wanted.order_by(InviteRule.place, InviteRule.id))


async def rule(tx: Tx, rule_id: UUID) -> Row[Any] | None:
    """The rule, held until the transaction ends."""
    return await tx.row(select(InviteRule.__table__).where(InviteRule.id == rule_id).with_for_update())


async def hold_rules(tx: Tx) -> None:
    """Until the transaction ends nobody else adds a rule or puts them in order."""
    await tx.run(_HOLD, {"name": f"invite_rules:{tx.workspace}"})


async def add_rule(tx: Tx, values: dict[str, Any]) -> None:
    await tx.run(insert(InviteRule).values(workspace_id=tx.workspace, **values))


async def change_rule(tx: Tx, rule_id: UUID, values: dict[str, Any]) -> None:
    await tx.run(update(InviteRule).where(InviteRule.id == rule_id).values(values))


async def place_rules(tx: Tx, ids: Sequence[UUID]) -> None:
    """In this order."""
    await tx.run(_PLACE, {"ids": list(ids)})


async def counts(tx: Tx, since: datetime) -> Sequence[Row[Any]]:
    """(rule_id, sent, accepted, declined, ignored) since then; by hand where `rule_id` is null."""
    return await tx.rows(_COUNTS, {"since": since})


# Invitations


async def add(tx: Tx, values: dict[str, Any]) -> datetime:
    """When it was made."""
    added = insert(InviteRow).values(workspace_id=tx.workspace, **values)
    sent_at: datetime = await tx.value(added.returning(InviteRow.sent_at))
    return sent_at


async def latest(tx: Tx, identity_id: UUID) -> Row[Any] | None:
    """Her newest invitation with its age in seconds and the name of the agent behind it."""
    return await tx.row(_LATEST, {"identity_id": identity_id})


async def past(tx: Tx, identity_id: UUID, days: int) -> Sequence[Row[Any]]:
    """(rule_id, days, declined) of her invitations by rules of so many days, `days` ago each (a fraction)."""
    return await tx.rows(_PAST, {"identity_id": identity_id, "days": days})


async def hold(tx: Tx, invite_id: UUID) -> Row[Any] | None:
    """(identity_id, answer, over), held until the transaction ends."""
    over = (InviteRow.sent_at < func.now() - text(f"interval '{LASTS}'")).label("over")
    wanted = select(InviteRow.identity_id, InviteRow.answer, over).where(InviteRow.id == invite_id)
    return await tx.row(wanted.with_for_update())


async def answer(tx: Tx, invite_id: UUID, said: str) -> None:
    wanted = update(InviteRow).where(InviteRow.id == invite_id)
    await tx.run(wanted.values(answer=said, answered_at=func.now()))


async def link(tx: Tx, conversation_ids: Sequence[UUID]) -> list[UUID]:
    """The invitations that these conversations came of, which say so from now on."""
    return [row.id for row in await tx.rows(_LINK, {"ids": list(conversation_ids)})]


# Of those online the newest visit is looked up, then what a filter asks for, and of the page alone the rest.
# A condition that nobody asks for costs nothing, because the look-up stands behind an `or`.
_ON_SITE = """
    with here as (
        select i.id, i.contact_id, i.account_id, v.id as visit_id, v.started_at, v.pages, v.source,
               v.search_word, v.utm, v.device, v.browser, v.system, v.language, v.time_zone
        from unnest($1::uuid[]) as o (id)
        join identities i on i.id = o.id
        cross join lateral (
            select w.* from visits w where w.identity_id = o.id order by w.started_at desc, w.id desc limit 1
        ) v
        where ($2::text[] is null or (v.time_zone = any ($2)) = $3)
          and ($4::text is null or v.source = $4)
          and ($5::text is null or exists (
              select 1 from page_views p where p.visit_id = v.id and p.no = v.pages
              and position(lower($5) in lower(p.url || ' ' || p.title)) > 0))
          and ($6::text is null or $6 = coalesce((
              select k.state from conversations k
              where k.account_id = i.account_id and k.identity_id = i.id and k.state <> 'closed'), 'free'))
          and ($7::timestamptz is null or (v.started_at, i.id) < ($7, $8))
        order by v.started_at desc, i.id desc limit $9
    )
    select h.*, c.name, c.tier, p.url, p.title, coalesce(p.entered_at, h.started_at) as since, n.visits,
           k.id as conversation_id, k.state, k.assignee_id, k.team_id,
           coalesce(k.guests, '{}') as guests, coalesce(m.name, '') as agent_name,
           j.answer, j.sent_at, j.rule_id, j.over
    from here h
    join contacts c on c.id = h.contact_id
    left join page_views p on p.visit_id = h.visit_id and p.no = h.pages
    cross join lateral (select count(*) as visits from visits w where w.contact_id = h.contact_id) n
    left join conversations k on k.account_id = h.account_id and k.identity_id = h.id and k.state <> 'closed'
    left join memberships m on m.id = k.assignee_id
    left join lateral (
        select i.answer, i.sent_at, i.rule_id, i.sent_at < now() - interval '{lasts}' as over
        from invites i where i.identity_id = h.id and i.sent_at > now() - interval '30 minutes'
        order by i.sent_at desc limit 1
    ) j on true
    order by h.started_at desc, h.id desc
""".replace("{lasts}", LASTS)
_ZONES = """
    select v.time_zone, count(*) as visitors, count(*) filter (where k.state = 'queued') as waiting
    from unnest($1::uuid[]) as o (id)
    join identities i on i.id = o.id
    cross join lateral (
        select w.time_zone from visits w where w.identity_id = o.id
        order by w.started_at desc, w.id desc limit 1
    ) v
    left join conversations k on k.account_id = i.account_id and k.identity_id = i.id and k.state <> 'closed'
    group by v.time_zone
"""
_HOLD = text("select pg_advisory_xact_lock(hashtextextended(:name, 0))")
_TALKING = """
    exists (
        select 1 from conversations k
        where k.account_id = i.account_id and k.identity_id = i.id and k.state <> 'closed'
    ) as talking
"""
_IDENTITY = text(
    f"""
    select i.account_id, {_TALKING}, coalesce((
        select p.url from visits v join page_views p on p.visit_id = v.id and p.no = v.pages
        where v.identity_id = i.id order by v.started_at desc, v.id desc limit 1), '') as page
    from identities i where i.id = :identity_id
    """  # noqa: S608 - a constant of this file
)
_STANDING = text(
    f"""
    select i.account_id, v.pages, v.source, v.device, v.language,
           coalesce(v.utm ->> 'campaign', '') as campaign, coalesce(p.url, '') as page, {_TALKING},
           (select count(*) from visits w where w.contact_id = i.contact_id) as visits
    from identities i
    join lateral (
        select w.* from visits w where w.identity_id = i.id order by w.started_at desc, w.id desc limit 1
    ) v on true
    left join page_views p on p.visit_id = v.id and p.no = v.pages
    where i.id = :identity_id
    """  # noqa: S608 - a constant of this file
)
_PLACE = text(
    """
    update invite_rules r set place = o.place
    from unnest(cast(:ids as uuid[])) with ordinality as o (id, place) where r.id = o.id
    """
)
_COUNTS = text(
    f"""
    select rule_id, count(*) as sent, count(*) filter (where answer = 'accepted') as accepted,
           count(*) filter (where answer = 'declined') as declined,
           count(*) filter (where answer is null and sent_at < now() - interval '{LASTS}') as ignored
    from invites where sent_at >= :since group by rule_id
    """  # noqa: S608 - a constant of this file
)
_LATEST = text(
    """
    select i.id, i.body, i.rule_id, i.answer, i.sent_at, coalesce(m.name, '') as agent_name,
           cast(extract(epoch from now() - i.sent_at) as float) as age
    from invites i left join memberships m on m.id = i.agent_id
    where i.identity_id = :identity_id order by i.sent_at desc limit 1
    """
)
_PAST = text(
    """
    select rule_id, cast(extract(epoch from now() - sent_at) / 86400 as float) as days,
           coalesce(answer = 'declined', false) as declined
    from invites
    where identity_id = :identity_id and sent_at > now() - make_interval(days => :days)
    """
)
# She may accept, look on, and write a little later.
_LINK = text(
    """
    update invites i set conversation_id = c.id
    from conversations c
    where c.id = any(cast(:ids as uuid[])) and i.identity_id = c.identity_id and i.account_id = c.account_id
      and i.answer = 'accepted' and i.conversation_id is null
      and i.answered_at between c.opened_at - interval '30 minutes' and c.opened_at + interval '10 seconds'
    returning i.id
    """
)
