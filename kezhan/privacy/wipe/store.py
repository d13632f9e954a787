"""THE table of where in the database something of customers stands, and how it goes. A table of the schema
that is in none of the three parts fails a test: whoever adds one says here what becomes of it.

What was said goes and the conversation stays, so that figures stay what they were; the customer's row stays
without anything of hers, because those conversations refer to it."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Row, Uuid, bindparam, text

from kezhan.kit.db import Tx
from kezhan.kit.reading import ReadRow

SAID: Mapping[str, str] = {
    # Events keep what happened, without names and reasons.
    "messages": "update messages m set body = '', client_id = null, quote_seq = null, fault = null,"
    " signed = null, reacted_at = null, edited_at = null, rev = c.rev,"
    " recalled_at = case when m.kind = 'event' then null else coalesce(m.recalled_at, now()) end,"
    " payload = case when m.kind = 'event'"
    "  then jsonb_build_object('is', 'event', 'v', 1, 'event', m.payload -> 'event') end"
    " from conversations c where c.id = m.conversation_id and m.conversation_id = any(:talks)",
    "conversations": "update conversations set transfer_note = '', preview_text = '',"
    " preview_kind = case when preview_kind = '' then '' else 'recalled' end"
    " where id = any(:talks)",
    "message_keys": "delete from message_keys where conversation_id = any(:talks)",
    "message_words": "delete from message_words where conversation_id = any(:talks)",
    "message_reactions": "delete from message_reactions where conversation_id = any(:talks)",
    "mentions": "delete from mentions where conversation_id = any(:talks)",
    "drafts": "delete from drafts where conversation_id = any(:talks)",
    "scheduled_messages": "delete from scheduled_messages where conversation_id = any(:talks)",
    "translations": "delete from translations where conversation_id = any(:talks)",
    "wrap_ups": "delete from wrap_ups where conversation_id = any(:talks)",
    "word_hits": "delete from word_hits where conversation_id = any(:talks)",
    "survey_invites": "update survey_invites set comment = '', answer = null"
    " where conversation_id = any(:talks)",
    "queue_events": "update queue_events set decision = null"
    " where decision is not null and conversation_id = any(:talks)",
    "channel_inbox": "update channel_inbox b set sealed = '' from channel_message_names n"
    " where b.account_id = n.account_id and length(b.sealed) > 0 and b.taken_at is not null"
    " and b.received_at between n.created_at - interval '4 hours' and n.created_at + interval '1 second'"
    " and n.conversation_id = any(:talks)",
    "channel_deliveries": "delete from channel_deliveries where conversation_id = any(:talks)",
    "channel_message_names": "delete from channel_message_names where conversation_id = any(:talks)",
    "search_words": "delete from search_words where kind in ('conversation', 'file')"
    " and thing_id = any(:talks)",
    "webhook_events": "delete from webhook_events where lane = any(:talks)",
    "pushes": "delete from pushes where about = any(:talks)",
}
"""What was said in conversations, in this order."""

# Whether words that nobody has set down as hers tell of her.
_TELLS = (
    "exists (select 1 from contacts c, unnest(array[c.name_key, c.email_key, c.phone_key]) as h (word)"
    " where c.id = any(:people) and length(h.word) > 1 and (position(h.word in lower({said})) > 0"
    " or h.word ~ '^[0-9]{{6,}}$' and position(h.word in regexp_replace({said}, '[^0-9]', '', 'g')) > 0))"
)
_ROW = _TELLS.format(said="array_to_string(r.cells, ' ')")

KNOWN: Mapping[str, str] = {
    "contact_notes": "delete from contact_notes where contact_id = any(:people)",  # with their versions
    "contact_tags": "delete from contact_tags where contact_id = any(:people)",
    "contact_merges": "delete from contact_merges where kept_id = any(:people)"
    " or gone_id = any(:people)",  # with their moves
    "contact_strangers": "delete from contact_strangers where one_id = any(:people)"
    " or other_id = any(:people)",
    "contact_imports": "update contact_imports i set columns = (select jsonb_agg("  # noqa: S608 - ours
    " jsonb_set(o.one, '{samples}', '[]') order by o.place)"
    " from jsonb_array_elements(i.columns) with ordinality as o (one, place)),"
    f" name = case when {_TELLS.format(said='i.name')} then '' else i.name end"
    " where i.id in (select import_id from contact_import_rows where contact_id = any(:people))"
    f" or {_TELLS.format(said='concat(i.name, i.columns)')}",
    "contact_import_rows": "delete from contact_import_rows r where r.contact_id = any(:people)"  # noqa: S608
    f" or r.cells is not null and {_ROW}",
    "field_keys": "delete from field_keys where subject = 'contact' and thing_id = any(:people)",
    # That she had consented, to what and when, is proof; the words of whoever wrote it down go.
    "consents": "update consents set how = '', withdrawn_how = '' where contact_id = any(:people)",
    "blocks": "delete from blocks where contact_id = any(:people)",
    "page_views": "delete from page_views where visit_id in (select id from visits"
    " where identity_id = any(:names) or contact_id = any(:people))",
    "visits": "delete from visits where identity_id = any(:names) or contact_id = any(:people)",
    "visitor_sessions": "delete from visitor_sessions where identity_id = any(:names)",
    "infected_files": "delete from infected_files where owner_kind = 'visitor' and owner_id = any(:names)",
    "flood_counts": "delete from flood_counts where scope = 'visitor'"
    " and key in (select name::text from unnest(:names) as of (name))",
    "invites": "delete from invites where identity_id = any(:names)",
    "channel_windows": "delete from channel_windows where identity_id = any(:names)",
    "channel_sides": "delete from channel_sides where (account_id, customer) in (select account_id,"
    " substring(sha256(convert_to(external_id, 'UTF8')) from 1 for 16) from identities"
    " where contact_id = any(:people))",
    "identities": "update identities set external_id = 'erased:' || id, verified = false, union_key = null,"
    " email_key = null, phone_key = null where contact_id = any(:people)",
    "contacts": "update contacts set name = '', sort_key = :nameless, name_key = '', email = null,"
    " email_key = null, phone = null, phone_key = null, language = null, note = '', attributes = null,"
    " tier = '', owner_id = null, fields = null, company_id = null, company_by = null,"
    " archived_at = coalesce(archived_at, now()) where id = any(:people)",
    "search_words": "delete from search_words where kind = 'person' and thing_id = any(:people)",
    "webhook_events": "delete from webhook_events where lane = any(:people)",
    "dead_letters": "delete from dead_letters where exists (select 1 from"
    " unnest(:people || :names || :talks) as of (id)"
    " where position(of.id::text in body::text) > 0)",
}
"""What is known of people, in this order; after all that they said."""

ELSEWHERE = {
    "files": "`wipe.work`: hers, and what others let her have",
    "file_uses": "with their files",
    "search_exports": "`wipe.work`: all lists that lie ready",
    "audit_exports": "`wipe.work`: all sheets that lie ready",
    "workspace_exports": "`wipe.work`: all archives, also those at work",
    "api_answers": "`wipe.work`: those that tell of her",
    "person_keys": "`audit.keys.destroy`: what the log keeps of her values is read by nobody again",
    "contact_note_versions": "with their notes",
    "contact_merge_moves": "with their merges",
    "webhook_deliveries": "with their events",
    "webhook_attempts": "with their deliveries",
    "privacy_requests": "the proof; what people wrote in it goes",
    "legal_holds": "lifted ones lose their reason",
}
"""What goes another way."""

NOTHING = frozenset(
    # Of the house and the people who work in it; of customers ids at the most.
    (
        "alembic_version", "outbox", "outbox_cursors", "timers", "procrastinate_jobs",
        "procrastinate_events", "procrastinate_workers", "procrastinate_periodic_defers", "workspaces",
        "users", "sign_in_failures", "memberships", "sessions", "invitations", "api_tokens", "roles", "teams",
        "team_members", "audit_log", "audit_waiting", "audit_seals", "audit_anchors", "audit_settings",
        "channel_accounts", "channel_health", "channel_kept", "channel_checks", "schedules",
        "schedule_versions", "holiday_sets", "schedule_holidays", "schedule_uses", "quick_replies",
        "quick_reply_files", "quick_uses", "quick_settings", "tags", "conversation_tags", "word_lists",
        "blocked_sources", "puzzles_solved", "shield_settings", "upload_rules", "life_rules", "forms",
        "form_versions", "field_sets", "companies", "company_domains", "order_sources", "message_counts",
        "marks", "supervisions", "translation_settings", "translation_usage", "translation_readers",
        "link_settings", "link_cards", "routing_settings", "routing_policies", "channel_weights",
        "break_reasons", "seats", "skills", "seat_skills", "queues", "waits", "wait_queues", "wait_needs",
        "holdings", "seat_events", "invite_rules", "surveys", "survey_versions", "survey_follow_ups",
        "staff_rooms", "staff_members", "staff_messages", "shifts", "week_patterns", "week_pattern_days",
        "roster_entries", "roster_duties", "staffing_settings", "personal_settings", "push_keys",
        "backup_settings", "backup_runs", "push_subscriptions", "alert_rules", "alert_events",
        "channel_alerts", "saved_views", "view_orders", "segments", "tag_rules",
        "bulk_acts", "bulk_items", "webhook_endpoints",
        "privacy_settings", "access_rules", "factor_rules", "totp_secrets", "passkeys", "recovery_codes",
        "sign_in_steps", "single_sign_on", "single_sign_on_people", "single_sign_on_seen", "provisioning",
        "provisioning_tokens", "provisioned_people", "provisioned_groups", "provisioned_group_members",
        "consent_texts", "consent_versions", "field_seals",
    )
)  # fmt: skip


class Whose:
    """Whom to wipe: `people` (those who have shown to be her as well), `names` (identities), `talks`."""

    def __init__(self, people: Sequence[UUID], names: Sequence[UUID], talks: Sequence[UUID]) -> None:
        self.ids = {"people": list(people), "names": list(names), "talks": list(talks)}


async def wipe(tx: Tx, table: Mapping[str, str], whose: Whose, nameless: str = "") -> dict[str, int]:
    """Rows touched, by table."""
    counts = {}
    for name, statement in table.items():
        given: dict[str, Any] = {**whose.ids, "nameless": nameless}
        used = {one: value for one, value in given.items() if re.search(rf":{one}\b", statement)}
        kinds = [bindparam(one, type_=ARRAY(Uuid)) for one in used if one in whose.ids]
        counts[name] = await tx.run(text(statement).bindparams(*kinds), used)
    return counts


async def people_of(tx: Tx, contact_id: UUID) -> list[UUID]:
    """Herself and whoever has shown to be her, held until the transaction ends."""
    rows = await tx.fetch(_PEOPLE, contact_id)
    return [row["id"] for row in rows]


# Newest first, as whoever follows `joined_into` holds them.
_PEOPLE = """
    with recursive her as (
        select id from contacts where id = $1
        union select c.id from contacts c join her on c.joined_into = her.id
    )
    select id from contacts where id in (select id from her) order by id desc for update
