"""The statements of `bench.seed`: its own schema beside the product's tables, and one part of the data."""

SCHEMA = """
create schema if not exists bench;
create table if not exists bench.workspaces (
    no int primary key, workspace_id uuid not null, account_id uuid not null, supervisor_id uuid not null,
    agent_ids uuid[] not null);
create table if not exists bench.parts (
    no int primary key, conversations int not null, messages int not null,
    at timestamptz not null default now());
create or replace function bench.chance(name text) returns float8 language sql immutable parallel safe as
    $$ select ('x' || substr(md5(name), 1, 8))::bit(32)::bigint / 4294967296.0::float8 $$;
create or replace function bench.id7(at timestamptz, name text) returns uuid language sql immutable
    parallel safe as
    $$ select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0')
               || '7' || substr(md5(name), 1, 3) || '8' || substr(md5(name), 4, 15))::uuid $$;
create or replace function bench.words(number bigint) returns text language sql immutable parallel safe as
    $$ select (array[
        '您好，请问这款春茶现在有货吗？', '多久能发货，运费怎么算？', '好的，谢谢！',
        '我要两盒，送到上海浦东。',
        '订单已经为您备注，今天下午四点前发出，届时会有短信通知您快递单号。', '可以开发票吗？抬头是公司。',
        '茶叶罐有一点破损，照片我已经发了，你们看看怎么处理比较好。', '嗯嗯', '在吗',
        '非常抱歉给您带来不便，我们马上为您补发一份，并附上一张优惠券表示歉意，您看这样可以吗？',
        'Do you ship abroad? I live in Berlin.', '龙井和碧螺春哪个更适合送长辈？预算五百左右。',
        '第一次购买可以用新人券，满一百减二十。', '水温八十度左右，先温杯，再投茶三克，第一泡十五秒出汤。',
        '收到了，味道很好，下次还来。', '请问退货地址是哪里？'
       ])[1 + number % 16] || ' ' || number $$;
create or replace function bench.term(rank int) returns text language sql immutable parallel safe as
    $$ select chr(20000 + rank / 50) || chr(25000 + rank % 50) $$;
create or replace function bench.terms(name text) returns text language sql immutable parallel safe as
    $$ select string_agg(bench.term(exp(ln(5000) * ('x' || substr(md5(name), n * 8 + 1, 8))::bit(32)::bigint
                                        / 4294967296.0::float8)::int),
                         case when n = 3 then '，' else '' end order by n)
       from generate_series(0, 3) n $$;
"""

