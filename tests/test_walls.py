"""The walls between workspaces as the catalogue shows them: policies, grants, keys, and roles that try."""

from collections.abc import Iterator

import psycopg
import pytest

from kezhan.kit.ids import new_id
from kezhan.kit.postgres import BACKUP, SUPERUSER, Access
from kezhan.kit.testing import TestCluster
from tests.catalogue import GRANTS, ROLES, TABLES, granted, intended, rows

WITHOUT_WORKSPACE = {
    "alembic_version",
    "outbox_cursors",
    "users",
    "sign_in_failures",
    "totp_secrets",
    "passkeys",
    "recovery_codes",
    "sign_in_steps",
    "workspaces",
    "push_keys",
    "backup_settings",
    "backup_runs",
}
MINE = "NULLIF(current_setting('kz.ws'::text, true), ''::text)"


@pytest.fixture(scope="module")
def built(cluster: TestCluster) -> Iterator[Access]:
    """A migrated database whose catalogue is read and not changed."""
    access = cluster.fresh()
    yield access
    cluster.drop(access)


def test_each_role_may_do_to_each_table_just_what_is_intended(built: Access) -> None:
    # A partition is reached through its table, whose policies it does not have.
    assert granted(built, TABLES) == intended()


def test_every_table_stands_in_the_list_of_grants(built: Access) -> None:
    query = (
        "select relname from pg_class where relnamespace = 'public'::regnamespace"
        " and relkind in ('r', 'p', 'v', 'm', 'f') and not relispartition"
    )
    assert {name for (name,) in rows(built, query)} == {
        line.split()[0] for line in GRANTS.strip().splitlines()
    }


_COUNTERS = "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'S'"


def test_sequences_and_columns_are_given_to_those_who_count_and_name(built: Access) -> None:
    numbered = ("jobs", "events", "workers", "periodic_defers")
    assert granted(built, ("S",)) == {
        ("outbox_id", "kz_app"): "u",
        ("seat_turns", "kz_app"): "u",
        **{(f"procrastinate_{name}_id_seq", "kz_system"): "u" for name in numbered},
        **{(name, "kz_backup"): "s" for (name,) in rows(built, _COUNTERS)},
    }
    columns = rows(
        built,
        "select c.relname, g.rolname, x.privilege_type, array_agg(a.attname::text order by a.attname)"
        " from pg_attribute a join pg_class c on c.oid = a.attrelid cross join aclexplode(a.attacl) x"
        " left join pg_roles g on g.oid = x.grantee"
        " where c.relnamespace = 'public'::regnamespace group by 1, 2, 3 order by 1",
    )
    named = ["id", "name", "workspace_id"]
    assert columns == [
        ("contacts", "kz_lane", "SELECT", named),
        ("memberships", "kz_lane", "SELECT", named),
        ("messages", "kz_lane", "UPDATE", ["signed"]),
        ("queue_events", "kz_app", "UPDATE", ["decision"]),
    ]


def test_five_functions_have_the_owners_rights_and_one_role_each_may_call_them(built: Access) -> None:
    found = rows(
        built,
        "select p.proname, p.proconfig, array(select coalesce(g.rolname, 'public')::text"
        "  from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x"
        "  left join pg_roles g on g.oid = x.grantee order by 1)"
        " from pg_proc p where p.pronamespace = 'public'::regnamespace and p.prosecdef",
    )
    safe = "search_path=public, pg_temp"
    assert {name: (config[0], callers) for name, config, callers in found} == {
        "outbox_tidy": (safe, ["kz_owner", "kz_system"]),
        "message_search": (safe, ["kz_app", "kz_owner"]),
        "thing_search": (safe, ["kz_app", "kz_owner"]),
        "append_messages": (safe, ["kz_lane", "kz_owner"]),
        "audit_cut": (safe, ["kz_app", "kz_owner"]),
    }


def isolated_tables(access: Access) -> dict[str, bool]:
    """Tables with rows of workspaces → whether row-level security is forced on them."""
    query = (
        "select c.relname, c.relrowsecurity and c.relforcerowsecurity from pg_class c"
        " where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition"
    )
    ours = {name: forced for name, forced in rows(access, query) if not name.startswith("procrastinate_")}
    return {name: forced for name, forced in ours.items() if name not in WITHOUT_WORKSPACE - {"workspaces"}}


def test_row_level_security_is_forced_on_every_table_but_the_few_without_a_workspace(built: Access) -> None:
    tables = isolated_tables(built)
    assert len(tables) == 154
    assert [name for name, forced in tables.items() if not forced] == []


def test_the_app_sees_its_workspace_and_every_other_policy_is_for_a_role_that_has_grants(
    built: Access,
) -> None:
    policies = rows(
        built, "select tablename, roles::text[], permissive, cmd, qual, with_check from pg_policies"
    )
    # What she has said herself is removed by nobody.
    kept = ("consents", ["kz_app"], "RESTRICTIVE", "DELETE", "(import_id IS NOT NULL)", None)
    assert [policy for policy in policies if policy[2] != "PERMISSIVE"] == [kept]
    found = {
        (table, roles[0]): (len(roles), permissive, does, using, check)
        for table, roles, permissive, does, using, check in policies
        if permissive == "PERMISSIVE"
    }
    reads = {("contacts", "kz_lane"), ("memberships", "kz_lane")}
    # Search and append run as the owner, past the app's policies and the lane's.
    searched = ("message_words", "search_words", "contact_tags", "conversation_tags")
    reads |= {(table, "kz_owner") for table in searched}
    writes = {(table, "kz_owner") for table in ("conversations", "messages", "message_keys", "outbox")}
    # What is old in the audit log is cut off by the owner.
    reads |= {(table, "kz_owner") for table in ("audit_anchors", "audit_settings")}
    writes |= {(table, "kz_owner") for table in ("audit_log", "audit_seals")}
    walled = isolated_tables(built)
    assert set(found) == {key for key in intended() if key[0] in walled} | reads | writes
    for (table, role), policy in found.items():
        own = f"({'id' if table == 'workspaces' else 'workspace_id'} = ({MINE})::uuid)"
        if role == "kz_app":
            check = None if table == "workspaces" else own  # without one, the condition is the check too
            assert policy == (1, "PERMISSIVE", "ALL", own, check), table
        elif (table, role) in reads or role == BACKUP:
            assert policy == (1, "PERMISSIVE", "SELECT", "true", None), table
        else:
            assert policy == (1, "PERMISSIVE", "ALL", "true", "true"), table