"""


async def moment(tx: Tx) -> datetime:
    """The database's own clock."""
    (row,) = await tx.fetch("select clock_timestamp() as at")
    found: datetime = row["at"]
    return found


async def busy_since(tx: Tx, before: datetime) -> bool:
    """Whether a transaction of ours that began before then is still under way."""
    (row,) = await tx.fetch(_BUSY, before)
    return bool(row["busy"])


_BUSY = """
    select count(*) > 0 as busy from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and xact_start < $1
"""


async def names_of(tx: Tx, people: Sequence[UUID]) -> list[UUID]:
    rows = await tx.fetch("select id from identities where contact_id = any($1::uuid[])", list(people))
    return [row["id"] for row in rows]


async def talks_of(tx: Tx, people: Sequence[UUID]) -> list[ReadRow]:
    """(id, state) of each conversation, held."""
    return await tx.fetch(
        "select id, state from conversations where contact_id = any($1::uuid[]) order by id for update",
        list(people),
    )


async def files_in(tx: Tx, talks: Sequence[UUID]) -> list[ReadRow]:
    """(file_id, author_id, client_id) of what messages show."""
    return await tx.fetch(_FILES_IN, list(talks))


_FILES_IN = """
    select distinct (f #>> '{}')::uuid as file_id, m.author_id, m.client_id
    from messages m cross join jsonb_path_query(m.payload, 'strict $.**.file_id') as f
    where m.conversation_id = any($1::uuid[]) and m.payload is not null and jsonb_typeof(f) = 'string'
"""


