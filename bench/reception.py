"""From a conversation closed to the next one on the agent's screen: 200 seats with their sockets, 2,000
customers who wait, one close after the other, each beside one durable message and one bare commit."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from uuid import UUID

import asyncpg
import httpx2
import msgspec
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from bench.cast import frame, make_agent
from bench.place import Place
from bench.report import Column, Line, Round
from kezhan.channels.accounts import create_account
from kezhan.channels.first_run import ADAPTER
from kezhan.channels.schemas import ChannelMake
from kezhan.contacts.identify import anonymous
from kezhan.contacts.service import open_session as open_visitor
from kezhan.conversations.receive import Customer, open_conversation
from kezhan.kit.crypto import KeyRing
from kezhan.kit.db import Database, Tx
from kezhan.kit.ids import new_id
from kezhan.routing import store
from kezhan.wiring import wiring
from kezhan.workspaces.first_run import create_workspace

TITLE = "reception: a seat frees, the next customer is on its screen"
SEATS, WAITING, CLOSES = 200, 2000, 300
TARGET_MS = 50
_CHUNK = 50
_PATIENCE_SECONDS = 10.0
_ONE_ROW = "insert into bare_commits (at) values (now())"


class ReceptionRound(Round, frozen=True, kw_only=True):
    """Milliseconds: from the request that closes to the frame that says `assigned` (`p50`, `p99`), of one
    message from sending to its acknowledgement (`message_*`), of one row and its commit (`commit_*`)."""

    p50: float
    p99: float
    message_p50: float
    message_p99: float
    commit_p50: float
    commit_p99: float


def _pair(head: str, name: str) -> Column:
    def cell(line: Line) -> str:
        p50, p99 = (line.median("product", f"{name}{part}") for part in ("p50", "p99"))
        return f"{p50:,.1f}/{p99:,.1f}"

    return Column(head, cell)


def _times(head: str, field: str, below: str) -> Column:
    return Column(head, lambda line: f"{line.median('product', field) / line.median('product', below):.1f}")


COLUMNS = [
    _pair("close → assigned p50/p99 ms", ""),
    _pair("message → ack", "message_"),
    _pair("bare commit", "commit_"),
    _times("p50× message", "p50", "message_p50"),
    _times("p99× message", "p99", "message_p99"),
    _times("p99× commit", "p99", "commit_p99"),
    Column("p99 above message ms", lambda line: f"{_above(line):,.1f}"),
]


def _above(line: Line) -> float:
    return line.median("product", "p99") - line.median("product", "message_p99")


def verdict(line: Line) -> str:
    above = _above(line)
    held = "within" if above <= TARGET_MS else "OVER"
    return f"reception: p99 {above:.1f} ms above a message's round trip; {held} {TARGET_MS} ms"


class Hall(msgspec.Struct, kw_only=True):
    """The workspace: its agents as (membership, cookie), and what opens one more conversation."""

    workspace_id: UUID
    account_id: UUID
    agents: list[tuple[UUID, str]]
    token: str


async def make_hall(db: Database, place: Place) -> Hall:
    async with db.system_tx() as tx:
        workspace_id = await create_workspace(tx, name="reception")
    async with db.tx(workspace_id) as tx:
        keyring = KeyRing.open(place.settings.data / "keys.json")
        form = ChannelMake(adapter=ADAPTER, name="bench", settings={})
        account_id = (await create_account(tx, keyring, None, form)).channel.id
        token = (await open_visitor(tx, await anonymous(tx, account_id))).token
    agents = [await make_agent(db, workspace_id, n, place.settings) for n in range(SEATS)]
    async with db.tx(workspace_id) as tx:
        await store.add_settings(tx)
        await store.change_settings(tx, {"live_units": 1})
    hall = Hall(workspace_id=workspace_id, account_id=account_id, agents=agents, token=token)
    for first in range(0, WAITING + SEATS, _CHUNK):
        async with db.tx(workspace_id) as tx:
            for _ in range(min(_CHUNK, WAITING + SEATS - first)):
                await comes(tx, hall)
    return hall


async def comes(tx: Tx, hall: Hall) -> None:
    """One customer more."""
    who = await anonymous(tx, hall.account_id)
    customer = Customer(
        workspace_id=tx.workspace, account_id=hall.account_id, channel=ADAPTER, identity_id=who.id,
        contact_id=who.contact_id,
    )  # fmt: skip
    await open_conversation(tx, customer)


class Screen(WSListener):
    """An agent's socket. It reads only while it is the one that is looked at."""

    def __init__(self, member_id: str, hello: str) -> None:
        self.member_id, self._hello = member_id, hello
        self.mine = ""
        self.next: asyncio.Future[str] | None = None

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport
        transport.send(WSMsgType.TEXT, self._hello.encode())

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type != WSMsgType.TEXT or self.next is None or self.next.done():
            return
        told = msgspec.json.decode(frame.get_payload_as_bytes())
        for change in told.get("changes", ()) if told["type"] == "listed" else ():
            head = change.get("head") or {}
            given = head.get("state") == "assigned" and head.get("assignee_id") == self.member_id
            if given and head["id"] != self.mine:
                self.next.set_result(head["id"])
                return


