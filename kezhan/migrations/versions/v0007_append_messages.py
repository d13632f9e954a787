"""The append lane's statement as a function; counts of messages."""

from alembic import op

from kezhan.migrations.ddl import isolate

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    # No list asks for all states in one walk; an index fewer to write where a row cannot be updated in place.
    op.execute("drop index conversations_active")
    _counts()
    op.execute(_APPEND)
    op.execute(f"revoke execute on function {_SIGNATURE} from public")
    op.execute(f"grant execute on function {_SIGNATURE} to kz_lane")
    # The lane adds messages by the function alone, which writes for a conversation it has found and locked by
    # workspace and id: that says all that the foreign key said, for a third of its price.
    op.execute("revoke insert on messages from kz_lane")
    op.execute("revoke usage on sequence outbox_id from kz_lane")
    for table in ("message_keys", "outbox"):
        op.execute(f"revoke all on {table} from kz_lane")
        op.execute(f"drop policy {table}_lane on {table}")
    op.execute("alter table messages drop constraint messages_workspace_id_conversation_id_fkey")
    for table in ("conversations", "messages", "message_keys", "outbox"):
        op.execute(f"create policy {table}_append on {table} to kz_owner using (true) with check (true)")


def _counts() -> None:
    # Per quarter of an hour in UTC, so that any zone's days can be summed. All customers of an account share a
    # row, whose author is the nil id.
    op.execute(
        """
        create table message_counts (
            workspace_id uuid not null,
            quarter timestamptz not null,
            account_id uuid not null,
            author_kind text not null,
            author_id uuid not null,
            kind text not null,
            messages integer not null,
            primary key (workspace_id, quarter, account_id, author_kind, author_id, kind)
        ) with (fillfactor = 50)
        """
    )
    isolate("message_counts")


_SIGNATURE = (
    "append_messages(uuid[], uuid[], integer[], uuid[], text[], text[], text[], text[], text[], integer[],"
    " timestamptz)"
)

# One call a flush. Several plain statements in one function, each with a plan kept: a single statement of as
# many parts costs more to start than to carry out, which is what a lone message pays.
#
# Conversations come in the order of their ids, the order in which they are locked; one locked elsewhere is
# skipped. `p` counts conversations, `i` messages, from one. What the function says of each conversation:
# `standing` open, closed, busy (skipped) or gone.
_APPEND = """
create function append_messages(
    workspaces uuid[], conversations uuid[],
    places integer[], senders uuid[], clients text[], authors text[], kinds text[], bodies text[],
    payloads text[], quotes integer[], said_at timestamptz,
    out seqs integer[], out revs integer[], out from_revs integer[], out identities uuid[],
    out standing text[], out known integer[], out known_seqs integer[], out known_in uuid[]
) language plpgsql security definer set search_path = public, pg_temp as $$
declare
    lasts integer[];
    reached integer[];
    added integer[] := array_fill(0, array[cardinality(conversations)]);
    inbound integer[] := added;
    shown integer[] := added;
    answered boolean[] := array_fill(false, array[cardinality(conversations)]);
    p integer;
begin
    select array_agg(h.last_seq), array_agg(h.rev), array_agg(h.identity_id),
           array_agg(case when h.state <> 'closed' then 'open' else h.state end)
    into lasts, from_revs, identities, standing
    from unnest(conversations) with ordinality as o(id, p) left join lateral (
        select c.last_seq, c.rev, c.identity_id, c.state from conversations c
        where c.workspace_id = workspaces[o.p] and c.id = o.id
        for no key update of c skip locked offset 0
    ) h on true;
    if array_position(standing, null) is not null then
        select array_agg(coalesce(standing[o.p], case when c.id is null then 'gone' else 'busy' end) order by o.p)
        into standing
        from unnest(conversations) with ordinality as o(id, p)
        left join conversations c on c.workspace_id = workspaces[o.p] and c.id = o.id;
    end if;

    select array_agg(m.i), array_agg(k.seq), array_agg(k.conversation_id) into known, known_seqs, known_in
    from unnest(places) with ordinality as m(p, i), lateral (
        select k.seq, k.conversation_id from message_keys k
        where k.workspace_id = workspaces[m.p] and k.sender_id = senders[m.i] and k.client_id = clients[m.i]
        offset 0
    ) k;

    reached := from_revs;
    seqs := places;
    revs := places;
    for i in 1 .. cardinality(places) loop
        p := places[i];
        if standing[p] <> 'open' or (known is not null and i = any (known)) then
            seqs[i] := null;
        else
            lasts[p] := lasts[p] + 1;
            reached[p] := reached[p] + 1;
            added[p] := added[p] + 1;
            seqs[i] := lasts[p];
            revs[i] := reached[p];
            if kinds[i] <> 'note' then
                shown[p] := i;
                if authors[i] = 'agent' then
                    answered[p] := true;
                end if;
            end if;
            if authors[i] = 'visitor' then
                inbound[p] := inbound[p] + 1;
            end if;
        end if;
    end loop;

    insert into message_keys (workspace_id, sender_id, client_id, conversation_id, seq)
    select workspaces[m.p], senders[m.i], clients[m.i], conversations[m.p], seqs[m.i]
    from unnest(places) with ordinality as m(p, i)
    where seqs[m.i] is not null;

    insert into messages (workspace_id, conversation_id, seq, rev, kind, author_kind, author_id, client_id,
                          body, payload, quote_seq, created_at)
    select workspaces[m.p], conversations[m.p], seqs[m.i], revs[m.i], kinds[m.i], authors[m.i], senders[m.i],
           clients[m.i], bodies[m.i], payloads[m.i]::jsonb,
           case when quotes[m.i] between 1 and seqs[m.i] - 1 then quotes[m.i] end, said_at
    from unnest(places) with ordinality as m(p, i)
    where seqs[m.i] is not null;

    update conversations c
    set last_seq = lasts[s.p], rev = reached[s.p], inbound_count = c.inbound_count + inbound[s.p],
        active_at = case when c.active_at > said_at - interval '1 second' then c.active_at else said_at end,
        preview_seq = coalesce(seqs[shown[s.p]], c.preview_seq),
        preview_kind = coalesce(kinds[shown[s.p]], c.preview_kind),
        preview_author = coalesce(authors[shown[s.p]], c.preview_author),
        preview_text = coalesce(left(bodies[shown[s.p]], 120), c.preview_text),
        waiting_since = case when authors[shown[s.p]] = 'visitor' and answered[s.p] then said_at
                             when authors[shown[s.p]] = 'visitor' then coalesce(c.waiting_since, said_at)
                             when answered[s.p] then null
                             else c.waiting_since end
    from unnest(added) with ordinality as s(added, p)
    where s.added > 0 and c.workspace_id = workspaces[s.p] and c.id = conversations[s.p];

    insert into outbox (workspace_id, kind, body)
    select m.workspace_id, 'message.appended', jsonb_build_object('each', jsonb_build_object(
               'conversation_id', to_jsonb(array_agg(m.conversation_id)), 'seq', to_jsonb(array_agg(m.seq)),
               'kind', to_jsonb(array_agg(m.kind)), 'author_kind', to_jsonb(array_agg(m.author))))
    from (
        select workspaces[o.p] as workspace_id, conversations[o.p] as conversation_id, seqs[o.i] as seq,
               kinds[o.i] as kind, authors[o.i] as author
        from unnest(places) with ordinality as o(p, i)
        where seqs[o.i] is not null
    ) m
    group by m.workspace_id;
end $$
"""
