"""Search in everything: words of people, conversations and files; filters by person, seat and team; exports."""

from alembic import op

from kezhan.migrations.ddl import CURRENT_WORKSPACE, isolate

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    _words()
    # The function of the same name with fewer filters stays for processes of the version before.
    _function("message_search", "message_words", "conversation_id", kind=False)
    _function("thing_search", "search_words", "thing_id", kind=True)
    _old_things()
    _exports()


def _words() -> None:
    # What is found beside messages, each under its `kind`: a person (thing_id: the contact), a conversation, a
    # file (thing_id: its conversation, seq: its message). `in_talk`: whoever sees that conversation sees it.
    # Rows are written from rows read in the same transaction, so no foreign key asks for them again.
    op.execute(
        """
        create table search_words (
            workspace_id uuid not null,
            kind text not null check (length(kind) <= 20),
            thing_id uuid not null,
            seq integer not null,
            at timestamptz not null,
            author_kind text not null,
            in_talk boolean not null,
            body text not null,
            words tsvector not null,
            primary key (workspace_id, kind, thing_id, seq)
        )
        """
    )
    op.execute("create index search_words_at on search_words (workspace_id, kind, at, thing_id, seq)")
    op.execute(
        "create index search_words_words on search_words using gin (words) with (gin_pending_list_limit = 2048)"
    )
    isolate("search_words")
    op.execute("create policy search_words_search on search_words for select to current_user using (true)")


# Two ways, as in migration 0008, which tells why: through the newest one by one, and by the index of the words.
PROBE = 1000
SCAN = 10000
CANDIDATES = 5000
OFTEN = 2  # in PROBE rows
TOO_OFTEN = 100  # in PROBE + SCAN rows
TALKS = 1000  # a person's conversations that are looked through, the newest
_ORDER = "order by m.at desc, m.{id} desc, m.seq desc"
_RANGE = "m.workspace_id = ws {kind} and m.at >= since and (m.at, m.{id}, m.seq) < (before_at, before_id, before_seq)"
_SEEN = """
    (select true from conversations c
     where c.workspace_id = ws and c.id = w.{id}
       and (reads_all or c.assignee_id = reader or c.team_id = any (reader_teams) or reader = any (c.guests)
            or (c.assignee_id is null and c.team_id is null))
       and (in_channel is null or c.channel = in_channel)
       and (of_assignee is null or c.assignee_id = of_assignee)
       and (of_team is null or c.team_id = of_team)
     offset 0)
"""
_OF_AUTHOR = "(by_author is null or w.author_kind = by_author)"
_UNFILTERED = """
    reads_all and in_channel is null and of_assignee is null and of_team is null and by_author is null
"""
_RETURN_SEEN = """
            if one.seen then
                {id} := one.{id}; seq := one.seq; at := one.at; seen := true;
                return next;
                wanted := wanted - 1;
                if wanted = 0 then
                    return;
                end if;
            end if;
"""
_SCAN = f"""
        further := false;
        for one in
            select w.{{id}}, w.seq, w.at, w.matches, w.nth,
                   case when w.matches and {_OF_AUTHOR} then {{seen}} end as seen
            from (
                select w.*, w.words @@ asked as matches
                from (select m.*, row_number() over ({_ORDER}) as nth from {{table}} m
                      where {_RANGE} {_ORDER} limit {{rows}}) w
                offset 0
            ) w
            where w.matches or w.nth = {{rows}}
            limit case when {_UNFILTERED} then wanted end
        loop
            before_at := one.at; before_id := one.{{id}}; before_seq := one.seq;
            found := found + one.matches::int;
            further := one.nth = {{rows}};
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
                select i.workspace_id, i.{{id}}, i.seq, i.at, i.author_kind {{more}}
                from {{table}} i where i.words @@ asked limit {CANDIDATES + 1}
            )
            select w.{{id}}, w.seq, w.at, w.too_many,
                   case when not w.too_many then {{seen}} end as seen
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
_IN_TALKS = f"""
            return query
                select w.{{id}}, w.seq, w.at, true
                from (select m.* from unnest(talks) t(id) cross join lateral (
                          select * from {{table}} m where m.workspace_id = ws {{kind}} and m.{{id}} = t.id offset 0
                      ) m where {_RANGE} and m.words @@ asked {_ORDER}) w
                where {_OF_AUTHOR} and {{seen}} limit many;
            return;
