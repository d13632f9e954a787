"""The archive: `index.html` for people, `data.jsonl` for programs, `files/` with what was sent."""

import json
from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import datetime
from html import escape
from typing import Any
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZipFile
from zoneinfo import ZoneInfo

from kezhan.fields.seals import Seals
from kezhan.files.objects import Store, key_of
from kezhan.kit.clock import wire
from kezhan.kit.db import Database
from kezhan.kit.outflow import Outflow
from kezhan.kit.reading import ReadRow
from kezhan.kit.words import say
from kezhan.privacy import store as rows
from kezhan.privacy.copy import store
from kezhan.privacy.packing import add_file, path_of

_PIECE = 200
_STYLE = (
    "body{font:16px/1.6 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#1c2421}"
    "h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2.5rem;border-bottom:1px solid #d8dfdb}"
    "h3{font-size:1rem;margin-top:1.5rem}dt{color:#5b6762}dd{margin:0 0 .5rem}"
    "time{color:#5b6762;font-size:.85rem}p{margin:.25rem 0;white-space:pre-wrap;overflow-wrap:anywhere}"
    ".her,.us{border-left:3px solid #d8dfdb;padding-left:.75rem}.her{border-color:#2f6f5b}"
)


class _Said:
    """In the workspace's language and time."""

    def __init__(self, about: ReadRow) -> None:
        self.language: str = about.language
        self._zone = ZoneInfo(about.time_zone)

    def word(self, name: str) -> str:
        # messages: privacy.copy.*
        return escape(say(self.language, f"privacy.copy.{name}"))

    def at(self, moment: datetime) -> str:
        local = moment.astimezone(self._zone)
        return f'<time datetime="{local.isoformat()}">{local:%Y-%m-%d %H:%M}</time>'

    def facts(self, pairs: Iterable[tuple[str, Any]]) -> str:
        shown = (f"<dt>{self.word(name)}</dt><dd>{escape(str(value))}</dd>" for name, value in pairs if value)
        return f"<dl>{''.join(shown)}</dl>"


async def archive(db: Database, objects: Store, workspace_id: UUID, contact_id: UUID) -> AsyncIterator[bytes]:
    """Piece by piece, so that it need not be held as a whole."""
    async with db.tx(workspace_id) as tx:
        said = _Said(about := await store.about(tx))
        people = await rows.same(tx, contact_id)
        profile = _opened(Seals(tx), await store.profile(tx, contact_id))
        names = await store.identities(tx, people)
        answers = await store.surveys(tx, people)
        consents = await store.consents(tx, people)
        brought = await store.brought(tx, [name.id for name in names])
    out, lines = Outflow(), [_line("profile", profile)]
    lines += [_line("identity", name) for name in names] + [_line("survey", one) for one in answers]
    lines += [_line("consent", one) for one in consents]
    files = {str(one.id): one.name for one in brought}
    with ZipFile(out, "w", ZIP_DEFLATED) as package:
        with package.open("index.html", "w") as page:
            page.write(_head(said, about.name, profile, names).encode())
            async for talk, messages in _talks(db, workspace_id, people):
                lines += [_line("conversation", talk), *(_line("message", one) for one in messages)]
                files |= {one.file_id: one.file_name for one in messages if one.file_id and one.file_name}
                page.write(_talk(said, talk, messages).encode("utf-8", "replace"))
                yield out.fetch()
            page.write(f"<h2>{said.word('consents')}</h2>".encode())
            for one in consents:
                page.write(_consent(said, one).encode())
            page.write(f"<h2>{said.word('surveys')}</h2>".encode())
            for one in answers:
                page.write(f"<p>{said.at(one.answered_at)} {escape(_survey(one))}</p>".encode())
            page.write(f"<h2>{said.word('visits')}</h2>".encode())
            async for visits in _visits(db, workspace_id, people):
                lines += [_line("visit", visit) for visit in visits]
                page.write("".join(_visit(said, visit) for visit in visits).encode("utf-8", "replace"))
            page.write(b"</body></html>")
        package.writestr("data.jsonl", "\n".join(lines))
        yield out.fetch()
        for file_id, name in files.items():
            key = key_of(workspace_id, UUID(file_id))
            async for piece in add_file(package, out, objects, key, path_of(file_id, name)):
                yield piece
    yield out.fetch()


