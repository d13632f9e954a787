"""Refusals as the caller sees them: problem+json in her language, with a code, without our insides."""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx2
import msgspec
import pytest
from litestar import Litestar, Request, get, post
from litestar.exceptions import HTTPException
from sqlalchemy import text

from kezhan.kit.db import Database
from kezhan.kit.errors import Forbidden, NotFound, Refused
from kezhan.kit.http import language_of, on_fault, on_http_exception, on_refused, peer
from kezhan.testing import Running
from kezhan.workspaces.tests.factories import member_client

JSON = {"content-type": "application/json"}
INSIDES = ("Traceback", "kezhan/", "site-packages", "sqlalchemy", "asyncpg", "select ", ".py")


class Cup(msgspec.Struct, frozen=True, kw_only=True):
    leaf: str
    grams: int = 5
    notes: list[str] = []
    extra: dict[str, Any] = {}


RAISED: dict[str, Exception] = {
    "refused": Refused("kit.too_many", 429, retry_after=7),
    "field": Refused("kit.bad_cursor", field="after"),
    "not-found": NotFound(),
    "forbidden": Forbidden(),
    "wordless": Refused("kit.nothing_of_the_kind", 409),
    "fault": RuntimeError("select secret from kezhan/tea.py"),
    "lookup": KeyError("hush"),
    "teapot": HTTPException(status_code=418, detail="hush"),
    "gone-wrong": HTTPException(status_code=503, detail="hush"),
}


@get("/raise/{name:str}")
async def fail(name: str) -> None:
    raise RAISED[name]


@post("/cups", request_max_body_size=2000)
async def cups(data: Cup) -> Cup:
    return data


@pytest.fixture(scope="module")
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    handlers: Any = {Refused: on_refused, HTTPException: on_http_exception, Exception: on_fault}
    app: Any = Litestar([fail, cups], exception_handlers=handlers, openapi_config=None, logging_config=None)
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app), base_url="http://kezhan"
    ) as client:
        yield client