class Writer(WSListener):
    """A customer whose messages are answered one by one."""

    def __init__(self, token: str) -> None:
        self._token = token
        self.ready = asyncio.Event()
        self._answer: asyncio.Future[None] | None = None

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport
        transport.send(WSMsgType.TEXT, frame({"type": "auth", "token": self._token}).encode())

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type != WSMsgType.TEXT:
            return
        kind = msgspec.json.decode(frame.get_payload_as_bytes())["type"]
        if kind == "ready":
            self.ready.set()
        elif kind == "ack" and self._answer is not None and not self._answer.done():
            self._answer.set_result(None)

    async def say(self) -> None:
        self._answer = asyncio.get_running_loop().create_future()
        told: dict[str, object] = {
            "type": "send",
            "client_id": str(new_id()),
            "body": "How long will it take?",
        }
        self.transport.send(WSMsgType.TEXT, frame(told).encode())
        await asyncio.wait_for(self._answer, _PATIENCE_SECONDS)


class Desk:
    """All screens, and the agents' requests."""

    def __init__(self, base: str, hall: Hall, http: httpx2.AsyncClient) -> None:
        self._base, self._hall, self._http = base, hall, http
        self.screens: list[Screen] = []
        self._csrf: dict[int, str] = {}

    async def open(self) -> None:
        hello = frame({"type": "lists", "epoch": "", "rev": 0})
        for member_id, cookie in self._hall.agents:
            screen = Screen(str(member_id), hello)
            headers = {"Cookie": cookie}
            address = f"{self._base.replace('http', 'ws')}/ws"
            await ws_connect(lambda screen=screen: screen, address, extra_headers=headers)
            self.screens.append(screen)

    async def close_one(self, number: int, held: dict[str, str]) -> float:
        """Seconds until the next customer is on her screen."""
        member_id, cookie = self._hall.agents[number]
        screen = self.screens[number]
        screen.mine = held[str(member_id)]
        if number not in self._csrf:
            me = await self._http.get(f"{self._base}/api/me", headers={"Cookie": cookie})
            self._csrf[number] = me.json()["csrf"]
        screen.next = asyncio.get_running_loop().create_future()
        headers = {"Cookie": cookie, "X-Kezhan-CSRF": self._csrf[number]}
        begun = time.perf_counter()
        path = f"{self._base}/api/conversations/{screen.mine}/closure"
        asked = asyncio.create_task(self._http.put(path, headers=headers))
        held[str(member_id)] = await asyncio.wait_for(screen.next, _PATIENCE_SECONDS)
        taken = time.perf_counter() - begun
        (await asked).raise_for_status()
        screen.next = None
        return taken


async def _holders(db: Database, hall: Hall) -> dict[str, str]:
    async with db.tx(hall.workspace_id) as tx:
        rows = await tx.fetch("select membership_id, conversation_id from holdings")
    return {str(row["membership_id"]): str(row["conversation_id"]) for row in rows}


async def run_reception(place: Place, closes: int = CLOSES) -> Line:
    db = Database(place.access, wiring(), pool=2)
    bare = await asyncpg.connect(**place.access.asyncpg("kz_owner"))
    await bare.execute("create table if not exists bare_commits (at timestamptz)")
    try:
        hall = await make_hall(db, place)
        async with place.serving("product") as server, httpx2.AsyncClient(timeout=20, verify=False) as http:
            base = f"http://127.0.0.1:{server.port}"
            desk = Desk(base, hall, http)
            await desk.open()
            held = await _all_served(db, hall)
            writer = Writer(hall.token)
            await ws_connect(lambda: writer, f"{base.replace('http', 'ws')}/w/v1/ws")
            await asyncio.wait_for(writer.ready.wait(), _PATIENCE_SECONDS)
            await writer.say()
            played = await _play(db, hall, desk, writer, bare, held, closes)
            return Line(name=f"{SEATS} seats, {WAITING:,} waiting", rounds=[played])
    finally:
        await bare.close()
        await db.close()


async def _all_served(db: Database, hall: Hall) -> dict[str, str]:
    async with asyncio.timeout(60):
        while len(held := await _holders(db, hall)) < SEATS:
            await asyncio.sleep(0.2)
    return held


async def _play(
    db: Database, hall: Hall, desk: Desk, writer: Writer, bare: asyncpg.Connection, held: dict[str, str],
    closes: int,
) -> ReceptionRound:  # fmt: skip
    took: dict[str, list[float]] = {"": [], "message_": [], "commit_": []}
    for n in range(closes):
        number = n * 37 % SEATS
        closed = await desk.close_one(number, held)
        message, commit = await _timed(writer.say), await _timed(lambda: bare.execute(_ONE_ROW))
        if n >= closes // 10:  # the first warm the caches
            for name, seconds in zip(took, (closed, message, commit), strict=True):
                took[name].append(seconds * 1000)
        async with db.tx(hall.workspace_id) as tx:
            await comes(tx, hall)
    figures = {f"{name}{part}": _at(values, share) for name, values in took.items()
               for part, share in (("p50", 0.5), ("p99", 0.99))}  # fmt: skip
    return ReceptionRound(kind="product", **figures)


async def _timed(work: Callable[[], Awaitable[object]]) -> float:
    begun = time.perf_counter()
    await work()
    return time.perf_counter() - begun


def _at(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]
