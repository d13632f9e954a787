"""Twenty accounts of ten kinds of platform, called as the platforms call: so many signed calls a second,
whether the ones before are answered or not; beside a server that checks nothing and stores the bodies."""

from typing import Any, NamedTuple

from bench.account import peak_bytes
from bench.place import Place
from bench.play import play
from bench.report import KINDS, Column, Kind, Line, medians, ratio
from bench.ring import CalledDoor, RingPlan, RingResult
from bench.taken import COSTS, CallsRound, Statement, follow
from fakes.app import every_platform
from kezhan.channels.accounts import account_by_key, as_adapter, create_account
from kezhan.channels.adapters.telegram.inbound import hook_secret
from kezhan.channels.registry import find
from kezhan.channels.schemas import ChannelMake
from kezhan.kit.crypto import KeyRing
from kezhan.kit.db import Database
from kezhan.wiring import wiring
from kezhan.workspaces.first_run import create_workspace

TITLE = "signed calls of 20 accounts on 10 kinds of platform, until acknowledged"
ACCOUNTS, PER_SECOND = 20, 50
MOST_MS = 500
_NOBODY = "http://127.0.0.1:9"
"""In the place of the platforms' own addresses: who a newcomer is nobody is asked."""
_TAKEN_SECONDS = 60.0
_WAITING = """
    select count(*) from channel_inbox where workspace_id = $1 and taken_at is null and due_at is not null
"""
_STORED = "select count(*) from messages where workspace_id = $1 and author_kind = 'visitor'"


class _Form(NamedTuple):
    """Our settings and secrets, by their names in the platform's console."""

    settings: dict[str, str]
    secrets: dict[str, str]


def _same(*names: str) -> dict[str, str]:
    return dict(zip(names, names, strict=True))


_WECHAT = _Form({"app_id": "appid"}, {"app_secret": "secret", "token": "token", "aes_key": "aes_key"})
_META = _same("app_secret", "verify_token")
FORMS = {
    "wechat_oa": _WECHAT,
    "wechat_miniprogram": _WECHAT,
    "telegram": _Form({}, {"bot_token": "token"}),
    "whatsapp": _Form(_same("phone_number_id"), {**_META, **_same("access_token")}),
    "messenger": _Form({"page_id": "account_id"}, {**_META, "page_token": "access_token"}),
    "instagram": _Form(_same("account_id"), {**_META, **_same("access_token")}),
    "feishu": _Form(_same("app_id"), _same("app_secret", "verification_token", "encrypt_key")),
    "line": _Form(_same("channel_id"), _same("channel_secret", "access_token")),
    "slack": _Form({}, _same("signing_secret", "bot_token")),
    "weibo": _Form(_same("uid"), _same("app_secret", "access_token")),
}


class DoorsRound(CallsRound, frozen=True, kw_only=True):
    """The latency is counted from the moment each call was due, `longest` (ms) too.
    Of the `missing` there is no message."""

    longest: float


COLUMNS: list[Column] = [
    *medians("calls/s", "per_second"),
    *medians("p50/p99/max ms", "p50", "p99", "longest", digits=(2, 1, 0)),
    ratio("p50×", "p50"),
    ratio("p99×", "p99"),
    *COSTS,
]


class Street(NamedTuple):
    """A workspace and what its platforms have been told."""

    workspace_id: Any
    doors: list[CalledDoor]


async def make_street(place: Place) -> Street:
    """New for every turn: each begins with platforms that have numbered nothing yet."""
    db = Database(place.access, wiring(), pool=1)
    keyring = KeyRing.open(place.settings.data / "keys.json")
    consoles = {one.name: type(one) for one in every_platform() if one.name in FORMS}
    try:
        async with db.system_tx() as tx:
            workspace_id = await create_workspace(tx, name="doors")
        doors = []
        for number in range(ACCOUNTS):
            name = list(FORMS)[number % len(FORMS)]
            console = consoles[name]().form
            form = ChannelMake(
                adapter=name,
                name=f"{name} {number}",
                settings={
                    **{ours: console[theirs] for ours, theirs in FORMS[name].settings.items()},
                    **{
                        ours: _NOBODY
                        for ours in find(name).settings.__struct_fields__
                        if ours.endswith("_url")
                    },
                },
                secrets={ours: console[theirs] for ours, theirs in FORMS[name].secrets.items()},
            )
            async with db.tx(workspace_id) as tx:
                made = (await create_account(tx, keyring, None, form)).channel
            if name == "telegram":  # which is told by call what to bring along
                account = await account_by_key(db, keyring, made.public_key)
                if account is not None:
                    console["secret"] = hook_secret(as_adapter(find(name), account))
            doors.append(CalledDoor(platform=name, form=console, path=made.hook or ""))
        return Street(workspace_id, doors)
    finally:
        await db.close()


async def run_doors(place: Place, rounds: int, seconds: float) -> Line:
    turns = [kind for _ in range(rounds) for kind in KINDS]
    name = f"{ACCOUNTS} accounts, {PER_SECOND}/s"
    return Line(name=name, rounds=[await _turn(place, kind, seconds) for kind in turns])


def verdict(line: Line) -> str:
    """Whether the promise is kept: in every round."""
    p99, missing = max(line.values("product", "p99")), sum(line.values("product", "missing"))
    kept = p99 < MOST_MS and not missing
    return (
        f"channels: acknowledgement p99 {p99:.0f} ms at {line.name}, {missing:.0f} missing:"
        f" {'holds' if kept else 'does NOT hold'}, as it takes less than {MOST_MS} ms and none"
    )


async def _turn(place: Place, kind: Kind, seconds: float) -> DoorsRound:
    street = await make_street(place)
    async with place.serving("bare-http" if kind == "limit" else kind) as server:
        plan = RingPlan(
            port=server.port, doors=street.doors, prefix="/together" if kind == "limit" else "",
            per_second=PER_SECOND, seconds=seconds,
        )  # fmt: skip
        played = await play("bench.ring", plan, RingResult, place, server)
        result, used = played.result, played.used()
        waiting, take_ms, missing = 0, 0.0, 0
        if kind == "product":
            waiting, take_ms, missing = await follow(
                place.access,
                waiting=Statement(_WAITING, (street.workspace_id,)),
                there=Statement(_STORED, (street.workspace_id,)),
                answered=result.answered - result.errors,
                seconds=_TAKEN_SECONDS,
            )
        n = max(1, result.measured)
        return DoorsRound(
            kind=kind, per_second=result.measured / result.seconds, p50=result.latency[0],
            p99=result.latency[1], longest=result.longest, server_us=used.server / n * 1e6,
            database_us=used.database / n * 1e6, peak_mb=peak_bytes(server.pid) / 1e6, waiting=waiting,
            take_ms=take_ms, missing=missing, errors=result.errors,
        )  # fmt: skip