def told(answer: httpx2.Response, status: int, code: str) -> dict[str, Any]:
    """The problem in an answer, with what holds for every one of them."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    problem: dict[str, Any] = answer.json()
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["type"] == f"urn:kezhan:problem:{code}"
    assert problem.keys() <= {"type", "title", "status", "code", "detail", "field", "trace"}
    assert not [word for word in (*INSIDES, "hush") if word in answer.text]
    return problem


EXPECTED = {
    "refused": (429, "kit.too_many"),
    "field": (400, "kit.bad_cursor"),
    "not-found": (404, "kit.not_found"),
    "forbidden": (403, "kit.forbidden"),
    "wordless": (409, "kit.nothing_of_the_kind"),
    "fault": (500, "kit.fault"),
    "lookup": (500, "kit.fault"),
    "teapot": (418, "kit.refused"),
    "gone-wrong": (503, "kit.fault"),
}


@pytest.mark.parametrize("name", EXPECTED)
async def test_every_refusal_and_fault_is_a_problem_in_both_languages(
    client: httpx2.AsyncClient, name: str
) -> None:
    titles = set()
    for language in ("zh-CN", "en"):
        answer = await client.get(f"/raise/{name}", headers={"accept-language": language})
        problem = told(answer, *EXPECTED[name])
        assert answer.headers["content-language"] == language
        titles.add(problem["title"])
    assert len(titles) == (1 if name == "wordless" else 2)


async def test_a_refusal_says_how_long_to_wait_and_which_field_is_at_fault(
    client: httpx2.AsyncClient,
) -> None:
    limited = await client.get("/raise/refused")
    assert limited.headers["retry-after"] == "7"
    assert "7" in limited.json()["title"]
    assert (await client.get("/raise/field")).json()["field"] == "after"
    plain = await client.get("/raise/forbidden")
    assert "retry-after" not in plain.headers
    assert "field" not in plain.json()


async def test_only_a_fault_has_a_trace_and_each_has_its_own(client: httpx2.AsyncClient) -> None:
    traces = {(await client.get("/raise/fault")).json()["trace"] for _ in range(2)}
    assert len(traces) == 2
    assert "trace" not in (await client.get("/raise/refused")).json()


BODIES: dict[str, tuple[bytes, int, str, str | None]] = {
    "nothing": (b"", 400, "kit.bad_input", None),
    "null": (b"null", 400, "kit.bad_input", None),
    "a list": (b"[]", 400, "kit.bad_input", None),
    "cut off": (b'{"leaf": "a"', 400, "kit.bad_input", None),
    "two": (b'{"leaf": "a"}{"leaf": "b"}', 400, "kit.bad_input", None),
    "a field missing": (b"{}", 400, "kit.bad_input", "leaf"),
    "a wrong type": (b'{"leaf": 7}', 400, "kit.bad_input", "leaf"),
    "a number too large": (b'{"leaf": "a", "grams": 1e999}', 400, "kit.bad_input", None),
    "a list of the wrong": (b'{"leaf": "a", "notes": [1]}', 400, "kit.bad_input", "notes[0]"),
    "no utf-8": (b'{"leaf": "\xff"}', 400, "kit.bad_text", None),
    "deep where nothing is": (b'{"leaf": "a", "x": ' + b"[" * 1900, 400, "kit.bad_input", None),
    "too much": (b'{"leaf": "' + b"a" * 3000 + b'"}', 413, "kit.too_large", None),
}


@pytest.mark.parametrize("kind", BODIES)
async def test_a_bad_body_is_refused_in_words(client: httpx2.AsyncClient, kind: str) -> None:
    body, status, code, field = BODIES[kind]
    problem = told(await client.post("/cups", content=body, headers=JSON), status, code)
    if field is not None:
        assert problem["field"] == field


async def test_a_body_too_large_is_refused_also_where_its_length_was_not_announced(
    client: httpx2.AsyncClient,
) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(30):
            yield b"[" * 100

    told(await client.post("/cups", content=pieces(), headers=JSON), 413, "kit.too_large")


async def test_a_good_body_after_bad_ones_is_taken(client: httpx2.AsyncClient) -> None:
    answer = await client.post("/cups", content=b'{"leaf": "\\u9f99\\u4e95", "new": true}', headers=JSON)
    assert (answer.status_code, answer.json()["leaf"]) == (201, "龙井")


HOUSE = [
    ("GET", "/api/nothing", None, 404, "kit.not_found"),
    ("GET", "/nothing", None, 404, "kit.not_found"),
    ("GET", "/api", None, 404, "kit.not_found"),
    ("GET", "/api/%00", None, 404, "kit.not_found"),
    ("PUT", "/api/session", b"{}", 405, "kit.method_not_allowed"),
    ("TRACE", "/api/me", None, 405, "kit.method_not_allowed"),
    ("GET", "/api/members/xyz", None, 404, "kit.not_found"),
    ("GET", "/api/members?limit=x", None, 400, "kit.bad_input"),
    ("GET", "/api/members?archived=perhaps", None, 400, "kit.bad_input"),
    ("GET", "/api/conversations?name=none", None, 400, "kit.bad_input"),
    ("POST", "/api/teams", b'{"name": "\\u0000"}', 400, "kit.bad_text"),
    ("POST", "/api/teams", b'{"x": ' + b"[" * 100_000, 400, "kit.bad_input"),
    ("POST", "/api/teams", b"[" * 100_000, 400, "kit.bad_input"),
    ("POST", "/api/teams", b"name=tea", 400, "kit.bad_input"),
    ("PUT", "/api/shield", b'{"version": 3000000000, "settings": {"sessions": 7}}', 400, "kit.bad_input"),
    (
        "PUT",
        "/api/shield",
        b'{"version": 1' + b"0" * 18 + b', "settings": {"sessions": 7}}',
        400,
        "kit.bad_input",
    ),
]


@pytest.fixture(scope="module")
async def owner(house: Running) -> httpx2.AsyncClient:
    return (await member_client(house))[1]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"), HOUSE, ids=lambda value: str(value)[:24]
)
async def test_the_whole_house_refuses_alike(
    owner: httpx2.AsyncClient, method: str, path: str, body: bytes | None, status: int, code: str
) -> None:
    for language in ("en", "zh-CN"):
        headers = {**JSON, "accept-language": language}
        answer = await owner.request(method, path, content=body, headers=headers)
        assert told(answer, status, code)["title"]
        assert answer.headers["content-language"] == language


async def test_the_contract_is_served_and_no_page_of_the_framework_beside_it(
    owner: httpx2.AsyncClient,
) -> None:
    contract = await owner.get("/api/openapi.json")
    assert (contract.status_code, contract.json()["openapi"][:3]) == (200, "3.1")
    for path in ("swagger", "redoc", "elements", "rapidoc", "scalar", "openapi.yaml", "schema.json"):
        told(await owner.get(f"/api/{path}"), 404, "kit.not_found")
    told(await owner.get("/schema"), 404, "kit.not_found")


async def test_a_statement_that_fails_tells_the_reader_nothing_of_it(db: Database) -> None:
    @get("/broken")
    async def broken() -> None:
        async with db.system_tx() as tx:
            await tx.run(text("select 1 / 0 as hush"))

    app: Any = Litestar(
        [broken], exception_handlers={Exception: on_fault}, openapi_config=None, logging_config=None
    )
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app), base_url="http://kezhan"
    ) as client:
        told(await client.get("/broken"), 500, "kit.fault")


@pytest.mark.parametrize(
    ("cookie", "accept", "language"),
    [
        ("en", "zh-CN", "en"),
        ("zh-CN", "en", "zh-CN"),
        ("", "en", "en"),
        ("fr", "en", "en"),
        ("EN", "zh", "zh-CN"),
        ("../../etc", "", "zh-CN"),
    ],
)
def test_the_readers_own_choice_comes_before_her_browsers(cookie: str, accept: str, language: str) -> None:
    assert language_of({"accept-language": accept}, {"kz_lang": cookie}) == language


PROXIES = ("10.0.0.0/8", "fd00::/8", "192.168.1.1")
CALLERS: list[tuple[str, str | None, str]] = [
    # the socket's address, what X-Forwarded-For says, whose call it is
    ("203.0.113.5", None, "203.0.113.5"),
    ("203.0.113.5", "1.2.3.4", "203.0.113.5"),  # a stranger may claim what she likes
    ("10.1.1.1", None, "10.1.1.1"),
    ("10.1.1.1", "", "10.1.1.1"),
    ("10.1.1.1", "1.2.3.4", "1.2.3.4"),
    ("10.1.1.1", "6.6.6.6, 1.2.3.4", "1.2.3.4"),  # the first is the caller's own word
    ("10.1.1.1", "6.6.6.6, 1.2.3.4, 10.2.2.2", "1.2.3.4"),
    ("10.1.1.1", "10.3.3.3, 10.2.2.2", "10.1.1.1"),
    ("10.1.1.1", "6.6.6.6, unknown", "10.1.1.1"),
    ("10.1.1.1", "6.6.6.6, 1.2.3.4:80", "10.1.1.1"),
    ("10.1.1.1", "1.2.3.4, <script>", "10.1.1.1"),
    ("10.1.1.1", ",,,", "10.1.1.1"),
    ("10.1.1.1", "2001:db8::7", "2001:db8::7"),
    ("fd00::1", "1.2.3.4", "1.2.3.4"),
    ("::ffff:10.1.1.1", "1.2.3.4", "1.2.3.4"),  # a socket for both families writes IPv4 so
    ("10.1.1.1", "1.2.3.4, ::ffff:10.2.2.2", "1.2.3.4"),
    ("192.168.1.1", "1.2.3.4", "1.2.3.4"),
    ("192.168.1.2", "1.2.3.4", "192.168.1.2"),
    ("", "1.2.3.4", ""),
    ("/run/kezhan.sock", "1.2.3.4", "/run/kezhan.sock"),
]


@pytest.mark.parametrize(("address", "forwarded", "caller"), CALLERS)
def test_a_caller_is_whom_the_listed_proxies_name_and_nobody_else(
    address: str, forwarded: str | None, caller: str
) -> None:
    headers: Mapping[str, str] = {} if forwarded is None else {"x-forwarded-for": forwarded}
    assert peer(address, headers, PROXIES) == caller
    assert peer(address, headers, ()) == address


@pytest.mark.parametrize(
    "lines", [("6.6.6.6", "1.2.3.4"), ("6.6.6.6, 1.2.3.4",), ("6.6.6.6", "1.2.3.4, 127.0.0.2")]
)
async def test_a_caller_cannot_put_a_line_of_her_own_before_the_proxys(lines: tuple[str, ...]) -> None:
    """Some proxies add a second X-Forwarded-For instead of lengthening the first."""

    @get("/who")
    async def who(request: Request[Any, Any, Any]) -> str:
        address = request.client.host if request.client else ""
        return json.dumps(peer(address, request.headers, ("127.0.0.0/8",)))

    app: Any = Litestar([who], openapi_config=None)
    transport = httpx2.ASGITransport(app=app, client=("127.0.0.1", 1))
    async with httpx2.AsyncClient(transport=transport, base_url="http://kezhan") as client:
        answer = await client.get("/who", headers=[("x-forwarded-for", line) for line in lines])
    assert "1.2.3.4" in answer.text
