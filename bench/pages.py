"""What an agent reads over HTTP, beside the same query through raw ASGI and msgspec, on seeded data."""

from urllib.parse import urlencode
from uuid import UUID

import asyncpg
import httpx2
import msgspec

from bench.account import peak_bytes
from bench.calls import CallsResult, PagesPlan
from bench.place import Place, Serving
from bench.play import PlayFailed, play
from bench.report import KINDS, Column, Kind, Line, Round, medians, ratio, total, worst
from bench.views import VIEWS, keep_views, view_id
from kezhan.kit.db import Database
from kezhan.kit.paging import encode_cursor
from kezhan.kit.postgres import SUPERUSER
from kezhan.wiring import wiring
from kezhan.workspaces.authenticate import cookie_name
from kezhan.workspaces.sessions import Visit, open_session

TITLE = "pages over HTTP"
CALLERS = 4
_SAMPLE = 200
_PEOPLE = "select workspace_id, supervisor_id, agent_ids[1] as agent_id from bench.workspaces where no = 0"
_LONG = """
select id, last_seq from conversations where workspace_id = $1 and last_seq > 60
order by md5(id::text) limit $2
"""
_ANY = "select id from conversations where workspace_id = $1 order by md5(id::text) limit $2"
_OFTEN = """
select contact_id from conversations where workspace_id = $1
group by contact_id order by count(*) desc, contact_id limit $2
"""
_DEEP = """
select active_at, id from conversations where workspace_id = $1 and state = 'closed'
order by active_at desc, id desc offset (
    select count(*) / 2 from conversations where workspace_id = $1 and state = 'closed') limit 1
"""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of page: what to ask of each server; `role` says whose eyes, `field` where the rows are."""

    name: str
    role: str
    product: list[str]
    limit: list[str]
    field: str = "items"


class PageRound(Round, frozen=True, kw_only=True):
    """Answers a second of four callers, latencies in ms, CPU in µs and bytes of body a request."""

    per_second: float
    p50: float
    p99: float
    server_us: float
    database_us: float
    octets: float
    peak_mb: float
    errors: int


COLUMNS: list[Column] = [
    *medians("req/s", "per_second"),
    *medians("p50/p99 ms", "p50", "p99", digits=(2, 1)),
    ratio("p50×", "p50"),
    ratio("p99×", "p99"),
    *medians("µs", "server_us"),
    ratio("µs×", "server_us"),
    *medians("DB µs", "database_us"),
    ratio("DB×", "database_us"),
    *medians("bytes", "octets"),
    worst("MB", "peak_mb"),
    total("errors", "errors"),
]


async def make_questions(place: Place) -> tuple[list[Question], dict[str, str]]:
    """The questions on the large workspace, and the cookie of each role's session."""
    connection = await asyncpg.connect(**place.access.asyncpg(SUPERUSER))
    try:
        who = await connection.fetchrow(_PEOPLE)
        long = await connection.fetch(_LONG, who["workspace_id"], _SAMPLE)
        some = await connection.fetch(_ANY, who["workspace_id"], _SAMPLE)
        often = await connection.fetch(_OFTEN, who["workspace_id"], _SAMPLE)
        deep = await connection.fetchrow(_DEEP, who["workspace_id"])
        await keep_views(connection, who["workspace_id"])
    finally:
        await connection.close()
    members: dict[str, UUID] = {"supervisor": who["supervisor_id"], "agent": who["agent_id"]}
    db, cookies = Database(place.access, wiring(), pool=1), {}
    try:
        for role, member_id in members.items():
            async with db.tx(who["workspace_id"]) as tx:
                opened = await open_session(tx, member_id, Visit("127.0.0.1", "bench", "en"))
            cookies[role] = f"{cookie_name(place.settings)}={opened.secret}"
    finally:
        await db.close()
    ids = {role: {"ws": str(who["workspace_id"]), "member": str(one)} for role, one in members.items()}
    supervisor = ids["supervisor"]
    threads = _threads(supervisor, long, some)
    return [*_lists(ids, deep), *_views(supervisor), *threads, _customer(supervisor, often)], cookies


def _lists(ids: dict[str, dict[str, str]], deep: asyncpg.Record) -> list[Question]:
    after = encode_cursor(deep["active_at"], deep["id"])
    behind = {"at": deep["active_at"].isoformat(), "id": str(deep["id"])}
    return [
        Question(
            name="list, mine", role="agent", product=["/api/conversations?name=mine"],
            limit=["/list?" + urlencode({"name": "mine", **ids["agent"]})],
        ),
        Question(
            name="list, all open", role="supervisor", product=["/api/conversations?name=all"],
            limit=["/list?" + urlencode({"name": "all", **ids["supervisor"]})],
        ),
        Question(
            name="list, closed, half-way down", role="supervisor",
            product=[f"/api/conversations?name=closed&after={after}"],
            limit=["/list?" + urlencode({"name": "closed", **ids["supervisor"], **behind})],
        ),
    ]  # fmt: skip