"""  # noqa: S608 - constants of this file
_HEAD = """
    create function {name}({of_kind}
        asked tsquery, reads_all boolean, reader uuid, reader_teams uuid[], in_conversation uuid,
        in_contact uuid, in_channel text, of_assignee uuid, of_team uuid, by_author text, since timestamptz,
        before_at timestamptz, before_id uuid, before_seq integer, many integer)
    returns table ({id} uuid, seq integer, at timestamptz, seen boolean)
    language plpgsql stable security definer rows 50 set search_path = public, pg_temp
    set work_mem = '16MB' set jit = off
    set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_sort = off
"""
_BODY = f"""
    #variable_conflict use_column
    declare
        ws constant uuid := {CURRENT_WORKSPACE};
        talks uuid[] := case
            when in_conversation is not null then array[in_conversation]
            when in_contact is not null then array(
                select c.id from conversations c where c.workspace_id = ws and c.contact_id = in_contact
                order by c.opened_at desc limit {TALKS})
            end;
        one record;
        wanted integer := many;
        found integer := 0;
        further boolean;
        often boolean;
    begin
        if talks is not null then
            {_IN_TALKS}
        end if;
        {_SCAN.replace("{rows}", str(PROBE))}
        often := found >= {OFTEN};
        if often then
            {_SCAN.replace("{rows}", str(SCAN))}
        end if;
        if found < {TOO_OFTEN} then
            {_INDEX}
        end if;
        if not often then
            {_SCAN.replace("{rows}", str(SCAN))}
        end if;
        {{id}} := before_id; seq := before_seq; at := before_at; seen := false;
        return next;
    end
"""  # noqa: S608 - constants of this file


def _function(name: str, table: str, id_: str, *, kind: bool) -> None:
    """`kind`: the table holds several, of which the first parameter names one."""
    words = {
        "{name}": name,
        "{table}": table,
        "{seen}": f"(not w.in_talk or {_SEEN})" if kind else _SEEN,
        "{more}": ", i.kind, i.in_talk" if kind else "",
        "{kind}": "and m.kind = of_kind" if kind else "",
        "{of_kind}": "of_kind text," if kind else "",
        "{id}": id_,
    }
    statement = f"{_HEAD} as $${_BODY}$$"
    for word, meaning in words.items():
        statement = statement.replace(word, meaning)
    op.execute(statement)
    takes = ("text, " if kind else "") + (
        "tsquery, boolean, uuid, uuid[], uuid, uuid, text, uuid, uuid, text, timestamptz, timestamptz, uuid,"
        " integer, integer"
    )
    op.execute(f"revoke execute on function {name}({takes}) from public")
    op.execute(f"grant execute on function {name}({takes}) to kz_app")


def _old_things() -> None:
    """What was there before is taken in piece by piece, by two timers that set themselves anew."""
    for table in ("workspaces", "timers"):
        op.execute(f"alter table {table} no force row level security")
    op.execute(
        "insert into timers (workspace_id, kind, ref, due_at)"
        " select w.id, t.kind, '00000000-0000-0000-0000-000000000000', now()"
        " from workspaces w, (values ('search.people'), ('search.talks')) as t(kind)"
    )
    for table in ("workspaces", "timers"):
        op.execute(f"alter table {table} force row level security")


def _exports() -> None:
    # `mark` names the question: who asks for the same again while it is at work gets the same.
    op.execute(
        """
        create table search_exports (
            workspace_id uuid not null references workspaces (id),
            id uuid not null,
            membership_id uuid not null,
            kind text not null check (length(kind) <= 20),
            question jsonb not null,
            mark text not null,
            language text not null,
            state text not null check (state in ('waiting', 'running', 'done', 'failed', 'cancelled')),
            found integer not null default 0,
            cut boolean not null default false,
            fault text,
            file_id uuid,
            created_at timestamptz not null default now(),
            touched_at timestamptz not null default now(),
            expires_at timestamptz,
            primary key (workspace_id, id),
            foreign key (workspace_id, membership_id) references memberships (workspace_id, id),
            check ((state = 'done') = (file_id is not null))
        )
        """
    )
    op.execute(
        "create unique index search_exports_mark on search_exports (workspace_id, membership_id, mark)"
        " where state in ('waiting', 'running')"
    )
    op.execute(
        "create index search_exports_member on search_exports (workspace_id, membership_id, created_at desc)"
    )
    isolate("search_exports")
