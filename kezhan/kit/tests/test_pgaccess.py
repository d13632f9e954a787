"""A database's address: what is understood, what is refused, how each driver is told."""

import pytest
from psycopg.conninfo import conninfo_to_dict

from kezhan.kit.postgres import Access, PostgresFault


@pytest.mark.parametrize(
    "url",
    [
        "mysql://a/b",
        "postgresql://",
        "postgresql://h1,,h3/db",
        "postgresql://h1:1,h2:2/db?port=1,2,3",
        "postgresql://h1,h2/db?target_session_attrs=standby",
        "postgresql://h:port/db",
        "postgresql://secret:secret@h/db?application_name=x",
    ],
)
def test_an_unusable_url_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(PostgresFault) as caught:
        Access.from_url(url)
    assert "secret" not in str(caught.value)


def test_a_url_keeps_every_part() -> None:
    access = Access.from_url("postgres://me:p%40ss@db.example:6432/kz?sslmode=require")
    assert access == Access("db.example", 6432, "kz", "me", "p@ss", sslmode="require")
    assert access.asyncpg("kz_app")["ssl"] == "require"


def test_a_url_of_several_servers_asks_each_in_turn_for_the_one_that_takes_writes() -> None:
    access = Access.from_url("postgresql://me@a:1,b:2,c/kz?target_session_attrs=primary")
    assert [(one.host, one.port, one.user) for one in access.servers()] == [
        ("a", 1, "me"), ("b", 2, "me"), ("c", 5432, "me"),
    ]  # fmt: skip
    asked = [(one["host"], one["port"], one["target_session_attrs"]) for one in access.asyncpg_each("kz_app")]
    assert asked == [("a", 1, "read-write"), ("b", 2, "read-write"), ("c", 5432, "read-write")]
    told = conninfo_to_dict(access.psycopg("kz_app"))
    wanted = {"host": "a,b,c", "port": "1,2,5432", "target_session_attrs": "read-write"}
    assert {name: told[name] for name in wanted} == wanted
    same = Access.from_url("postgresql://me@/kz?host=/run/a,/run/b&port=7")
    assert [(one.host, one.port) for one in same.servers()] == [("/run/a", 7), ("/run/b", 7)]


def test_one_server_is_asked_as_it_is_replica_or_not() -> None:
    access = Access.from_url("postgresql://a/kz")
    assert "target_session_attrs" not in access.asyncpg_each("kz_app")[0]
    assert "target_session_attrs" not in access.psycopg("kz_app")