def _views(who: dict[str, str]) -> list[Question]:
    ids = [str(view_id(name)) for name in VIEWS]
    return [
        Question(
            name="view, longest waiting first", role="supervisor",
            product=[f"/api/views/{view_id('waiting')}/conversations"],
            limit=["/list?" + urlencode({"name": "waiting", **who})],
        ),
        Question(
            name="counts of five views", role="supervisor",
            product=["/api/view-counts?" + urlencode({"ids": ids}, doseq=True)],
            limit=["/counts?" + urlencode(who)],
        ),
    ]  # fmt: skip


def _threads(who: dict[str, str], long: list[asyncpg.Record], some: list[asyncpg.Record]) -> list[Question]:
    # Pages end at different depths, the newest one left out.
    ends = [(str(row["id"]), 51 + n * (row["last_seq"] - 51) // len(long)) for n, row in enumerate(long)]
    return [
        Question(
            name="history page", role="supervisor",
            product=[f"/api/conversations/{one}/messages?before={before}" for one, before in ends],
            limit=["/history?" + urlencode({**who, "id": one, "before": before}) for one, before in ends],
        ),
        Question(
            name="snapshot", role="supervisor", field="messages",
            product=[f"/api/conversations/{row['id']}" for row in some],
            limit=["/snapshot?" + urlencode({**who, "id": str(row["id"])}) for row in some],
        ),
    ]  # fmt: skip


def _customer(who: dict[str, str], often: list[asyncpg.Record]) -> Question:
    ids = [str(row["contact_id"]) for row in often]
    return Question(
        name="one customer, one history", role="supervisor",
        product=[f"/api/contacts/{one}/messages" for one in ids],
        limit=["/customer?" + urlencode({**who, "id": one}) for one in ids],
    )  # fmt: skip


async def run_pages(place: Place, size: str, rounds: int, seconds: float) -> list[Line]:
    """All questions in one turn of each server; `size` tells the reader how much data there is."""
    questions, cookies = await make_questions(place)
    found: dict[str, list[Round]] = {one.name: [] for one in questions}
    rows: dict[str, list[str]] = {}
    for kind in [kind for _ in range(rounds) for kind in KINDS]:
        async with place.serving("bare-http" if kind == "limit" else kind) as server:
            for one in questions:
                shown = await _rows(one, kind, server, cookies)
                if rows.setdefault(one.name, shown) != shown:
                    raise PlayFailed(f"product and limit do not show the same rows for: {one.name}")
                found[one.name].append(await ask(place, server, one, kind, cookies, seconds))
    return [Line(name=f"{name} ({size})", rounds=rounds) for name, rounds in found.items()]


async def _rows(question: Question, kind: Kind, server: Serving, cookies: dict[str, str]) -> list[str]:
    """The names of the rows of the first page. An empty or refused one would be quick, and no measure of
    anything: raises PlayFailed."""
    asked = (question.product if kind == "product" else question.limit)[0]
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{server.port}") as http:
        answer = await http.get(asked, headers={"cookie": cookies[question.role]})
    rows = answer.json().get(question.field) if answer.status_code == 200 else None
    if not rows:
        raise PlayFailed(f"{kind} has no page for {asked}: {answer.status_code}")
    if "count" in rows[0]:
        return sorted(f"{row['id']} {row['count']}" for row in rows)
    # A customer's history stands in parts, a conversation each.
    rows = [one for row in rows for one in row.get("messages", [row])]
    return [str(row["seq"] if "seq" in row else row.get("head", row)["id"]) for row in rows]


async def ask(
    place: Place, server: Serving, question: Question, kind: Kind, cookies: dict[str, str], seconds: float
) -> PageRound:
    """One question by four callers for so many seconds."""
    requests = question.product if kind == "product" else question.limit
    plan = PagesPlan(
        port=server.port, cookie=cookies[question.role], requests=requests, callers=CALLERS, seconds=seconds
    )
    played = await play("bench.calls", plan, CallsResult, place, server)
    result, used = played.result, played.used()
    n = max(1, result.measured)
    return PageRound(
        kind=kind, per_second=result.measured / result.seconds, p50=result.latency[0], p99=result.latency[1],
        server_us=used.server / n * 1e6, database_us=used.database / n * 1e6, octets=result.octets / n,
        peak_mb=peak_bytes(server.pid) / 1e6, errors=result.errors,
    )  # fmt: skip
