"""Tags on customers and conversations; search by them."""

from alembic import op

from kezhan.migrations.ddl import isolate
from kezhan.migrations.versions import v0022_search_everything as search

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    _tags()
    _on("contact")
    _on("conversation")
    # The functions of the same names without the filter stay for processes of the version before.
    _function("message_search", "message_words", "conversation_id", kind=False)
    _function("thing_search", "search_words", "thing_id", kind=True)


def _tags() -> None:
    op.execute(
        """
        create table tags (
            workspace_id uuid not null references workspaces (id),
            id uuid not null,
            name text not null check (length(name) between 1 and 40),
            name_key text not null,
            colour text not null check (length(colour) <= 10),
            group_name text not null check (length(group_name) <= 40),
            for_contacts boolean not null,
            for_conversations boolean not null,
            sort_key text not null,
            pinyin text not null,
            initials text not null,
            version integer not null check (version > 0),
            created_at timestamptz not null default now(),
            archived_at timestamptz,
            merged_into uuid,
            primary key (workspace_id, id),
            foreign key (workspace_id, merged_into) references tags (workspace_id, id),
            check (for_contacts or for_conversations)
        )
        """
    )
    op.execute("create unique index tags_name on tags (workspace_id, name_key) where merged_into is null")
    isolate("tags", grant="select, insert, update")


def _on(thing: str) -> None:
    """Which tags are on a contact or a conversation; by either."""
    table, id_ = f"{thing}_tags", f"{thing}_id"
    op.execute(
        f"""
        create table {table} (
            workspace_id uuid not null,
            {id_} uuid not null,
            tag_id uuid not null,
            at timestamptz not null default now(),
            primary key (workspace_id, {id_}, tag_id),
            foreign key (workspace_id, {id_}) references {thing}s (workspace_id, id) on delete cascade,
            foreign key (workspace_id, tag_id) references tags (workspace_id, id)
        )
        """
    )
    op.execute(f"create index {table}_tag on {table} (workspace_id, tag_id, {id_})")
    isolate(table)
    # The look-ups run as the owner, and ask for the workspace themselves.
    op.execute(f"create policy {table}_search on {table} for select to current_user using (true)")


_ON_TALK = """
    exists (select from conversation_tags g
            where g.workspace_id = ws and g.conversation_id = c.id and g.tag_id = any (of_tags))
    or exists (select from contact_tags g
               where g.workspace_id = ws and g.contact_id = c.contact_id and g.tag_id = any (of_tags))
"""
_ON_PERSON = """
    exists (select from contact_tags g
            where g.workspace_id = ws and g.contact_id = w.thing_id and g.tag_id = any (of_tags))
"""


def _function(name: str, table: str, id_: str, *, kind: bool) -> None:
    """As of migration 0022, with the tags that the conversation or its customer has one of."""
    seen = search._SEEN.replace("offset 0", f"and (of_tags is null or {_ON_TALK}) offset 0")
    of_any = f"case when w.in_talk then {seen} else of_tags is null or {_ON_PERSON} end"
    words = {
        "and of_team is null and by_author": "and of_team is null and of_tags is null and by_author",
        "many integer)": "many integer, of_tags uuid[])",
        "{name}": name,
        "{table}": table,
        "{seen}": f"({of_any})" if kind else seen,
        "{more}": ", i.kind, i.in_talk" if kind else "",
        "{kind}": "and m.kind = of_kind" if kind else "",
        "{of_kind}": "of_kind text," if kind else "",
        "{id}": id_,
    }
    statement = f"{search._HEAD} as $${search._BODY}$$"
    for word, meaning in words.items():
        statement = statement.replace(word, meaning)
    op.execute(statement)
    takes = ("text, " if kind else "") + (
        "tsquery, boolean, uuid, uuid[], uuid, uuid, text, uuid, uuid, text, timestamptz, timestamptz, uuid,"
        " integer, integer, uuid[]"
    )
    op.execute(f"revoke execute on function {name}({takes}) from public")
    op.execute(f"grant execute on function {name}({takes}) to kz_app")
