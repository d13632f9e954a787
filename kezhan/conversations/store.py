"""Every statement of the room but its pages (`pages/store.py`). The two set-based ones at the end belong to
the append lane (kz_lane, asyncpg, all workspaces); the rest run as kz_app inside one workspace."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Integer,
    Row,
    TableValuedAlias,
    Text,
    Uuid,
    and_,
    any_,
    column,
    delete,
    func,
    literal,
    literal_column,
    or_,
    select,
    text,
    update,
)
from sqlalchemy import insert as plain_insert
from sqlalchemy.dialects.postgresql import distinct_on, insert

from kezhan.contacts.models import Contact, IdentityRow
from kezhan.conversations.models import Conversation, Draft, MarkRow, MessageKey, MessageRow, Supervision
from kezhan.conversations.schemas import DraftIn, DraftView, State
from kezhan.kit.db import Tx
from kezhan.workspaces.models import Membership

MAX_SEQ = 2**31 - 1  # the column's own; a client may name any number

_TAGS = literal_column(
    "array(select t.tag_id from conversation_tags t where t.conversation_id = conversations.id"
    " order by t.at, t.tag_id)",
    ARRAY(Uuid),
)
_HEAD = (
    select(
        Conversation.__table__,
        Contact.name.label("contact_name"),
        Membership.name.label("assignee_name"),
        _TAGS.label("tags"),
    )
    .join(Contact, Contact.id == Conversation.contact_id)
    .outerjoin(Membership, Membership.id == Conversation.assignee_id)
)


async def head(tx: Tx, conversation_id: UUID) -> Row[Any] | None:
    return await tx.row(_HEAD.where(Conversation.id == conversation_id))


async def heads(tx: Tx, ids: Sequence[UUID]) -> Sequence[Row[Any]]:
    return await tx.rows(_HEAD.where(Conversation.id == any_(literal(ids, ARRAY(Uuid))))) if ids else ()


async def lock(tx: Tx, conversation_id: UUID) -> Row[Any] | None:
    """The row, held against the lane and everybody else until this transaction ends."""
    wanted = select(Conversation.__table__).where(Conversation.id == conversation_id)
    return await tx.row(wanted.with_for_update(key_share=True))


async def lock_unless_held(tx: Tx, conversation_id: UUID) -> Row[Any] | None:
    """The row as of `lock`; None where somebody holds it, or there is none."""
    wanted = select(Conversation.__table__).where(Conversation.id == conversation_id)
    return await tx.row(wanted.with_for_update(key_share=True, skip_locked=True))


async def lock_all_unless_held(tx: Tx, ids: Sequence[UUID]) -> Sequence[Row[Any]]:
    """The same of many, in the order of their ids; those that somebody holds are not among them."""
    wanted = select(Conversation.__table__).where(Conversation.id == any_(literal(list(ids), ARRAY(Uuid))))
    return await tx.rows(wanted.order_by(Conversation.id).with_for_update(key_share=True, skip_locked=True))


async def lock_open(tx: Tx, account_id: UUID, identity_id: UUID) -> Row[Any] | None:
    wanted = select(Conversation.__table__).where(
        Conversation.account_id == account_id,
        Conversation.identity_id == identity_id,
        Conversation.state != State.CLOSED,
    )
    return await tx.row(wanted)


async def latest(tx: Tx, account_id: UUID, identity_id: UUID) -> Row[Any]:
    """Of the identity's open conversation, else of the one that began last, where it stands (nulls where
    there is none), with its channel's `reopen_hours`; the contact (`contact_id`: whose the identity is, held
    until the transaction ends) and whether she is `blocked`."""
    values = {"account": account_id, "identity": identity_id}
    (row,) = await tx.rows(_LATEST, values)
    return row


_LATEST = text(
    """
    select b.contact_id, b.blocked, c.id, c.state, c.closed_at, c.spam_at, c.merged_into, c.reopen_hours
    from (select p.contact_id, exists (select 1 from blocks k where k.contact_id = p.contact_id
                                       and (k.until is null or k.until > now())) as blocked
          from (select coalesce(joined_into, id) as contact_id from contacts
                where id = (select i.contact_id from identities i where i.id = :identity)
                for key share) p) b
    left join lateral (
        select c.id, c.state, c.closed_at, c.spam_at, c.merged_into,
               coalesce((l.rules ->> 'reopen_hours')::int, 0) as reopen_hours
        from conversations c left join life_rules l on l.account_id = c.account_id
        where c.account_id = :account and c.identity_id = :identity
        order by c.state = 'closed', c.opened_at desc, c.id desc limit 1
    ) c on true
    """
)


async def add(tx: Tx, values: dict[str, Any]) -> bool:
    """A new conversation; False where the identity has an open one already. Its customer is whose the
    identity is by now: she is held, and may have been parted from another before that."""
    whose = select(IdentityRow.contact_id).where(IdentityRow.id == values["identity_id"])
    row = {"workspace_id": tx.workspace, **values, "contact_id": whose.scalar_subquery()}
    return bool(await tx.run(insert(Conversation).values(**row).on_conflict_do_nothing()))


async def change(tx: Tx, conversation_id: UUID, values: dict[str, Any]) -> None:
    await tx.run(update(Conversation).where(Conversation.id == conversation_id).values(**values))


async def change_teams(tx: Tx, ids: Sequence[UUID], team_ids: Sequence[UUID | None]) -> None:
    """Each locked conversation with its own team, at its next rev."""
    await tx.run(_CHANGE_TEAMS, {"ids": list(ids), "team_ids": list(team_ids)})


_CHANGE_TEAMS = text(
    "update conversations c set team_id = t.team_id, rev = c.rev + 1, head_rev = c.rev + 1"
    " from unnest(cast(:ids as uuid[]), cast(:team_ids as uuid[])) as t(id, team_id) where c.id = t.id"
)


async def add_message(tx: Tx, values: dict[str, Any]) -> None:
    await tx.run(plain_insert(MessageRow).values(workspace_id=tx.workspace, **values))


async def add_key(tx: Tx, sender_id: UUID, client_id: str, conversation_id: UUID, seq: int) -> bool:
    """The sender's name of a message; False where it is taken."""
    values = {"sender_id": sender_id, "client_id": client_id, "conversation_id": conversation_id, "seq": seq}
    key = insert(MessageKey).values(workspace_id=tx.workspace, **values)
    return bool(await tx.run(key.on_conflict_do_nothing()))


