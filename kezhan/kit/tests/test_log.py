"""The log: one JSON object a line, enough to find a fault by, and nothing that anybody wrote or may keep."""

import io
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx2
import pytest
import structlog
from litestar import Litestar, get
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from kezhan.kit.db import Database
from kezhan.kit.http import on_fault, public
from kezhan.kit.ids import new_id
from kezhan.kit.log import configure, log
from kezhan.testing import Running


class Written(io.StringIO):
    """What the log says, set up as the program sets it up but for where it goes."""

    def configure(self, level: str) -> None:
        configure(level)
        structlog.configure(logger_factory=structlog.PrintLoggerFactory(self))

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.getvalue().splitlines()]


@pytest.fixture
def written() -> Iterator[Written]:
    before, out = structlog.get_config(), Written()
    out.configure("info")
    yield out
    structlog.configure(**before)


def test_a_line_is_one_object_with_level_and_time(written: Written) -> None:
    log.warning("test.happened", id="7", text="two\nlines", 中文="茶")
    (line,) = written.lines()
    assert (line["level"], line["event"], line["id"]) == ("warning", "test.happened", "7")
    assert (line["text"], line["中文"]) == ("two\nlines", "茶")
    assert line["timestamp"].endswith("Z")


@pytest.mark.parametrize(("level", "lines"), [("debug", 4), ("INFO", 3), ("warning", 2), ("error", 1)])
def test_the_level_says_how_much_is_told(written: Written, level: str, lines: int) -> None:
    written.configure(level)
    for say in (log.debug, log.info, log.warning, log.error):
        say("test.happened")
    assert len(written.lines()) == lines


def test_a_fault_is_told_with_its_place_and_without_the_values_around_it(written: Written) -> None:
    password = "spring" + "-water"
    try:
        raise ValueError(f"{len(password)} characters")
    except ValueError:
        log.exception("test.failed")
    (line,) = written.lines()
    assert "test_log.py" in line["exception"]
    assert "ValueError: 12 characters" in line["exception"]
    assert password not in written.getvalue()


SECRETS = {
    "check": "insert into workspaces (id, name) values (:id, repeat(:secret, 20))",
    "unique": "insert into users (id, email, email_key)"
    " select gen_random_uuid(), :secret, :secret from generate_series(1, 2)",
    "unique, over lines": "insert into users (id, email, email_key)"
    " select gen_random_uuid(), 'a@b', 'first' || chr(10) || chr(10) || :secret from generate_series(1, 2)",
    "null": "insert into users (id, email) values (:id, :secret)",
    "driver": "select cast(:secret as integer)",
    "type": "select cast(cast(:secret as text) as uuid)",
}


@pytest.mark.parametrize("kind", SECRETS)
async def test_a_statement_the_database_refuses_is_told_without_what_was_in_it(
    written: Written, db: Database, kind: str
) -> None:
    """PostgreSQL's answer quotes the row, and the driver would quote the parameters."""
    secret = "hush-hush-tea"
    with pytest.raises(DBAPIError) as caught:
        async with db.system_tx() as tx:
            await tx.run(text(SECRETS[kind]).bindparams(**_used(SECRETS[kind], secret)))
    log.error("test.failed", exc_info=caught.value)
    log.warning("test.failed", fault=repr(caught.value))
    lines = written.lines()
    assert "Error" in lines[0]["exception"]
    assert "Error" in lines[1]["fault"]
    assert secret not in written.getvalue()


def _used(statement: str, secret: str) -> dict[str, Any]:
    every = {"id": new_id(), "secret": secret}
    return {name: value for name, value in every.items() if f":{name}" in statement}


@get("/offers/{token:str}", guards=[public("test")])
async def offer(token: str) -> str:
    raise RuntimeError("a fault of ours")


@pytest.fixture
async def broken() -> AsyncIterator[httpx2.AsyncClient]:
    app: Any = Litestar(
        [offer], exception_handlers={Exception: on_fault}, openapi_config=None, logging_config=None
    )
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app), base_url="http://kezhan"
    ) as client:
        yield client


async def test_a_fault_is_found_by_its_trace_and_names_the_route_not_the_token_in_its_path(
    written: Written, broken: httpx2.AsyncClient
) -> None:
    answer = await broken.get(
        "/offers/kzi_secret?site=kzs_secret", headers={"authorization": "Bearer kza_secret"}
    )
    (line,) = written.lines()
    assert line["trace"] == answer.json()["trace"]
    assert line["path"] == "/offers/{token}"
    assert "RuntimeError: a fault of ours" in line["exception"]
    for secret in ("kzi_secret", "kzs_secret", "kza_secret"):
        assert secret not in written.getvalue()


async def test_a_refused_sign_in_leaves_neither_name_nor_password_in_the_log(
    written: Written, house: Running
) -> None:
    client = await house.client()
    body = {"email": "hush@example.com", "password": "hush hush tea"}
    assert (await client.post("/api/session", json=body)).status_code in {401, 429}
    assert (await client.post("/api/session", content=b'{"email": "hush')).status_code == 400
    assert "hush" not in written.getvalue()


async def test_what_a_context_binds_is_in_every_line_until_it_is_unbound(written: Written) -> None:
    with structlog.contextvars.bound_contextvars(trace="t1"):
        log.info("test.one")
    log.info("test.two")
    assert [line.get("trace") for line in written.lines()] == ["t1", None]