# Words: a sentence of every day, a number, then four terms of two characters; $4 has the sentences' words.
# The rank-th of the five thousand terms is 1/rank as frequent as the first, so that a search has frequent
# words and rare ones.
# Every tenth conversation or so begins with a file, whose name has the terms of its message.
# Lengths: seven of ten are short (about 7 lines), a quarter is of some 37, the rest of hundreds, two in a
# thousand of thousands; 32 on the average. Ages: denser towards today. Every third conversation is by the
# same person as the one before it, so only one of the two may be open.
PART = """
with w as (
    select *, right(workspace_id::text, 4) as mark from bench.workspaces where no = $2::int
), drawn as (
    select n, bench.chance($1::int || ' kind ' || n) as kind, bench.chance($1 || ' length ' || n) as length,
           bench.chance($1 || ' age ' || n) as age, bench.chance($1 || ' state ' || n) as state,
           bench.chance($1 || ' agent ' || n) as agent
    from generate_series(0, $3::int - 1) n
), sized as (
    select n, state, agent, n - case when n % 3 = 2 then 1 else 0 end as person,
           (case when kind < .7 then 2 + length * 10 when kind < .95 then 12 + length * 50
                 when kind < .998 then 100 + length * 300 else 1500 + length * 3000 end)::int as size,
           date_trunc('day', now()) - interval '2 days' - age * age * interval '363 days'
               - n * interval '1 millisecond' as drawn_at
    from drawn
), conv as materialized (
    select s.n, s.person, s.size, date_trunc('milliseconds', s.drawn_at) as opened_at,
           bench.id7(s.drawn_at, $1 || ' conversation ' || s.n) as id,
           md5($1 || ' identity ' || s.person)::uuid as identity_id,
           md5($1 || ' contact ' || s.person)::uuid as contact_id,
           w.agent_ids[1 + floor(s.agent * cardinality(w.agent_ids))::int] as agent_id,
           case when s.drawn_at < now() - interval '16 days' or s.n % 3 = 1 or s.state > .5 then 'closed'
                when s.state < .15 then 'queued' else 'assigned' end as state
    from sized s cross join w
), contact as (
    insert into contacts (workspace_id, id, name, sort_key, name_key)
    select w.workspace_id, c.contact_id, '客户 ' || c.person, 'ke hu ' || c.person, 'ke hu ' || c.person
    from conv c cross join w where c.n = c.person
), identity as (
    insert into identities (workspace_id, id, contact_id, account_id, external_id)
    select w.workspace_id, c.identity_id, c.contact_id, w.account_id, c.identity_id::text
    from conv c cross join w where c.n = c.person
), said as materialized (
    select c.id, c.identity_id, c.agent_id, seq,
           c.opened_at + (seq - 1) * interval '45 seconds' as at,
           case when seq = 1 then 'system' when seq % 2 = 0 then 'visitor' else 'agent' end as author,
           case when seq = 1 then 'event' when seq % 66 = 33 and seq < c.size then 'note' else 'text' end
               as kind,
           case when seq = 1 then '' else bench.words(c.n * 7 + seq) || ' ' || t.terms end as body,
           case when seq > 1 then md5($1 || ' ' || c.n || ' ' || seq) end as client_id,
           c.n * 7 + seq as number, t.terms
    from conv c cross join generate_series(1, c.size) seq
    cross join lateral (select bench.terms($1 || ' ' || c.n || ' ' || seq) as terms offset 0) t
), sentence as materialized (
    select s.n - 1 as n, array(select w.mark || word from unnest(string_to_array(s.words, ' ')) word) as words
    from w, unnest($4::text[]) with ordinality s(words, n)
), worded as (
    insert into message_words (workspace_id, conversation_id, seq, at, author_kind, words)
    select w.workspace_id, s.id, s.seq, s.at, s.author, array_to_tsvector(
               p.words || (w.mark || s.number) || array(
                   select w.mark || replace(substr(s.terms, n, 2), '，', '')
                   from unnest(array[1, 2, 3, 4, 5, 6, 8, 9]) n))
    from said s join sentence p on p.n = s.number % 16 cross join w
    where s.seq > 1
), put as (
    insert into messages (workspace_id, conversation_id, seq, rev, kind, author_kind, author_id, client_id,
                          body, payload, created_at)
    select w.workspace_id, s.id, s.seq, s.seq, s.kind, s.author,
           case s.author when 'visitor' then s.identity_id when 'agent' then s.agent_id end, s.client_id,
           s.body,
           case when s.seq = 1 then '{"is": "event", "event": "opened"}'::jsonb
                        when s.seq = 2 and s.number % 10 = 0 then jsonb_build_object(
                            'is', 'file', 'file_id', md5(s.client_id)::uuid, 'size', s.number,
                            'media_type', 'application/pdf',
                            'name', '发票 ' || s.number || ' ' || s.terms || '.pdf')
           end, s.at
    from said s cross join w
), keyed as (
    insert into message_keys (workspace_id, sender_id, client_id, conversation_id, seq)
    select w.workspace_id, case s.author when 'visitor' then s.identity_id else s.agent_id end, s.client_id,
           s.id, s.seq
    from said s cross join w where s.seq > 1
), held as (
    insert into conversations (workspace_id, id, account_id, identity_id, contact_id, channel, state,
                               assignee_id, last_seq, rev, head_rev, inbound_count, preview_seq, preview_kind,
                               preview_author, preview_text, waiting_since, opened_at, active_at, closed_at)
    select w.workspace_id, c.id, w.account_id, c.identity_id, c.contact_id, 'webchat', c.state,
           case when c.state <> 'queued' then c.agent_id end, c.size, c.size, 1, c.size / 2, l.seq, l.kind,
           l.author, left(l.body, 120), case when c.state <> 'closed' and l.author = 'visitor' then l.at end,
           c.opened_at, l.at, case when c.state = 'closed' then l.at end
    from conv c join said l on l.id = c.id and l.seq = c.size cross join w
), marked as (
    insert into marks (workspace_id, conversation_id, party_kind, party_id, delivered_seq, read_seq,
                       read_inbound, rev)
    select w.workspace_id, c.id, p.kind, p.id, c.size, c.size, p.inbound, c.size
    from conv c cross join w, lateral (
        values ('agent', c.agent_id, c.size / 2), ('visitor', c.identity_id, 0)
    ) p(kind, id, inbound)
)
insert into bench.parts (no, conversations, messages)
select $1, (select count(*) from conv), (select count(*) from said)
returning messages
"""