def test_the_workspace_leads_the_primary_key_or_a_unique_index_of_every_table(built: Access) -> None:
    leading = rows(
        built,
        "select distinct c.relname from pg_class c join pg_index i on i.indrelid = c.oid"
        " join pg_attribute a on a.attrelid = c.oid and a.attnum = i.indkey[0]"
        " where c.relnamespace = 'public'::regnamespace and i.indisunique and i.indpred is null"
        " and a.attname = 'workspace_id'",
    )
    assert set(isolated_tables(built)) - {name for (name,) in leading} == {"workspaces"}


def test_a_foreign_key_never_leads_into_another_workspace(built: Access) -> None:
    keys = rows(
        built,
        "select c.conrelid::regclass::text, c.confrelid::regclass::text,"
        " array(select a.attname::text from unnest(c.conkey) with ordinality k (no, at)"
        "   join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.no order by k.at),"
        " array(select a.attname::text from unnest(c.confkey) with ordinality k (no, at)"
        "   join pg_attribute a on a.attrelid = c.confrelid and a.attnum = k.no order by k.at)"
        " from pg_constraint c where c.contype = 'f' and c.connamespace = 'public'::regnamespace",
    )
    ours = [key for key in keys if not key[0].startswith("procrastinate_")]
    assert len(ours) > 25
    for table, target, mine, theirs in ours:
        if target == "workspaces":
            assert (mine, theirs) == (["workspace_id"], ["id"]), table
        elif target == "users":
            assert mine == ["user_id"] and table in {"memberships", *WITHOUT_WORKSPACE}, table
        else:
            key = "conversation_id" if target == "waits" else "id"
            own = "id" if table == "workspaces" else "workspace_id"
            assert (mine[0], theirs) == (own, ["workspace_id", key]), (table, target)


def test_states_are_checked_texts_and_times_know_their_zone(built: Access) -> None:
    enums = rows(built, "select typname from pg_type where typtype = 'e' and typname !~ '^procrastinate'")
    naive = rows(
        built,
        "select table_name, column_name from information_schema.columns where table_schema = 'public'"
        " and data_type in ('timestamp without time zone', 'json', 'character varying', 'real')"
        " and table_name !~ '^(procrastinate|alembic)'",
    )
    assert (enums, naive) == ([], [])


REFUSED = [
    "alter table messages disable row level security",
    "alter table messages no force row level security",
    "create policy wide on messages using (true)",
    "drop policy messages_app on messages",
    "create table loot (id int)",
    "create function loot() returns int language sql security definer as 'select 1'",
    "create view loot as select * from messages",
    "create trigger t before insert on messages execute function suppress_redundant_updates_trigger()",
    "truncate messages",
    "drop table messages",
    "alter table messages owner to kz_app",
    "create role loot",
    "set role kz_owner",
    "set session authorization postgres",
    "set session_replication_role = replica",
    "copy messages to program 'cat'",
    "select pg_read_file('pg_hba.conf')",
    "update alembic_version set version_num = '0001'",
    "select * from outbox_default",
    "create extension dblink",
]


@pytest.mark.parametrize("role", ROLES)
def test_no_role_can_take_the_walls_down(built: Access, role: str) -> None:
    with psycopg.connect(built.psycopg(role), autocommit=True) as connection:
        for statement in [*REFUSED, f"alter role {role} bypassrls"]:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
        flags = connection.execute(
            "select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication from pg_roles"
            " where rolname = current_user"
        ).fetchone()
        assert flags == (False,) * 5


def test_the_app_cannot_switch_the_policies_off_nor_peep_at_statistics(cluster: TestCluster) -> None:
    access, workspace_id = cluster.fresh(), new_id()
    with psycopg.connect(access.psycopg(SUPERUSER), autocommit=True) as connection:
        connection.execute("insert into workspaces (id, name) values (%s, '茶铺')", [workspace_id])
        statement = "insert into contacts (workspace_id, id, name) values (%s, %s, '同名的客人')"
        for _ in range(20):
            connection.execute(statement, [workspace_id, new_id()])
        connection.execute("analyze contacts")
        seen = "select count(*) from pg_stats where tablename = 'contacts'"
        assert connection.execute(seen).fetchone() != (0,)
    with psycopg.connect(access.psycopg("kz_app"), autocommit=True) as connection:
        assert connection.execute(seen).fetchone() == (0,)
        for value, shown in ((str(workspace_id), 20), (str(new_id()), 0), ("", 0)):
            connection.execute("select set_config('kz.ws', %s, false)", [value])
            assert connection.execute("select count(*) from contacts").fetchone() == (shown,)
        connection.execute("set kz.ws = 'nonsense'")
        with pytest.raises(psycopg.errors.InvalidTextRepresentation):
            connection.execute("select count(*) from contacts")
        connection.execute("set row_security = off")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select count(*) from contacts")
    cluster.drop(access)