async def files_of(tx: Tx, names: Sequence[UUID], shown: Sequence[UUID]) -> set[UUID]:
    """Those that she has brought, and of the `shown` ones those that no colleague has."""
    rows = await tx.fetch(_FILES_OF, list(names), list(shown))
    return {row["id"] for row in rows}


_FILES_OF = """
    select id from files where owner_kind = 'visitor' and owner_id = any($1::uuid[])
    union select id from files where id = any($2::uuid[]) and owner_kind <> 'member'
"""


async def sheets_with(tx: Tx, people: Sequence[UUID]) -> list[UUID]:
    """The files of the lists she was brought in by, or that tell of her where they were not taken, and of all
    that nobody has brought in: nobody knows who stands in those, and they are handed in anew."""
    rows = await tx.rows(
        text(_SHEETS_WITH).bindparams(bindparam("people", type_=ARRAY(Uuid))), {"people": list(people)}
    )
    await tx.fetch("update contact_imports set state = 'failed' where state in ('draft', 'checked')")
    return [row.file_id for row in rows]


_SHEETS_WITH = f"""
    select i.file_id from contact_imports i
    where (i.state in ('draft', 'checked', 'failed', 'undone')
        or exists (select 1 from contact_import_rows r where r.import_id = i.id
                   and (r.contact_id = any(:people) or r.cells is not null and {_ROW})))
      and exists (select 1 from files f where f.id = i.file_id)
"""  # noqa: S608 - words of this file


