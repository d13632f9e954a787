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
    # What waits for the index is gone into it together, which is cheaper the longer it is; but every search reads
    # the whole list of it, which at this length takes a half of a millisecond.
    op.execute(
        "create index message_words_words on message_words using gin (words) with (gin_pending_list_limit = 2048)"
    )
    isolate("message_words")


# Operators that are not leakproof are of no use to an index under row-level security. They run in this function
# alone, past the policies: it asks for the current workspace itself, in every statement.
#
# There are two ways. To look through the newest messages one by one fills a page of frequent words soon, a row
# costs little, but it does not get far. The index knows all of a rare word at once, a row costs thirty times as
# much, and of a frequent one there are too many. The newest thousand tell which way is tried first; where it
# does not fill the page, so is the other one, but not the index for what is seen to be frequent. Each looks at a
# fixed number of rows at the most. Where that ends the search, the last row is not `seen` and says how far was
# looked.
PROBE = 1000
SCAN = 10000
CANDIDATES = 5000
OFTEN = 2  # in PROBE rows
TOO_OFTEN = 100  # in PROBE + SCAN rows
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
_OF_AUTHOR = "(by_author is null or w.author_kind = by_author)"
_PLACE = "conversation_id := one.conversation_id; seq := one.seq; at := one.at;"
_BEHIND = "before_at := one.at; before_conversation := one.conversation_id; before_seq := one.seq;"
_RETURN_SEEN = f"""
            if one.seen then
                {_PLACE} seen := true;
                return next;
                wanted := wanted - 1;
                if wanted = 0 then
                    return;
                end if;
            end if;
"""


def _scan(rows: int) -> str:
    """The newest rows from `before_…` on, which goes along; `further` says whether there are more."""
    return f"""
        further := false;
        for one in
            select w.conversation_id, w.seq, w.at, w.matches, w.nth,
                   case when w.matches and {_OF_AUTHOR} then (select * from ({_SEEN}) c) end as seen
            from (
                select w.*, w.words @@ asked as matches
                from (select m.*, row_number() over ({_ORDER}) as nth from message_words m
                      where {_RANGE} {_ORDER} limit {rows}) w
                offset 0
            ) w
            where w.matches or w.nth = {rows}
            limit case when reads_all and in_channel is null and by_author is null then wanted end
        loop
            {_BEHIND}
            found := found + one.matches::int;
            further := one.nth = {rows};
            {_RETURN_SEEN}
        end loop;
        if not further then
            return;
        end if;
    """  # noqa: S608 - constants of this file


_INDEX = f"""
        further := false;
        for one in
            with found as materialized (
                select i.workspace_id, i.conversation_id, i.seq, i.at, i.author_kind
                from message_words i where i.words @@ asked limit {CANDIDATES + 1}
            )
            select w.conversation_id, w.seq, w.at, w.too_many,
                   case when not w.too_many then (select * from ({_SEEN}) c) end as seen
            from (
                select m.*, (select count(*) > {CANDIDATES} from found) as too_many from found m
                where {_RANGE} {_ORDER}
            ) w
            where {_OF_AUTHOR}
        loop
            further := one.too_many;
            exit when further;
            {_RETURN_SEEN}
        end loop;
        if not further then
            return;
        end if;
"""  # noqa: S608 - constants of this file
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
        found integer := 0;
        further boolean;
        often boolean;
    begin
        if in_conversation is not null then
            return query
                select w.conversation_id, w.seq, w.at, c.seen
                from (select * from (select * from message_words m where m.workspace_id = ws
                                     and m.conversation_id = in_conversation offset 0) m
                      where {_RANGE} and m.words @@ asked {_ORDER}) w
                cross join lateral ({_SEEN}) c
                where {_OF_AUTHOR} limit many;
            return;
        end if;
        {_scan(PROBE)}
        often := found >= {OFTEN};
        if often then
            {_scan(SCAN)}
        end if;
        if found < {TOO_OFTEN} then
            {_INDEX}
        end if;
        if not often then
            {_scan(SCAN)}
        end if;
        conversation_id := before_conversation; seq := before_seq; at := before_at; seen := false;
        return next;
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
