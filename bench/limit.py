"""The barest durable chat: a raw socket server and one group-committing connection, no features.

It speaks just as much of the product's wire as the load program needs: `auth`, `send` → `ack` after the
commit, `changed` to the agent. No isolation, no deduplication, no numbers, no lists, no outbox.
"""

import asyncio
from typing import Any

import asyncpg
import msgspec
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_create_server

FLUSH = 1000
TABLE = """
create table if not exists bare_messages (
    id bigint generated always as identity primary key, customer int not null, agent int not null,
    client_id text not null, body text not null, at timestamptz not null default now())
"""
_INSERT = """
insert into bare_messages (customer, agent, client_id, body)
select * from unnest($1::int[], $2::int[], $3::text[], $4::text[]) returning id
"""
_ACK = b'{"type":"ack","client_id":"%b","seq":%d}'
_CHANGED = b'{"type":"changed","seq":%d,"messages":[{"client_id":"%b","body":%b}]}'


class _Frame(msgspec.Struct):
    type: str
    token: str = ""
    client_id: str = ""
    body: str = ""


_decode = msgspec.json.Decoder(_Frame).decode
_encode = msgspec.json.Encoder().encode


class BareServer:
    """Visitors are `v:<number>:<their agent>`, agents `a:<number>`; watchers `w:<number>` get everything."""

    def __init__(self) -> None:
        self.watchers: list[WSTransport] = []
        self.agents: dict[int, WSTransport] = {}
        self._waiting: list[tuple[_Line, _Frame]] = []
        self._busy = False

    def put(self, line: "_Line", frame: _Frame) -> None:
        self._waiting.append((line, frame))
        if not self._busy:
            self._busy = True
            self._task = asyncio.create_task(self._write())

    async def _write(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:FLUSH], self._waiting[FLUSH:]
            rows = await self._insert.fetch(
                [line.number for line, _ in batch],
                [line.agent for line, _ in batch],
                [frame.client_id for _, frame in batch],
                [frame.body for _, frame in batch],
            )
            for (line, frame), row in zip(batch, rows, strict=True):
                name, seq = frame.client_id.encode(), row[0]
                line.transport.send(WSMsgType.TEXT, _ACK % (name, seq))
                agent = self.agents.get(line.agent)
                if agent is not None:
                    agent.send(WSMsgType.TEXT, _CHANGED % (seq, name, _encode(frame.body)))
                if self.watchers:
                    changed = _CHANGED % (seq, name, _encode(frame.body))
                    for watcher in self.watchers:
                        watcher.send(WSMsgType.TEXT, changed)
        self._busy = False

    async def serve(self, database: dict[str, Any], port: int) -> None:
        """Until cancelled."""
        connection = await asyncpg.connect(**database)
        await connection.execute(TABLE)
        self._insert = await connection.prepare(_INSERT)
        server = await ws_create_server(lambda _: _Line(self), "127.0.0.1", port, read_buffer_init_size=2048)
        await server.serve_forever()


class _Line(WSListener):
    def __init__(self, server: BareServer) -> None:
        self._server = server
        self.number = self.agent = -1

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.CLOSE:
            transport.disconnect()
            return
        told = _decode(frame.get_payload_as_bytes())
        if told.type == "send":
            self._server.put(self, told)
        else:
            kind, number, *agent = told.token.split(":")
            self.number = int(number)
            if kind == "a":
                self._server.agents[self.number] = transport
            elif kind == "w":
                self._server.watchers.append(transport)
            else:
                self.agent = int(agent[0])
            transport.send(WSMsgType.TEXT, b'{"type":"ready"}')
