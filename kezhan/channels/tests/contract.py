"""What the contract suite reads of an adapter's folder: fixtures, its fake, its own word on its quality."""

import functools
import importlib
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol, cast

import httpx2
import msgspec
from msgspec import Struct

from kezhan.channels import registry
from kezhan.channels.base import Account, Channel, Line, OutboundFile, Request

RULES = {
    "signature": "a call without a good signature is refused",
    "raw_bytes": "what is verified is the bytes as they came",
    "replay_window": "a call that is too old is refused",
    "secret_rotation": "two secrets are good while one replaces the other",
    "dedup_key": "a repeat has the key of the first",
    "parse_total": "parse answers whatever comes",
    "unsupported_kept": "an unknown kind is shown as such",
    "inbound_fixtures": "every kind received has a recorded payload",
    "outbound_fixtures": "every kind sent has a recorded payload",
    "files_in": "files come in",
    "files_out": "files go out",
    "errors_mapped": "each documented error is Retry or Turned",
    "retry_after": "the platform's own pause is kept",
    "stable_event_id": "a repeated attempt can be known as one",
    "form_words": "every field of the form is explained in both languages",
    "base_url_settable": "tests can stand in for the platform",
    "edit_recall_out": "edits and recalls of agents are told",
    "edit_recall_in": "edits and recalls of customers arrive",
    "receipts": "delivered and read arrive",
    "typing": "typing is shown",
    "token_refresh": "an access token is renewed in time, once at a time",
    "health_probe": "a broken connection is seen before a customer finds it",
}


class Grade(Struct, frozen=True, forbid_unknown_fields=True):
    state: Literal["done", "todo", "exempt"]
    why: str = ""


EXTRA = frozenset(
    {"edits_in", "recalls_in", "ours", "events", "due", "union", "quotes_in", "taps", "reactions_in"}
)
"""What a fixture may show beyond the capabilities."""
TOKEN = "T0KEN"


class Fake(Protocol):
    def account(self, base_url: str = "") -> Account: ...
    def signed(self, request: Request, account: Account, at: datetime) -> Request: ...


def over_http(name: str) -> bool:
    """Whether the channel speaks HTTP to its platform; one that does not proves by tests of its own what goes
    out (its fake says `HTTP = False`)."""
    return getattr(fake(name), "HTTP", True)


def line(account: Account, http: httpx2.AsyncClient, content: bytes = b"", **kept: str) -> Line:
    """A line as the house gives one, with a token that is good."""

    async def token() -> str:
        return TOKEN

    async def the_content(_: OutboundFile) -> bytes:
        return content

    async def load(name: str) -> str:
        return kept.get(name, "")

    async def save(name: str, value: str) -> None:
        kept[name] = value

    return Line(http=http, account=account, token=token, content=the_content, load=load, save=save)


def folder(name: str) -> Path:
    return registry.FOLDER / name


def fake(name: str) -> Fake:
    return cast(Fake, importlib.import_module(f"kezhan.channels.adapters.{name}.fake"))


@functools.cache
def grades(name: str) -> dict[str, Grade]:
    return msgspec.yaml.decode(folder(name).joinpath("quality.yaml").read_bytes(), type=dict[str, Grade])


def own() -> list[Channel]:
    """The adapters of this repository."""
    return [channel for name, channel in registry.channels().items() if folder(name).is_dir()]


def stems(name: str, kind: str) -> list[str]:
    """What an adapter's recorded payloads of one kind are called."""
    return list(_recorded(name, kind))


def fixtures(name: str, kind: str) -> list[tuple[str, dict[str, Any]]]:
    """An adapter's recorded payloads of one kind: `in`, `out` or `fault`."""
    return [(stem, _decode(raw)) for stem, raw in _recorded(name, kind).items()]


_decode = msgspec.json.Decoder(dict[str, Any]).decode


@functools.cache
def _recorded(name: str, kind: str) -> dict[str, bytes]:
    found = sorted(folder(name).glob(f"fixtures/{kind}_*.json"))
    return {path.stem: path.read_bytes() for path in found}


def each(kind: str) -> list[tuple[Channel, str]]:
    """Every (channel, fixture) of a kind, as parameters with readable names."""
    return [(channel, stem) for channel in own() for stem in stems(channel.name, kind)]


def graded(name: str, rule: str) -> bool:
    """Whether the adapter says that it keeps to the rule."""
    return grades(name)[rule].state == "done"


def fixture(channel: Channel, stem: str) -> dict[str, Any]:
    return _decode(_recorded(channel.name, stem.split("_", maxsplit=1)[0])[stem])


def request_of(recorded: dict[str, Any]) -> Request:
    body = recorded.get("body", "")
    raw = body.encode() if isinstance(body, str) else msgspec.json.encode(body)
    return Request(
        method=recorded.get("method", "POST"),
        headers=recorded.get("headers", {}),
        query=recorded.get("query", {}),
        body=raw,
        url=recorded.get("url", ""),
    )


def claimed(channel: Channel) -> set[str]:
    """What the capabilities promise, in the words of a fixture's `claims`."""
    able = channel.capabilities
    found = {"unsupported"} | {f"receives:{kind}" for kind in able.receives}
    found |= {f"sends:{kind}" for kind in able.sends}
    flags = (
        "quote",
        "edit",
        "recall",
        "closing",
        "receipts",
        "typing",
        "templates",
        "cards",
        "places",
        "persons",
        "pages",
        "buttons",
        "asks",
        "reactions",
    )
    return found | {flag for flag in flags if getattr(able, flag)}