async def _talks(
    db: Database, workspace_id: UUID, people: list[UUID]
) -> AsyncIterator[tuple[ReadRow, list[ReadRow]]]:
    """Each conversation with its messages, in pieces: a long one comes several times."""
    after: UUID | None = None
    while True:
        async with db.tx(workspace_id) as tx:
            talks = await store.conversations(tx, people, after, _PIECE)
        for talk in talks:
            seq = 0
            while True:
                async with db.tx(workspace_id) as tx:
                    messages = await store.messages(tx, talk.id, seq, _PIECE)
                yield talk, messages
                if len(messages) < _PIECE:
                    break
                seq = messages[-1].seq
        if len(talks) < _PIECE:
            return
        after = talks[-1].id


async def _visits(db: Database, workspace_id: UUID, people: list[UUID]) -> AsyncIterator[list[ReadRow]]:
    after: UUID | None = None
    while True:
        async with db.tx(workspace_id) as tx:
            visits = await store.visits(tx, people, after, _PIECE)
        yield visits
        if len(visits) < _PIECE:
            return
        after = visits[-1].id


def _head(said: _Said, workspace: str, profile: dict[str, Any], names: list[ReadRow]) -> str:
    title = said.word("title")
    own = [(name, profile[name]) for name in ("name", "email", "phone", "language", "tier", "company")]
    known = "".join(
        f"<p>{escape(one.account)} · {escape(one.external_id)} {said.at(one.created_at)}</p>" for one in names
    )
    more = "".join(
        f"<p>{escape(str(name))}: {escape(str(value))}</p>"
        for column in ("attributes", "fields")
        for name, value in json.loads(profile[column] or "{}").get("values", {}).items()
    )
    return (
        f'<!doctype html><html lang="{escape(said.language)}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{title}</title>'
        f"<style>{_STYLE}</style></head>"
        f"<body><h1>{title}</h1><p>{escape(workspace)}</p><h2>{said.word('profile')}</h2>"
        f"{said.facts([*own, ('tags', ', '.join(profile['tags']))])}{more}"
        f"<h2>{said.word('identities')}</h2>{known}<h2>{said.word('conversations')}</h2>"
    )


def _talk(said: _Said, talk: ReadRow, messages: list[ReadRow]) -> str:
    parts = [f"<h3>{escape(talk.account)} {said.at(talk.opened_at)}</h3>"]
    for one in messages:
        hers = one.author_kind == "visitor"
        author = said.word("you") if hers else escape(one.author or said.word("us"))
        body = escape(one.body)
        if one.file_name:
            path = escape(path_of(one.file_id, one.file_name), quote=True)
            body += f' <a href="{path}">{escape(one.file_name)}</a>'
        parts.append(
            f'<p class="{"her" if hers else "us"}"><b>{author}</b> {said.at(one.created_at)}<br>{body}</p>'
        )
    return "".join(parts)


def _consent(said: _Said, row: ReadRow) -> str:
    words = json.loads(row.words)
    over = f" – {said.at(row.withdrawn_at)} {said.word('withdrawn')}" if row.withdrawn_at else ""
    return (
        f"<h3>{escape(words['title'])}</h3><p>{said.at(row.given_at)} {said.word('consented')}{over}</p>"
        f"<p>{escape(words['body'])}</p>"
    )


def _survey(row: ReadRow) -> str:
    told = [("CSAT", row.csat), ("NPS", row.nps), ("", row.comment)]
    return " · ".join(f"{name} {value}".strip() for name, value in told if value not in (None, ""))


def _visit(said: _Said, row: ReadRow) -> str:
    where = " · ".join(part for part in (row.address, row.browser, row.system, row.referrer) if part)
    pages = "".join(f"<p>{escape(url)}</p>" for url in row.pages)
    return f"<h3>{said.at(row.started_at)}</h3><p>{escape(where)}</p>{pages}"


def _opened(seals: Seals, row: ReadRow | None) -> dict[str, Any]:
    """With what is kept sealed of her."""
    if row is None:
        raise RuntimeError("people asked for their copy are there")
    values = json.loads(row.fields or "{}").get("values", {})
    plain = {name: seals.opened(name, value) for name, value in values.items()}
    return {**row, "fields": json.dumps({"values": plain}, ensure_ascii=False) if plain else None}


def _line(kind: str, row: Mapping[str, Any] | ReadRow) -> str:
    return json.dumps({"is": kind, **dict(row.items())}, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> str:
    return wire(value) if isinstance(value, datetime) else str(value)
