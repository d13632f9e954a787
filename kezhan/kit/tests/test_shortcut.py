"""The shorter way of routes that only read: as whoever calls them can tell, there is none."""

from typing import Any

import pytest
from litestar import Litestar, Request, get
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.testing import TestClient

from kezhan.kit.errors import Forbidden, Refused
from kezhan.kit.http import Answer, Connection, Guard, on_http_exception, on_refused
from kezhan.kit.shortcut import Shortcut

_Request = Request[Any, Any, Any]


def _who(request: _Request) -> str:
    return str(request.headers.get("who", ""))


async def _known(connection: Connection) -> None:
    if connection.headers.get("who") is None:
        raise Forbidden()


async def _answered(request: _Request) -> None:
    request.app.state.answered.append(request.path_params["cup"])


@get("/cups/{cup:int}", guards=[Guard("known", _known)], after_response=_answered)
async def get_cup(who: str, cup: int, leaf: list[str] | None = None, limit: int = 5) -> dict[str, Any]:
    if cup == 0:
        raise Refused("kit.too_many", 429, retry_after=7)
    return {"who": who, "cup": cup, "leaf": leaf, "limit": limit}


def _asked(shortcut: bool) -> list[Any]:
    """What is answered to each, and after which there was something done."""
    app = Litestar(
        [get_cup],
        dependencies={"who": Provide(_who, sync_to_thread=False)},
        middleware=[Shortcut({"who": _who} if shortcut else {})],
        response_class=Answer,
        exception_handlers={Refused: on_refused, HTTPException: on_http_exception},
        openapi_config=None,
    )
    app.state.answered = []
    with TestClient(app) as http:
        known = {"who": "li"}
        answers = [
            http.get("/cups/3?leaf=a&leaf=b&limit=2&unknown=1", headers=known),
            http.get("/cups/3?limit=2&limit=4", headers=known),
            http.get("/cups/3"),
            http.get("/cups/3?limit=many", headers=known),
            http.get("/cups/three", headers=known),
            http.get("/cups/0", headers=known),
            http.post("/cups/3", headers=known),
            http.options("/cups/3", headers=known),
        ]
    told = [(one.status_code, one.headers.get("retry-after"), one.text) for one in answers]
    return [*told, app.state.answered]


def test_it_answers_as_the_long_way_does() -> None:
    short = _asked(shortcut=True)
    assert short == _asked(shortcut=False)
    assert [one[0] for one in short[:-1]] == [200, 200, 403, 400, 404, 429, 405, 204]
    assert short[0][2] == '{"who":"li","cup":3,"leaf":["a","b"],"limit":2}'
    assert short[-1] == [3, 3]


@pytest.mark.parametrize("provided", [{}, {"other": _who}])
def test_what_depends_on_more_goes_the_long_way(provided: Any) -> None:
    calls: list[str] = []

    def told(request: _Request) -> str:
        calls.append("as ever")
        return _who(request)

    app = Litestar(
        [get_cup],
        dependencies={"who": Provide(told, sync_to_thread=False)},
        middleware=[Shortcut(provided)],
        response_class=Answer,
        openapi_config=None,
    )
    app.state.answered = []
    with TestClient(app) as http:
        assert http.get("/cups/3", headers={"who": "li"}).json()["who"] == "li"
    assert calls == ["as ever"]
