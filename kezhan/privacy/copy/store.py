"""What is kept of somebody, as far as it is hers to have: no notes of colleagues, no names of their acts."""

from collections.abc import Sequence
from uuid import UUID

from kezhan.kit.db import Tx
from kezhan.kit.reading import ReadRow


async def profile(tx: Tx, contact_id: UUID) -> ReadRow | None:
    rows = await tx.fetch(_PROFILE, contact_id)
    return rows[0] if rows else None


_PROFILE = """
    select c.id, c.name, c.email, c.phone, c.language, c.tier, c.attributes::text as attributes,
           c.fields::text as fields, c.created_at, o.name as company,
           array(select t.name from contact_tags x join tags t on t.id = x.tag_id where x.contact_id = c.id
                 order by t.sort_key) as tags
    from contacts c left join companies o on o.id = c.company_id where c.id = $1
"""


async def identities(tx: Tx, people: Sequence[UUID]) -> list[ReadRow]:
    return await tx.fetch(
        "select i.id, a.adapter as channel, a.name as account, i.external_id, i.created_at from identities i"
        " join channel_accounts a on a.id = i.account_id where i.contact_id = any($1::uuid[])"
        " order by i.created_at, i.id",
        list(people),
    )


async def conversations(tx: Tx, people: Sequence[UUID], after: UUID | None, limit: int) -> list[ReadRow]:
    """By their ids, which are in the order of time."""
    return await tx.fetch(
        "select c.id, c.channel, a.name as account, c.opened_at, c.closed_at from conversations c"
        " join channel_accounts a on a.id = c.account_id"
        " where c.contact_id = any($1::uuid[]) and ($2::uuid is null or c.id > $2) order by c.id limit $3",
        list(people), after, limit,
    )  # fmt: skip


async def messages(tx: Tx, conversation_id: UUID, after: int, limit: int) -> list[ReadRow]:
    """What both sides have said to each other, recalled words aside."""
    return await tx.fetch(_MESSAGES, conversation_id, after, limit)


_MESSAGES = """
    select m.seq, m.created_at, m.kind, m.author_kind, coalesce(a.name, m.signed) as author, m.body,
           m.payload ->> 'file_id' as file_id, f.name as file_name,
           m.payload::text as more
    from messages m
    left join memberships a on a.id = m.author_id and m.author_kind = 'agent'
    left join files f on f.id = case when m.payload ->> 'is' = 'file' then (m.payload ->> 'file_id')::uuid end
    where m.conversation_id = $1 and m.seq > $2 and m.kind not in ('note', 'event') and m.recalled_at is null
    order by m.seq limit $3
"""


async def visits(tx: Tx, people: Sequence[UUID], after: UUID | None, limit: int) -> list[ReadRow]:
    return await tx.fetch(_VISITS, list(people), after, limit)


_VISITS = """
    select v.id, v.started_at, v.seen_at, v.address, v.browser, v.system, v.device, v.language, v.time_zone,
           v.referrer, v.source, v.search_word,
           array(select p.url from page_views p where p.visit_id = v.id order by p.no) as pages
    from visits v where v.contact_id = any($1::uuid[]) and ($2::uuid is null or v.id > $2)
    order by v.id limit $3
"""


async def surveys(tx: Tx, people: Sequence[UUID]) -> list[ReadRow]:
    return await tx.fetch(
        "select s.answered_at, s.csat, s.resolved, s.nps, s.comment, s.answer::text as answer"
        " from survey_invites s join conversations c on c.id = s.conversation_id"
        " where c.contact_id = any($1::uuid[]) and s.answered_at is not null order by s.answered_at",
        list(people),
    )


async def consents(tx: Tx, people: Sequence[UUID]) -> list[ReadRow]:
    """To what she has consented, in the words she read."""
    return await tx.fetch(_CONSENTS, list(people))


_CONSENTS = """
    select g.given_at, g.withdrawn_at, g.way, g.withdrawn_way, g.language, g.version, t.name,
           coalesce(v.words -> 'words' -> g.language, (select w.value from jsonb_each(v.words -> 'words') w
                    order by w.key limit 1))::text as words
    from consents g
    join consent_texts t on t.id = g.text_id
    join consent_versions v on v.text_id = g.text_id and v.version = g.version
    where g.contact_id = any($1::uuid[]) order by g.given_at, g.id
"""


async def brought(tx: Tx, names: Sequence[UUID]) -> list[ReadRow]:
    """(id, name) of the files she has brought."""
    return await tx.fetch(
        "select id, name from files where owner_kind = 'visitor' and owner_id = any($1::uuid[])"
        " and attached_at is not null order by id",
        list(names),
    )


async def about(tx: Tx) -> ReadRow:
    """(name, language, time_zone) of the workspace."""
    (row,) = await tx.fetch("select name, language, time_zone from workspaces where id = $1", tx.workspace)
    return row
