"""Message search: the words of each message, and the one function that may look through them."""

from alembic import op

from kezhan.migrations.ddl import CURRENT_WORKSPACE, isolate

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    _words()
    _search()
    _old_messages()


def _words() -> None:
    # Rows are written from messages read in the same transaction, so no foreign key asks for them again.
    op.execute(
        """
        create table message_words (
            workspace_id uuid not null,
            conversation_id uuid not null,
            seq integer not null,
            at timestamptz not null,
            author_kind text not null,
            words tsvector not null,
            primary key (workspace_id, conversation_id, seq)
        )
        """
    )
    op.execute("create index message_words_at on message_words (workspace_id, at, conversation_id, seq)")
    # The list of what waits for the index is read by every search: short, it costs a millisecond at most.
    op.execute(
        "create index message_words_words on message_words using gin (words) with (gin_pending_list_limit = 512)"
    )
    isolate("message_words")


# Operators that are not leakproof are of no use to an index under row-level security. They run in this function
# alone, past the policies: it asks for the current workspace itself, in every statement.
#
# First the newest messages one by one: a frequent word has filled the page before the index has counted its
# hits. Then the index, what it finds sorted. Each looks at a fixed number of rows at the most; where the second
# stops for that, its last row says so by not being `seen` or by being more than was asked for.
NEWEST = 3000
CANDIDATES = 5000
_SEEN = """
    select true as seen from conversations c
    where c.workspace_id = ws and c.id = w.conversation_id
      and (reads_all or c.assignee_id = reader or c.team_id = any (reader_teams)
           or (c.assignee_id is null and c.team_id is null))
      and (in_channel is null or c.channel = in_channel)
    offset 0
"""
_RANGE = """
    m.workspace_id = ws and m.at >= since
    and (m.at, m.conversation_id, m.seq) < (before_at, before_conversation, before_seq)
"""
_ORDER = "order by m.at desc, m.conversation_id desc, m.seq desc"
_AUTHOR = "(by_author is null or w.author_kind = by_author)"
_HEAD = """
    create function message_search(
        asked tsquery, reads_all boolean, reader uuid, reader_teams uuid[], in_conversation uuid,
        in_channel text, by_author text, since timestamptz, before_at timestamptz, before_conversation uuid,
        before_seq integer, many integer)
    returns table (conversation_id uuid, seq integer, at timestamptz, seen boolean)
    language plpgsql stable security definer rows 50 set search_path = public, pg_temp
    set work_mem = '16MB' set jit = off
    set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_sort = off
"""
_BODY = f"""
    #variable_conflict use_column
    declare
        ws constant uuid := {CURRENT_WORKSPACE};
        one record;
        wanted integer := many;
        looked_at integer := 0;
    begin
        if in_conversation is not null then
            return query
                select w.conversation_id, w.seq, w.at, c.seen
                from (select * from message_words m
                      where {_RANGE} and m.conversation_id = in_conversation and m.words @@ asked {_ORDER}) w
                cross join lateral ({_SEEN}) c
                where {_AUTHOR} limit many;
            return;
        end if;
        for one in
            select w.* from (select m.* from message_words m where {_RANGE} {_ORDER} limit {NEWEST}) w
            cross join lateral ({_SEEN}) c
            where w.words @@ asked and {_AUTHOR} limit many
        loop
            conversation_id := one.conversation_id; seq := one.seq; at := one.at; seen := true;
            return next;
            before_conversation := one.conversation_id; before_seq := one.seq; before_at := one.at;
            wanted := wanted - 1;
        end loop;
        if wanted = 0 then
            return;
        end if;
        for one in
            select w.*, coalesce(c.seen, false) as seen
            from (select * from (select * from message_words i where i.words @@ asked offset 0) m
                  where {_RANGE} and (by_author is null or m.author_kind = by_author)
                  {_ORDER} limit {CANDIDATES}) w
            left join lateral ({_SEEN}) c on true
        loop
            looked_at := looked_at + 1;
            if one.seen or looked_at = {CANDIDATES} then
                conversation_id := one.conversation_id; seq := one.seq; at := one.at; seen := one.seen;
                return next;
                wanted := wanted - one.seen::int;
                exit when wanted = 0;
            end if;
        end loop;
    end
"""  # noqa: S608 - constants of this file


def _search() -> None:
    op.execute(f"{_HEAD} as $${_BODY}$$")
    op.execute("revoke execute on function message_search from public")
    op.execute("grant execute on function message_search to kz_app")
    # The function runs as its owner, whom row-level security holds back as well.
    op.execute("create policy message_words_search on message_words for select to current_user using (true)")


def _old_messages() -> None:
    """What was said before is taken in piece by piece, by a timer that sets itself anew."""
    op.execute("alter table workspaces no force row level security")
    op.execute("alter table timers no force row level security")
    op.execute(
        "insert into timers (workspace_id, kind, ref, due_at)"
        " select id, 'conversations.words', '00000000-0000-0000-0000-000000000000', now() from workspaces"
    )
    op.execute("alter table workspaces force row level security")
    op.execute("alter table timers force row level security")
