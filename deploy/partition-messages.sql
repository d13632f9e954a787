-- Parts the table of messages by time, once, as kz_owner or a superuser. Stored messages stay where they are and become
-- the first part; no row is copied, and the lock lasts for as long as the catalogue takes.
--
-- The ids of conversations begin with the time they were opened at, so a range of ids is a range of time: the primary
-- key stays as it is, and a conversation lies in one part, whole, which is the only one its history is read from.
-- Nothing points at messages, so a part can be detached, moved or dropped.
begin;
set local lock_timeout = '5s';
set local role kz_owner;

create function conversations_from(moment timestamptz) returns uuid language sql immutable as
$$ select (lpad(to_hex((extract(epoch from moment) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid $$;

alter table messages rename to messages_first;
create table messages (like messages_first including all) partition by range (conversation_id);
alter table messages enable row level security;
alter table messages force row level security;

do $$
declare
    one record;
begin
    for one in select * from pg_policies where tablename = 'messages_first' loop
        execute format('create policy %I on messages for %s to %s using (%s)',
            one.policyname, one.cmd, array_to_string(one.roles, ', '), one.qual)
            || case when one.cmd <> 'SELECT' then format(' with check (%s)', coalesce(one.with_check, one.qual)) else '' end;
    end loop;
    for one in
        select acl.grantee::regrole as who, acl.privilege_type as may
        from pg_class, aclexplode(relacl) as acl
        where pg_class.oid = 'messages_first'::regclass and acl.grantee <> relowner
    loop
        execute format('grant %s on messages to %s', one.may, one.who);
    end loop;
    -- The month that runs still goes into the first part, for its conversations are there already.
    execute format('alter table messages attach partition messages_first for values from (minvalue) to (%L)',
        conversations_from(date_trunc('month', now(), 'UTC') + interval '1 month'));
end $$;

alter table messages add foreign key (workspace_id, conversation_id) references conversations (workspace_id, id);
-- What no part was made for in time lands here instead of being refused.
create table messages_rest partition of messages default;
commit;
