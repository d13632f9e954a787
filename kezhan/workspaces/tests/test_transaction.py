"""The request's transaction: committed before the answer leaves, rolled back by any fault."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx2
import pytest
from litestar import Litestar, post
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException
from sqlalchemy import text

from kezhan.kit.db import Database, Tx
from kezhan.kit.errors import Refused
from kezhan.kit.http import on_fault, on_http_exception, on_refused
from kezhan.workspaces import store
from kezhan.workspaces.authenticate import Caller, provide_tx
from kezhan.workspaces.schemas import TeamName
from kezhan.workspaces.tests.factories import make_workspace


def _row(name: str, team_id: UUID) -> dict[str, Any]:
    return {"id": team_id, "name": name, "sort_key": name}


@post("/work")
async def work(tx: Tx, caller: Caller, data: TeamName) -> dict[str, str]:
    await store.add_team(tx, _row(data.name, caller.id))
    if data.name == "refused":
        raise Refused("kit.refused", 409)
    if data.name == "fault":
        raise RuntimeError("a fault of ours")
    if data.name == "late":
        await tx.conn.exec_driver_sql("insert into promises values (1, 2)")
    return {"name": data.name}


class _Spied:
    """The application, with a look into the database at the moment its answer leaves."""

    def __init__(self, app: Litestar, db: Database, workspace_id: UUID) -> None:
        self._app, self._db, self._workspace_id = app, db, workspace_id
        self.seen: list[int] = []

    async def teams(self) -> int:
        async with self._db.tx(self._workspace_id) as tx:
            return int(await tx.value(text("select count(*) from teams")))

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def spy(message: Any) -> None:
            if message["type"] == "http.response.start":
                self.seen.append(await self.teams())
            await send(message)

        await self._app(scope, receive, spy)


@pytest.fixture
async def spied(own_db: Database) -> AsyncIterator[tuple[_Spied, httpx2.AsyncClient]]:
    workspace_id = await make_workspace(own_db)

    async def provide_caller() -> Caller:
        return Caller(
            kind="member",
            id=workspace_id,
            membership_id=workspace_id,
            workspace_id=workspace_id,
            user_id=None,
            session_id=None,
            name="",
            role=None,
            permissions=frozenset(),
            team_ids=frozenset(),
            peer="",
            language="en",
        )

    app = Litestar(
        [work],
        dependencies={"caller": Provide(provide_caller), "tx": Provide(provide_tx)},
        exception_handlers={
            Refused: on_refused,
            HTTPException: on_http_exception,
            Exception: on_fault,
        },
        state=State({"db": own_db}),
        logging_config=None,
    )
    watched = _Spied(app, own_db, workspace_id)
    transport = httpx2.ASGITransport(app=watched)
    async with httpx2.AsyncClient(transport=transport, base_url="http://kezhan") as client:
        yield watched, client


async def test_what_was_written_is_committed_before_the_answer_leaves(
    spied: tuple[_Spied, httpx2.AsyncClient],
) -> None:
    watched, client = spied
    assert (await client.post("/work", json={"name": "good"})).status_code == 201
    assert watched.seen == [1]


@pytest.mark.parametrize(("name", "status"), [("refused", 409), ("fault", 500)])
async def test_a_refusal_or_fault_leaves_nothing(
    spied: tuple[_Spied, httpx2.AsyncClient], name: str, status: int
) -> None:
    watched, client = spied
    assert (await client.post("/work", json={"name": name})).status_code == status
    assert watched.seen == [0]
    # The connection is whole afterwards.
    assert (await client.post("/work", json={"name": "good"})).status_code == 201


async def test_a_commit_that_fails_is_told_and_leaves_nothing(
    spied: tuple[_Spied, httpx2.AsyncClient], db: Database
) -> None:
    watched, client = spied
    owner = await db.connect("kz_owner")
    await owner.execute(
        "create table promises (id int primary key,"
        " kept_by int references promises (id) deferrable initially deferred);"
        " grant insert, select on promises to kz_app"
    )
    await owner.close()
    assert (await client.post("/work", json={"name": "late"})).status_code == 500
    assert watched.seen == [0]


async def test_a_body_that_does_not_fit_leaves_no_open_transaction(
    spied: tuple[_Spied, httpx2.AsyncClient],
) -> None:
    _, client = spied
    for _ in range(12):
        assert (await client.post("/work", json={"name": ""})).status_code == 400
    assert (await client.post("/work", json={"name": "good"})).status_code == 201