async def drop_exports(tx: Tx) -> list[UUID]:
    """Every list that lies ready, and every archive of the whole, at work or ready: nobody knows who stands
    in it."""
    rows = await tx.fetch(
        "with a as (delete from search_exports where file_id is not null returning file_id),"
        " b as (delete from audit_exports where file_id is not null returning file_id),"
        " c as (delete from workspace_exports returning file_id)"
        " select file_id from a union all select file_id from b"
        " union all select file_id from c where file_id is not null"
    )
    return [row["file_id"] for row in rows]


async def words_of(tx: Tx, people: Sequence[UUID]) -> list[str]:
    """What they are called, and how they are reached."""
    rows = await tx.fetch(
        "select distinct w.word from contacts c, unnest(array[c.name, c.email, c.phone]) as w (word)"
        " where c.id = any($1::uuid[]) and length(w.word) > 1",
        list(people),
    )
    return [row["word"] for row in rows]


async def answers(tx: Tx) -> list[ReadRow]:
    """(token_id, key, sealed) of what programs were told within the last day."""
    return await tx.fetch("select token_id, key, sealed from api_answers where sealed is not null")


async def drop_answers(tx: Tx, which: Sequence[tuple[UUID, str]]) -> None:
    tokens, keys = [token for token, _ in which], [key for _, key in which]
    await tx.fetch(
        "delete from api_answers a using unnest($1::uuid[], $2::text[]) as w (token_id, key)"
        " where a.token_id = w.token_id and a.key = w.key",
        tokens, keys,
    )  # fmt: skip


async def old_talks(tx: Tx, before: datetime, limit: int) -> list[UUID]:
    """Conversations that ended before then, still hold something, and are of nobody who is held."""
    rows = await tx.rows(text(_OLD_TALKS), {"before": before, "most": limit})
    return [row.id for row in rows]


_OLD_TALKS = """
    select c.id from conversations c
    where c.state = 'closed' and c.closed_at < :before
      and not exists (select 1 from legal_holds h where h.lifted_at is null and h.contact_id = c.contact_id)
      and exists (select 1 from messages m where m.conversation_id = c.id and m.kind <> 'event'
                  and m.recalled_at is null)
    order by c.closed_at, c.id limit :most for update of c skip locked
"""
_OLD_VISITS = """
    select v.id from visits v join contacts c on c.id = v.contact_id where v.seen_at < :before
      and not exists (select 1 from legal_holds h where h.lifted_at is null
                      and h.contact_id = coalesce(c.joined_into, c.id))
    order by v.seen_at limit :most
"""
# Of whom nothing has been heard: no word, no visit, no hand of ours on her.
_OLD_PEOPLE = """
    select p.id from contacts p
    where p.created_at < :before and p.archived_at is null and p.joined_into is null
      and not exists (select 1 from legal_holds h where h.lifted_at is null and h.contact_id = p.id)
      and not exists (select 1 from conversations c where c.contact_id = p.id
                      and (c.state <> 'closed' or c.active_at >= :before))
      and not exists (select 1 from visits v where v.contact_id = p.id and v.seen_at >= :before)
    order by p.created_at, p.id limit :most
"""


async def drop_old_visits(tx: Tx, before: datetime, limit: int) -> int:
    """How many."""
    values = {"before": before, "most": limit}
    ids = [row.id for row in await tx.rows(text(_OLD_VISITS), values)]
    await tx.fetch("delete from page_views where visit_id = any($1::uuid[])", ids)
    await tx.fetch("delete from visits where id = any($1::uuid[])", ids)
    return len(ids)


async def old_people(tx: Tx, before: datetime, limit: int) -> list[UUID]:
    return [row.id for row in await tx.rows(text(_OLD_PEOPLE), {"before": before, "most": limit})]


async def due(tx: Tx, before: Mapping[str, datetime | None], most: int) -> Row[Any]:
    """(conversations, visits, people) that would go, each counted up to `most`."""
    asked = {"conversations": _OLD_TALKS, "visits": _OLD_VISITS, "people": _OLD_PEOPLE}
    parts, values = [], {"most": most}
    for name, statement in asked.items():
        if (at := before[name]) is None:
            parts.append(f"0 as {name}")
            continue
        values[name] = at  # type: ignore[assignment]
        counted = statement.replace(":before", f":{name}").partition(" for update")[0]
        parts.append(f"(select count(*) from ({counted}) x)::int as {name}")  # noqa: S608 - words of this file
    row = await tx.row(text(f"select {', '.join(parts)}"), values)
    if row is None:
        raise RuntimeError("the statement gives one row")
    return row