async def message(tx: Tx, conversation_id: UUID, seq: int) -> Row[Any] | None:
    if not 0 < seq <= MAX_SEQ:
        return None
    wanted = select(MessageRow.__table__).where(
        MessageRow.conversation_id == conversation_id, MessageRow.seq == seq
    )
    return await tx.row(wanted)


async def change_message(tx: Tx, conversation_id: UUID, seq: int, values: dict[str, Any]) -> None:
    wanted = update(MessageRow).where(MessageRow.conversation_id == conversation_id, MessageRow.seq == seq)
    await tx.run(wanted.values(**values))


async def known_keys(tx: Tx, sender_id: UUID, client_ids: Sequence[str]) -> Sequence[Row[Any]]:
    return await tx.rows(
        select(MessageKey.client_id, MessageKey.conversation_id, MessageKey.seq).where(
            MessageKey.sender_id == sender_id, MessageKey.client_id.in_(client_ids)
        )
    )


# Read for those messages alone that anybody has reacted to, so that all the others cost nothing more.
REACTIONS = """
    case when {0}.reacted_at is not null then (
        select json_agg(json_build_object('party', r.party_kind, 'party_id', r.party_id, 'emoji', r.emoji,
                        'name', coalesce(a.name, '')) order by r.at, r.party_id)
        from message_reactions r left join memberships a on a.id = r.party_id and r.party_kind = 'agent'
        where r.conversation_id = {0}.conversation_id and r.seq = {0}.seq)::text end
"""
_MESSAGES = select(
    MessageRow.__table__,
    func.coalesce(Membership.name, MessageRow.signed).label("author_name"),
    literal_column(REACTIONS.format("messages"), Text).label("reactions"),
).outerjoin(Membership, and_(Membership.id == MessageRow.author_id, MessageRow.author_kind == "agent"))


async def messages_of(tx: Tx, conversation_id: UUID, seqs: Sequence[int]) -> Sequence[Row[Any]]:
    """Those of these messages there are, with who has said them."""
    mine = MessageRow.conversation_id == conversation_id
    wanted = [seq for seq in seqs if 0 < seq <= MAX_SEQ]
    return await tx.rows(_MESSAGES.where(mine, MessageRow.seq == any_(literal(wanted, ARRAY(Integer)))))


_TRANSFERS = select(
    Conversation.id, Conversation.transfer_by, Conversation.transfer_note, Conversation.transfer_at,
    Conversation.transfer_until, Membership.name.label("by_name"),
).join(Membership, Membership.id == Conversation.transfer_by)  # fmt: skip


