"""Searching messages over HTTP, class by class, beside the bare SQL of the same hits, on seeded data."""

import random
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import asyncpg
import httpx2

from bench.pages import COLUMNS, PageRound, Question, ask, make_questions
from bench.place import Place, Serving
from bench.play import PlayFailed
from bench.report import KINDS, Line, Round
from kezhan.kit.bigrams import query_of, terms_of
from kezhan.kit.postgres import SUPERUSER
from kezhan.search.index import MARKS

__all__ = ["COLUMNS", "TITLE", "run_search"]

TITLE = "search over HTTP"
PAGE = 20
_OF_EACH = 60
_SAMPLE = """
select right(body, 9) as terms from messages
where workspace_id = $1 and seq = 2 order by md5(conversation_id::text) limit $2
"""


_NAMES = "select name from contacts where workspace_id = $1 order by md5(id::text) limit $2"


def term(rank: int) -> str:
    """A word of the seeded messages; the first is the most frequent of five thousand."""
    return chr(20000 + rank // 50) + chr(25000 + rank % 50)


def classes(samples: list[str]) -> list[tuple[str, str, list[str]]]:
    """Of each class its name, the quicker way, and what is asked. `samples`: ends of messages."""
    draw = random.Random(1)  # noqa: S311 - the same words every time
    pairs = [f"{term(draw.randint(5, 60))} {term(draw.randint(5, 60))}" for _ in range(_OF_EACH)]
    return [
        ("2 characters", "index", [term(draw.randint(100, 3000)) for _ in range(_OF_EACH)]),
        ("4 characters", "index", [sample[:4] for sample in samples[:_OF_EACH]]),
        ("frequent", "scan", ["春茶", "发货", "您好", "上海", "ship", term(1), term(2), term(4)]),
        ("two words", "index", pairs),
        ("absent", "index", ["鑫淼", "犇骉", "qwert", "zzz"]),
        ("rare phrase", "index", [sample[:6] for sample in samples[_OF_EACH:]]),
    ]


async def make_searches(place: Place) -> list[Question]:
    """Of the large workspace, with its supervisor's eyes: the bare query has no rights."""
    connection = await asyncpg.connect(**place.access.asyncpg(SUPERUSER))
    try:
        large: UUID = await connection.fetchval("select workspace_id from bench.workspaces where no = 0")
        samples = [row["terms"] for row in await connection.fetch(_SAMPLE, large, 2 * _OF_EACH)]
        names = [row["name"] for row in await connection.fetch(_NAMES, large, _OF_EACH)]
    finally:
        await connection.close()
    found = []
    for name, way, asked in classes(samples):
        bare = []
        for words in asked:
            terms = terms_of(words)
            keys = {"ws": str(large), "way": way, "query": query_of(large, terms), "terms": " ".join(terms)}
            bare.append("/search?" + urlencode(keys))
        own = ["/api/search/message?" + urlencode({"q": words}) for words in asked]
        found.append(Question(name=name, role="supervisor", product=own, limit=bare))
    return [*found, *_things(large, samples, names)]


def _things(large: UUID, samples: list[str], names: list[str]) -> list[Question]:
    """Beside messages: people, conversations and files. `names`: what customers are called."""
    digits = [name.rpartition(" ")[2] for name in names]
    asked = (
        ("people, number", "person", "index", digits),
        ("people, frequent", "person", "scan", ["客户", "户"]),
        (
            "conversations, 4 characters",
            "conversation",
            "index",
            [sample[:4] for sample in samples[:_OF_EACH]],
        ),
        ("conversations, frequent", "conversation", "scan", ["春茶", "发货", "您好"]),
        ("files, 2 characters", "file", "index", [sample[:2] for sample in samples[_OF_EACH:]]),
    )
    found = []
    for name, kind, way, questions in asked:
        bare = []
        for words in questions:
            terms = terms_of(words)
            query = query_of(large, terms, MARKS[kind])
            keys = {"ws": str(large), "kind": kind, "way": way, "query": query, "terms": " ".join(terms)}
            bare.append("/search?" + urlencode(keys))
        own = [f"/api/search/{kind}?" + urlencode({"q": words}) for words in questions]
        found.append(Question(name=name, role="supervisor", product=own, limit=bare))
    return found


def _key(row: dict[str, Any]) -> str:
    """What a hit is, in either server's words."""
    thing = row.get("thing_id") or (row.get("contact") or row.get("head") or {}).get("id")
    return f"{thing or row['conversation_id']} {row.get('seq') or 0}"


async def run_search(place: Place, size: str, rounds: int, seconds: float) -> list[Line]:
    """All classes in one turn of each server; `size` tells the reader how much data there is."""
    questions, (_, cookies) = await make_searches(place), await make_questions(place)
    found: dict[str, list[Round]] = {one.name: [] for one in questions}
    hits: dict[str, list[list[str]]] = {}
    for kind in [kind for _ in range(rounds) for kind in KINDS]:
        async with place.serving("bare-http" if kind == "limit" else kind) as server:
            for one in questions:
                shown = await _hits(
                    one.product if kind == "product" else one.limit, server, cookies[one.role]
                )
                if hits.setdefault(one.name, shown) != shown:
                    raise PlayFailed(f"product and limit do not find the same for: {one.name}")
                turn: PageRound = await ask(place, server, one, kind, cookies, seconds)
                found[one.name].append(turn)
    return [Line(name=f"{name} ({size})", rounds=rounds) for name, rounds in found.items()]


async def _hits(requests: list[str], server: Serving, cookie: str) -> list[list[str]]:
    """The hits of each question, a short page filled up from the next."""
    found = []
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{server.port}") as http:
        for request in requests:
            hits: list[str] = []
            more: str | None = ""
            while more is not None and len(hits) < PAGE:
                answer = await http.get(f"{request}{more}", headers={"cookie": cookie}, timeout=30)
                if answer.status_code != 200:
                    raise PlayFailed(f"{request} was answered {answer.status_code}")
                page = answer.json()
                hits += [_key(row) for row in page["items"]]
                more = f"&after={page['next']}" if page.get("next") else None
            found.append(hits[:PAGE])
    return found
