"""A platform's signed call: kept durably and acknowledged, beside a handler that inserts the raw row."""

import secrets
from typing import Any

import msgspec

from bench.account import peak_bytes
from bench.calls import CallsResult, HooksPlan
from bench.place import Place
from bench.play import play
from bench.report import KINDS, Column, Kind, Line, medians, ratio
from bench.taken import COSTS, CallsRound, Statement, follow
from kezhan.channels.accounts import create_account
from kezhan.channels.schemas import ChannelMake
from kezhan.kit.crypto import KeyRing
from kezhan.kit.db import Database
from kezhan.kit.postgres import Access
from kezhan.settings import Settings
from kezhan.wiring import wiring
from kezhan.workspaces.first_run import create_workspace

TITLE = "inbound calls of the open channel, until acknowledged"
CALLERS = (1, 32)
_TAKEN_SECONDS = 30.0
_WAITING = "select count(*) from channel_inbox where account_id = $1 and taken_at is null"
_KEPT = "select count(*) from channel_inbox where account_id = $1 and dedup_key like $2 || '-%'"


class Door(msgspec.Struct, frozen=True, kw_only=True):
    """The channel account that is called."""

    workspace_id: Any
    account_id: Any
    path: str
    secret: str


COLUMNS: list[Column] = [
    *medians("acks/s", "per_second"),
    ratio("×", "per_second"),
    *medians("p50/p99 ms", "p50", "p99", digits=(2, 1)),
    ratio("p50×", "p50"),
    ratio("p99×", "p99"),
    *COSTS,
]


async def make_door(access: Access, settings: Settings) -> Door:
    db = Database(access, wiring(), pool=1)
    try:
        async with db.system_tx() as tx:
            workspace_id = await create_workspace(tx, name="hooks")
        async with db.tx(workspace_id) as tx:
            keyring = KeyRing.open(settings.data / "keys.json")
            made = await create_account(
                tx, keyring, None, ChannelMake(adapter="open", name="hooks", settings={})
            )
    finally:
        await db.close()
    return Door(
        workspace_id=workspace_id,
        account_id=made.channel.id,
        path=made.channel.hook or "",
        secret=made.secret or "",
    )


async def run_hook(place: Place, door: Door, callers: int, rounds: int, seconds: float) -> Line:
    turns = [kind for _ in range(rounds) for kind in KINDS]
    name = f"{callers} caller" + ("s" if callers > 1 else "")
    return Line(name=name, rounds=[await _turn(place, door, kind, callers, seconds) for kind in turns])


async def _turn(place: Place, door: Door, kind: Kind, callers: int, seconds: float) -> CallsRound:
    async with place.serving("bare-http" if kind == "limit" else kind) as server:
        plan = HooksPlan(
            port=server.port, path=door.path, secret=door.secret, name=secrets.token_hex(6),
            callers=callers, seconds=seconds,
        )  # fmt: skip
        played = await play("bench.calls", plan, CallsResult, place, server)
        result, used = played.result, played.used()
        waiting, take_ms, missing = 0, 0.0, 0
        if kind == "product":
            waiting, take_ms, missing = await follow(
                place.access,
                waiting=Statement(_WAITING, (door.account_id,)),
                there=Statement(_KEPT, (door.account_id, plan.name)),
                answered=result.answered,
                seconds=_TAKEN_SECONDS,
            )
        n = max(1, result.measured)
        return CallsRound(
            kind=kind, per_second=result.measured / result.seconds, p50=result.latency[0],
            p99=result.latency[1], server_us=used.server / n * 1e6, database_us=used.database / n * 1e6,
            peak_mb=peak_bytes(server.pid) / 1e6, waiting=waiting, take_ms=take_ms, missing=missing,
            errors=result.errors,
        )  # fmt: skip