async def transfers_to(tx: Tx, membership_id: UUID) -> Sequence[Row[Any]]:
    """What this member is asked to take over, the oldest first."""
    wanted = _TRANSFERS.where(Conversation.transfer_to == membership_id)
    return await tx.rows(wanted.order_by(Conversation.transfer_at))


async def transfers_in(tx: Tx, ids: Sequence[UUID]) -> Sequence[Row[Any]]:
    """Those of these conversations that somebody is asked to take over."""
    wanted = Conversation.id == any_(literal(list(ids), ARRAY(Uuid)))
    return await tx.rows(_TRANSFERS.where(wanted, Conversation.transfer_to.is_not(None)))


# As the index has it that finds them.
_ALTERED = or_(
    MessageRow.edited_at.is_not(None),
    MessageRow.recalled_at.is_not(None),
    MessageRow.fault.is_not(None),
    MessageRow.reacted_at.is_not(None),
)


async def changed_messages(tx: Tx, conversation_id: UUID, rev: int, above_seq: int) -> Sequence[Row[Any]]:
    """Messages changed after `rev`: new ones have a seq above `above_seq`, the others an own index."""
    in_conversation = MessageRow.conversation_id == conversation_id
    appended = and_(in_conversation, MessageRow.seq > above_seq, MessageRow.rev > rev)
    changed = and_(in_conversation, MessageRow.seq <= above_seq, MessageRow.rev > rev, _ALTERED)
    both = _MESSAGES.where(appended).union_all(_MESSAGES.where(changed)).subquery()
    return await tx.rows(select(both).order_by(both.c.seq))


async def changed_messages_of(tx: Tx, behind: Mapping[UUID, tuple[int, int]]) -> Sequence[Row[Any]]:
    """The same of many conversations: of each (`rev`, `above_seq`)."""
    place = _places(behind)
    mine = and_(MessageRow.conversation_id == place.c.id, MessageRow.rev > place.c.rev)
    fresh = _MESSAGES.join(place, and_(mine, MessageRow.seq > place.c.above_seq))
    below = and_(mine, MessageRow.seq <= place.c.above_seq, _ALTERED)
    both = fresh.union_all(_MESSAGES.join(place, below)).subquery()
    return await tx.rows(select(both).order_by(both.c.conversation_id, both.c.seq))


async def changed_marks_of(tx: Tx, behind: Mapping[UUID, tuple[int, int]]) -> Sequence[Row[Any]]:
    place = _places(behind)
    changed = and_(MarkRow.conversation_id == place.c.id, MarkRow.rev > place.c.rev)
    return await tx.rows(select(MarkRow.__table__).join(place, changed))


def _places(behind: Mapping[UUID, tuple[int, int]]) -> TableValuedAlias:
    revs, above = [rev for rev, _ in behind.values()], [seq for _, seq in behind.values()]
    given = (literal([*behind], ARRAY(Uuid)), literal(revs, ARRAY(Integer)), literal(above, ARRAY(Integer)))
    columns = (column("id", Uuid), column("rev", Integer), column("above_seq", Integer))
    return func.unnest(*given).table_valued(*columns, name="place").render_derived()


async def marks(tx: Tx, conversation_id: UUID, above_rev: int = 0) -> Sequence[Row[Any]]:
    return await tx.rows(
        select(MarkRow.__table__)
        .where(MarkRow.conversation_id == conversation_id, MarkRow.rev > above_rev)
        .order_by(MarkRow.party_kind, MarkRow.party_id)
    )


async def latest_of_identity(tx: Tx, identity_id: UUID, limit: int) -> Sequence[Row[Any]]:
    return await tx.rows(
        _HEAD.where(Conversation.identity_id == identity_id)
        .order_by(Conversation.opened_at.desc(), Conversation.id.desc())
        .limit(limit)
    )


async def latest_of_identities(tx: Tx, identity_ids: Sequence[UUID]) -> Sequence[Row[Any]]:
    """Of each the conversation opened last."""
    if not identity_ids:
        return ()
    mine = _HEAD.where(Conversation.identity_id == any_(literal(identity_ids, ARRAY(Uuid))))
    latest = mine.ext(distinct_on(Conversation.identity_id))
    return await tx.rows(latest.order_by(Conversation.identity_id, Conversation.opened_at.desc()))


async def parked_of(tx: Tx, ids: Sequence[UUID]) -> Sequence[UUID]:
    """Those of these conversations that are parked."""
    wanted = select(Conversation.id).where(Conversation.id == any_(literal(ids, ARRAY(Uuid))))
    return await tx.values(wanted.where(Conversation.parked_at.is_not(None))) if ids else ()


async def parked_behind(tx: Tx, conversation_id: UUID, seq: int) -> bool:
    """Whether it was parked after this message had been said."""
    rows = await tx.fetch(_PARKED_BEHIND, tx.workspace, conversation_id, seq)
    return bool(rows)


_PARKED_BEHIND = """
    select 1 from messages
    where workspace_id = $1 and conversation_id = $2 and seq > $3
      and kind = 'event' and payload->>'event' = 'parked' limit 1
"""


async def draft(tx: Tx, conversation_id: UUID, membership_id: UUID, *, kept: bool = True) -> DraftView:
    """An empty one of version 0 where there is none."""
    row = await tx.row(
        select(Draft.body, Draft.note, Draft.version).where(
            Draft.conversation_id == conversation_id, Draft.membership_id == membership_id
        )
    )
    if row is None:
        return DraftView(body="", note=False, version=0, kept=kept)
    return DraftView(body=row.body, note=row.note, version=row.version, kept=kept)


async def put_draft(tx: Tx, conversation_id: UUID, membership_id: UUID, form: DraftIn) -> int | None:
    """Its version now; None where it is another than `form` goes on from, and says something else."""
    values = (form.body, form.note, form.version)
    rows = await tx.fetch(_PUT_DRAFT, tx.workspace, conversation_id, membership_id, *values)
    return int(rows[0]["version"]) if rows else None


_PUT_DRAFT = """
    insert into drafts as d (workspace_id, conversation_id, membership_id, body, note, version)
    values ($1, $2, $3, $4, $5, 1)
    on conflict (workspace_id, conversation_id, membership_id) do update set
        body = excluded.body, note = excluded.note, updated_at = now(),
        version = d.version + case when d.body = excluded.body and d.note = excluded.note then 0 else 1 end
    where $6::int is null or d.version = $6 or d.body = '' or d.body = excluded.body
    returning version
"""


async def add_supervision(
    tx: Tx, conversation_id: UUID, membership_id: UUID, at: datetime, shown: bool
) -> bool:
    """False where she listens in already."""
    keyed = {"conversation_id": conversation_id, "membership_id": membership_id}
    row = insert(Supervision).values(workspace_id=tx.workspace, **keyed, since=at, shown=shown)
    return bool(await tx.run(row.on_conflict_do_nothing()))


async def end_supervisions(
    tx: Tx, conversation_id: UUID, membership_id: UUID | None = None
) -> Sequence[bool]:
    """That of this member (None: of everybody) ends; of each whether it was shown."""
    gone = delete(Supervision).where(Supervision.conversation_id == conversation_id)
    if membership_id is not None:
        gone = gone.where(Supervision.membership_id == membership_id)
    return [row.shown for row in await tx.rows(gone.returning(Supervision.shown))]


async def supervisors(tx: Tx, conversation_id: UUID) -> Sequence[UUID]:
    wanted = select(Supervision.membership_id).where(Supervision.conversation_id == conversation_id)
    return await tx.values(wanted.order_by(Supervision.since))


async def count_messages(tx: Tx, conversation_ids: Sequence[UUID], seqs: Sequence[int]) -> None:
    """Add these messages to the counts of their quarter hours."""
    await tx.fetch(_COUNT, tx.workspace, list(conversation_ids), list(seqs))


# Each message and each conversation is met by its key: after a rush the planner knows nothing of their
# number, and reads all there are instead.
_COUNT = """
    with said as materialized (
        select m.conversation_id, date_bin('15 minutes', m.created_at, 'epoch') as quarter, m.author_kind,
               case when m.author_kind = 'agent' then m.author_id
                    else '00000000-0000-0000-0000-000000000000' end as author_id,
               m.kind, count(*) as messages
        from unnest($2::uuid[], $3::integer[]) as p(conversation_id, seq), lateral (
            select * from messages m
            where m.workspace_id = $1::uuid and m.conversation_id = p.conversation_id and m.seq = p.seq
            offset 0
        ) m
        group by 1, 2, 3, 4, 5
    )
    insert into message_counts as t
        (workspace_id, quarter, account_id, author_kind, author_id, kind, messages)
    select $1::uuid, s.quarter, c.account_id, s.author_kind, s.author_id, s.kind, sum(s.messages)
    from said s, lateral (
        select c.account_id from conversations c
        where c.workspace_id = $1::uuid and c.id = s.conversation_id offset 0
    ) c
    group by 1, 2, 3, 4, 5, 6
    on conflict (workspace_id, quarter, account_id, author_kind, author_id, kind)
    do update set messages = t.messages + excluded.messages
"""


# Plans are made once, without the parameters: planning takes longer than carrying out. Tables are met by
# their indexes, because a plan outlives the moment when they are empty.
LANE_SETTINGS = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "random_page_cost": "1.1",
    "jit": "off",
}
# A commit that waits for the synchronous standby, where there is one: it must write something to have to.
REPLICATED = "select pg_logical_emit_message(true, 'kezhan', '')"

# The append lane: one call a flush, so that one round trip and one fsync serve every waiting message.
APPEND = "select * from append_messages($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"

# Messages just numbered, of which no member is the author: (workspace, conversation, seq, name).
SIGN = """
update messages m set signed = s.name
from unnest($1::uuid[], $2::uuid[], $3::int[], $4::text[]) as s(workspace_id, conversation_id, seq, name)
where m.workspace_id = s.workspace_id and m.conversation_id = s.conversation_id and m.seq = s.seq
"""

# Marks only ever rise, so a repeat or a late one changes nothing and is not numbered.
MARK = """
with item as materialized (
    select * from unnest($1::int[], $2::uuid[], $3::uuid[], $4::text[], $5::uuid[], $6::int[], $7::int[])
        as i(n, workspace_id, conversation_id, party_kind, party_id, delivered_seq, read_seq)
), held as materialized (
    select c.workspace_id, c.id, c.last_seq, c.rev, c.inbound_count, c.identity_id
    from conversations c
    where (c.workspace_id, c.id) in (select i.workspace_id, i.conversation_id from item i)
    order by c.id
    for no key update of c skip locked
), wanted as materialized (
    select i.n, i.workspace_id, i.conversation_id, i.party_kind, i.party_id, h.rev as from_rev, h.identity_id,
           h.inbound_count,
           greatest(coalesce(o.delivered_seq, 0), least(greatest(i.delivered_seq, i.read_seq), h.last_seq))
               as delivered_seq,
           greatest(coalesce(o.read_seq, 0), least(i.read_seq, h.last_seq)) as read_seq,
           coalesce(o.delivered_seq, 0) as had_delivered, coalesce(o.read_seq, 0) as had_read
    from item i
    join held h on h.workspace_id = i.workspace_id and h.id = i.conversation_id
    left join marks o on o.workspace_id = i.workspace_id and o.conversation_id = i.conversation_id
                     and o.party_kind = i.party_kind and o.party_id = i.party_id
), moved as materialized (
    select w.*, w.from_rev + row_number() over (partition by workspace_id, conversation_id order by n) as rev,
           w.inbound_count - (select count(*) from messages m
                              where m.workspace_id = w.workspace_id and m.conversation_id = w.conversation_id
                                and m.seq > w.read_seq and m.author_kind = 'visitor') as read_inbound
    from wanted w where delivered_seq > had_delivered or read_seq > had_read
), put as (
    insert into marks (workspace_id, conversation_id, party_kind, party_id, delivered_seq, read_seq,
                       read_inbound, rev)
    select workspace_id, conversation_id, party_kind, party_id, delivered_seq, read_seq, read_inbound, rev
    from moved
    on conflict (workspace_id, conversation_id, party_kind, party_id) do update
    set delivered_seq = excluded.delivered_seq, read_seq = excluded.read_seq,
        read_inbound = excluded.read_inbound, rev = excluded.rev
), bumped as (
    update conversations c set rev = s.rev
    from (select workspace_id, conversation_id, max(rev) as rev from moved group by 1, 2) s
    where c.workspace_id = s.workspace_id and c.id = s.conversation_id
)
select i.n,
       case when v.n is not null then 'moved' when h.id is not null then 'known'
            when exists (select 1 from conversations c
                         where c.workspace_id = i.workspace_id and c.id = i.conversation_id) then 'busy'
            else 'gone' end as outcome,
       v.identity_id, v.from_rev, v.rev::int as rev, v.delivered_seq, v.read_seq,
       v.read_inbound::int as read_inbound
from item i
left join moved v on v.n = i.n
left join held h on h.workspace_id = i.workspace_id and h.id = i.conversation_id
order by i.n
"""
